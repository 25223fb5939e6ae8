//! What a template means: all that it may hold, and nothing else.

use super::{
    filters::{Filter, Test},
    value::Value,
};
use std::rc::Rc;

/// A part of a template.
#[derive(Debug)]
pub(super) enum Statement {
    Raw(String),
    Print(Expression),
    If { condition: Expression, then: Vec<Statement>, otherwise: Vec<Statement> },
    For(Box<Loop>),
    Set { name: Rc<str>, value: Expression },
}

/// `{% for … in … if … %}…{% else %}…{% endfor %}`.
#[derive(Debug)]
pub(super) struct Loop {
    pub(super) target: Target,
    pub(super) list: Expression,
    pub(super) condition: Option<Expression>,
    pub(super) body: Vec<Statement>,
    /// Where the list is empty.
    pub(super) otherwise: Vec<Statement>,
    pub(super) line: u16,
}

/// The names that a loop gives to what it goes through.
#[derive(Debug)]
pub(super) enum Target {
    One(Rc<str>),
    /// For items that are lists of as many items.
    Several(Vec<Rc<str>>),
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
    Variable(Rc<str>),
    /// A part of the loop around it: `loop.index`.
    LoopPart(LoopPart),
    Attribute(Box<Expression>, Rc<str>),
    Item(Box<Expression>, Box<Expression>),
    Slice(Box<Expression>, [Option<Box<Expression>>; 3]),
    Not(Box<Expression>),
    Negative(Box<Expression>),
    And(Box<[Expression; 2]>),
    Or(Box<[Expression; 2]>),
    Calculation(Operator, Box<[Expression; 2]>),
    /// `a < b <= c`: each with the one before it.
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

impl Expression {
    /// It as it is written, as far as that is a name: `data.lines[0].sku`.
    pub(super) fn path(&self) -> String {
        match &self.kind {
            Kind::Variable(name) => name.to_string(),
            Kind::Attribute(of, name) => format!("{}.{name}", of.path()),
            Kind::Item(of, key) => match &key.kind {
                Kind::Constant(Value::Number(number)) => format!("{}[{number}]", of.path()),
                _ => format!("{}[…]", of.path()),
            },
            Kind::Filter(_, of, _) => format!("{}|…", of.path()),
            _ => "(…)".to_owned(),
        }
    }
}
