//! What of Jinja's language a template may use, checked when it is saved.
//!
//! Lists can share their parts: ten lines make a list of a million million entries that takes no
//! memory, and the engine's fuel is counted for what is on top of it. Comparing two of these, adding
//! them a few times more, or making text of one, would take hours. So a comparison needs a constant
//! on one side, `+` one side and `*` both that cannot be a list ([`is_scalar`]), `~` (which makes text
//! of anything) is refused in favour of `+`, functions and methods are not called, and filters and
//! tests are those of [`super::filters`], which look at text or stop at a bound.
//!
//! `{% set %}` with a body and blocks that capture output are refused too: there is nothing that
//! they are needed for.
//!
//! The parser that this is built on is not among the stable parts of the engine's interface; its
//! version is held for that reason.

use super::{
    context::NAMES,
    describe,
    filters::{FILTERS, SCALAR_FILTERS, TESTS},
};
use minijinja::machinery::{
    Span,
    ast::{BinOpKind, CallArg, CompareOpKind, Expr, Stmt},
    parse,
};
use std::collections::BTreeSet;

/// Every fault of a template, with its line.
pub(super) fn check(template: &str) -> Vec<String> {
    let root = match parse(template, "template", Default::default()) {
        Ok(root) => root,
        Err(error) => return vec![describe(&error)],
    };
    let mut checker = Checker::default();
    checker.statement(&root);
    let mut environment = minijinja::Environment::empty();
    if environment.add_template("template", template).is_ok()
        && let Ok(template) = environment.get_template("template")
    {
        let unknown: BTreeSet<String> = template
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| !NAMES.contains(&name.as_str()))
            .collect();
        for name in unknown {
            let line =
                checker.lines.iter().find(|(known, _)| *known == name).map(|(_, line)| *line);
            let known = NAMES.join(", ");
            let message = format!("`{}` is unknown; known are {known}", shown(&name));
            checker.faults.push(match line {
                Some(line) => format!("line {line}: {message}"),
                None => message,
            });
        }
    }
    checker.faults
}

/// Whether an expression, if it has a value at all, has one that is neither a list nor a map.
fn is_scalar(expression: &Expr<'_>) -> bool {
    match expression {
        Expr::Const(constant) => constant.value.as_object().is_none(),
        Expr::Test(_) | Expr::Compare(_) | Expr::UnaryOp(_) => true,
        Expr::Filter(filter) => SCALAR_FILTERS.contains(&filter.name),
        Expr::IfExpr(choice) => {
            is_scalar(&choice.true_expr) && choice.false_expr.as_ref().is_none_or(is_scalar)
        }
        Expr::BinOp(binary) => match binary.op {
            BinOpKind::ScAnd | BinOpKind::ScOr => {
                is_scalar(&binary.left) && is_scalar(&binary.right)
            }
            // Of a list and something else there is no sum.
            BinOpKind::Add => is_scalar(&binary.left) || is_scalar(&binary.right),
            BinOpKind::Mul => is_scalar(&binary.left) && is_scalar(&binary.right),
            _ => true,
        },
        Expr::Var(_)
        | Expr::Slice(_)
        | Expr::GetAttr(_)
        | Expr::GetItem(_)
        | Expr::Call(_)
        | Expr::List(_)
        | Expr::Tuple(_)
        | Expr::Map(_) => false,
    }
}

fn shown(name: &str) -> String {
    name.chars().take(64).collect()
}

#[derive(Default)]
struct Checker {
    faults: Vec<String>,
    /// Where each variable is first used.
    lines: Vec<(String, u16)>,
}

impl Checker {
    fn fault(&mut self, span: Span, message: &str) {
        self.faults.push(format!("line {}: {message}", span.start_line));
    }

