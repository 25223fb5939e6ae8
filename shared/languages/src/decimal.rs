//! Numbers as they are written in JSON, compared exactly, without a conversion to double.

use std::cmp::Ordering;

/// Maximum number of digits of a divisor: ten times a remainder with this many digits fits into 128
/// bits.
pub const MAX_DIVISOR_DIGITS: usize = 37;

/// A decimal number: `0.d₁d₂d₃… × 10^point`, without zeros at either end of the digits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Decimal {
    negative: bool,
    /// ASCII digits. Zero has no digits.
    digits: Vec<u8>,
    /// Saturates at the ends of `i64`, where exact exponents no longer matter.
    point: i64,
}

impl Decimal {
    /// Reads a JSON number. Other text has the value of the digits in it.
    pub fn parse(text: &str) -> Self {
        let (mantissa, exponent) = match text.find(['e', 'E']) {
            Some(at) => (&text[..at], parse_exponent(&text[at + 1..])),
            None => (text, 0),
        };
        let negative = mantissa.starts_with('-');
        let mut digits = Vec::with_capacity(mantissa.len());
        let mut point = None;
        for byte in mantissa.bytes() {
            match byte {
                b'.' => point = Some(digits.len()),
                b'0'..=b'9' => digits.push(byte),
                _ => {}
            }
        }
        let whole = point.unwrap_or(digits.len());
        let leading = digits.iter().take_while(|digit| **digit == b'0').count();
        digits.drain(..leading);
        while digits.last() == Some(&b'0') {
            digits.pop();
        }
        if digits.is_empty() {
            return Self { negative: false, digits, point: 0 };
        }
        let length = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        let point = exponent.saturating_add(length(whole)).saturating_sub(length(leading));
        Self { negative, digits, point }
    }

    /// How many digits the number has when it is written without an exponent.
    pub fn significant_digits(&self) -> usize {
        self.digits.len()
    }

    /// How many of the digits are right of the decimal point.
    pub fn decimals(&self) -> i64 {
        i64::try_from(self.digits.len()).unwrap_or(i64::MAX).saturating_sub(self.point).max(0)
    }

    pub fn is_positive(&self) -> bool {
        !self.negative && !self.digits.is_empty()
    }

    pub fn is_whole(&self) -> bool {
        self.decimals() == 0
    }

    /// The number as a count, if it is whole and not negative. A larger number is `usize::MAX`.
    pub fn count(&self) -> Option<usize> {
        if self.negative || !self.is_whole() {
            return None;
        }
        let digits = std::str::from_utf8(&self.digits).ok()?;
        let zeros = usize::try_from(self.exponent()).unwrap_or(usize::MAX);
        if digits.is_empty() {
            return Some(0);
        }
        let largest = usize::MAX.ilog10() as usize + 1;
        if digits.len().saturating_add(zeros) > largest {
            return Some(usize::MAX);
        }
        Some(format!("{digits}{}", "0".repeat(zeros)).parse().unwrap_or(usize::MAX))
    }

    /// How many digits [`Self::is_multiple_of`] reads.
    pub fn digits_to_divide(&self, divisor: &Self) -> usize {
        self.digits.len() + self.zeros_to_divide(divisor).unwrap_or_default() as usize
    }

    /// The number of zeros to append so that the last digit has the place of the divisor's last
    /// digit; `None` if it is already right of that.
    fn zeros_to_divide(&self, divisor: &Self) -> Option<u32> {
        let zeros = self.exponent().saturating_sub(divisor.exponent());
        // A further zero makes a multiple only if it adds a two or a five that the divisor has. A
        // divisor of 37 digits has fewer than 128 of them.
        u32::try_from(zeros.min(128)).ok()
    }

    /// Whether this is a multiple of a positive number with at most [`MAX_DIVISOR_DIGITS`] digits.
    pub fn is_multiple_of(&self, divisor: &Self) -> bool {
        if self.digits.is_empty() {
            return true;
        }
        let (Some(zeros), Some(divisor)) =
            (self.zeros_to_divide(divisor), divisor.digits_as_number())
        else {
            // The last digit is not zero, and is right of the divisor's last digit.
            return false;
        };
        let zeros = std::iter::repeat_n(b'0', zeros as usize);
        let digits = self.digits.iter().copied().chain(zeros);
        digits.fold(0, |rest, digit| (rest * 10 + u128::from(digit - b'0')) % divisor) == 0
    }

    fn digits_as_number(&self) -> Option<u128> {
        if self.digits.len() > MAX_DIVISOR_DIGITS {
            return None;
        }
        std::str::from_utf8(&self.digits).ok()?.parse().ok().filter(|number| *number > 0)
    }

    /// A text that is the same for equal numbers and different for others.
    pub fn canonical(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let digits = String::from_utf8_lossy(&self.digits);
        format!("{sign}{digits}e{}", self.point)
    }

