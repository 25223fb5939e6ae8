//! Rounds to decimals or to powers of ten.

use super::{Number, finite, too_large};
use crate::transform::meter::Failure;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Method {
    /// To the nearest; a tie goes to the even neighbour.
    Common,
    Up,
    Down,
}

impl Number {
    /// Rounds to decimals, or to a power of ten if `decimals` is negative: to the nearest
    /// (`common`), up (`ceil`) or down (`floor`).
    pub(in crate::transform) fn rounded(
        self,
        decimals: i128,
        method: &str,
    ) -> Result<Self, Failure> {
        let method = match method {
            "common" => Method::Common,
            "ceil" => Method::Up,
            "floor" => Method::Down,
            _ => return Err(Failure::because("a method is `common`, `ceil` or `floor`")),
        };
        match (self, usize::try_from(decimals)) {
            (Self::Double(number), Ok(decimals)) => {
                Ok(Self::Double(shortened(number, decimals, method)))
            }
            (whole, Ok(_)) => Ok(whole),
            (_, Err(_)) => {
                let zeros = usize::try_from(decimals.unsigned_abs()).unwrap_or(usize::MAX);
                self.rounded_to_power(zeros, method)
            }
        }
    }

    /// Rounds to a multiple of the power of ten with this many zeros. All digits are compared, so
    /// every power works, and a tie is a tie of exact numbers.
    fn rounded_to_power(self, zeros: usize, method: Method) -> Result<Self, Failure> {
        let (written, has_fraction) = match self {
            Self::Double(number) => (format!("{:.0}", number.trunc()), number.fract() != 0.0),
            whole => (whole.to_string(), false),
        };
        let is_negative = matches!(self, Self::Double(number) if number.is_sign_negative())
            || written.starts_with('-');
        let digits = written.trim_start_matches('-');
        let (kept, rest) = digits.split_at(digits.len().saturating_sub(zeros));
        let is_exact = !has_fraction && rest.bytes().all(|digit| digit == b'0');
        let is_away = match method {
            Method::Up => !is_exact && !is_negative,
            Method::Down => !is_exact && is_negative,
            Method::Common if rest.len() < zeros => false,
            Method::Common => {
                let is_even = kept.bytes().last().is_none_or(|digit| digit % 2 == 0);
                let is_tie = !has_fraction
                    && rest.starts_with('5')
                    && rest.bytes().skip(1).all(|digit| digit == b'0');
                if is_tie { !is_even } else { rest >= "5" }
            }
        };
        let sign = if is_negative { "-" } else { "" };
        let kept = if is_away { next(kept) } else { kept.to_owned() };
        if matches!(self, Self::Double(_)) {
            let rounded = format!("{sign}0{kept}e{zeros}").parse().map_err(|_| too_large())?;
            return finite(rounded);
        }
        if kept.bytes().all(|digit| digit == b'0') {
            return Ok(Self::Whole(0));
        }
        match Self::parse(&format!("{sign}{kept}{}", "0".repeat(zeros))) {
            Some(whole @ (Self::Whole(_) | Self::Large(_))) => Ok(whole),
            _ => Err(too_large()),
        }
    }
}

/// A double with this many decimals.
fn shortened(number: f64, decimals: usize, method: Method) -> f64 {
    let towards: fn(f64) -> f64 = match method {
        Method::Common => {
            // The formatter writes the decimal that is nearest to the double.
            return format!("{number:.decimals$}").parse().unwrap_or(number);
        }
        Method::Up => f64::ceil,
        Method::Down => f64::floor,
    };
    let scale = 10_f64.powi(i32::try_from(decimals).unwrap_or(i32::MAX));
    let scaled = towards(number * scale) / scale;
    // A number that is too large to be scaled has no decimals.
    if scaled.is_finite() { scaled } else { number }
}

/// The digits of the next whole number.
fn next(digits: &str) -> String {
    let nines = digits.bytes().rev().take_while(|digit| *digit == b'9').count();
    let (front, _) = digits.split_at(digits.len() - nines);
    let mut next = front.to_owned();
    let raised = next.pop().and_then(|digit| digit.to_digit(10)).unwrap_or(0) + 1;
    next.extend(char::from_digit(raised, 10));
    next.push_str(&"0".repeat(nines));
    next
}
