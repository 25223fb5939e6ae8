use super::*;
use crate::{
    aws::{answer::Unchecked, stack::Stack},
    doctor::check::Outcome::{self, Failed, Passed, Skipped},
};
use rstest::rstest;

fn queue(counts: [u64; 3], age: Option<u64>) -> Queue {
    let [visible, in_flight, delayed] = counts;
    let oldest = Ok(age.map(Duration::from_secs));
    Queue { name: "x-events".to_owned(), visible, in_flight, delayed, oldest }
}

fn alarm(queue: &str, metric: &str) -> Alarm {
    Alarm {
        metric: metric.to_owned(),
        queue: Some(queue.to_owned()),
        threshold: 900.0,
        ..Alarm::default()
    }
}

#[rstest]
#[case::empty([0, 0, 0], None, Passed)]
#[case::busy([500, 20, 3], Some(899), Passed)]
#[case::too_old([1, 0, 0], Some(900), Failed)]
#[case::no_figure_yet([5, 0, 0], None, Passed)]
fn a_queue_is_judged_by_the_age_at_which_its_alarm_rings(
    #[case] counts: [u64; 3],
    #[case] age: Option<u64>,
    #[case] expected: Outcome,
) {
    let verdict = backlog(&Ok(queue(counts, age)), &[alarm("x-events", AGE)]);
    assert_eq!(verdict.outcome, expected, "{verdict:?}");
}

#[test]
fn another_queues_alarm_and_another_metric_set_no_limit() {
    for other in [alarm("x-other", AGE), alarm("x-events", "NumberOfMessagesSent")] {
        assert_eq!(backlog(&Ok(queue([1, 0, 0], Some(4000))), &[other]).outcome, Passed);
    }
}

#[test]
fn a_queue_shows_its_depth_and_its_age() {
    let verdict = backlog(&Ok(queue([7, 1, 2], Some(75))), &[]);
    assert_eq!(verdict.detail, "7 waiting, 1 in work, 2 delayed; the oldest is 1m 15s old");
    let unknown = Queue { oldest: Err(Unchecked::because("no right")), ..queue([7, 1, 2], None) };
    let verdict = backlog(&Ok(unknown), &[]);
    assert!(verdict.outcome == Skipped && verdict.detail.starts_with("7 waiting"), "{verdict:?}");
}

fn facts(queues: Vec<(String, Asked<Queue>)>) -> Facts {
    let facts = Facts::none(&Unchecked::because("not asked"));
    Facts { stack: Ok(Stack::default()), queues, ..facts }
}

#[test]
fn dead_letters_are_one_check_for_all_their_queues() {
    let empty = || Ok(queue([0, 0, 0], None));
    let named = |name: &str, queue| (name.to_owned(), queue);
    let mut queues = vec![
        named("EventsQueue", Ok(queue([9, 9, 9], None))),
        named("EventsDeadLetterQueue", empty()),
        named("RuleDeadLetterQueue", empty()),
    ];
    let checks = all(&facts(queues.clone()));
    let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
    assert_eq!(names, ["EventsQueue", "dead letters"]);
    assert_eq!(checks[1].verdict, Verdict::passed("none in 2 queues"));

    queues[2].1 = Ok(queue([2, 1, 0], None));
    let verdict = &all(&facts(queues.clone()))[1].verdict;
    assert_eq!((verdict.outcome, verdict.detail.as_str()), (Failed, "3 in RuleDeadLetterQueue"));
    queues[1].1 = Err(Unchecked::because("no right"));
    assert_eq!(all(&facts(queues))[1].verdict.outcome, Skipped, "one of them was not looked at");
}

#[test]
fn a_stack_without_queues_is_another_templates() {
    assert!(all(&facts(Vec::new())).iter().all(|check| check.verdict.outcome == Failed));
}