    /// The power of ten by which the digits, read as a whole number, are multiplied.
    fn exponent(&self) -> i64 {
        self.point.saturating_sub(i64::try_from(self.digits.len()).unwrap_or(i64::MAX))
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // There are no leading zeros, so the place of the point decides. There are no trailing
            // zeros, so the shorter of two with the same beginning is the smaller.
            (false, false) => {
                self.point.cmp(&other.point).then_with(|| self.digits.cmp(&other.digits))
            }
        }
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.magnitude(other),
            (true, true) => other.magnitude(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn parse_exponent(text: &str) -> i64 {
    let end = if text.starts_with('-') { i64::MIN } else { i64::MAX };
    // Half the range, so that adding the number of digits cannot overflow.
    text.strip_prefix('+').unwrap_or(text).parse().unwrap_or(end / 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case("0", "-0.000e99", Ordering::Equal)]
    #[case("100", "1e2", Ordering::Equal)]
    #[case("100", "100.000", Ordering::Equal)]
    #[case("0.1", "1E-1", Ordering::Equal)]
    #[case("-3.018e+2", "-301.8", Ordering::Equal)]
    #[case("9007199254740993", "9007199254740992", Ordering::Greater)]
    #[case("9007199254740992.1", "9007199254740992", Ordering::Greater)]
    #[case("-2", "1", Ordering::Less)]
    #[case("-2", "-1", Ordering::Less)]
    #[case("0.09", "0.1", Ordering::Less)]
    #[case("1e99999999999999999999", "1e9999", Ordering::Greater)]
    #[case("1e-99999999999999999999", "0", Ordering::Greater)]
    #[case("1e-99999999999999999999", "1e-9999", Ordering::Less)]
    fn numbers_compare_by_their_value(
        #[case] one: &str,
        #[case] other: &str,
        #[case] expected: Ordering,
    ) {
        assert_eq!(Decimal::parse(one).cmp(&Decimal::parse(other)), expected);
        assert_eq!(Decimal::parse(other).cmp(&Decimal::parse(one)), expected.reverse());
    }

    #[test]
    fn digits_are_counted_without_zeros_at_the_ends() {
        for (text, significant, decimals) in
            [("0", 0, 0), ("1200", 2, 0), ("0.0012", 2, 4), ("1.50", 2, 1), ("15e-3", 2, 3)]
        {
            let number = Decimal::parse(text);
            assert_eq!((number.significant_digits(), number.decimals()), (significant, decimals));
        }
    }

    #[rstest]
    #[case("5000000.005", "0.01", false)]
    #[case("5000000.01", "0.01", true)]
    #[case("4.35", "0.01", true)]
    #[case("123456789012345678901234567890", "3", true)]
    #[case("123456789012345678901234567891", "3", false)]
    #[case("1e400", "16", true)]
    #[case("1e400", "7", false)]
    #[case("1e-400", "1e-401", true)]
    #[case("0", "7", true)]
    #[case("-9", "3", true)]
    #[case("0.3", "0.2", false)]
    #[case("7", "2", false)]
    fn multiples_are_exact(#[case] number: &str, #[case] divisor: &str, #[case] expected: bool) {
        let number = Decimal::parse(number);
        assert_eq!(number.is_multiple_of(&Decimal::parse(divisor)), expected);
    }

    #[rstest]
    #[case("0", Some(0))]
    #[case("10.0", Some(10))]
    #[case("1.2e3", Some(1200))]
    #[case("1e400", Some(usize::MAX))]
    #[case("-1", None)]
    #[case("0.5", None)]
    fn a_count_is_read_however_it_is_written(#[case] text: &str, #[case] expected: Option<usize>) {
        assert_eq!(Decimal::parse(text).count(), expected);
    }

    proptest! {
        #[test]
        fn multiples_are_what_integers_say(number: i64, divisor in 1..1_000_000_i64, by in -5..5_i32) {
            let text = |number: i64| Decimal::parse(&format!("{number}e{by}"));
            for number in [number, number - number % divisor] {
                let is_multiple = text(number).is_multiple_of(&text(divisor));
                prop_assert_eq!(is_multiple, number % divisor == 0);
            }
        }

        #[test]
        fn whole_numbers_compare_as_integers_do(one: i128, other: i128) {
            let compared = Decimal::parse(&one.to_string()).cmp(&Decimal::parse(&other.to_string()));
            prop_assert_eq!(compared, one.cmp(&other));
        }

        #[test]
        fn doubles_compare_as_doubles_do(
            one in proptest::num::f64::NORMAL | proptest::num::f64::ZERO,
            other in proptest::num::f64::NORMAL | proptest::num::f64::ZERO,
        ) {
            let compared = Decimal::parse(&format!("{one:e}")).cmp(&Decimal::parse(&other.to_string()));
            prop_assert_eq!(Some(compared), one.partial_cmp(&other));
        }
    }
}
