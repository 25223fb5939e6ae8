//! The queues: how much waits and for how long, and whether there are dead letters.

use crate::{
    aws::answer::Asked,
    doctor::{
        check::{Check, Verdict},
        facts::{Alarm, Facts, Queue},
    },
};
use std::time::Duration;

/// The metric of a queue whose alarm says how old a message may be.
const AGE: &str = "ApproximateAgeOfOldestMessage";

/// How a queue is called whose messages wait for a person.
const DEAD_LETTERS: &str = "DeadLetter";

/// A check for each queue that feeds a function, and one for all dead letters.
pub(super) fn all(facts: &Facts) -> Vec<Check> {
    if facts.queues.is_empty() {
        let verdict = || match &facts.stack {
            Err(why) => Verdict::unchecked(why),
            Ok(_) => Verdict::failed(
                "the stack has no output with a queue",
                "Name the stack that was deployed from Grapnel's template.",
            ),
        };
        return vec![verdict().of("queues"), verdict().of("dead letters")];
    }
    let (dead, work): (Vec<_>, Vec<_>) =
        facts.queues.iter().partition(|(name, _)| name.contains(DEAD_LETTERS));
    let alarms = facts.alarms.as_deref().unwrap_or_default();
    let mut checks: Vec<Check> =
        work.into_iter().map(|(name, queue)| backlog(queue, alarms).of(name)).collect();
    checks.push(dead_letters(&dead).of("dead letters"));
    checks
}

/// The age at which the stack's own alarm rings, so that the template alone says it.
fn limit(queue: &Queue, alarms: &[Alarm]) -> Option<Duration> {
    let watches =
        |alarm: &&Alarm| alarm.metric == AGE && alarm.queue.as_deref() == Some(queue.name.as_str());
    let alarm = alarms.iter().find(watches)?;
    Duration::try_from_secs_f64(alarm.threshold).ok()
}

fn backlog(queue: &Asked<Queue>, alarms: &[Alarm]) -> Verdict {
    let queue = match queue {
        Ok(queue) => queue,
        Err(why) => return Verdict::unchecked(why),
    };
    let Queue { visible, in_flight, delayed, .. } = queue;
    let depth = format!("{visible} waiting, {in_flight} in work, {delayed} delayed");
    let oldest = match &queue.oldest {
        Ok(oldest) => *oldest,
        Err(why) => {
            return Verdict::skipped(format!(
                "{depth}; the age of the oldest could not be checked: {}",
                why.reason
            ));
        }
    };
    let Some(oldest) = oldest else {
        return Verdict::passed(format!("{depth}; CloudWatch reports no age"));
    };
    let age = format!("the oldest is {} old", grapnel_verify::span(oldest));
    match limit(queue, alarms) {
        Some(limit) if oldest >= limit => Verdict::failed(
            format!("{depth}; {age}, more than {}", grapnel_verify::span(limit)),
            "Look at the function's log for \"message comes again\", and at its throttles: \
             docs/operate.md, \"Alarms\".",
        ),
        _ => Verdict::passed(format!("{depth}; {age}")),
    }
}

fn dead_letters(queues: &[&(String, Asked<Queue>)]) -> Verdict {
    if let Some(why) = queues.iter().find_map(|(_, queue)| queue.as_ref().err()) {
        return Verdict::unchecked(why);
    }
    let full: Vec<String> = queues
        .iter()
        .filter_map(|(name, queue)| Some((name, queue.as_ref().ok()?)))
        .map(|(name, queue)| (name, queue.visible + queue.in_flight + queue.delayed))
        .filter(|(_, count)| *count > 0)
        .map(|(name, count)| format!("{count} in {name}"))
        .collect();
    if full.is_empty() {
        return Verdict::passed(format!("none in {} queues", queues.len()));
    }
    Verdict::failed(
        full.join(", "),
        "Look at the reason of each, mend the cause, and send them back: docs/operate.md, \"Dead \
         letters\".",
    )
}

#[cfg(test)]
#[path = "queues_tests.rs"]
mod tests;
