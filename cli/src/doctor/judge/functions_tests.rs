use super::*;
use crate::{
    aws::answer::Unchecked,
    doctor::check::Outcome::{self, Failed, Passed, Skipped},
};
use grapnel_domain::time::Timestamp;
use rstest::rstest;

const DEPLOYED: &str = "2026-11-24T06:00:00Z";

fn at(text: &str) -> Option<Timestamp> {
    Some(text.parse().expect("a time"))
}

fn function() -> Function {
    Function {
        state: "Active".to_owned(),
        last_update: "Successful".to_owned(),
        changed_at: at(DEPLOYED),
        deployed_at: at(DEPLOYED),
        log_level: Some("info".to_owned()),
        lambda_log_level: Some("INFO".to_owned()),
        log_format: Some("JSON".to_owned()),
        ..Function::default()
    }
}

fn judge(functions: Vec<Asked<Function>>) -> [Verdict; 2] {
    let facts = Facts::none(&Unchecked::because("not asked"));
    let functions = functions.into_iter().map(|it| ("ApiFunction".to_owned(), it)).collect();
    all(&Facts { resources: Ok(Vec::new()), functions, ..facts }).map(|check| check.verdict)
}

#[rstest]
#[case::ready("Active", "Successful", Passed)]
#[case::not_called_for_weeks("Inactive", "Successful", Passed)]
#[case::not_yet("Pending", "Successful", Failed)]
#[case::broken("Failed", "Successful", Failed)]
#[case::being_changed("Active", "InProgress", Failed)]
#[case::not_changed("Active", "Failed", Failed)]
fn a_function_must_be_able_to_run(
    #[case] state: &str,
    #[case] last_update: &str,
    #[case] expected: Outcome,
) {
    let (state, last_update) = (state.to_owned(), last_update.to_owned());
    let one = Function { state, last_update, ..function() };
    let [states, _] = judge(vec![Ok(function()), Ok(one)]);
    assert_eq!(states.outcome, expected, "{states:?}");
}

#[rstest]
#[case::as_deployed(DEPLOYED, Passed)]
#[case::recorded_a_moment_later("2026-11-24T06:01:00Z", Passed)]
#[case::changed_since("2026-11-24T06:01:01Z", Failed)]
#[case::not_changed_by_the_last_deployment("2026-11-01T06:00:00Z", Passed)]
fn a_function_must_be_as_the_stack_deployed_it(#[case] changed: &str, #[case] expected: Outcome) {
    let one = Function { changed_at: at(changed), ..function() };
    let [states, _] = judge(vec![Ok(one)]);
    assert_eq!(states.outcome, expected, "{states:?}");
}

#[test]
fn the_package_of_each_function_is_named() {
    let code = Some("k3J9x0aB/7c1+sPq0ZrXvW5n2d8Yf4eT6uHmLgOiCjA=".to_owned());
    let [states, _] = judge(vec![Ok(Function { code, ..function() }), Ok(function())]);
    assert!(
        states.detail.starts_with("ApiFunction (code k3J9x0aB), ApiFunction can run"),
        "{states:?}"
    );
}

#[rstest]
#[case::as_it_should_be("info", "INFO", Passed)]
#[case::little("error", "INFO", Passed)]
#[case::all("trace", "DEBUG", Passed)]
#[case::the_metrics_are_lost("warn", "WARN", Failed)]
#[case::the_debug_lines_are_lost("debug", "INFO", Failed)]
fn a_log_must_hold_what_is_written(
    #[case] own: &str,
    #[case] lambda: &str,
    #[case] expected: Outcome,
) {
    let (own, lambda) = (Some(own.to_owned()), Some(lambda.to_owned()));
    let one = Function { log_level: own, lambda_log_level: lambda, ..function() };
    let [_, levels] = judge(vec![Ok(one)]);
    assert_eq!(levels.outcome, expected, "{levels:?}");
}

#[test]
fn a_log_must_be_json_and_alike_for_all() {
    let text = Function { log_format: Some("Text".to_owned()), ..function() };
    assert_eq!(judge(vec![Ok(text)])[1].outcome, Failed);
    let other = Function { log_level: Some("error".to_owned()), ..function() };
    assert_eq!(judge(vec![Ok(function()), Ok(other)])[1].outcome, Failed);
}

#[test]
fn functions_that_could_not_be_asked_are_not_judged() {
    let verdicts = judge(vec![Ok(function()), Err(Unchecked::because("no right"))]);
    assert!(verdicts.iter().all(|verdict| verdict.outcome == Skipped), "{verdicts:?}");
    assert!(judge(Vec::new()).iter().all(|verdict| verdict.outcome == Failed));
}
