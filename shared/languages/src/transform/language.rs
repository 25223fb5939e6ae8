//! Compiles a template's text into a program, and collects every fault with its line.
//!
//! minijinja's parser reads the text. Its result is translated into a [`program`], which has only
//! what this language has: `if`, `for` and `set`, expressions, and the filters and tests of
//! [`super::filters`]. There are no functions, methods, macros or includes, and no blocks that
//! capture output.
//!
//! The parser is not a stable part of minijinja's interface; that is why its version is pinned.
//!
//! [`program`]: super::program

mod expression;
mod faults;

use super::{
    context::NAMES,
    program::{Loop, Name, Statement, Target},
};
use faults::{Faults, Refused};
use minijinja::machinery::{
    Span,
    ast::{Expr, ForLoop, Stmt},
    parse,
};
use std::collections::{HashMap, HashSet};

/// Maximum nesting of statements and expressions: they are read by recursion.
const MAX_NESTING: usize = 150;

/// Compiles a template.
///
/// # Errors
/// Every fault, with its line.
pub(super) fn compile(template: &str) -> Result<Vec<Statement>, Vec<String>> {
    let root =
        parse(template, "template", Default::default()).map_err(|error| vec![describe(&error)])?;
    let mut reader = Reader {
        faults: Faults::default(),
        names: NAMES.into_iter().map(str::to_owned).zip(Name::at_the_top()).collect(),
        scopes: vec![(0..NAMES.len()).collect()],
        loops: 0,
        unknown: HashMap::new(),
        nesting: 0,
    };
    let program = match &root {
        Stmt::Template(template) => reader.statements(&template.children),
        statement => reader.statements(std::slice::from_ref(statement)),
    };
    let faults = reader.faults.into_vec();
    if faults.is_empty() { Ok(program) } else { Err(faults) }
}

/// The parser's error, with the line.
fn describe(error: &minijinja::Error) -> String {
    let what = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    error.line().map_or_else(|| what.clone(), |line| format!("line {line}: {what}"))
}

struct Reader {
    faults: Faults,
    /// All names so far, by their text.
    names: HashMap<String, Name>,
    /// The numbers of the names in each scope. A loop has a scope.
    scopes: Vec<HashSet<usize>>,
    /// The number of loops around the current position.
    loops: usize,
    /// Names that already have a fault, by their numbers.
    unknown: HashMap<usize, Refused>,
    nesting: usize,
}

impl Reader {
    fn fault(&mut self, span: Span, message: &str) -> Refused {
        self.faults.add(format!("line {}: {message}", span.start_line))
    }

    /// Goes one level deeper, unless that is too deep.
    fn within<T>(
        &mut self,
        span: Span,
        read: impl FnOnce(&mut Self) -> Result<T, Refused>,
    ) -> Result<T, Refused> {
        if self.nesting == MAX_NESTING {
            return Err(self.fault(span, "is nested too deep"));
        }
        self.nesting += 1;
        let read = read(self);
        self.nesting -= 1;
        read
    }

    /// The statements that can be compiled. Each of the others has a fault.
    fn statements(&mut self, statements: &[Stmt<'_>]) -> Vec<Statement> {
        statements.iter().filter_map(|statement| self.statement(statement).ok()).collect()
    }

    fn statement(&mut self, statement: &Stmt<'_>) -> Result<Statement, Refused> {
        match statement {
            Stmt::EmitRaw(raw) => Ok(Statement::Raw(raw.raw.to_owned())),
            Stmt::EmitExpr(emit) => self.expression(&emit.expr).map(Statement::Print),
            Stmt::IfCond(choice) => self.within(choice.span(), |reader| {
                let condition = reader.expression(&choice.expr);
                let then = reader.statements(&choice.true_body);
                let otherwise = reader.statements(&choice.false_body);
                Ok(Statement::If { condition: condition?, then, otherwise })
            }),
            Stmt::ForLoop(repeat) => {
                if repeat.recursive {
                    self.fault(repeat.span(), "loops cannot be recursive");
                }
                self.within(repeat.span(), |reader| reader.repeat(repeat, repeat.span()))
            }
            Stmt::Set(set) => {
                let value = self.expression(&set.expr);
                match &set.target {
                    Expr::Var(variable) => {
                        let name = self.declare(variable.id);
                        value.map(|value| Statement::Set { name, value })
                    }
                    _ => Err(self.fault(set.span(), "`set` takes one name and one value")),
                }
            }
            Stmt::Template(other) => self.refuse(other.span()),
            Stmt::SetBlock(other) => self.refuse(other.span()),
            Stmt::WithBlock(other) => self.refuse(other.span()),
            Stmt::AutoEscape(other) => self.refuse(other.span()),
            Stmt::FilterBlock(other) => self.refuse(other.span()),
            Stmt::Do(other) => self.refuse(other.span()),
            // The parser has these only if another crate enables more of its features.
            #[expect(
                unreachable_patterns,
                reason = "which statements there are is a matter of features"
            )]
            _ => Err(self.faults.add("has a statement that templates do not have".to_owned())),
        }
    }

    fn refuse(&mut self, span: Span) -> Result<Statement, Refused> {
        let message = "templates have `if`, `for` and `set` with a value, and no other statements";
        Err(self.fault(span, message))
    }

    fn repeat(&mut self, repeat: &ForLoop<'_>, span: Span) -> Result<Statement, Refused> {
        let list = self.expression(&repeat.iter);
        self.scopes.push(HashSet::new());
        let target = self.target(&repeat.target, span);
        let condition = repeat.filter_expr.as_ref().map(|condition| self.expression(condition));
        self.loops += 1;
        let body = self.statements(&repeat.body);
        self.loops -= 1;
        self.scopes.pop();
        let otherwise = self.statements(&repeat.else_body);
        let line = span.start_line;
        let (target, list, condition) = (target?, list?, condition.transpose()?);
        Ok(Statement::For(Box::new(Loop { target, list, condition, body, otherwise, line })))
    }

    fn target(&mut self, target: &Expr<'_>, span: Span) -> Result<Target, Refused> {
        let names = match target {
            Expr::Var(variable) => return Ok(Target::One(self.declare(variable.id))),
            Expr::List(list) => &list.items,
            Expr::Tuple(tuple) => &tuple.items,
            _ => &Vec::new(),
        };
        let names: Option<Vec<Name>> = names
            .iter()
            .map(|name| match name {
                Expr::Var(variable) => Some(self.declare(variable.id)),
                _ => None,
            })
            .collect();
        match names.filter(|names| !names.is_empty()) {
            Some(names) => Ok(Target::Several(names)),
            None => Err(self.fault(span, "a loop takes names for its items")),
        }
    }

    fn declare(&mut self, name: &str) -> Name {
        let name = self.name(name);
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.number());
        }
        name
    }

    /// The name with this text. Equal texts have the same number.
    fn name(&mut self, text: &str) -> Name {
        let next = self.names.len();
        self.names.entry(text.to_owned()).or_insert_with(|| Name::new(next, text)).clone()
    }
}

/// The variable with the parts of a loop.
const LOOP: &str = "loop";
