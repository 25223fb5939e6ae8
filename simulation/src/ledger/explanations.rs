//! Explanations say what happened.

use super::{
    Key, Ledger,
    account::{Fate, Request},
    requests::SKEW,
};
use crate::{history::History, trace::short};
use grapnel_domain::{
    delivery::{Delivery, Reason, WaitingFor},
    event::Event,
    explain::{
        Cause, Doubt, LONGEST_FAN_OUT, Matched, OfDelivery, OfEvent, Progress, TAKES_EFFECT_WITHIN,
    },
    ids::WebhookId,
    time::Timestamp,
    webhook::{Interest, Webhook},
};

/// An explanation, and the record that it is about.
pub(crate) struct Subject<'a> {
    pub(crate) event: &'a Event,
    pub(crate) id: WebhookId,
    /// The webhook, if it still exists.
    pub(crate) webhook: Option<&'a Webhook>,
    pub(crate) delivery: Option<&'a Delivery>,
    pub(crate) explained: Option<&'a OfEvent>,
    /// Of an exhausted delivery: the attempt that was said to be the last one when its schedule began.
    pub(crate) last: Option<u32>,
}

impl Subject<'_> {
    pub(crate) fn name(&self) -> String {
        format!("{} to {}", short(self.event.id), short(self.id))
    }

    /// Whether the last change of the webhook took effect later than a change may.
    fn was_changed_slowly(&self, history: &History) -> bool {
        let Some(webhook) = self.webhook else { return false };
        let changed = webhook.updated_at;
        let owner = (&self.event.user_id, self.id);
        let since = history.webhook_since(owner, |it| it.updated_at == changed);
        since.is_none_or(|since| changed.plus(TAKES_EFFECT_WITHIN) < since.plus(SKEW * 2))
    }

    /// Whether something was true of the webhook at some time when fan-out may have looked.
    fn ever(&self, history: &History, holds: impl Fn(Option<&Webhook>) -> bool) -> bool {
        let arrived = self.event.stored_at;
        let owner = (&self.event.user_id, self.id);
        history.ever(owner, arrived.minus(SKEW), arrived.plus(LONGEST_FAN_OUT), holds)
    }

    /// What fan-out would find out about the webhook.
    fn interest(&self, webhook: &Webhook) -> Interest {
        let content = &self.event.content;
        match webhook.effective_status().receives() {
            true => webhook.configured_subscription().interest(&content.event_type, &content.data),
            false => Interest::Disabled,
        }
    }
}

impl Ledger {
    /// What is wrong with an explanation.
    pub(crate) fn faulty_explanation(
        &self,
        subject: &Subject<'_>,
        history: &History,
    ) -> Option<String> {
        let row = self.delivery_of(subject.id, subject.event.id);
        match (subject.explained, row) {
            (Some(OfEvent::Matched(Matched::OnRecord(explained))), Some(key)) => self
                .faulty_progress(key, subject.event, explained)
                .or_else(|| wrong_last_attempt(subject, history)),
            (Some(OfEvent::Matched(Matched::OnRecord(_))), None) => Some("it has no row".into()),
            (_, Some(_)) => Some("it has a delivery".into()),
            (Some(OfEvent::Matched(Matched::Pending)), None) => {
                let accepted = self.accepted.get(&subject.event.id);
                let is_over = accepted.is_some_and(|event| event.fanned_out);
                is_over.then(|| "its fan-out is over".into())
            }
            (Some(OfEvent::Matched(Matched::Expired)), None) => None,
            (Some(OfEvent::NotMatched(cause)), None) => wrong_cause(subject, cause, history),
            (Some(OfEvent::Unknown(Doubt::NoCause)), None) => {
                let gets_it = |webhook: Option<&Webhook>| {
                    webhook.is_some_and(|it| match subject.interest(it) {
                        Interest::Judged(judgement) => judgement.verdict.delivers(),
                        Interest::Disabled | Interest::OtherType => false,
                    })
                };
                let has_cause = subject.ever(history, |webhook| !gets_it(webhook));
                (!has_cause).then(|| "it was to get the event".into())
            }
            (Some(OfEvent::Unknown(Doubt::NotDecided)), None) => {
                Some("its webhooks are decided when it is stored".into())
            }
            (Some(OfEvent::Unknown(Doubt::Changed { .. } | Doubt::DataErased)), None) => None,
            (None, None) => {
                subject.webhook.is_some().then(|| "its webhook exists and is not explained".into())
            }
        }
    }

