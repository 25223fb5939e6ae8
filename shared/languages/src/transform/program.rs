//! A compiled template. It can represent only supported parts.

use super::{
    context::NAMES,
    filters::{Filter, Test},
    meter::work,
    value::Value,
};
use std::{
    hash::{Hash, Hasher},
    rc::Rc,
};

/// Maximum size of a path in errors, without its last name.
const MAX_PATH_BYTES: usize = 200;

/// The part of a name that errors show.
pub(super) fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

/// The name of a variable. A rendering looks it up by its number, so it does not hash or compare
/// texts, which may be as long as a template.
#[derive(Debug, Clone)]
pub(super) struct Name {
    number: usize,
    text: Rc<str>,
}

/// A part of a template.
#[derive(Debug)]
pub(super) enum Statement {
    Raw(String),
    Print(Expression),
    If { condition: Expression, then: Vec<Statement>, otherwise: Vec<Statement> },
    For(Box<Loop>),
    Set { name: Name, value: Expression },
}

/// `{% for … in … if … %}…{% else %}…{% endfor %}`.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) target: Target,
    pub(super) list: Expression,
    pub(super) condition: Option<Expression>,
    pub(super) body: Vec<Statement>,
    /// Runs if the list is empty.
    pub(super) otherwise: Vec<Statement>,
    pub(super) line: u16,
}

/// The variables of a loop.
#[derive(Debug)]
pub(super) enum Target {
    One(Name),
    /// For items that are lists with this number of items.
    Several(Vec<Name>),
}

/// An expression with its line.
#[derive(Debug)]
pub(super) struct Expression {
    pub(super) kind: Kind,
    pub(super) line: u16,
}

#[derive(Debug)]
pub(super) enum Kind {
    Constant(Value),
    Variable(Name),
    /// A part of the loop around the expression: `loop.index`.
    LoopPart(LoopPart),
    Attribute(Box<Expression>, Rc<str>),
    Item(Box<Expression>, Box<Expression>),
    Slice(Box<Expression>, [Option<Box<Expression>>; 3]),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    And(Box<[Expression; 2]>),
    Or(Box<[Expression; 2]>),
    Calculation(Operator, Box<[Expression; 2]>),
    /// `a < b <= c`: each is compared with the one before it.
    Comparison(Box<Expression>, Vec<(Comparison, Expression)>),
    Choice {
        condition: Box<Expression>,
        then: Box<Expression>,
        otherwise: Option<Box<Expression>>,
    },
    Filter(Filter, Box<Expression>, Vec<Option<Expression>>),
    Test(Test, Box<Expression>, Vec<Option<Expression>>),
    List(Vec<Expression>),
    Object(Vec<(Rc<str>, Expression)>),
}

#[derive(Debug, Clone, Copy)]
pub(super) enum LoopPart {
    Index,
    Index0,
    RevIndex,
    RevIndex0,
    First,
    Last,
    Length,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    DivideWhole,
    Remainder,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    In,
    NotIn,
}

impl LoopPart {
    pub(super) const ALL: [(&str, Self); 7] = [
        ("first", Self::First),
        ("index", Self::Index),
        ("index0", Self::Index0),
        ("last", Self::Last),
        ("length", Self::Length),
        ("revindex", Self::RevIndex),
        ("revindex0", Self::RevIndex0),
    ];
}

impl Name {
    pub(super) fn new(number: usize, text: &str) -> Self {
        Self { number, text: text.into() }
    }

    pub(super) fn at_the_top() -> impl Iterator<Item = Self> {
        NAMES.into_iter().enumerate().map(|(number, name)| Self::new(number, name))
    }

    pub(super) fn number(&self) -> usize {
        self.number
    }
}

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for Name {}

impl Hash for Name {
    fn hash<H: Hasher>(&self, state: &mut H) {
        work::done(1);
        self.number.hash(state);
    }
}

impl Expression {
    /// The expression as it is written, if it is a path that is not too long: `data.lines[0].sku`.
    pub(super) fn path(&self) -> String {
        let mut path = String::new();
        self.add_path(&mut path);
        path
    }

    fn add_path(&self, path: &mut String) {
        let (of, part) = match &self.kind {
            Kind::Variable(name) => return path.push_str(&shown(&name.text)),
            Kind::Attribute(of, name) => (of, format!(".{}", shown(name))),
            Kind::Item(of, key) => match &key.kind {
                Kind::Constant(Value::Number(number)) => (of, format!("[{number}]")),
                _ => (of, "[…]".to_owned()),
            },
            Kind::Filter(_, of, _) => (of, "|…".to_owned()),
            _ => return path.push_str("(…)"),
        };
        of.add_path(path);
        if path.len() < MAX_PATH_BYTES {
            path.push_str(&part);
        }
    }
}
