use super::*;
use crate::{
    aws::answer::Unchecked,
    doctor::check::Outcome::{self, Failed, Passed, Skipped},
};
use rstest::rstest;

fn a_stack(status: &str, parameters: &[(&str, &str)]) -> Stack {
    let owned = |pairs: &[(&str, &str)]| {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    };
    Stack {
        status: status.to_owned(),
        parameters: owned(parameters),
        outputs: owned(&[("ApiUrl", "https://api.example.com")]),
    }
}

fn resource(logical_id: &str, physical_id: &str) -> Resource {
    Resource {
        logical_id: logical_id.to_owned(),
        physical_id: physical_id.to_owned(),
        kind: ALARM.to_owned(),
        changed_at: None,
    }
}

fn an_alarm(name: &str, is_ringing: bool) -> Alarm {
    Alarm { name: name.to_owned(), is_ringing, reason: "5 > 1".to_owned(), ..Alarm::default() }
}

fn denied<T>() -> Asked<T> {
    Err(Unchecked::because("the right x:Y is missing"))
}

#[rstest]
#[case("CREATE_COMPLETE", Passed)]
#[case("UPDATE_COMPLETE", Passed)]
#[case("UPDATE_IN_PROGRESS", Failed)]
#[case("UPDATE_ROLLBACK_COMPLETE", Failed)]
#[case("ROLLBACK_FAILED", Failed)]
fn a_stack_must_be_as_it_was_last_deployed(#[case] status: &str, #[case] expected: Outcome) {
    assert_eq!(stack(&Ok(a_stack(status, &[]))).outcome, expected);
}

#[test]
fn a_stack_of_another_template_is_told() {
    let other = Stack { outputs: [].into(), ..a_stack("CREATE_COMPLETE", &[]) };
    assert_eq!(stack(&Ok(other)).outcome, Failed);
}

#[test]
fn what_could_not_be_asked_is_skipped_and_what_is_missing_fails() {
    let verdict = stack(&denied());
    assert_eq!(verdict, Verdict::skipped("could not be checked: the right x:Y is missing"));
    assert_eq!(stack(&Err(Unchecked::missing("there is no stack x"))).outcome, Failed);
}

#[test]
fn without_aws_nothing_is_well() {
    let checks = all(&Facts::none(&Unchecked::because("there are no AWS credentials")));
    let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    let expected =
        ["stack", "alarms", "queues", "dead letters", "concurrency", "functions", "log level"];
    assert_eq!(names, expected);
    assert!(checks.iter().all(|check| check.verdict.outcome == Skipped), "{checks:?}");
}

#[test]
fn alarms_must_be_there_and_silent() {
    let resources = Ok(vec![resource("EventsAgeAlarm", "x-1"), resource("ApiErrorsAlarm", "x-2")]);
    let well = [an_alarm("x-1", false), an_alarm("x-2", false)];
    let verdict = alarms(&resources, &Ok(well.to_vec()));
    assert_eq!(verdict.outcome, Passed);
    assert!(verdict.detail.contains("AlarmTopicArn"), "nobody is told: {verdict:?}");
    let told = well.map(|alarm| Alarm { tells_somebody: true, ..alarm });
    let verdict = alarms(&resources, &Ok(told.to_vec()));
    assert_eq!(verdict, Verdict::passed("2 exist and none is in ALARM"));

    let verdict = alarms(&resources, &Ok(vec![an_alarm("x-1", false), an_alarm("x-2", true)]));
    assert_eq!(
        (verdict.outcome, verdict.detail.as_str()),
        (Failed, "in ALARM: ApiErrorsAlarm (5 > 1)")
    );
    let verdict = alarms(&resources, &Ok(vec![an_alarm("x-2", false)]));
    assert!(
        verdict.outcome == Failed && verdict.detail.ends_with(": EventsAgeAlarm"),
        "{verdict:?}"
    );
    assert_eq!(alarms(&Ok(Vec::new()), &Ok(Vec::new())).outcome, Failed, "a stack without alarms");
    assert_eq!(alarms(&resources, &denied()).outcome, Skipped);
    assert_eq!(alarms(&denied(), &Ok(Vec::new())).outcome, Skipped);
}

