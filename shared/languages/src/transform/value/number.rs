//! Numbers: whole ones with all their digits, up to 128 bits, and doubles.

use crate::transform::meter::Failure;
use std::{cmp::Ordering, fmt};

#[derive(Debug, Clone, Copy)]
pub(in crate::transform) enum Number {
    Whole(i128),
    /// Over the largest of the others.
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
    /// Reads a number as JSON writes it; `None` if no double comes near.
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

    pub(in crate::transform) fn compare(self, other: Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => Some(one.cmp(&other)),
            (Self::Large(one), Self::Large(other)) => Some(one.cmp(&other)),
            (Self::Whole(_), Self::Large(_)) => Some(Ordering::Less),
            (Self::Large(_), Self::Whole(_)) => Some(Ordering::Greater),
            (one, other) => one.as_f64().partial_cmp(&other.as_f64()),
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

    /// Rounded down, as Python has it.
    pub(in crate::transform) fn divide_whole(self, other: Self) -> Result<Self, Failure> {
        self.refuse_zero(other)?;
        let whole = |one: i128, other: i128| {
            let quotient = one.checked_div(other)?;
            let is_below = one % other != 0 && (one < 0) != (other < 0);
            Some(if is_below { quotient - 1 } else { quotient })
        };
        self.calculate(other, whole, |one, other| (one / other).floor())
    }

    /// What is left by [`Number::divide_whole`].
    pub(in crate::transform) fn remainder(self, other: Self) -> Result<Self, Failure> {
        self.refuse_zero(other)?;
        let whole = |one: i128, other: i128| {
            let rest = one.checked_rem(other)?;
            Some(if rest != 0 && (rest < 0) != (other < 0) { rest + other } else { rest })
        };
        self.calculate(other, whole, |one, other| one - other * (one / other).floor())
    }

    pub(in crate::transform) fn negated(self) -> Result<Self, Failure> {
        Self::Whole(0).subtract(self)
    }

    pub(in crate::transform) fn absolute(self) -> Result<Self, Failure> {
        match self {
            Self::Whole(number) if number < 0 => self.negated(),
            Self::Double(number) => Ok(Self::Double(number.abs())),
            _ => Ok(self),
        }
    }

    /// Rounded to so many decimals, or to a power of ten where that is below zero: to the nearest
    /// (`common`), up (`ceil`) or down (`floor`).
    pub(in crate::transform) fn rounded(
        self,
        decimals: i128,
        method: &str,
    ) -> Result<Self, Failure> {
        let towards: fn(f64) -> f64 = match method {
            "common" => f64::round_ties_even,
            "ceil" => f64::ceil,
            "floor" => f64::floor,
            _ => return Err(Failure::because("a method is `common`, `ceil` or `floor`")),
        };
        match (self, usize::try_from(decimals)) {
            (Self::Double(number), Ok(decimals)) if method == "common" => {
                // The decimal that is written is the one that is nearest to the double.
                let text = format!("{number:.decimals$}");
                Ok(Self::Double(text.parse().unwrap_or(number)))
            }
            (Self::Double(number), decimals_or_not) => {
                let decimals = i32::try_from(decimals).unwrap_or_default();
                let scale = 10_f64.powi(decimals.abs());
                let scaled = if decimals_or_not.is_ok() {
                    towards(number * scale) / scale
                } else {
                    towards(number / scale) * scale
                };
                Ok(if scaled.is_finite() { Self::Double(scaled) } else { self })
            }
            (whole, Ok(_)) => Ok(whole),
            (whole, Err(_)) => {
                let Some(unit) =
                    u32::try_from(-decimals).ok().and_then(|power| 10_i128.checked_pow(power))
                else {
                    return Ok(Self::Whole(0));
                };
                let unit = Self::Whole(unit);
                let rest = whole.remainder(unit)?;
                let down = whole.subtract(rest)?;
                let twice = rest.add(rest)?.compare(unit);
                let is_up = match method {
                    "floor" => false,
                    "ceil" => !rest.is_zero(),
                    _ => match twice {
                        Some(Ordering::Equal) => !down.divide_whole(unit)?.is_even(),
                        order => order == Some(Ordering::Greater),
                    },
                };
                if is_up { down.add(unit) } else { Ok(down) }
            }
        }
    }

    fn is_even(self) -> bool {
        self.as_i128().is_some_and(|number| number % 2 == 0)
    }

    /// Without its fraction.
    pub(in crate::transform) fn truncated(self) -> Self {
        match self {
            Self::Double(number) => Self::Whole(truncated(number)),
            whole => whole,
        }
    }

    fn calculate(
        self,
        other: Self,
        whole: impl FnOnce(i128, i128) -> Option<i128>,
        double: impl FnOnce(f64, f64) -> f64,
    ) -> Result<Self, Failure> {
        match (self, other) {
            (Self::Whole(one), Self::Whole(other)) => whole(one, other)
                .map(Self::Whole)
                .ok_or_else(|| Failure::because("the result is too large a number")),
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

/// JSON has no other numbers.
fn finite(number: f64) -> Result<Number, Failure> {
    if number.is_finite() {
        Ok(Number::Double(number))
    } else {
        Err(Failure::because("the result is too large a number"))
    }
}

fn truncated(number: f64) -> i128 {
    #[expect(clippy::cast_possible_truncation, reason = "the nearest that there is")]
    let whole = number as i128;
    whole
}