    fn statements(&mut self, statements: &[Stmt<'_>]) {
        for statement in statements {
            self.statement(statement);
        }
    }

    fn statement(&mut self, statement: &Stmt<'_>) {
        match statement {
            Stmt::Template(template) => self.statements(&template.children),
            Stmt::EmitRaw(_) => {}
            Stmt::EmitExpr(emit) => self.expression(&emit.expr),
            Stmt::IfCond(condition) => {
                self.expression(&condition.expr);
                self.statements(&condition.true_body);
                self.statements(&condition.false_body);
            }
            Stmt::ForLoop(repeat) => {
                if repeat.recursive {
                    self.fault(repeat.span(), "loops cannot be recursive");
                }
                self.expression(&repeat.iter);
                self.expressions(repeat.filter_expr.as_ref());
                self.statements(&repeat.body);
                self.statements(&repeat.else_body);
            }
            Stmt::Set(set) => {
                if !matches!(set.target, Expr::Var(_)) {
                    self.fault(set.span(), "`set` takes one name and one value");
                }
                self.expression(&set.expr);
            }
            Stmt::SetBlock(other) => self.refuse(other.span()),
            Stmt::WithBlock(other) => self.refuse(other.span()),
            Stmt::AutoEscape(other) => self.refuse(other.span()),
            Stmt::FilterBlock(other) => self.refuse(other.span()),
            Stmt::Do(other) => self.refuse(other.span()),
            // The engine is built without them, unless another crate asks for more of it.
            #[expect(
                unreachable_patterns,
                reason = "which statements there are is a matter of features"
            )]
            _ => self.faults.push("has a statement that templates do not have".to_owned()),
        }
    }

    fn refuse(&mut self, span: Span) {
        self.fault(
            span,
            "templates have `if`, `for` and `set` with a value, and no other statements",
        );
    }

    fn expressions<'a, 'b: 'a>(&mut self, expressions: impl IntoIterator<Item = &'a Expr<'b>>) {
        for expression in expressions {
            self.expression(expression);
        }
    }

    fn expression(&mut self, expression: &Expr<'_>) {
        let span = expression.span();
        match expression {
            Expr::Const(_) => {}
            Expr::Var(variable) => {
                self.lines.push((variable.id.to_owned(), span.start_line));
            }
            Expr::Slice(slice) => {
                self.expression(&slice.expr);
                let parts = [&slice.start, &slice.stop, &slice.step];
                self.expressions(parts.into_iter().flatten());
            }
            Expr::UnaryOp(unary) => self.expression(&unary.expr),
            Expr::BinOp(binary) => {
                match binary.op {
                    BinOpKind::Concat => {
                        self.fault(span, "use `+` to put text together, not `~`");
                    }
                    BinOpKind::Pow => self.fault(span, "there are no powers"),
                    BinOpKind::Eq
                    | BinOpKind::Ne
                    | BinOpKind::Lt
                    | BinOpKind::Lte
                    | BinOpKind::Gt
                    | BinOpKind::Gte
                    | BinOpKind::In => self.comparison(span, &binary.left, &binary.right),
                    BinOpKind::Add if !is_scalar(&binary.left) && !is_scalar(&binary.right) => {
                        self.fault(
                            span,
                            "one side of `+` must be a constant or come from a filter, such as \
                             `string` or `int`",
                        );
                    }
                    BinOpKind::Mul if !is_scalar(&binary.left) || !is_scalar(&binary.right) => {
                        self.fault(
                            span,
                            "both sides of `*` must be constants or come from a filter, such as \
                             `int` or `float`",
                        );
                    }
                    BinOpKind::ScAnd
                    | BinOpKind::ScOr
                    | BinOpKind::Add
                    | BinOpKind::Sub
                    | BinOpKind::Mul
                    | BinOpKind::Div
                    | BinOpKind::FloorDiv
                    | BinOpKind::Rem => {}
                }
                self.expressions([&binary.left, &binary.right]);
            }
            Expr::Compare(compare) => {
                let mut left = &compare.expr;
                self.expression(left);
                for next in &compare.ops {
                    match next.op {
                        CompareOpKind::Eq
                        | CompareOpKind::Ne
                        | CompareOpKind::Lt
                        | CompareOpKind::Lte
                        | CompareOpKind::Gt
                        | CompareOpKind::Gte
                        | CompareOpKind::In
                        | CompareOpKind::NotIn => self.comparison(span, left, &next.expr),
                    }
                    self.expression(&next.expr);
                    left = &next.expr;
                }
            }
            Expr::IfExpr(choice) => {
                self.expressions([&choice.test_expr, &choice.true_expr]);
                self.expressions(choice.false_expr.as_ref());
            }
            Expr::Filter(filter) => {
                if !FILTERS.contains(&filter.name) {
                    let known = FILTERS.join(", ");
                    let name = shown(filter.name);
                    self.fault(span, &format!("there is no filter `{name}`; known are {known}"));
                }
                // They would answer a default of any kind.
                if ["int", "float"].contains(&filter.name) && !filter.args.is_empty() {
                    self.fault(span, "`int` and `float` take no arguments");
                }
                self.expressions(filter.expr.as_ref());
                self.arguments(span, &filter.args);
            }
            Expr::Test(test) => {
                if !TESTS.contains(&test.name) {
                    let known = TESTS.join(", ");
                    let name = shown(test.name);
                    self.fault(span, &format!("there is no test `{name}`; known are {known}"));
                }
                self.expression(&test.expr);
                self.arguments(span, &test.args);
            }
            Expr::GetAttr(attribute) => self.expression(&attribute.expr),
            Expr::GetItem(item) => self.expressions([&item.expr, &item.subscript_expr]),
            Expr::Call(call) => {
                self.fault(span, "functions and methods cannot be called");
                self.arguments(span, &call.args);
            }
            Expr::List(list) => self.expressions(&list.items),
            Expr::Tuple(tuple) => self.expressions(&tuple.items),
            Expr::Map(map) => {
                if map.keys.iter().any(|key| !matches!(key, Expr::Const(_))) {
                    self.fault(span, "the keys of an object must be constants");
                }
                self.expressions(map.keys.iter().chain(&map.values));
            }
        }
    }

    fn comparison(&mut self, span: Span, left: &Expr<'_>, right: &Expr<'_>) {
        if left.as_const().is_none() && right.as_const().is_none() {
            self.fault(span, "one side of a comparison must be a constant");
        }
    }

    fn arguments(&mut self, span: Span, arguments: &[CallArg<'_>]) {
        for argument in arguments {
            match argument {
                CallArg::Pos(value) | CallArg::Kwarg(_, value) => self.expression(value),
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                    self.fault(span, "arguments cannot be unpacked");
                }
            }
        }
    }
}
