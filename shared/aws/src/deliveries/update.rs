//! The conditional writes to a delivery. Each is one `UpdateItem`.

use super::row::{ROW, parked_key};
use crate::item::{number, text, unusable};
use aws_sdk_dynamodb::types::AttributeValue;
use grapnel_domain::{
    delivery::{
        AttemptRecord, DeliveryAttempt, DeliveryStatus, Ending, ParkedRow, Parking, PayloadErasure,
        Reason, Reopening, ResponseErasure, SlotWait, TRANSFORM_FAILED,
    },
    ids::DeliveryId,
    ports::PortError,
    tending::Spread,
    time::Minute,
};
use serde::Serialize;
use std::collections::HashMap;

/// The parts of an `UpdateItem`. Every attribute has a placeholder, because some of our names are
/// reserved words.
#[derive(Debug, Default)]
pub(super) struct Update {
    set: Vec<String>,
    remove: Vec<String>,
    pub(super) condition: String,
    pub(super) names: HashMap<String, String>,
    pub(super) values: HashMap<String, AttributeValue>,
}

impl Update {
    pub(super) fn expression(&self) -> String {
        let clause = |verb: &str, parts: &[String]| match parts {
            [] => String::new(),
            parts => format!("{verb} {}", parts.join(", ")),
        };
        let clauses = [clause("SET", &self.set), clause("REMOVE", &self.remove)];
        clauses.join(" ").trim().to_owned()
    }

    fn name(&mut self, attribute: &str) -> String {
        let placeholder = format!("#{attribute}");
        self.names.insert(placeholder.clone(), attribute.to_owned());
        placeholder
    }

    fn value(&mut self, name: &str, value: AttributeValue) -> String {
        let placeholder = format!(":{name}");
        self.values.insert(placeholder.clone(), value);
        placeholder
    }

    fn set(&mut self, attribute: &str, value: AttributeValue) {
        let part = format!("{} = {}", self.name(attribute), self.value(attribute, value));
        self.set.push(part);
    }

    fn remove(&mut self, attribute: &str) {
        let part = self.name(attribute);
        self.remove.push(part);
    }

    /// Removes the receiver's response from the attempt at this position of the list.
    fn remove_response(&mut self, attempts: &str, place: u32) {
        for field in DeliveryAttempt::RESPONSE_FIELDS {
            let field = self.name(field);
            self.remove.push(format!("{attempts}[{place}].{field}"));
        }
    }

    fn set_or_remove(&mut self, attribute: &str, value: Option<AttributeValue>) {
        match value {
            Some(value) => self.set(attribute, value),
            None => self.remove(attribute),
        }
    }

    /// Puts the row into the `due` index for this minute, or removes it from there.
    fn wait_for(&mut self, minute: Option<Minute>, id: DeliveryId) {
        self.set_or_remove("waitSpread", minute.map(|_| text(Spread::of(id))));
        self.set_or_remove("waitMinute", minute.map(text));
    }

    /// The condition that exactly this many attempts are recorded. It is false if the row does not
    /// exist, so that no update creates one.
    fn only_with_attempts(&mut self, count: u32) {
        let name = self.name("attemptCount");
        let value = self.value("seen", number(count));
        self.condition = format!("{name} = {value}");
    }

    /// The condition that the delivery is not settled.
    fn only_unsettled(&mut self) -> Result<(), PortError> {
        let status = self.name("status");
        let pending = self.value("pending", attribute(&DeliveryStatus::Pending)?);
        let retrying = self.value("retrying", attribute(&DeliveryStatus::Retrying)?);
        self.and(&format!("{status} IN ({pending}, {retrying})"));
        Ok(())
    }

    fn and(&mut self, condition: &str) {
        self.condition = format!("{} AND {condition}", self.condition);
    }
}

