//! Runs a program, statement by statement, and charges everything to the [`Meter`].

use super::{
    context::NAMES,
    meter::{Failure, ITEM, Meter, work},
    print::Body,
    program::{Comparison, Expression, Kind, Loop, LoopPart, Name, Operator, Statement, Target},
    value::{Number, Value},
};
use std::{cmp::Ordering, collections::HashMap, rc::Rc};

/// The variables of one scope. A loop has a new scope for each iteration.
type Scope = HashMap<Name, Value>;

struct Run<'m> {
    scopes: Vec<Scope>,
    loops: Vec<Round>,
    body: Body,
    meter: &'m mut Meter,
}

/// The position in a loop.
struct Round {
    index: usize,
    length: usize,
}

/// Runs a program with these values of the global variables.
pub(super) fn run(
    program: &[Statement],
    values: [Value; NAMES.len()],
    meter: &mut Meter,
) -> Result<String, Failure> {
    meter.charge(NAMES.len().saturating_mul(ITEM))?;
    let names = Name::at_the_top().zip(values).collect();
    let mut run = Run { scopes: vec![names], loops: Vec::new(), body: Body::default(), meter };
    run.statements(program)?;
    Ok(run.body.into_text())
}

impl Run<'_> {
    fn statements(&mut self, statements: &[Statement]) -> Result<(), Failure> {
        statements.iter().try_for_each(|statement| self.statement(statement))
    }

    fn statement(&mut self, statement: &Statement) -> Result<(), Failure> {
        self.meter.step()?;
        match statement {
            Statement::Raw(text) => self.body.push(text, self.meter),
            Statement::Print(expression) => {
                let value = self.evaluate(expression)?;
                let printed = self.body.print(&value, self.meter);
                printed.map_err(|failure| failure.at(expression.line))
            }
            Statement::If { condition, then, otherwise } => {
                let holds = self.holds(condition)?;
                self.statements(if holds { then } else { otherwise })
            }
            Statement::Set { name, value } => {
                let value = self.evaluate(value)?;
                if let Some(scope) = self.scopes.last_mut() {
                    scope.insert(name.clone(), value);
                }
                Ok(())
            }
            Statement::For(repeat) => self.repeat(repeat),
        }
    }

    fn repeat(&mut self, repeat: &Loop) -> Result<(), Failure> {
        let list = self.evaluate(&repeat.list)?;
        let items = list.iterate(self.meter).map_err(|failure| failure.at(repeat.line))?;
        let items = match &repeat.condition {
            None => items,
            Some(condition) => self.chosen(repeat, items, condition)?,
        };
        if items.is_empty() {
            return self.statements(&repeat.otherwise);
        }
        self.loops.push(Round { index: 0, length: items.len() });
        for (index, item) in items.into_iter().enumerate() {
            if let Some(round) = self.loops.last_mut() {
                round.index = index;
            }
            let scope = self.scope_of(repeat, item)?;
            self.scopes.push(scope);
            self.statements(&repeat.body)?;
            self.scopes.pop();
        }
        self.loops.pop();
        Ok(())
    }

    /// The items that satisfy the condition of a loop.
    fn chosen(
        &mut self,
        repeat: &Loop,
        items: Vec<Value>,
        condition: &Expression,
    ) -> Result<Vec<Value>, Failure> {
        let mut chosen = Vec::new();
        for item in items {
            let scope = self.scope_of(repeat, item.clone())?;
            self.scopes.push(scope);
            if self.holds(condition)? {
                chosen.push(item);
            }
            self.scopes.pop();
        }
        Ok(chosen)
    }

    /// The variables of a loop for an item.
    fn scope_of(&mut self, repeat: &Loop, item: Value) -> Result<Scope, Failure> {
        self.meter.step()?;
        match &repeat.target {
            Target::One(name) => Ok(Scope::from([(name.clone(), item)])),
            Target::Several(names) => {
                self.meter.charge(names.len().saturating_mul(ITEM))?;
                let parts = item.iterate(self.meter).map_err(|failure| failure.at(repeat.line))?;
                if parts.len() != names.len() {
                    let message =
                        format!("{} names cannot take {} values", names.len(), parts.len());
                    return Err(Failure::new(message).at(repeat.line));
                }
                Ok(names.iter().cloned().zip(parts).collect())
            }
        }
    }

    fn holds(&mut self, condition: &Expression) -> Result<bool, Failure> {
        self.evaluate(condition)?.is_true().map_err(|failure| failure.at(condition.line))
    }

    fn evaluate(&mut self, expression: &Expression) -> Result<Value, Failure> {
        let value = self.meter.step().and_then(|()| self.value(expression));
        value.map_err(|failure| failure.at(expression.line))
    }

    fn value(&mut self, expression: &Expression) -> Result<Value, Failure> {
        match &expression.kind {
            Kind::Constant(value) => Ok(value.clone()),
            Kind::Variable(name) => self.variable(name, expression),
            Kind::LoopPart(part) => self.loop_part(*part),
            Kind::Attribute(of, name) => {
                let value = self.evaluate(of)?;
                value.attribute(name, || expression.path(), self.meter)
            }
            Kind::Item(of, key) => {
                let (value, key) = (self.evaluate(of)?, self.evaluate(key)?);
                value.item(&key, || expression.path(), self.meter)
            }
            Kind::Slice(of, bounds) => {
                let value = self.evaluate(of)?;
                let mut given = [const { None }; 3];
                for (bound, given) in bounds.iter().zip(&mut given) {
                    if let Some(bound) = bound {
                        *given = Some(self.evaluate(bound)?);
                    }
                }
                value.slice(given.each_ref().map(Option::as_ref), self.meter)
            }
            Kind::Not(of) => Ok(Value::Bool(!self.holds(of)?)),
            Kind::Negative(of) => Ok(Value::Number(self.evaluate(of)?.number()?.negated()?)),
            Kind::And(sides) | Kind::Or(sides) => {
                let ends_when = matches!(expression.kind, Kind::Or(_));
                let first = self.evaluate(&sides[0])?;
                if first.is_true()? == ends_when { Ok(first) } else { self.evaluate(&sides[1]) }
            }
            Kind::Calculation(operator, sides) => {
                let (one, other) = (self.evaluate(&sides[0])?, self.evaluate(&sides[1])?);
                self.calculate(*operator, &one, &other)
            }
            Kind::Comparison(first, others) => {
                let mut left = self.evaluate(first)?;
                for (comparison, right) in others {
                    let right = self.evaluate(right)?;
                    if !self.compare(*comparison, &left, &right)? {
                        return Ok(Value::Bool(false));
                    }
                    left = right;
                }
                Ok(Value::Bool(true))
            }
            Kind::Choice { condition, then, otherwise } => {
                match (self.holds(condition)?, otherwise) {
                    (true, _) => self.evaluate(then),
                    (false, Some(otherwise)) => self.evaluate(otherwise),
                    (false, None) => Ok(Value::Missing(None)),
                }
            }
            Kind::Filter(filter, input, arguments) => {
                let input = self.evaluate(input)?;
                let arguments = self.arguments(arguments)?;
                filter.apply(&input, &arguments, self.meter)
            }
            Kind::Test(test, input, arguments) => {
                let input = self.evaluate(input)?;
                let arguments = self.arguments(arguments)?;
                test.holds(&input, &arguments, self.meter).map(Value::Bool)
            }
            Kind::List(items) => {
                let items: Result<Vec<Value>, _> =
                    items.iter().map(|item| self.evaluate(item)).collect();
                Value::made_list(items?, self.meter)
            }
            Kind::Object(fields) => {
                // The names are sorted.
                let compared = (usize::BITS - fields.len().leading_zeros()) as usize;
                let bytes: usize = fields.iter().map(|(name, _)| name.len()).sum();
                self.meter.charge(fields.len().saturating_mul(2 * ITEM))?;
                self.meter.charge(compared.saturating_mul(bytes))?;
                work::done(compared.saturating_mul(bytes));
                let fields: Result<_, Failure> = fields
                    .iter()
                    .map(|(name, value)| Ok((Rc::clone(name), self.evaluate(value)?)))
                    .collect();
                Ok(Value::from(std::collections::BTreeMap::from_iter::<Vec<_>>(fields?)))
            }
        }
    }

    fn arguments(&mut self, given: &[Option<Expression>]) -> Result<Vec<Option<Value>>, Failure> {
        let each = |argument: &Option<Expression>| {
            argument.as_ref().map(|argument| self.evaluate(argument)).transpose()
        };
        given.iter().map(each).collect()
    }

    fn variable(&mut self, name: &Name, expression: &Expression) -> Result<Value, Failure> {
        self.meter.charge(self.scopes.len().saturating_mul(ITEM))?;
        let found = self.scopes.iter().rev().find_map(|scope| scope.get(name));
        match found {
            Some(value) => Ok(value.clone()),
            None => {
                Value::missing(&format!("`{}` has no value here", expression.path()), self.meter)
            }
        }
    }

    fn loop_part(&self, part: LoopPart) -> Result<Value, Failure> {
        let Some(Round { index, length }) = self.loops.last() else {
            return Err(Failure::because("there is no loop around this"));
        };
        Ok(match part {
            LoopPart::Index => Value::from(index + 1),
            LoopPart::Index0 => Value::from(*index),
            LoopPart::RevIndex => Value::from(length - index),
            LoopPart::RevIndex0 => Value::from(length - index - 1),
            LoopPart::First => Value::Bool(*index == 0),
            LoopPart::Last => Value::Bool(index + 1 == *length),
            LoopPart::Length => Value::from(*length),
        })
    }

    fn calculate(
        &mut self,
        operator: Operator,
        one: &Value,
        other: &Value,
    ) -> Result<Value, Failure> {
        let calculate: fn(Number, Number) -> Result<Number, Failure> = match operator {
            Operator::Add => return one.add(other, self.meter),
            Operator::Multiply => return one.multiply(other, self.meter),
            Operator::Subtract => Number::subtract,
            Operator::Divide => Number::divide,
            Operator::DivideWhole => Number::divide_whole,
            Operator::Remainder => Number::remainder,
        };
        Ok(Value::Number(calculate(one.number()?, other.number()?)?))
    }

    fn compare(
        &mut self,
        comparison: Comparison,
        one: &Value,
        other: &Value,
    ) -> Result<bool, Failure> {
        match comparison {
            Comparison::Equal => one.equals(other, self.meter),
            Comparison::NotEqual => one.equals(other, self.meter).map(|equal| !equal),
            Comparison::In => other.contains(one, self.meter),
            Comparison::NotIn => other.contains(one, self.meter).map(|contains| !contains),
            Comparison::Less => Ok(one.compare(other, self.meter)? == Ordering::Less),
            Comparison::LessOrEqual => Ok(one.compare(other, self.meter)? != Ordering::Greater),
            Comparison::Greater => Ok(one.compare(other, self.meter)? == Ordering::Greater),
            Comparison::GreaterOrEqual => Ok(one.compare(other, self.meter)? != Ordering::Less),
        }
    }
}
