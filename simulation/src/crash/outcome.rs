//! The end that the path must reach after a fault in one of its calls.

use super::path::Path;
use crate::{
    counts::{Count, Counts, Group},
    sim::{Sim, State},
    vocabulary::{Cut, Fault},
};
use grapnel_domain::delivery::{Delivery, DeliveryAttempt, DeliveryStatus, Reason};

/// The fault, as far as the end may show it.
#[derive(Debug, Clone, Copy)]
struct Happened {
    fault: Option<Fault>,
    /// The caller of the failed call.
    by: &'static str,
    name: &'static str,
}

impl Happened {
    fn in_call(self, by: &str, name: &str) -> Option<Fault> {
        self.fault.filter(|_| self.by == by && self.name == name)
    }

    /// The receiver was not reached, or its answer was lost: that counts as a normal failed
    /// attempt.
    fn failed_request(self) -> Option<Fault> {
        self.in_call("delivery", "send request").filter(|fault| !fault.kills())
    }
}

pub(super) fn check(sim: &Sim, cut: Option<Cut>) {
    sim.with(|state| {
        let call = cut.and_then(|cut| state.calls.as_ref()?.made.get(cut.place).copied());
        if cut.is_some() && call.is_none() {
            state.ledger.broken("the call that was to be cut never came");
            return;
        }
        let happened = Happened {
            fault: cut.map(|cut| cut.fault),
            by: call.map_or("", |call| call.by),
            name: call.map_or("", |call| call.name),
        };
        if let Err(what) = judge(state, happened) {
            state.ledger.broken(what);
        }
    });
}

fn judge(state: &State, happened: Happened) -> Result<(), String> {
    let mut recorded = 0;
    let mut failed_requests = 0;
    for path in Path::ALL {
        let delivery = only_delivery(state, path)?;
        recorded += delivery.attempts.len();
        let answered = |attempt: &&DeliveryAttempt| attempt.status_code.is_some();
        failed_requests += delivery.attempts.iter().filter(|a| !answered(a)).count();
        as_it_should(path, delivery, happened).map_err(|what| {
            let (status, attempts) = (delivery.status, &delivery.attempts);
            format!("{path:?}: {what}: {status:?} after {attempts:?}")
        })?;
    }
    if failed_requests != usize::from(happened.failed_request().is_some()) {
        return Err(format!("{failed_requests} attempts failed for no reason of a receiver's"));
    }
    requests(&state.counts, recorded as u64, happened)?;
    if happened.fault.is_none() {
        undisturbed(&state.counts)?;
    }
    Ok(())
}

fn only_delivery(state: &State, path: Path) -> Result<&Delivery, String> {
    let webhook = path.webhook();
    let keys = state.ledger.keys().into_iter().filter(|(of, _)| *of == webhook);
    match keys.collect::<Vec<_>>()[..] {
        [key] => state.ledger.row(key).ok_or_else(|| format!("{path:?} is gone")),
        ref keys => Err(format!("{path:?} has {} deliveries", keys.len())),
    }
}

/// Every attempt is recorded with its receiver's answer, and the end follows from them.
fn as_it_should(path: Path, delivery: &Delivery, happened: Happened) -> Result<(), &'static str> {
    let codes: Vec<u16> = delivery.attempts.iter().filter_map(|a| a.status_code).collect();
    let failed = delivery.attempts.len() - codes.len();
    let scheduled = delivery.attempts.iter().filter(|attempt| !attempt.manual).count();
    let expected = path.answers();
    match path {
        Path::Success | Path::Delayed | Path::Limited => {
            // A failed request replaces the receiver's refusal, or comes before its answers.
            let fits = codes == expected || (failed == 1 && codes == [200]);
            if !fits {
                return Err("not the attempts that were to be made");
            }
            if scheduled != delivery.attempts.len() {
                return Err("a manual retry that nobody asked for");
            }
        }
        Path::Exhausted => {
            let manual = delivery.attempts.len() - scheduled;
            // A user without a response asks again: then there may be one attempt more.
            let most = if happened.by == "api" { 2 } else { 1 };
            if scheduled != 2 || !(1..=most).contains(&manual) {
                return Err("not two scheduled attempts and a manual one");
            }
            let all = [expected, &[200]].concat();
            let seen = delivery.attempts.iter().zip(&all);
            if !seen.into_iter().all(|(a, answer)| a.status_code.is_none_or(|c| c == *answer)) {
                return Err("not what its receiver answered");
            }
        }
    }
    let taken = codes.last() == Some(&200);
    let end = if taken { DeliveryStatus::Success } else { DeliveryStatus::Failed };
    // The manual retry of an exhausted delivery may have been the failed request.
    let may_fail = path == Path::Exhausted && failed == 1;
    if delivery.status != end || !(taken || may_fail) {
        return Err("not the end that follows");
    }
    let reason = (!taken).then_some(Reason::AttemptsExhausted);
    if delivery.reason != reason { Err("not the reason that follows") } else { Ok(()) }
}

/// Each attempt was one request. A request was repeated only if that was unavoidable.
fn requests(counts: &Counts, recorded: u64, happened: Happened) -> Result<(), String> {
    let unreached = u64::from(happened.failed_request() == Some(Fault::ErrorBefore));
    let after_death = counts.of(Count::RepeatedAfterDeath);
    let after_failure = counts.of(Count::RepeatedAfterFailure);
    let at_once = counts.of(Count::RepeatedAtOnce);
    let (requests, needed) = (counts.of(Count::Requests), recorded - unreached);
    if requests != needed + after_death + after_failure + at_once {
        return Err(format!("{requests} requests for {needed} attempts"));
    }
    let killed = happened.by == "delivery" && happened.fault.is_some_and(Fault::kills);
    // A function that dies may be processing all four deliveries.
    if after_death > if killed { 4 } else { 0 } {
        return Err(format!("{after_death} requests repeated after a death"));
    }
    // A failed record is retried, and found if it had its effect.
    if after_failure > 0 {
        return Err(format!("{after_failure} requests repeated after a failed record"));
    }
    if at_once > 0 {
        return Err(format!("{at_once} requests for an attempt that was under way"));
    }
    Ok(())
}

/// Without a fault nothing goes wrong, so every effect in the other runs comes from their fault.
fn undisturbed(counts: &Counts) -> Result<(), String> {
    // A manual retry counts as a fault: it is a message outside the schedule.
    let disturbed = counts.of_group(Group::Fault) - counts.of(Count::ManualRetries);
    let repaired = counts.of_group(Group::Repair);
    if disturbed + repaired > 0 {
        return Err(format!("the path is not undisturbed by itself:\n{counts}"));
    }
    Ok(())
}