pub(super) fn record(record: &AttemptRecord) -> Result<Update, PortError> {
    let index = record.attempt.attempt_number.attempts_before();
    let mut update = Update::default();
    update.only_with_attempts(index);
    update.set("attemptCount", number(record.attempt.attempt_number));
    // Sets the element at its position instead of using `list_append`: an expression that rewrites
    // the whole list may not also remove a part of it. The condition makes this position the end of
    // the list.
    let attempts = update.name("attempts");
    let attempt = update.value("attempt", attribute(&record.attempt)?);
    update.set.push(format!("{attempts}[{index}] = {attempt}"));
    if let Some(dropped) = record.drop_body {
        update.remove_response(&attempts, dropped);
    }
    if let Some(status) = record.status {
        update.set("status", attribute(&status)?);
        if status == DeliveryStatus::Retrying {
            update.only_unsettled()?;
        }
        update.set_or_remove("reason", record.reason.as_ref().map(attribute).transpose()?);
        update.set_or_remove("nextAttemptAt", record.next_attempt_at.map(text));
        let failed = (status == DeliveryStatus::Failed).then(|| text(record.key.id));
        update.set_or_remove("failedKey", failed);
    }
    update.wait_for(record.waits_for, record.key.id);
    update.remove("waitKey");
    update.remove("slot");
    update.set("expiresAt", number(record.expires_at.as_secs()));
    Ok(update)
}

/// Ends a delivery that is not settled.
pub(super) fn end(ending: &Ending) -> Result<Update, PortError> {
    let mut update = Update::default();
    update.only_with_attempts(ending.attempts);
    update.set("status", attribute(&DeliveryStatus::Failed)?);
    update.only_unsettled()?;
    update.set("reason", attribute(&ending.reason)?);
    if !ending.reason.bars_replay() {
        update.set("failedKey", text(ending.key.id));
    }
    update.set("expiresAt", number(ending.expires_at.as_secs()));
    update.remove("nextAttemptAt");
    update.wait_for(None, ending.key.id);
    update.remove("waitKey");
    update.remove("slot");
    Ok(update)
}

/// Reopens a failed delivery, unless this replay or a later one reopened it before. The ids of two
/// replays compare as text in the order of their times.
pub(super) fn reopen(reopening: &Reopening) -> Result<Update, PortError> {
    let mut update = Update::default();
    let attempts = reopening.reopened.attempts;
    update.only_with_attempts(attempts);
    update.set("status", attribute(&DeliveryStatus::Retrying)?);
    let failed = update.value("failed", attribute(&DeliveryStatus::Failed)?);
    update.and(&format!("#status = {failed}"));
    update.set("nextAttemptAt", text(reopening.due));
    update.set("replay", text(reopening.reopened.by));
    update.and("(attribute_not_exists(#replay) OR #replay < :replay)");
    let reason = update.name("reason");
    let cancelled = update.value("cancelled", attribute(&Reason::Cancelled)?);
    let erased = update.value("erased", attribute(&Reason::PayloadErased)?);
    update.and(&format!("{reason} <> {cancelled} AND {reason} <> {erased}"));
    let erased_at = update.name("payloadErasedAt");
    update.and(&format!("attribute_not_exists({erased_at})"));
    update.set("scheduleFrom", number(attempts));
    update.set("expiresAt", number(reopening.expires_at.as_secs()));
    update.remove("reason");
    update.remove("failedKey");
    Ok(update)
}

/// Ends the wait of a delivery for a minute.
pub(super) fn stop_waiting(id: DeliveryId, minute: Minute, attempts: u32) -> Update {
    let mut update = Update::default();
    update.only_with_attempts(attempts);
    update.wait_for(None, id);
    update.remove("slot");
    let minute = update.value("minute", text(minute));
    update.and(&format!("#waitMinute = {minute}"));
    update
}

/// Removes a row that cannot be released from the `due` index, and notes why.
pub(super) fn give_up(reason: &str) -> Update {
    let mut update = Update::default();
    update.remove("waitSpread");
    update.remove("waitMinute");
    update.set("unreleased", text(reason));
    update.condition = "attribute_exists(#waitMinute)".into();
    update
}

