use super::Number;
use crate::{
    decimal::Decimal,
    transform::tests::{faults, render},
};
use proptest::prelude::*;
use rstest::rstest;
use std::cmp::Ordering;

fn printed(expression: &str) -> Result<String, String> {
    let template = format!("{{{{ {expression} }}}}");
    assert_eq!(faults(&template), Vec::<String>::new());
    render(&template, r#"{"n":9007199254740993,"l":[9007199254740993],"low":-9007199254740993}"#)
}

#[rstest]
#[case("9007199254740993 == 9007199254740992.0", "false")]
#[case("9007199254740993 != 9007199254740992.0", "true")]
#[case("9007199254740993 > 9007199254740992.0", "true")]
#[case("9007199254740992.0 < data.n", "true")]
#[case("9007199254740992.0 >= data.n", "false")]
#[case("data.n <= 9007199254740992.0", "false")]
#[case("9007199254740992 == 9007199254740992.0", "true")]
#[case("data.low < -9007199254740992.0", "true")]
#[case("9007199254740992.0 in data.l", "false")]
#[case("9007199254740992.0 not in [data.n]", "true")]
#[case("data.l == [9007199254740992.0]", "false")]
#[case("data.l > [9007199254740992.0]", "true")]
#[case("{'a': data.n} == {'a': 9007199254740992.0}", "false")]
#[case(
    "340282366920938463463374607431768211455 == 340282366920938463463374607431768211456.0",
    "false"
)]
#[case("340282366920938463463374607431768211455 < 1e39", "true")]
#[case(
    "170141183460469231731687303715884105727 < 170141183460469231731687303715884105728.0",
    "true"
)]
#[case(
    "170141183460469231731687303715884105728 == 170141183460469231731687303715884105728.0",
    "true"
)]
#[case("3 < 3.5", "true")]
#[case("-3 > -3.5", "true")]
#[case("0 == -0.0", "true")]
#[case("0 < 5e-324", "true")]
#[case("true == 1.0", "true")]
fn whole_numbers_and_doubles_compare_exactly(#[case] expression: &str, #[case] expected: &str) {
    assert_eq!(printed(expression).as_deref(), Ok(expected), "{expression}");
}

/// The expected values are Python's.
#[rstest]
#[case("-(0.0)", "-0.0")]
#[case("-(-0.0)", "0.0")]
#[case("-(0 / 3)", "-0.0")]
#[case("-(0)", "0")]
#[case("0.0 * -1", "-0.0")]
#[case("-0.0 + 0.0", "0.0")]
#[case("-0.0 - 0.0", "-0.0")]
#[case("-0.0 // 1", "-0.0")]
#[case("0.0 // -1", "-0.0")]
#[case("-0.0 // -1", "0.0")]
#[case("0.5 // 1", "0.0")]
#[case("-0.0 % 1", "0.0")]
#[case("0.0 % -1", "-0.0")]
#[case("(-0.4)|round", "-0.0")]
#[case("(-0.0)|round", "-0.0")]
#[case("(-0.0)|abs", "0.0")]
fn a_zero_keeps_its_sign(#[case] expression: &str, #[case] expected: &str) {
    assert_eq!(printed(expression).as_deref(), Ok(expected), "{expression}");
}

