//! The queues for their senders: the delivery queue, the events queue and dead letters; and the bus
//! for notices.

use super::{
    Aws, Fate, Patience,
    fate::{self, Entry},
};
use crate::{
    counts::Count,
    ledger::{self, Ledger, Moment},
    mutation,
    plan::Part,
    sim::{Sim, State},
    task::{at_once, millis},
    trace::short,
    vocabulary::Queue,
};
use futures::{StreamExt, stream};
use grapnel_domain::{
    event::inbound::{PublishedEvent, TestOrder},
    ids::DeliveryId,
    limit::Slot,
    message::{MakeAttempt, Outgoing, QueueMessage},
    notice::Notice,
    ports::{DeadLetters, EnqueueAttempts, EnqueueEvents, MOST_MESSAGES, PortError, SendNotices},
    release::Look,
    time::Timestamp,
};
use std::time::Duration;

/// How many batches the adapter sends concurrently.
const CONCURRENT_BATCHES: usize = 4;

impl EnqueueAttempts for Aws {
    async fn enqueue(&self, messages: Vec<Outgoing>) -> Vec<Result<(), PortError>> {
        if mutation::holds_back(&self.sim, &messages) {
            return vec![Ok(()); messages.len()];
        }
        let messages = mutation::before_enqueue(self, messages).await;
        let is_sent: Vec<bool> = messages.iter().map(Option::is_some).collect();
        let messages: Vec<_> = messages.into_iter().flatten().collect();
        let sends: Vec<_> =
            messages.chunks(MOST_MESSAGES).map(|batch| self.send(batch.to_vec())).collect();
        let sent: Vec<_> = stream::iter(sends).buffered(CONCURRENT_BATCHES).collect().await;
        let mut sent = sent.into_iter().flatten();
        let answers =
            is_sent.into_iter().filter_map(|it| if it { sent.next() } else { Some(Ok(())) });
        mutation::after_enqueue(&self.sim, answers.collect())
    }
}

impl Aws {
    /// Each future owns its data: a borrow would make the whole future not `Send`.
    fn send(
        &self,
        batch: Vec<Outgoing>,
    ) -> impl Future<Output = Vec<Result<(), PortError>>> + use<> {
        let aws = self.clone();
        async move { aws.send_batch(batch).await }
    }

    pub(crate) async fn send_batch(&self, batch: Vec<Outgoing>) -> Vec<Result<(), PortError>> {
        const NAME: &str = "send messages";
        let count = batch.len();
        let all = |error: PortError| vec![Err(error); count];
        let fate = fate::of_write(&self.sim, Part::Queues, NAME);
        if fate == Fate::LateEffect {
            let sim = self.sim.clone();
            self.sim.spawn(async move {
                sim.pause(1..=16_000).await;
                batch.iter().for_each(|message| put(&sim, message));
            });
            return all(self.lost(NAME, &Patience::SDK).await);
        }
        if let Err(error) = self.there(NAME, fate, &Patience::SDK).await {
            return all(error);
        }
        let entries: Vec<Entry> = batch.iter().map(|_| fate::of_entry(&self.sim)).collect();
        for (message, entry) in batch.iter().zip(&entries) {
            if !matches!(entry, Entry::Failed) {
                put(&self.sim, message);
            }
        }
        if fate == Fate::Repeated {
            self.sim.pause(100..=3000).await;
            batch.iter().for_each(|message| put(&self.sim, message));
        }
        if let Err(error) = self.back(NAME, fate, &Patience::SDK).await {
            return all(error);
        }
        entries.into_iter().map(Entry::answer).collect()
    }
}

