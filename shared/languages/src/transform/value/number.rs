//! Numbers: whole numbers up to 128 bits, with all digits, and doubles.

mod rounding;

use crate::transform::meter::Failure;
use std::{cmp::Ordering, fmt};

#[derive(Debug, Clone, Copy)]
pub(in crate::transform) enum Number {
    Whole(i128),
    /// Larger than the maximum of `i128`.
    Large(u128),
    Double(f64),
}

impl From<usize> for Number {
    fn from(number: usize) -> Self {
        Self::Whole(i128::try_from(number).unwrap_or(i128::MAX))
    }
}

/// As JSON.
impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(number) => write!(f, "{number}"),
            Self::Large(number) => write!(f, "{number}"),
            Self::Double(number) => {
                f.write_str(&serde_json::to_string(number).map_err(|_| fmt::Error)?)
            }
        }
    }
}

impl Number {
    /// Reads a JSON number; `None` if no double can represent it.
    pub(in crate::transform) fn parse(text: &str) -> Option<Self> {
        if let Ok(number) = text.parse() {
            return Some(Self::Whole(number));
        }
        if let Ok(number) = text.parse() {
            return Some(Self::Large(number));
        }
        text.parse().ok().filter(|number: &f64| number.is_finite()).map(Self::Double)
    }

    pub(in crate::transform) fn is_zero(self) -> bool {
        matches!(self.compare(Self::Whole(0)), Some(Ordering::Equal))
    }

    pub(in crate::transform) fn as_i128(self) -> Option<i128> {
        match self {
            Self::Whole(number) => Some(number),
            Self::Large(_) => None,
            Self::Double(number) => {
                let whole = truncated(number);
                (number.fract() == 0.0 && number.abs() < 1e38).then_some(whole)
            }
        }
    }

    pub(in crate::transform) fn as_f64(self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "a double is what was asked for")]
        match self {
            Self::Whole(number) => number as f64,
            Self::Large(number) => number as f64,
            Self::Double(number) => number,
        }
    }

    /// The exact order of two numbers.
    pub(in crate::transform) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => Some(one.cmp(&other)),
            (Self::Large(one), Self::Large(other)) => Some(one.cmp(&other)),
            (Self::Whole(_), Self::Large(_)) => Some(Ordering::Less),
            (Self::Large(_), Self::Whole(_)) => Some(Ordering::Greater),
            (Self::Double(one), Self::Double(other)) => one.partial_cmp(&other),
            (whole, Self::Double(double)) => whole.compare_with(double),
            (Self::Double(double), whole) => whole.compare_with(double).map(Ordering::reverse),
        }
    }

    /// Compares a whole number with a double. Many whole numbers have the same nearest double, so
    /// the double is split into a whole number and its fraction.
    fn compare_with(self, double: f64) -> Option<Ordering> {
        match whole_part(double) {
            Some(part) => {
                let order = self.compare(part)?;
                Some(order.then(0.0.partial_cmp(&double.fract())?))
            }
            // The double is beyond all whole numbers, on one side or the other.
            None => 0.0.partial_cmp(&double),
        }
    }

    pub(in crate::transform) fn add(self, other: Self) -> Result<Self, Failure> {
        self.calculate(other, i128::checked_add, |one, other| one + other)
    }

    pub(in crate::transform) fn subtract(self, other: Self) -> Result<Self, Failure> {
        self.calculate(other, i128::checked_sub, |one, other| one - other)
    }

    pub(in crate::transform) fn multiply(self, other: Self) -> Result<Self, Failure> {
        self.calculate(other, i128::checked_mul, |one, other| one * other)
    }

    pub(in crate::transform) fn divide(self, other: Self) -> Result<Self, Failure> {
        self.refuse_zero(other)?;
        finite(self.as_f64() / other.as_f64())
    }

    /// Division rounded down, as in Python.
    pub(in crate::transform) fn divide_whole(self, other: Self) -> Result<Self, Failure> {
        self.refuse_zero(other)?;
        let whole = |one: i128, other: i128| {
            let quotient = one.checked_div(other)?;
            let is_below = one % other != 0 && (one < 0) != (other < 0);
            Some(if is_below { quotient - 1 } else { quotient })
        };
        self.calculate(other, whole, |one, other| divide_doubles(one, other).0)
    }

    /// The remainder of [`Number::divide_whole`].
    pub(in crate::transform) fn remainder(self, other: Self) -> Result<Self, Failure> {
        self.refuse_zero(other)?;
        let whole = |one: i128, other: i128| {
            let rest = one.checked_rem(other)?;
            Some(if rest != 0 && (rest < 0) != (other < 0) { rest + other } else { rest })
        };
        self.calculate(other, whole, |one, other| divide_doubles(one, other).1)
    }

    pub(in crate::transform) fn negated(self) -> Result<Self, Failure> {
        match self {
            // Not `0.0 - number`, which makes `0.0` of `0.0`.
            Self::Double(number) => Ok(Self::Double(-number)),
            whole => Self::Whole(0).subtract(whole),
        }
    }

    pub(in crate::transform) fn absolute(self) -> Result<Self, Failure> {
        match self {
            Self::Whole(number) if number < 0 => self.negated(),
            Self::Double(number) => Ok(Self::Double(number.abs())),
            _ => Ok(self),
        }
    }

    /// The number without its fraction.
    pub(in crate::transform) fn truncated(self) -> Result<Self, Failure> {
        match self {
            Self::Double(number) => whole_part(number).ok_or_else(too_large),
            whole => Ok(whole),
        }
    }

    fn calculate(
        self,
        other: Self,
        whole: impl FnOnce(i128, i128) -> Option<i128>,
        double: impl FnOnce(f64, f64) -> f64,
    ) -> Result<Self, Failure> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => {
                whole(one, other).map(Self::Whole).ok_or_else(too_large)
            }
            (Self::Double(_), _) | (_, Self::Double(_)) => {
                finite(double(self.as_f64(), other.as_f64()))
            }
            _ => Err(Failure::because("the number is too large to calculate with")),
        }
    }

    fn refuse_zero(self, divisor: Self) -> Result<(), Failure> {
        if divisor.is_zero() {
            return Err(Failure::because("nothing can be divided by zero"));
        }
        Ok(())
    }
}