#[rstest]
#[case("1e20|int", "100000000000000000000")]
#[case("1.9|int", "1")]
#[case("(-1.9)|int", "-1")]
#[case("1e38|int", "99999999999999997748809823456034029568")]
#[case("3e38|int", "300000000000000012135895401846682943488")]
#[case("'-1e3'|int", "-1000")]
#[case("5|round(-1)", "0")]
#[case("15|round(-1)", "20")]
#[case("25|round(-1)", "20")]
#[case("(-15)|round(-1)", "-20")]
#[case("(-14)|round(-1, 'floor')", "-20")]
#[case("(-14)|round(-1, 'ceil')", "-10")]
#[case("999|round(-1, 'ceil')", "1000")]
#[case("5|round(-3, 'ceil')", "1000")]
#[case("5|round(-40)", "0")]
#[case("5|round(-40, 'floor')", "0")]
#[case("(-5)|round(-40, 'ceil')", "0")]
#[case("0|round(-40, 'ceil')", "0")]
#[case(
    "90000000000000000000000000000000000000|round(-38)",
    "100000000000000000000000000000000000000"
)]
#[case(
    "340282366920938463463374607431768211455|round(-1, 'floor')",
    "340282366920938463463374607431768211450"
)]
#[case("5.5|round(-340)", "0.0")]
#[case("5.5|round(-340, 'floor')", "0.0")]
#[case("5.5|round(-2, 'ceil')", "100.0")]
#[case("5.5|round(-40, 'ceil')", "1e+40")]
#[case("1250.0|round(-2)", "1200.0")]
#[case("1250.5|round(-2)", "1300.0")]
#[case("1.5e300|round(-300)", "2e+300")]
#[case("5.5|round(340)", "5.5")]
#[case("5.25|round(1)", "5.2")]
#[case("5.21|round(1, 'ceil')", "5.3")]
#[case("1e17 % 3.0", "1.0")]
#[case("-1e17 % 3.0", "2.0")]
#[case("1.0 // 0.1", "9.0")]
#[case("-7.5 // 2", "-4.0")]
fn conversions_are_exact(#[case] expression: &str, #[case] expected: &str) {
    assert_eq!(printed(expression).as_deref(), Ok(expected), "{expression}");
}

#[rstest]
#[case("1e300|int")]
#[case("(-1e300)|int")]
#[case("'1e300'|int")]
#[case("340282366920938463463374607431768211456.0|int")]
#[case("'340282366920938463463374607431768211456'|int")]
#[case("5|round(-40, 'ceil')")]
#[case("5|round(-39, 'ceil')")]
#[case("5|round(-1000000, 'ceil')")]
#[case("(-5)|round(-40, 'floor')")]
#[case("340282366920938463463374607431768211455|round(-1)")]
#[case("5.5|round(-340, 'ceil')")]
#[case("(-5.5)|round(-309, 'floor')")]
#[case("9e307|round(-308, 'ceil') * 2")]
fn a_number_that_is_too_large_is_an_error(#[case] expression: &str) {
    let error = printed(expression).expect_err("too large");
    assert_eq!(error, "line 1: the result is too large a number", "{expression}");
}

/// Doubles at and around whole numbers, where rounding either would make them equal.
fn near(whole: i128) -> impl Strategy<Value = f64> {
    #[expect(clippy::cast_precision_loss, reason = "the nearest double is what is meant")]
    let nearest = whole as f64;
    prop::sample::select(vec![
        nearest,
        nearest.next_up(),
        nearest.next_down(),
        nearest + 0.5,
        nearest - 0.5,
    ])
}

fn numbers() -> impl Strategy<Value = (i128, f64)> {
    let whole = (any::<i128>(), 0..127_u32).prop_map(|(number, bits)| number >> bits);
    whole.prop_flat_map(|whole| (Just(whole), near(whole)))
}

proptest! {
    #[test]
    fn numbers_compare_as_decimals_do((whole, double) in numbers(), sign in prop::bool::ANY) {
        let double = if sign { double } else { -double };
        let expected = Decimal::parse(&whole.to_string()).cmp(&Decimal::parse(&format!("{double:.1100}")));
        let (one, other) = (Number::Whole(whole), Number::Double(double));
        prop_assert_eq!(one.compare(other), Some(expected));
        prop_assert_eq!(other.compare(one), Some(expected.reverse()));
    }

    /// Rounding changes a number by no more than allowed, and only in the allowed direction.
    #[test]
    fn rounding_to_a_power_of_ten_finds_the_multiple(number in -100_000..100_000_i128, zeros in 1..8_u32) {
        let unit = 10_i128.pow(zeros);
        let rounded = |method| Number::Whole(number).rounded(-i128::from(zeros), method).map(Number::as_i128);
        let down = number.div_euclid(unit) * unit;
        let up = if down == number { down } else { down + unit };
        let nearest = match (2 * (number - down)).cmp(&unit) {
            Ordering::Less => down,
            Ordering::Greater => up,
            Ordering::Equal if (down / unit) % 2 == 0 => down,
            Ordering::Equal => up,
        };
        prop_assert_eq!(rounded("floor"), Ok(Some(down)));
        prop_assert_eq!(rounded("ceil"), Ok(Some(up)));
        prop_assert_eq!(rounded("common"), Ok(Some(nearest)));
    }
}