/// A message reaches the queue.
fn put(sim: &Sim, outgoing: &Outgoing) {
    let delay = Duration::from_secs(u64::from(outgoing.delay.seconds()));
    let group = sim.plan().settings.intake.group_of(outgoing);
    let id = sim.memory().delivery_queue().send(outgoing.message.to_json(), group, delay);
    judge(sim, outgoing);
    sim.poll_at(Queue::Delivery, sim.now().plus(delay));
    sim.trace(|| format!("queued, {} s: {}", delay.as_secs(), describe(&outgoing.message)));
    let (count, delivery) = match &outgoing.message {
        QueueMessage::MakeAttempt(attempt) => {
            let sent_on = attempt.slot.map(|slot| slot_sent(sim, attempt, slot));
            let count = match attempt.resolver_silent_since {
                _ if sent_on.is_some() => sent_on,
                Some(_) => Some(Count::Postponed),
                None if attempt.replay.is_some() => Some(Count::Replayed),
                None => attempt.manual.then_some(Count::ManualRetries),
            };
            (count, Some(attempt.target.delivery_id))
        }
        QueueMessage::Check(check) => {
            let count = if check.after_parking { Count::ParkingChecks } else { Count::Checks };
            (Some(count), Some(check.target.delivery_id))
        }
        QueueMessage::ReleaseParked(release) => {
            if let Some(look) = release.look {
                sim.count(if look.due.is_some() { Count::WakeUps } else { Count::Looks });
            }
            if let Some(due) = release.look.and_then(|look| look.due) {
                sim.with(|state| state.ledger.wake_up_made(release.webhook_id, due));
            }
            (Some(Count::Releases), None)
        }
        QueueMessage::Replay(page) => {
            sim.with(|state| state.ledger.replay_asked(page));
            (Some(Count::ReplayPages), None)
        }
    };
    sim.count(Count::Messages);
    if let Some(count) = count {
        sim.count(count);
    }
    if let Some(delivery) = delivery {
        count_copies(sim, delivery, id);
    }
}

/// Compares a message with what its function knew.
fn judge(sim: &Sim, outgoing: &Outgoing) {
    let (now, free_slot) = (sim.now(), free_slot(sim, &outgoing.message));
    let mut released = false;
    sim.with(|state| {
        let State { ledger, invocations, current, .. } = state;
        if let Some(invocation) = current.and_then(|task| invocations.get_mut(&task)) {
            let at = Moment { now, settings: &sim.plan().settings, free_slot };
            ledger.sent(invocation, &outgoing.message, outgoing.delay, at);
            if let QueueMessage::MakeAttempt(attempt) = &outgoing.message {
                released = invocation.releases(attempt.target.webhook_id);
            }
        }
    });
    if released {
        sim.count(Count::Released);
    }
}

/// The first free slot of the webhook, for an attempt that a check sends.
fn free_slot(sim: &Sim, message: &QueueMessage) -> Option<Timestamp> {
    let QueueMessage::MakeAttempt(MakeAttempt { target, .. }) = message else { return None };
    let by_check = |state: &mut State| {
        let key = ledger::key(target.key());
        state.invocation().is_some_and(|invocation| invocation.checks(key).next().is_some())
    };
    if !sim.with(by_check) {
        return None;
    }
    let webhooks = sim.memory().webhooks();
    let webhook = webhooks.into_iter().find(|webhook| webhook.id == target.webhook_id)?;
    webhook.rate_limit?;
    webhook.next_slot.map(|next| next.as_timestamp())
}

/// An attempt's message with a slot was sent.
fn slot_sent(sim: &Sim, attempt: &MakeAttempt, slot: Slot) -> Count {
    let key = ledger::key(attempt.target.key());
    sim.with(|state| {
        state.ledger.scheduled((key, attempt.attempt), slot);
        let again = state.invocation().is_some_and(|invocation| invocation.has_slot(attempt));
        if again { Count::SlotHops } else { Count::SlotSends }
    })
}

/// Another message about a delivery is on the queue or on its isolation queue. There may be a few
/// in addition to those that are being processed.
pub(super) fn count_copies(sim: &Sim, delivery: DeliveryId, id: String) {
    let queues = [Queue::Delivery, Queue::DeliveryIsolation].map(|queue| sim.queue(queue));
    sim.with(|state| {
        let about_it = state.queued.entry(delivery).or_default();
        about_it.retain(|id| queues.iter().any(|queue| queue.holds(id)));
        about_it.push(id);
        let (all, most) = (about_it.len() as u64, Ledger::most_copies(&state.counts));
        if all <= most {
            return;
        }
        let at_work = state.at_work();
        let idle = state.queued.get(&delivery).into_iter().flatten();
        let copies = idle.filter(|id| !at_work.contains(*id)).count() as u64;
        if copies > most {
            let what = format!("{copies} messages about {} at once", short(delivery));
            state.ledger.broken(what);
        }
    });
}

