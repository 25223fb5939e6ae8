//! Numbers as they are written in JSON, compared exactly: no double stands between.

use std::cmp::Ordering;

/// A decimal number: `0.d₁d₂d₃… × 10^point`, without zeros at either end of the digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Decimal {
    negative: bool,
    /// ASCII digits. None at all is zero.
    digits: Vec<u8>,
    /// Saturates where nobody counts any more.
    point: i64,
}

impl Decimal {
    /// Reads a JSON number. What is none has the value of the digits that were found.
    pub(super) fn parse(text: &str) -> Self {
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

    /// How many digits it takes to write it, without an exponent's.
    pub(super) fn significant_digits(&self) -> usize {
        self.digits.len()
    }

    /// How many of them are right of the decimal point.
    pub(super) fn decimals(&self) -> i64 {
        i64::try_from(self.digits.len()).unwrap_or(i64::MAX).saturating_sub(self.point).max(0)
    }

    /// The power of ten that its digits, read as a whole number, are multiplied with.
    pub(super) fn exponent(&self) -> i64 {
        self.point.saturating_sub(i64::try_from(self.digits.len()).unwrap_or(i64::MAX))
    }

    fn magnitude(&self, other: &Self) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            // Without leading zeros the place of the point decides; without trailing ones the
            // shorter of two that begin alike is the smaller.
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
    // Half of what there is, so that adding the number of digits never overflows into a lie.
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

    proptest! {
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