/// JSON has neither infinity nor NaN.
fn finite(number: f64) -> Result<Number, Failure> {
    if number.is_finite() { Ok(Number::Double(number)) } else { Err(too_large()) }
}

fn too_large() -> Failure {
    Failure::because("the result is too large a number")
}

/// A double without its fraction, exactly; `None` if it exceeds 128 bits.
fn whole_part(double: f64) -> Option<Number> {
    /// 2¹²⁷, the smallest double above the range of `i128`.
    #[expect(clippy::cast_precision_loss, reason = "a power of two is exact")]
    const END_OF_WHOLE: f64 = -(i128::MIN as f64);
    if (-END_OF_WHOLE..END_OF_WHOLE).contains(&double) {
        return Some(Number::Whole(truncated(double)));
    }
    let is_large = (END_OF_WHOLE..2.0 * END_OF_WHOLE).contains(&double);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "doubles from 2¹²⁷ to 2¹²⁸ have no fraction and no sign"
    )]
    let large = double as u128;
    is_large.then_some(Number::Large(large))
}

/// The quotient, rounded down, and the remainder, which is exact and has the divisor's sign, as in
/// Python. Rounding down the quotient of the doubles would be wrong: it may already be rounded up.
fn divide_doubles(one: f64, other: f64) -> (f64, f64) {
    let mut rest = one % other;
    let mut quotient = (one - rest) / other;
    if rest == 0.0 {
        rest = 0.0_f64.copysign(other);
    } else if (rest < 0.0) != (other < 0.0) {
        rest += other;
        quotient -= 1.0;
    }
    // `one - rest` loses the sign of a zero.
    let quotient = if quotient == 0.0 { 0.0_f64.copysign(one / other) } else { quotient.round() };
    (quotient, rest)
}

fn truncated(number: f64) -> i128 {
    #[expect(clippy::cast_possible_truncation, reason = "the nearest that there is")]
    let whole = number as i128;
    whole
}

#[cfg(test)]
mod tests;