/// A short description of a message.
pub(crate) fn describe(message: &QueueMessage) -> String {
    match message {
        QueueMessage::MakeAttempt(attempt) => {
            let why = match attempt.replay {
                Some(_) => "replayed ",
                None if attempt.manual => "manual ",
                None => "",
            };
            let name = ledger::name(ledger::key(attempt.target.key()));
            let slot = attempt.slot.map(|slot| format!(" in its slot {}", slot.at));
            format!("{why}attempt {} of {name}{}", attempt.attempt, slot.unwrap_or_default())
        }
        QueueMessage::Check(check) => {
            let name = ledger::name(ledger::key(check.target.key()));
            format!("check of attempt {} of {name}", check.attempt)
        }
        QueueMessage::ReleaseParked(release) => {
            let what = match release.look {
                None => "release of who".to_owned(),
                Some(Look { due: Some(due), .. }) => format!("wake-up at {due} of who"),
                Some(look) => format!("look {} for who", look.empty),
            };
            format!("{what} is parked at {}", short(release.webhook_id))
        }
        QueueMessage::Replay(page) => format!("page {} of {}", page.page, short(page.replay_id)),
    }
}

impl DeadLetters for Aws {
    async fn dead_letter(&self, body: &str, reason: &str) -> Result<(), PortError> {
        let (body, reason) = (body.to_owned(), reason.to_owned());
        let effect = move |sim: &Sim| {
            sim.trace(|| format!("put aside: {reason}"));
            sim.count(Count::PutAside);
            sim.with(|state| state.ledger.put_aside(&body, &reason));
            at_once(sim.memory().dead_letter(&body, &reason))
        };
        self.write(Part::Queues, "put aside", effect).await
    }
}

impl EnqueueEvents for Aws {
    /// The caller closes the connection when the order is queued: after that, the API only checks
    /// whether the attempt was made, and would need a clock of a runtime, which the simulation does
    /// not have.
    async fn order_test(&self, order: &TestOrder) -> Result<(), PortError> {
        let order = order.clone();
        let effect = move |sim: &Sim| {
            at_once(sim.memory().order_test(&order))?;
            let now = sim.now();
            if let Ok(body) = order.to_json() {
                sim.with(|state| state.ledger.accepts(&body, now));
            }
            sim.poll_at(Queue::Events, now);
            sim.trace(|| "a test is ordered".into());
            Ok(())
        };
        self.write(Part::Queues, "order test", effect).await?;
        self.sim.count(Count::Tests);
        self.sim.with(|state| {
            let current = state.current;
            state.abandoned.extend(current);
        });
        std::future::pending().await
    }

    async fn publish_events(&self, events: Vec<PublishedEvent>) -> Vec<Result<(), PortError>> {
        let mut answers = Vec::with_capacity(events.len());
        for batch in events.chunks(MOST_MESSAGES) {
            answers.extend(self.publish_batch(batch.to_vec()).await);
        }
        answers
    }
}

impl Aws {
    async fn publish_batch(&self, batch: Vec<PublishedEvent>) -> Vec<Result<(), PortError>> {
        const NAME: &str = "publish events";
        let count = batch.len();
        let entries: Vec<Entry> = batch.iter().map(|_| fate::of_entry(&self.sim)).collect();
        let failed = |entry: &Entry| matches!(entry, Entry::Failed);
        let left_out: Vec<bool> = entries.iter().map(failed).collect();
        let effect = move |sim: &Sim| {
            for (event, _) in batch.iter().zip(&left_out).filter(|(_, left_out)| !**left_out) {
                let body = event.to_json().map_err(|it| PortError::Unusable(it.to_string()))?;
                // The same event again, as a repeated request sends it.
                let known = sim.with(|state| state.ledger.event_of(&body).is_some());
                let count = if known { Count::EventsRepeated } else { Count::Events };
                crate::users::put_event(sim, body, count);
            }
            Ok(())
        };
        match self.write(Part::Queues, NAME, effect).await {
            Err(error) => vec![Err(error); count],
            Ok(()) => entries.into_iter().map(Entry::answer).collect(),
        }
    }
}

/// A short pause, as a sender of a single message makes between two tries.
pub(crate) async fn pause_between_tries(sim: &Sim, try_number: u32) {
    let longest = (2_000_u64 << try_number.min(20)).min(300_000);
    let length = sim.draw(|random| random.within(1..=longest));
    sim.sleep(millis(length)).await;
}

impl SendNotices for Aws {
    async fn notify(&self, notices: &[Notice]) -> Result<(), PortError> {
        let notices = notices.to_vec();
        let effect = move |sim: &Sim| at_once(sim.memory().notify(&notices));
        self.write(Part::Queues, "put notices", effect).await
    }
}
