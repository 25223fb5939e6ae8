//! Expressions.

use super::{LOOP, Reader, shown};
use crate::transform::{
    context::NAMES,
    filters::{FILTERS, Signature, TESTS},
    program::{Comparison, Expression, Kind, LoopPart, Operator},
    value::{Number, Value},
};
use minijinja::{
    machinery::{
        Span,
        ast::{BinOp, BinOpKind, CallArg, Compare, CompareOpKind, Expr, GetAttr, UnaryOpKind},
    },
    value::ValueKind,
};
use std::rc::Rc;

impl Reader {
    /// Reads an expression; `None` if it is at fault.
    pub(super) fn expression(&mut self, expression: &Expr<'_>) -> Option<Expression> {
        let span = expression.span();
        let kind = self.within(span, |reader| reader.kind(expression, span))?;
        Some(Expression { kind, line: span.start_line })
    }

    fn boxed(&mut self, expression: &Expr<'_>) -> Option<Box<Expression>> {
        self.expression(expression).map(Box::new)
    }

    fn kind(&mut self, expression: &Expr<'_>, span: Span) -> Option<Kind> {
        match expression {
            Expr::Const(constant) => self.constant(&constant.value, span).map(Kind::Constant),
            Expr::Var(variable) => self.variable(variable.id, span),
            Expr::GetAttr(attribute) => self.attribute(attribute, span),
            Expr::GetItem(item) => {
                let (of, key) = (self.boxed(&item.expr), self.boxed(&item.subscript_expr));
                let (of, key) = (of?, key?);
                match &item.subscript_expr {
                    Expr::Const(name) if name.value.as_str().is_some() => {
                        Some(Kind::Attribute(of, name.value.as_str()?.into()))
                    }
                    _ => Some(Kind::Item(of, key)),
                }
            }
            Expr::Slice(slice) => {
                let of = self.boxed(&slice.expr);
                let mut bound = |bound: &Option<Expr<'_>>| match bound {
                    None => Some(None),
                    Some(bound) => self.boxed(bound).map(Some),
                };
                let bounds = [bound(&slice.start), bound(&slice.stop), bound(&slice.step)];
                let [start, stop, step] = bounds;
                Some(Kind::Slice(of?, [start?, stop?, step?]))
            }
            Expr::UnaryOp(unary) => {
                let of = self.boxed(&unary.expr)?;
                Some(match unary.op {
                    UnaryOpKind::Not => Kind::Not(of),
                    UnaryOpKind::Neg => Kind::Negative(of),
                })
            }
            Expr::BinOp(binary) => self.binary(binary, span),
            Expr::Compare(compare) => self.comparisons(compare),
            Expr::IfExpr(choice) => {
                let condition = self.boxed(&choice.test_expr);
                let then = self.boxed(&choice.true_expr);
                let otherwise = match &choice.false_expr {
                    None => Some(None),
                    Some(otherwise) => self.boxed(otherwise).map(Some),
                };
                let (condition, then, otherwise) = (condition?, then?, otherwise?);
                Some(Kind::Choice { condition, then, otherwise })
            }
            Expr::Filter(filter) => {
                let input = filter.expr.as_ref().and_then(|input| self.boxed(input));
                let of = self.known(FILTERS, "filter", filter.name, span);
                let arguments = self.arguments(of, &filter.args, span);
                Some(Kind::Filter(of?.of, input?, arguments?))
            }
            Expr::Test(test) => {
                let input = self.boxed(&test.expr);
                let of = self.known(TESTS, "test", test.name, span);
                let arguments = self.arguments(of, &test.args, span);
                Some(Kind::Test(of?.of, input?, arguments?))
            }
            Expr::Call(call) => {
                self.fault(span, "functions and methods cannot be called");
                // What is wrong with its arguments is told too.
                self.arguments::<()>(None, &call.args, span);
                None
            }
            Expr::List(list) => self.items(&list.items).map(Kind::List),
            Expr::Tuple(tuple) => self.items(&tuple.items).map(Kind::List),
            Expr::Map(map) => {
                let keys: Vec<Option<Rc<str>>> = map.keys.iter().map(|key| self.key(key)).collect();
                let values = self.items(&map.values);
                let keys: Option<Vec<Rc<str>>> = keys.into_iter().collect();
                Some(Kind::Object(keys?.into_iter().zip(values?).collect()))
            }
        }
    }

    /// All of them, with the faults of all.
    fn items(&mut self, items: &[Expr<'_>]) -> Option<Vec<Expression>> {
        let read: Vec<_> = items.iter().map(|item| self.expression(item)).collect();
        read.into_iter().collect()
    }

    fn constant(&mut self, value: &minijinja::Value, span: Span) -> Option<Value> {
        if let Some(text) = value.as_str() {
            return Some(Value::from(text));
        }
        match value.kind() {
            ValueKind::None => Some(Value::Null),
            ValueKind::Bool => Some(Value::Bool(value.is_true())),
            // As it is printed, it is read again.
            ValueKind::Number => Number::parse(&value.to_string()).map(Value::Number),
            kind => {
                self.fault(span, &format!("{kind} is no constant that templates have"));
                None
            }
        }
    }

    fn key(&mut self, key: &Expr<'_>) -> Option<Rc<str>> {
        if let Expr::Const(constant) = key
            && (constant.value.as_str().is_some() || constant.value.is_number())
        {
            return Some(constant.value.to_string().into());
        }
        self.fault(key.span(), "the keys of an object must be constants: texts or numbers");
        None
    }

    fn variable(&mut self, name: &str, span: Span) -> Option<Kind> {
        if name == LOOP && self.loops > 0 {
            let parts: Vec<&str> = LoopPart::ALL.iter().map(|(name, _)| *name).collect();
            self.fault(span, &format!("`loop` is used by its parts: {}", parts.join(", ")));
            return None;
        }
        if self.scopes.iter().any(|scope| scope.contains(name)) {
            return Some(Kind::Variable(name.into()));
        }
        if self.unknown.insert(name.to_owned()) {
            let known = NAMES.join(", ");
            self.fault(span, &format!("`{}` is unknown; known are {known}", shown(name)));
        }
        None
    }

    fn attribute(&mut self, attribute: &GetAttr<'_>, span: Span) -> Option<Kind> {
        let is_loop = matches!(&attribute.expr, Expr::Var(variable) if variable.id == LOOP);
        if !is_loop || self.loops == 0 {
            let of = self.boxed(&attribute.expr)?;
            return Some(Kind::Attribute(of, attribute.name.into()));
        }
        let part = LoopPart::ALL.iter().find(|(name, _)| *name == attribute.name);
        if part.is_none() {
            let parts: Vec<&str> = LoopPart::ALL.iter().map(|(name, _)| *name).collect();
            let message =
                format!("`loop` has no `{}`; it has {}", shown(attribute.name), parts.join(", "));
            self.fault(span, &message);
        }
        part.map(|(_, part)| Kind::LoopPart(*part))
    }

    fn binary(&mut self, binary: &BinOp<'_>, span: Span) -> Option<Kind> {
        let sides = (self.expression(&binary.left), self.expression(&binary.right));
        let refused = match binary.op {
            BinOpKind::Concat => Some("use `+` to put text together, not `~`"),
            BinOpKind::Pow => Some("there are no powers"),
            _ => None,
        };
        if let Some(message) = refused {
            self.fault(span, message);
            return None;
        }
        let (left, right) = (sides.0?, sides.1?);
        let calculation =
            |operator, left, right| Kind::Calculation(operator, Box::new([left, right]));
        let comparison =
            |comparison, left, right| Kind::Comparison(Box::new(left), vec![(comparison, right)]);
        Some(match binary.op {
            BinOpKind::ScAnd => Kind::And(Box::new([left, right])),
            BinOpKind::ScOr => Kind::Or(Box::new([left, right])),
            BinOpKind::Add => calculation(Operator::Add, left, right),
            BinOpKind::Sub => calculation(Operator::Subtract, left, right),
            BinOpKind::Mul => calculation(Operator::Multiply, left, right),
            BinOpKind::Div => calculation(Operator::Divide, left, right),
            BinOpKind::FloorDiv => calculation(Operator::DivideWhole, left, right),
            BinOpKind::Rem => calculation(Operator::Remainder, left, right),
            BinOpKind::Eq => comparison(Comparison::Equal, left, right),
            BinOpKind::Ne => comparison(Comparison::NotEqual, left, right),
            BinOpKind::Lt => comparison(Comparison::Less, left, right),
            BinOpKind::Lte => comparison(Comparison::LessOrEqual, left, right),
            BinOpKind::Gt => comparison(Comparison::Greater, left, right),
            BinOpKind::Gte => comparison(Comparison::GreaterOrEqual, left, right),
            BinOpKind::In => comparison(Comparison::In, left, right),
            BinOpKind::Concat | BinOpKind::Pow => return None,
        })
    }

    fn comparisons(&mut self, compare: &Compare<'_>) -> Option<Kind> {
        let first = self.boxed(&compare.expr);
        let read: Vec<Option<(Comparison, Expression)>> = compare
            .ops
            .iter()
            .map(|next| {
                let comparison = match next.op {
                    CompareOpKind::Eq => Comparison::Equal,
                    CompareOpKind::Ne => Comparison::NotEqual,
                    CompareOpKind::Lt => Comparison::Less,
                    CompareOpKind::Lte => Comparison::LessOrEqual,
                    CompareOpKind::Gt => Comparison::Greater,
                    CompareOpKind::Gte => Comparison::GreaterOrEqual,
                    CompareOpKind::In => Comparison::In,
                    CompareOpKind::NotIn => Comparison::NotIn,
                };
                self.expression(&next.expr).map(|right| (comparison, right))
            })
            .collect();
        let others: Option<Vec<_>> = read.into_iter().collect();
        Some(Kind::Comparison(first?, others?))
    }

    fn known<T>(
        &mut self,
        all: &'static [Signature<T>],
        what: &str,
        name: &str,
        span: Span,
    ) -> Option<&'static Signature<T>> {
        let found = all.iter().find(|signature| signature.name == name);
        if found.is_none() {
            let known: Vec<&str> = all.iter().map(|signature| signature.name).collect();
            let known = known.join(", ");
            self.fault(span, &format!("there is no {what} `{}`; known are {known}", shown(name)));
        }
        found
    }

    /// The arguments in the order of their names.
    fn arguments<T>(
        &mut self,
        of: Option<&Signature<T>>,
        given: &[CallArg<'_>],
        span: Span,
    ) -> Option<Vec<Option<Expression>>> {
        let (name, names, required) =
            of.map_or(("", &[] as &[&str], 0), |of| (of.name, of.arguments, of.required));
        let mut arguments: Vec<Option<Expression>> = names.iter().map(|_| None).collect();
        let mut is_whole = true;
        for (index, argument) in given.iter().enumerate() {
            let (place, value) = match argument {
                CallArg::Pos(value) => (Some(index).filter(|index| *index < names.len()), value),
                CallArg::Kwarg(key, value) => (names.iter().position(|name| name == key), value),
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                    self.fault(span, "arguments cannot be unpacked");
                    return None;
                }
            };
            let read = self.expression(value);
            match (place, of) {
                (Some(place), _) if arguments[place].is_none() => {
                    is_whole &= read.is_some();
                    arguments[place] = read;
                }
                // A filter that there is not has no arguments that could be wrong.
                (_, None) => is_whole = false,
                _ => {
                    let takes = match names {
                        [] => "no arguments".to_owned(),
                        names => names.join(", "),
                    };
                    self.fault(span, &format!("`{name}` takes {takes}"));
                    return None;
                }
            }
        }
        if is_whole && arguments.iter().take(required).any(Option::is_none) {
            self.fault(span, &format!("`{name}` needs {}", names[..required].join(", ")));
            return None;
        }
        is_whole.then_some(arguments)
    }
}