    /// What is wrong with the explanation of a delivery.
    fn faulty_progress(&self, key: Key, event: &Event, explained: &OfDelivery) -> Option<String> {
        let recorded = self.on_record.keys().filter(|(of, _)| *of == key).count();
        if u32::try_from(recorded) != Ok(explained.attempts) {
            return Some(format!("{recorded} attempts are on record"));
        }
        let requests = self.requests.get(&key).map_or(&[][..], Vec::as_slice);
        let accepted = requests.iter().filter(|request| was_accepted(request));
        let first = accepted.filter_map(|request| request.sending.number).min();
        match explained.progress {
            Progress::Delivered { attempt } if attempt == first && first.is_some() => None,
            Progress::Delivered { .. } => Some(format!("the receiver accepted attempt {first:?}")),
            _ if first.is_some() => Some(format!("the receiver accepted attempt {first:?}")),
            Progress::Ended(None) => Some("it ended without a reason".into()),
            Progress::Ended(Some(Reason::PayloadErased))
            | Progress::Ends(Reason::PayloadErased) => {
                // A delivery that had failed before is not told: a replay of it finds the data gone.
                let is_erased = self.erasures.events.contains_key(&event.id)
                    || self.erasures.told.contains_key(&key);
                (!is_erased).then(|| "its data was not erased".into())
            }
            Progress::Waits { waiting, .. } if waiting.waiting_for == WaitingFor::Retry => {
                let row = self.rows.get(&key)?;
                // A replay makes the next attempt at once.
                if row.schedule_from() == row.attempt_count() {
                    return None;
                }
                let last = row.attempts.last()?.attempt_number;
                let due = self.on_record.get(&(key, last))?.next_not_before;
                (waiting.until.plus(SKEW) < due).then(|| format!("it is due at {due}"))
            }
            Progress::Ended(Some(_)) | Progress::Waits { .. } | Progress::Due { .. } => None,
            Progress::Ends(_) => None,
        }
    }
}

fn was_accepted(request: &Request) -> bool {
    let status = request.answer.and_then(|answer| answer.status);
    request.fate == Fate::Recorded && status.is_some_and(|code| (200..300).contains(&code))
}

/// Whether a schedule did not end where it was said to end. A manual retry may come after its end, and
/// another configuration may have decided.
fn wrong_last_attempt(subject: &Subject<'_>, history: &History) -> Option<String> {
    let (delivery, webhook, last) = (subject.delivery?, subject.webhook?, subject.last?);
    let most = webhook.retry_config.max_attempts;
    let owner = (&subject.event.user_id, subject.id);
    let changed = |it: Option<&Webhook>| it.is_none_or(|it| it.retry_config.max_attempts != most);
    let arrived = subject.event.stored_at.minus(SKEW);
    let is_known = !history.ever(owner, arrived, Timestamp::LAST, changed);
    let has_manual = delivery.attempts.iter().any(|attempt| attempt.manual);
    let count = delivery.attempt_count();
    (is_known && !has_manual && count != last)
        .then(|| format!("attempt {count} was the last one, and {last} was said to be"))
}