const DEFAULTS: [(&str, &str); 7] = [
    ("IngestMaximumConcurrency", "50"),
    ("DeliveryMaximumConcurrency", "200"),
    ("DeliveryMinimumPollers", "0"),
    ("DeliveryMaximumPollers", "100"),
    ("IsolationMaximumConcurrency", "100"),
    ("ApiReservedConcurrency", "0"),
    ("RequestsPerUserPerMinute", "600"),
];

#[rstest]
#[case::as_documented(462, &[], Passed)]
#[case::one_less(461, &[], Failed)]
#[case::a_new_account(10, &[], Failed)]
#[case::lowered_to_fit(
    52,
    &[
        ("IngestMaximumConcurrency", "10"),
        ("DeliveryMaximumConcurrency", "10"),
        ("IsolationMaximumConcurrency", "10")
    ],
    Passed
)]
#[case::two_isolation_queues(462, &[("IsolationMaximumConcurrency", "101")], Failed)]
#[case::longer_waits_for_answers(462, &[("RequestsPerUserPerMinute", "601")], Failed)]
#[case::no_quota(453, &[("RequestsPerUserPerMinute", "0")], Passed)]
#[case::reserved_for_the_api(502, &[("ApiReservedConcurrency", "50")], Passed)]
#[case::too_much_reserved_for_the_api(501, &[("ApiReservedConcurrency", "50")], Failed)]
#[case::pollers_start_ten_each(1261, &[("DeliveryMinimumPollers", "2")], Failed)]
#[case::room_for_the_pollers(1262, &[("DeliveryMinimumPollers", "2")], Passed)]
fn the_account_must_have_room(
    #[case] limit: u32,
    #[case] changes: &[(&str, &str)],
    #[case] expected: Outcome,
) {
    let stack = a_stack("CREATE_COMPLETE", &[&DEFAULTS[..], changes].concat());
    assert_eq!(concurrency(&Ok(stack), &Ok(limit)).outcome, expected);
}

#[test]
fn room_is_not_judged_where_the_need_is_unknown() {
    assert_eq!(concurrency(&denied(), &Ok(10)).outcome, Skipped);
    assert_eq!(concurrency(&Ok(a_stack("CREATE_COMPLETE", &[])), &Ok(10)).outcome, Skipped);
    assert_eq!(concurrency(&Ok(a_stack("CREATE_COMPLETE", &DEFAULTS)), &denied()).outcome, Skipped);
}

/// The least that the documentation names is what the defaults need.
#[test]
fn the_documentation_names_the_same_least() {
    let wanted = wanted_concurrency(&a_stack("CREATE_COMPLETE", &DEFAULTS)).expect("known");
    // The sample of the doctor's output is wrapped as on a terminal.
    let guide = include_str!("../../../docs/operate.md").split_whitespace();
    let guide = guide.collect::<Vec<_>>().join(" ");
    let sum = format!("50 + 200 + 2 × 100 + 10 + 2 = {wanted}");
    let line = format!("the account may run 10 functions at once; the stack needs {wanted}");
    for sentence in [sum, line] {
        assert!(guide.contains(&sentence), "docs/operate.md: {sentence}");
    }
    let readme = include_str!("../../../README.md");
    let sentence = format!("{wanted} is enough");
    assert!(readme.contains(&sentence), "README.md: {sentence}");
    let template = include_str!("../../../template.yaml");
    for (name, default) in DEFAULTS {
        let parameter = template.split_once(&format!("\n  {name}:\n")).expect("the parameter").1;
        let line = parameter.lines().find(|line| line.trim_start().starts_with("Default: "));
        assert_eq!(line.map(str::trim), Some(format!("Default: {default}").as_str()), "{name}");
    }
}
