//! Mistakes in how a handler processes its batch.

use super::{Kept, Mutation};
use crate::sim::Sim;
use grapnel_domain::{
    delivery::{Delivery, DeliveryKey},
    health::Health,
    ids::{UserId, WebhookId},
    message::{Check, MakeAttempt, QueueMessage, Record},
    ports::{Clock, ReadTogether},
    suspect::SUSPECT_RECEIVES,
    time::Timestamp,
    webhook::{Subscription, Webhook},
};
use std::collections::BTreeMap;

/// The part of a batch that reaches the delivery function, and its form.
pub(crate) fn for_delivery(sim: &Sim, records: Vec<Record>) -> Vec<Record> {
    let change: fn(&Sim, Record) -> Option<Record> = match sim.mutation() {
        Some(Mutation::StaleIsMerelyAcknowledged) => without_stale,
        Some(Mutation::CheckRecords) => attempt_for_check,
        Some(Mutation::StalePageIsMerelyAcknowledged) => without_stale_page,
        Some(Mutation::ChecksAtOnce) => check_at_once,
        Some(Mutation::ChecksIgnoreSlots) => check_without_slots,
        _ => return suspected(sim, records),
    };
    records.into_iter().filter_map(|record| change(sim, record)).collect()
}

/// What a wrong batch makes of a read of its deliveries.
pub(crate) fn read_together(
    sim: &Sim,
    read: ReadTogether<Delivery, DeliveryKey>,
) -> ReadTogether<Delivery, DeliveryKey> {
    match sim.mutation() {
        Some(Mutation::TakesUnreadForMissing) => ReadTogether { unread: Vec::new(), ..read },
        _ => read,
    }
}

/// What a wrong batch makes of a page of webhooks that ends among the rows of one of them.
pub(crate) fn taken_for_healthy(
    read: ReadTogether<Webhook, WebhookId>,
    cut: WebhookId,
    found: Option<Webhook>,
) -> ReadTogether<Webhook, WebhookId> {
    let ReadTogether { found: mut all, mut unread } = read;
    all.extend(found.map(|webhook| webhook.with_state(Health::default(), None)));
    unread.retain(|id| *id != cut);
    ReadTogether { found: all, unread }
}

/// The first value that was read for this key, if the function makes this mistake.
fn first_read<K: Ord, V: Clone>(
    sim: &Sim,
    mutation: Mutation,
    kept: impl FnOnce(&mut Kept) -> &mut BTreeMap<K, V>,
    key: K,
    read: V,
) -> V {
    if sim.mutation() != Some(mutation) {
        return read;
    }
    sim.with(|state| kept(&mut state.kept).entry(key).or_insert(read).clone())
}

/// The delivery that a wrong batch uses in place of the one that it read.
pub(crate) fn delivery_read(sim: &Sim, read: Delivery) -> Delivery {
    first_read(sim, Mutation::KeepsDeliveries, |kept| &mut kept.deliveries, read.key(), read)
}

/// The webhook that a wrong batch uses in place of the one that it read.
pub(crate) fn webhook_read(sim: &Sim, read: Webhook) -> Webhook {
    let key = (read.user_id.clone(), read.id);
    first_read(sim, Mutation::KeepsWebhooks, |kept| &mut kept.webhooks, key, read)
}

/// The webhooks that a wrong batch fans out to. A right batch fans out to the webhooks that it read.
pub(crate) fn subscriptions_read(
    sim: &Sim,
    user: &UserId,
    read: Vec<Subscription>,
) -> Vec<Subscription> {
    let key = user.clone();
    first_read(sim, Mutation::KeepsSubscriptions, |kept| &mut kept.subscriptions, key, read)
}

/// As if the queue had delivered them more or less often.
fn suspected(sim: &Sim, records: Vec<Record>) -> Vec<Record> {
    let count: fn(u32) -> u32 = match sim.mutation() {
        Some(Mutation::IsolatesEverything) => |_| SUSPECT_RECEIVES,
        Some(Mutation::BeginsSuspects) => |_| 1,
        Some(Mutation::IsolatesLate) => |receives| receives - 1,
        _ => return records,
    };
    let changed = |record: Record| Record { receives: count(record.receives), ..record };
    records.into_iter().map(changed).collect()
}

fn without_stale(sim: &Sim, record: Record) -> Option<Record> {
    match QueueMessage::parse(&record.body) {
        Ok(QueueMessage::MakeAttempt(MakeAttempt { target, attempt, .. })) => {
            let found = sim.memory().delivery_now(target.key());
            found.is_none_or(|found| !attempt.is_among(found.attempt_count())).then_some(record)
        }
        _ => Some(record),
    }
}

fn without_stale_page(sim: &Sim, record: Record) -> Option<Record> {
    match QueueMessage::parse(&record.body) {
        Ok(QueueMessage::Replay(page)) => {
            let replays = sim.memory().replays();
            let found = replays.iter().find(|replay| replay.id == page.replay_id);
            found.is_none_or(|found| found.page <= page.page).then_some(record)
        }
        _ => Some(record),
    }
}

/// On the queue it stays a check: when it is received again, it ends if its attempt is recorded.
fn attempt_for_check(sim: &Sim, record: Record) -> Option<Record> {
    let Ok(QueueMessage::Check(Check {
        target, attempt, not_before, after_parking: false, ..
    })) = QueueMessage::parse(&record.body)
    else {
        return Some(record);
    };
    let missing = sim
        .memory()
        .delivery_now(target.key())
        .is_some_and(|d| !d.status.is_settled() && !attempt.is_among(d.attempt_count()));
    if !missing || sim.memory().clock().now() < not_before {
        return Some(record);
    }
    let body = QueueMessage::MakeAttempt(MakeAttempt::scheduled(target, attempt)).to_json();
    Some(Record { body, ..record })
}

fn check_at_once(sim: &Sim, record: Record) -> Option<Record> {
    let Ok(QueueMessage::Check(check)) = QueueMessage::parse(&record.body) else {
        return Some(record);
    };
    let now = sim.memory().clock().now();
    let early = Timestamp::from_millis(now.as_millis() - 1000);
    let check = Check { not_before: early.min(check.not_before), ..check };
    Some(Record { body: QueueMessage::Check(check).to_json(), ..record })
}

/// As if the slots of its webhook had been checked before.
fn check_without_slots(_: &Sim, record: Record) -> Option<Record> {
    let Ok(QueueMessage::Check(check)) = QueueMessage::parse(&record.body) else {
        return Some(record);
    };
    let check = Check { after_slots: true, ..check };
    Some(Record { body: QueueMessage::Check(check).to_json(), ..record })
}

/// The part of a batch that reaches the ingest function.
pub(crate) fn for_ingest(sim: &Sim, records: Vec<Record>) -> Vec<Record> {
    if sim.mutation() != Some(Mutation::SkipsKnownEvents) {
        return suspected(sim, records);
    }
    let known = |record: &Record| {
        let event = sim.with(|state| state.ledger.event_of(&record.body));
        event.is_some_and(|id| sim.memory().events().iter().any(|event| event.id == id))
    };
    records.into_iter().filter(|record| !known(record)).collect()
}