/// Whether the webhook was never so that it explains why nothing came.
fn wrong_cause(subject: &Subject<'_>, cause: &Cause, history: &History) -> Option<String> {
    if subject.was_changed_slowly(history) {
        return None;
    }
    let interested = |webhook: Option<&Webhook>, wanted: fn(&Interest) -> bool| {
        webhook.is_some_and(|webhook| wanted(&subject.interest(webhook)))
    };
    let differs = |interest: &Interest| matches!(interest, Interest::Judged(judgement) if !judgement.verdict.delivers());
    let is_true = match cause {
        Cause::CreatedLater { .. } => subject.ever(history, |webhook| webhook.is_none()),
        Cause::Disabled => {
            subject.ever(history, |it| interested(it, |found| matches!(found, Interest::Disabled)))
        }
        // A disabled webhook is not asked for its types.
        Cause::OtherType => subject.ever(history, |it| {
            let of_type = |it: &Webhook| {
                it.events.iter().any(|pattern| pattern.matches(&subject.event.content.event_type))
            };
            it.is_some_and(|webhook| !of_type(webhook))
        }),
        Cause::Filter(_) => subject.ever(history, |it| {
            let configured = it.map(Webhook::configured_subscription);
            let content = &subject.event.content;
            configured.is_some_and(|it| differs(&it.interest(&content.event_type, &content.data)))
        }),
        Cause::OtherTest => {
            subject.event.audience.as_ref().is_some_and(|audience| !audience.contains(&subject.id))
        }
    };
    (!is_true).then(|| "its webhook was never so when the event arrived".into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_domain::{explain::Present, webhook::WebhookStatus};
    use grapnel_testing::{
        builders::{a_delivery, a_webhook, an_event, changed},
        clock::START,
    };
    use std::time::Duration;

    const HOUR: Duration = Duration::from_secs(3600);

    /// A webhook that gets everything, and was disabled an hour after an event.
    struct Case {
        event: Event,
        disabled: Webhook,
        history: History,
    }

    fn case() -> Case {
        let webhook = a_webhook().build();
        let event = an_event().stored_at(START.plus(HOUR)).to([]).build();
        let disabled = changed(&webhook, |it| {
            it.status = WebhookStatus::Disabled;
            it.updated_at = START.plus(HOUR * 2);
        });
        let mut history = History::default();
        for state in [&webhook, &disabled] {
            let (user, since) = (&state.user_id, state.updated_at);
            history.webhook_changed(since, user, state.id, Some(state.clone()));
        }
        Case { event, disabled, history }
    }

    impl Case {
        fn fault(&self, ledger: &Ledger, explained: Option<OfEvent>) -> Option<String> {
            let subject = Subject {
                event: &self.event,
                id: self.disabled.id,
                webhook: Some(&self.disabled),
                delivery: None,
                explained: explained.as_ref(),
                last: None,
            };
            ledger.faulty_explanation(&subject, &self.history)
        }
    }

    #[test]
    fn a_cause_must_have_been_true_when_the_event_arrived() {
        let case = case();
        let ledger = Ledger::default();
        for cause in [Cause::Disabled, Cause::OtherType, Cause::CreatedLater { at: START }] {
            assert!(case.fault(&ledger, Some(OfEvent::NotMatched(cause))).is_some());
        }
        let present = Present::Differs(Cause::Disabled);
        let changed = Doubt::Changed { at: case.disabled.updated_at, present };
        assert_eq!(case.fault(&ledger, Some(OfEvent::Unknown(changed))), None);
        assert!(case.fault(&ledger, Some(OfEvent::Unknown(Doubt::NoCause))).is_some());
        assert!(case.fault(&ledger, None).is_some());
    }

    #[test]
    fn what_has_a_delivery_is_explained_by_it() {
        let case = case();
        let mut ledger = Ledger::default();
        let delivery = a_delivery().of(&case.event).to(&case.disabled).build();
        ledger.written(delivery);
        assert!(case.fault(&ledger, Some(OfEvent::NotMatched(Cause::Disabled))).is_some());
        assert!(case.fault(&ledger, Some(OfEvent::Matched(Matched::Pending))).is_some());
    }

    #[test]
    fn a_success_must_be_one_of_the_receiver() {
        let case = case();
        let mut ledger = Ledger::default();
        let delivered = a_delivery().of(&case.event).to(&case.disabled).delivered().build();
        let explained =
            grapnel_domain::explain::of_delivery(&delivered, Some(&case.disabled), START);
        ledger.written(delivered);
        let explained = OfEvent::Matched(Matched::OnRecord(explained));
        assert!(case.fault(&ledger, Some(explained)).is_some());
    }

    #[test]
    fn a_schedule_must_end_where_it_is_said_to() {
        let Case { event, disabled, history } = case();
        let delivery = a_delivery().of(&event).to(&disabled).failed(5, Reason::AttemptsExhausted);
        let delivery = delivery.build();
        let fault = |last| {
            let subject = Subject {
                event: &event,
                id: disabled.id,
                webhook: Some(&disabled),
                delivery: Some(&delivery),
                explained: None,
                last: Some(last),
            };
            wrong_last_attempt(&subject, &history)
        };
        assert_eq!(fault(5), None);
        assert!(fault(6).is_some());
    }
}
