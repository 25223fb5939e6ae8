//! Compiles expressions.

use super::{LOOP, Reader, Refused};
use crate::transform::{
    context::NAMES,
    filters::{FILTERS, Signature, TESTS},
    program::{Comparison, Expression, Kind, LoopPart, Operator, shown},
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

/// An operation on two values.
enum Operation {
    And,
    Or,
    Calculation(Operator),
    Comparison(Comparison),
}

impl Reader {
    /// Compiles an expression.
    pub(super) fn expression(&mut self, expression: &Expr<'_>) -> Result<Expression, Refused> {
        let span = expression.span();
        let kind = self.within(span, |reader| reader.kind(expression, span))?;
        Ok(Expression { kind, line: span.start_line })
    }

    fn boxed(&mut self, expression: &Expr<'_>) -> Result<Box<Expression>, Refused> {
        self.expression(expression).map(Box::new)
    }

    fn kind(&mut self, expression: &Expr<'_>, span: Span) -> Result<Kind, Refused> {
        match expression {
            Expr::Const(constant) => self.constant(&constant.value, span).map(Kind::Constant),
            Expr::Var(variable) => self.variable(variable.id, span),
            Expr::GetAttr(attribute) => self.attribute(attribute, span),
            Expr::GetItem(item) => {
                let (of, key) = (self.boxed(&item.expr), self.boxed(&item.subscript_expr));
                let (of, key) = (of?, key?);
                let name = match &item.subscript_expr {
                    Expr::Const(name) => name.value.as_str(),
                    _ => None,
                };
                Ok(match name {
                    Some(name) => Kind::Attribute(of, name.into()),
                    None => Kind::Item(of, key),
                })
            }
            Expr::Slice(slice) => {
                let of = self.boxed(&slice.expr);
                let mut bound = |bound: &Option<Expr<'_>>| {
                    bound.as_ref().map(|bound| self.boxed(bound)).transpose()
                };
                let bounds = [bound(&slice.start), bound(&slice.stop), bound(&slice.step)];
                let [start, stop, step] = bounds;
                Ok(Kind::Slice(of?, [start?, stop?, step?]))
            }
            Expr::UnaryOp(unary) => {
                let of = self.boxed(&unary.expr)?;
                Ok(match unary.op {
                    UnaryOpKind::Not => Kind::Not(of),
                    UnaryOpKind::Neg => Kind::Negative(of),
                })
            }
            Expr::BinOp(binary) => self.binary(binary, span),
            Expr::Compare(compare) => self.comparisons(compare),
            Expr::IfExpr(choice) => {
                let condition = self.boxed(&choice.test_expr);
                let then = self.boxed(&choice.true_expr);
                let otherwise = choice.false_expr.as_ref().map(|otherwise| self.boxed(otherwise));
                let (condition, then, otherwise) = (condition?, then?, otherwise.transpose()?);
                Ok(Kind::Choice { condition, then, otherwise })
            }
            Expr::Filter(filter) => {
                let input = match &filter.expr {
                    Some(input) => self.boxed(input),
                    None => Err(self.fault(span, "a filter needs something to filter")),
                };
                let of = self.known(FILTERS, "filter", filter.name, span);
                let arguments = self.arguments(of, &filter.args, span);
                Ok(Kind::Filter(of?.of, input?, arguments?))
            }
            Expr::Test(test) => {
                let input = self.boxed(&test.expr);
                let of = self.known(TESTS, "test", test.name, span);
                let arguments = self.arguments(of, &test.args, span);
                Ok(Kind::Test(of?.of, input?, arguments?))
            }
            Expr::Call(call) => {
                let refused = self.fault(span, "functions and methods cannot be called");
                // Faults of the arguments are reported too.
                self.arguments::<()>(Err(refused), &call.args, span).and(Err(refused))
            }
            Expr::List(list) => self.items(&list.items).map(Kind::List),
            Expr::Tuple(tuple) => self.items(&tuple.items).map(Kind::List),
            Expr::Map(map) => {
                let keys: Vec<_> = map.keys.iter().map(|key| self.key(key)).collect();
                let values = self.items(&map.values);
                let keys: Result<Vec<Rc<str>>, _> = keys.into_iter().collect();
                Ok(Kind::Object(keys?.into_iter().zip(values?).collect()))
            }
        }
    }

    /// All expressions, or the faults of all.
    fn items(&mut self, items: &[Expr<'_>]) -> Result<Vec<Expression>, Refused> {
        let read: Vec<_> = items.iter().map(|item| self.expression(item)).collect();
        read.into_iter().collect()
    }

    fn constant(&mut self, value: &minijinja::Value, span: Span) -> Result<Value, Refused> {
        if let Some(text) = value.as_str() {
            return Ok(Value::from(text));
        }
        match value.kind() {
            ValueKind::None => Ok(Value::Null),
            ValueKind::Bool => Ok(Value::Bool(value.is_true())),
            ValueKind::Number => self.number(value, span).map(Value::Number),
            kind => Err(self.fault(span, &format!("{kind} is no constant that templates have"))),
        }
    }

    fn number(&mut self, value: &minijinja::Value, span: Span) -> Result<Number, Refused> {
        // A printed double can be read again, except the parser's infinity.
        Number::parse(&value.to_string()).ok_or_else(|| {
            self.fault(span, "a number is too large; with a fraction or an exponent, the largest is 1.7976931348623157e308")
        })
    }

    fn key(&mut self, key: &Expr<'_>) -> Result<Rc<str>, Refused> {
        match key {
            Expr::Const(name) if name.value.is_number() => {
                self.number(&name.value, key.span()).map(|number| number.to_string().into())
            }
            Expr::Const(name) if name.value.as_str().is_some() => Ok(name.value.to_string().into()),
            _ => {
                Err(self
                    .fault(key.span(), "the keys of an object must be constants: texts or numbers"))
            }
        }
    }

    fn variable(&mut self, name: &str, span: Span) -> Result<Kind, Refused> {
        if name == LOOP && self.loops > 0 {
            let message = format!("`loop` is used by its parts: {}", parts_of_a_loop());
            return Err(self.fault(span, &message));
        }
        let variable = self.name(name);
        if self.scopes.iter().any(|scope| scope.contains(&variable.number())) {
            return Ok(Kind::Variable(variable));
        }
        if let Some(refused) = self.unknown.get(&variable.number()) {
            return Err(*refused);
        }
        let known = NAMES.join(", ");
        let refused = self.fault(span, &format!("`{}` is unknown; known are {known}", shown(name)));
        self.unknown.insert(variable.number(), refused);
        Err(refused)
    }

    fn attribute(&mut self, attribute: &GetAttr<'_>, span: Span) -> Result<Kind, Refused> {
        let is_loop = matches!(&attribute.expr, Expr::Var(variable) if variable.id == LOOP);
        if !is_loop || self.loops == 0 {
            let of = self.boxed(&attribute.expr)?;
            return Ok(Kind::Attribute(of, attribute.name.into()));
        }
        match LoopPart::ALL.iter().find(|(name, _)| *name == attribute.name) {
            Some((_, part)) => Ok(Kind::LoopPart(*part)),
            None => {
                let (name, parts) = (shown(attribute.name), parts_of_a_loop());
                Err(self.fault(span, &format!("`loop` has no `{name}`; it has {parts}")))
            }
        }
    }

    fn binary(&mut self, binary: &BinOp<'_>, span: Span) -> Result<Kind, Refused> {
        let sides = (self.expression(&binary.left), self.expression(&binary.right));
        let operation = match binary.op {
            BinOpKind::ScAnd => Ok(Operation::And),
            BinOpKind::ScOr => Ok(Operation::Or),
            BinOpKind::Add => Ok(Operation::Calculation(Operator::Add)),
            BinOpKind::Sub => Ok(Operation::Calculation(Operator::Subtract)),
            BinOpKind::Mul => Ok(Operation::Calculation(Operator::Multiply)),
            BinOpKind::Div => Ok(Operation::Calculation(Operator::Divide)),
            BinOpKind::FloorDiv => Ok(Operation::Calculation(Operator::DivideWhole)),
            BinOpKind::Rem => Ok(Operation::Calculation(Operator::Remainder)),
            BinOpKind::Eq => Ok(Operation::Comparison(Comparison::Equal)),
            BinOpKind::Ne => Ok(Operation::Comparison(Comparison::NotEqual)),
            BinOpKind::Lt => Ok(Operation::Comparison(Comparison::Less)),
            BinOpKind::Lte => Ok(Operation::Comparison(Comparison::LessOrEqual)),
            BinOpKind::Gt => Ok(Operation::Comparison(Comparison::Greater)),
            BinOpKind::Gte => Ok(Operation::Comparison(Comparison::GreaterOrEqual)),
            BinOpKind::In => Ok(Operation::Comparison(Comparison::In)),
            BinOpKind::Concat => Err(self.fault(span, "use `+` to put text together, not `~`")),
            BinOpKind::Pow => Err(self.fault(span, "there are no powers")),
        };
        let (left, right) = (sides.0?, sides.1?);
        Ok(match operation? {
            Operation::And => Kind::And(Box::new([left, right])),
            Operation::Or => Kind::Or(Box::new([left, right])),
            Operation::Calculation(operator) => {
                Kind::Calculation(operator, Box::new([left, right]))
            }
            Operation::Comparison(comparison) => {
                Kind::Comparison(Box::new(left), vec![(comparison, right)])
            }
        })
    }

    fn comparisons(&mut self, compare: &Compare<'_>) -> Result<Kind, Refused> {
        let first = self.boxed(&compare.expr);
        let read: Vec<Result<(Comparison, Expression), _>> = compare
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
        let others: Result<Vec<_>, _> = read.into_iter().collect();
        Ok(Kind::Comparison(first?, others?))
    }

    fn known<T>(
        &mut self,
        all: &'static [Signature<T>],
        what: &str,
        name: &str,
        span: Span,
    ) -> Result<&'static Signature<T>, Refused> {
        all.iter().find(|signature| signature.name == name).ok_or_else(|| {
            let known: Vec<&str> = all.iter().map(|signature| signature.name).collect();
            let known = known.join(", ");
            self.fault(span, &format!("there is no {what} `{}`; known are {known}", shown(name)))
        })
    }

    /// The arguments in the order of the filter's signature.
    fn arguments<T>(
        &mut self,
        of: Result<&Signature<T>, Refused>,
        given: &[CallArg<'_>],
        span: Span,
    ) -> Result<Vec<Option<Expression>>, Refused> {
        let (name, names, required) =
            of.map_or(("", &[] as &[&str], 0), |of| (of.name, of.arguments, of.required));
        let mut arguments: Vec<Option<Expression>> = names.iter().map(|_| None).collect();
        let mut whole = of.map(|_| ());
        for (index, argument) in given.iter().enumerate() {
            let (place, value) = match argument {
                CallArg::Pos(value) => (Some(index).filter(|index| *index < names.len()), value),
                CallArg::Kwarg(key, value) => (names.iter().position(|name| name == key), value),
                CallArg::PosSplat(_) | CallArg::KwargSplat(_) => {
                    return Err(self.fault(span, "arguments cannot be unpacked"));
                }
            };
            let read = self.expression(value);
            match place {
                Some(place) if arguments[place].is_none() => match read {
                    Ok(read) => arguments[place] = Some(read),
                    Err(refused) => whole = Err(refused),
                },
                // An unknown filter has no signature, so no argument can be wrong.
                _ if of.is_err() => {}
                _ => {
                    let takes = match names {
                        [] => "no arguments".to_owned(),
                        names => names.join(", "),
                    };
                    return Err(self.fault(span, &format!("`{name}` takes {takes}")));
                }
            }
        }
        whole?;
        if arguments.iter().take(required).any(Option::is_none) {
            let needed = names[..required].join(", ");
            return Err(self.fault(span, &format!("`{name}` needs {needed}")));
        }
        Ok(arguments)
    }
}

fn parts_of_a_loop() -> String {
    LoopPart::ALL.map(|(name, _)| name).join(", ")
}
