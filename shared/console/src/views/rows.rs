//! Deliveries as rows of a table, for every page that lists some.

use crate::{
    cause::{cause, failure},
    links::Links,
    moment::Moment,
    outlook::{Outlook, brief},
    text::{counted, duration, sentence, visible, visible_lines},
};
use grapnel_wire::{
    delivery::{Attempt, Delivery, DeliveryStatus},
    event::DeliveryOfEvent,
    webhook::Webhook,
};
use std::collections::HashMap;

/// A row.
#[derive(Debug)]
pub(crate) struct Row {
    /// A class of the style sheet.
    pub(crate) class: &'static str,
    pub(crate) status: String,
    pub(crate) address: String,
    pub(crate) event: String,
    pub(crate) test: bool,
    pub(crate) webhook_address: String,
    /// Its name, or its id if the name is not known.
    pub(crate) webhook: String,
    pub(crate) attempts: String,
    pub(crate) cause: String,
    /// Absent if nothing more happens by itself.
    pub(crate) next: Option<Outlook>,
    pub(crate) created: Moment,
}

/// The style of a status. What is not known has none.
pub(crate) fn class(status: &DeliveryStatus) -> &'static str {
    match status {
        DeliveryStatus::Success => "good",
        DeliveryStatus::Failed => "bad",
        DeliveryStatus::Retrying => "waits",
        DeliveryStatus::Pending => "new",
        DeliveryStatus::Other(_) => "other",
    }
}

/// The names of webhooks by their ids.
pub(crate) fn names(webhooks: &[Webhook]) -> HashMap<String, String> {
    webhooks.iter().map(|it| (it.id.clone(), visible(&it.name))).collect()
}

fn name_of(names: &HashMap<String, String>, id: &str) -> String {
    names.get(id).cloned().unwrap_or_else(|| visible(id))
}

impl Row {
    pub(crate) fn of(delivery: &Delivery, links: &Links, names: &HashMap<String, String>) -> Self {
        Self {
            class: class(&delivery.status),
            status: visible(delivery.status.as_str()),
            address: links.delivery(&delivery.webhook_id, &delivery.id),
            event: visible(&delivery.event),
            test: delivery.test,
            webhook_address: links.webhook(&delivery.webhook_id),
            webhook: name_of(names, &delivery.webhook_id),
            attempts: counted(delivery.attempts.len(), "attempt"),
            cause: cause(delivery),
            next: brief(
                &delivery.status,
                delivery.waiting_for.as_ref(),
                delivery.until.or(delivery.next_attempt_at),
            ),
            created: Moment(delivery.created_at),
        }
    }

    /// A delivery of an event, of which less is known.
    pub(crate) fn of_event(
        delivery: &DeliveryOfEvent,
        event: &str,
        links: &Links,
        names: &HashMap<String, String>,
    ) -> Self {
        let count = usize::try_from(delivery.attempt_count).unwrap_or(usize::MAX);
        let last = delivery.last_attempt.as_ref().map(|last| Attempt {
            attempt_number: delivery.attempt_count,
            status_code: last.status_code,
            response: None,
            response_remark: None,
            location: None,
            error: last.error.clone(),
            duration: last.duration,
            attempted_at: last.attempted_at,
            manual: false,
        });
        let known = Delivery {
            id: delivery.id.clone(),
            webhook_id: delivery.webhook_id.clone(),
            event: event.to_owned(),
            event_id: String::new(),
            payload: None,
            payload_erased_at: None,
            status: delivery.status.clone(),
            waiting_for: delivery.waiting_for.clone(),
            until: delivery.until,
            next_attempt_at: delivery.next_attempt_at,
            final_attempt: None,
            test: delivery.test,
            undecided_filter: None,
            attempts: last.into_iter().collect(),
            responses_erased_at: None,
            reason: delivery.reason.clone(),
            created_at: delivery.created_at,
        };
        Self { attempts: counted(count, "attempt"), ..Self::of(&known, links, names) }
    }
}

/// How errors begin whose details a sentence leaves out.
const LONG: [&str; 2] = ["the transform failed: ", "the name server did not answer for an hour: "];

/// An attempt on a time line.
#[derive(Debug)]
pub(crate) struct AttemptView {
    pub(crate) number: u32,
    pub(crate) class: &'static str,
    pub(crate) result: String,
    pub(crate) manual: bool,
    pub(crate) time: Moment,
    pub(crate) duration: String,
    pub(crate) sentence: String,
    /// The error as it is on record, if the sentence leaves a part of it out.
    pub(crate) error: Option<String>,
    pub(crate) location: Option<String>,
    pub(crate) remark: Option<String>,
    pub(crate) response: Option<String>,
}

impl AttemptView {
    pub(crate) fn of(attempt: &Attempt) -> Self {
        let failed = attempt.error.is_some();
        let said = match (failed, attempt.status_code) {
            (false, Some(status)) => format!("The endpoint answered {status}."),
            _ => failure(attempt),
        };
        // The sentence says the other errors whole.
        let is_long = |error: &&str| LONG.iter().any(|begin| error.starts_with(begin));
        let error = attempt.error.as_deref().filter(is_long);
        Self {
            number: attempt.attempt_number,
            class: if failed { "bad" } else { "good" },
            result: if failed { "failed" } else { "success" }.to_owned(),
            manual: attempt.manual,
            time: Moment(attempt.attempted_at),
            duration: duration(attempt.duration),
            error: error.map(visible_lines),
            sentence: said,
            location: attempt.location.as_deref().map(visible),
            remark: attempt.response_remark.as_deref().map(sentence),
            response: attempt.response.as_deref().filter(|it| !it.is_empty()).map(visible_lines),
        }
    }
}