/// Parks a delivery, in place of any other wait.
pub(super) fn park(parking: &Parking) -> Result<Update, PortError> {
    let mut update = Update::default();
    update.only_with_attempts(parking.attempts);
    update.only_unsettled()?;
    let row = ParkedRow { due: parking.due, id: parking.key.id };
    update.set("waitKey", text(parked_key(row)));
    update.wait_for(None, row.id);
    update.remove("slot");
    update.set("expiresAt", number(parking.expires_at.as_secs()));
    Ok(update)
}

/// Lets a delivery wait for its rate limit slot, in place of any other wait.
pub(super) fn await_slot(wait: &SlotWait) -> Result<Update, PortError> {
    let mut update = Update::default();
    update.only_with_attempts(wait.attempts);
    update.only_unsettled()?;
    update.wait_for(Some(wait.minute), wait.key.id);
    update.remove("waitKey");
    update.set("slot", attribute(&wait.slot)?);
    update.set("expiresAt", number(wait.expires_at.as_secs()));
    Ok(update)
}

/// Ends the parking of a delivery.
pub(super) fn unpark(row: ParkedRow, attempts: u32) -> Update {
    let mut update = Update::default();
    update.only_with_attempts(attempts);
    update.remove("waitKey");
    update.remove("slot");
    let key = update.value("waitKey", text(parked_key(row)));
    update.and(&format!("#waitKey = {key}"));
    update
}

/// Maximum number of attempts whose error one update shortens: an expression may have 4 KB.
const ERRORS_OF_AN_UPDATE: usize = 100;

/// Maximum number of attempts whose response one update removes. A response has several fields.
const RESPONSES_OF_AN_UPDATE: usize = 40;

/// Splits positions into lists for one update each. An empty list stays one list.
fn portions(places: &[u32], most: usize) -> Vec<&[u32]> {
    match places {
        [] => vec![places],
        places => places.chunks(most).collect(),
    }
}

/// Notes that the event's data was erased. Each update can be repeated.
pub(super) fn note_payload_erased(erasure: &PayloadErasure) -> Vec<Update> {
    let of_portion = |places: &[u32]| {
        let mut update = Update::default();
        let id = update.name("id");
        update.condition = format!("attribute_exists({id})");
        let at = update.value("at", text(erasure.at));
        let erased_at = update.name("payloadErasedAt");
        update.set.push(format!("{erased_at} = if_not_exists({erased_at}, {at})"));
        update.remove("failedKey");
        for place in places {
            let attempts = update.name("attempts");
            let error = update.name("error");
            let shortened = update.value("short", text(TRANSFORM_FAILED));
            update.set.push(format!("{attempts}[{place}].{error} = {shortened}"));
        }
        update
    };
    portions(&erasure.errors, ERRORS_OF_AN_UPDATE).into_iter().map(of_portion).collect()
}

/// Removes responses. Each update can be repeated.
pub(super) fn erase_responses(erasure: &ResponseErasure) -> Result<Vec<Update>, PortError> {
    let of_portion = |places: &[u32]| {
        let mut update = Update::default();
        update.only_with_attempts(erasure.attempts);
        let status = update.name("status");
        let success = update.value("success", attribute(&DeliveryStatus::Success)?);
        let failed = update.value("failed", attribute(&DeliveryStatus::Failed)?);
        update.and(&format!("{status} IN ({success}, {failed})"));
        update.set("responsesErasedAt", text(erasure.at));
        for place in places {
            let attempts = update.name("attempts");
            update.remove_response(&attempts, *place);
        }
        Ok(update)
    };
    portions(&erasure.responses, RESPONSES_OF_AN_UPDATE).into_iter().map(of_portion).collect()
}

fn attribute<T: Serialize>(value: &T) -> Result<AttributeValue, PortError> {
    serde_dynamo::aws_sdk_dynamodb_1::to_attribute_value(value)
        .map_err(|_| unusable(ROW, "cannot be written"))
}

#[cfg(test)]
#[path = "update_tests.rs"]
mod tests;
