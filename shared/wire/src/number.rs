//! JSON has one kind of number: `10` and `10.0` are the same (JSON Schema, section 4.2.3 of the
//! core).

use serde_json::Value;

/// Up to this number, doubles represent all whole numbers exactly.
const EXACT: f64 = 9_007_199_254_740_992.0;

/// A whole number that is not negative, with or without a fraction of zero.
#[must_use]
pub fn whole(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| {
        let number = value.as_f64()?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, not below zero, and exact"
        )]
        (number.fract() == 0.0 && (0.0..EXACT).contains(&number)).then_some(number as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case(json!(0), Some(0))]
    #[case(json!(10), Some(10))]
    #[case(json!(10.0), Some(10))]
    #[case(json!(-0.0), Some(0))]
    #[case(json!(1e3), Some(1000))]
    #[case(json!(u64::MAX), Some(u64::MAX))]
    #[case(json!(1e300), None)]
    #[case(json!(-1), None)]
    #[case(json!(-1.0), None)]
    #[case(json!(10.5), None)]
    #[case(json!("10"), None)]
    #[case(json!(null), None)]
    fn a_number_is_whole_however_it_is_written(
        #[case] value: Value,
        #[case] expected: Option<u64>,
    ) {
        assert_eq!(whole(&value), expected);
    }
}
