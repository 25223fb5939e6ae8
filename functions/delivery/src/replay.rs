//! One page of a replay.
//!
//! The steps, each of which can be repeated: find deliveries, send their messages, record the page,
//! send the next page's message, acknowledge. The record is conditional on the pages before it, so
//! a page counts once. The record says where the next page begins, so that runs that found
//! different rows continue at the same place. A message that is sent twice makes one attempt,
//! because the attempt's number is recorded once.
//!
//! A message whose page is already recorded may be a harmless copy, or the only trace of a run that
//! died before it sent the next page's message. As with a stale attempt, it sends that message,
//! with a delay that gives an ordinary message enough time to come first. By then the replay has
//! usually advanced, and the copy ends.

use crate::{Deliver, Done, Ports, StepError, StepResult, enqueue_one};
use grapnel_domain::{
    delay::QueueDelay,
    ids::WebhookId,
    message::{MakeAttempt, Outgoing, QueueMessage},
    ports::{
        Clock, Consistency, EnqueueAttempts, PortError, Replays, SettledPage, Stored,
        UpdateDeliveries, Webhooks,
    },
    replay::{Place, Replay, ReplayPage, SettledRow, Turn},
};
use std::cmp::Ordering;

/// Maximum number of queries in one page that looks for a webhook with deliveries to resend.
const MOST_QUERIES: usize = 25;

/// How many webhooks are read together to find the next one that can receive.
const WEBHOOKS_AT_ONCE: usize = 10;

/// The deliveries of one page.
struct Found {
    rows: Vec<SettledRow>,
    examined: u64,
    next: Option<Place>,
}

impl<P: Ports> Deliver<P> {
    pub(crate) async fn replay_page(&self, message: ReplayPage) -> StepResult {
        let page = message.page;
        let Some(replay) = self.replay_of(message).await? else { return Ok(Done::NothingToDo) };
        match replay.page.cmp(&page) {
            Ordering::Equal if replay.finished_at.is_none() => {}
            Ordering::Equal | Ordering::Greater => return self.stale_page(&replay, page).await,
            Ordering::Less => {
                return Err(StepError::Never(format!(
                    "page {page} was asked for, but only {} are on record",
                    replay.page
                )));
            }
        }
        let found = self.find(&replay).await?;
        let replayed = self.send_again(&replay, &found.rows).await?;
        let turn = Turn { examined: found.examined, replayed: replayed as u64, next: found.next };
        let after = replay.after_page(&turn, self.clock.now());
        match self.events.advance_replay(&after).await? {
            Stored::Yes if after.finished_at.is_some() => {}
            Stored::Yes => {
                let next = QueueMessage::Replay(after.next_page());
                enqueue_one(&self.queue, next, QueueDelay::NONE).await?;
            }
            Stored::Refused(Some(stored)) => return self.stale_page(&stored, page).await,
            Stored::Refused(None) => return Ok(Done::NothingToDo),
        }
        Ok(Done::Replayed(replayed))
    }

    /// The replay of a message. The first page may run before the API has stored the replay, and
    /// then stores it. Later pages find it, unless it has expired.
    async fn replay_of(&self, message: ReplayPage) -> Result<Option<Replay>, PortError> {
        let ReplayPage { user_id, replay_id, order, .. } = message;
        let found = self.events.replay(&user_id, replay_id, Consistency::Strong).await?;
        let Some(order) = order.filter(|_| found.is_none()) else { return Ok(found) };
        let new = Replay::new(replay_id, user_id, order, self.rules.retention);
        // An old dead letter must not start the replay again when it is redriven.
        if new.expires_at <= self.clock.now() {
            return Ok(None);
        }
        Ok(match self.events.store_replay(&new).await? {
            Stored::Yes => Some(new),
            Stored::Refused(stored) => stored.map(|stored| *stored),
        })
    }

    async fn stale_page(&self, replay: &Replay, page: u32) -> StepResult {
        if replay.finished_at.is_some() || replay.page != page + 1 {
            return Ok(Done::NothingToDo);
        }
        let delay = QueueDelay::at_most((self.rules.visibility_timeout * 2).as_secs());
        let next = QueueMessage::Replay(replay.next_page());
        enqueue_one(&self.queue, next, delay).await?;
        Ok(Done::Stale)
    }

    /// The next deliveries, all of one webhook. Empty if too many queries found none; the next page
    /// continues from there.
    async fn find(&self, replay: &Replay) -> Result<Found, PortError> {
        let mut place = match replay.place {
            None => self.following(replay, None).await?,
            Some(place) if self.receives(replay, place.webhook_id).await? => Some(place),
            Some(place) => self.following(replay, Some(place.webhook_id)).await?,
        };
        let mut examined = 0;
        for _ in 0..MOST_QUERIES {
            let Some(Place { webhook_id, after }) = place else { break };
            let filter = &replay.order.filter;
            let page: SettledPage = self.deliveries.settled(webhook_id, filter, after).await?;
            place = match page.next {
                Some(last) => Some(Place { webhook_id, after: Some(last) }),
                None => self.following(replay, Some(webhook_id)).await?,
            };
            examined += page.examined;
            if !page.rows.is_empty() {
                return Ok(Found { rows: page.rows, examined, next: place });
            }
        }
        Ok(Found { rows: Vec::new(), examined, next: place })
    }

    /// Whether the webhook can receive deliveries now.
    async fn receives(&self, replay: &Replay, id: WebhookId) -> Result<bool, PortError> {
        let found = self.webhooks.webhook(&replay.user_id, id, Consistency::Strong).await?;
        Ok(found.is_some_and(|webhook| webhook.effective_status().receives()))
    }

    /// The next webhook that can receive deliveries, if the replay includes all webhooks.
    async fn following(
        &self,
        replay: &Replay,
        mut after: Option<WebhookId>,
    ) -> Result<Option<Place>, PortError> {
        if replay.order.webhook_id.is_some() {
            return Ok(None);
        }
        loop {
            let page =
                self.webhooks.list_webhooks(&replay.user_id, WEBHOOKS_AT_ONCE, after).await?;
            if let Some(webhook) =
                page.items.iter().find(|webhook| webhook.effective_status().receives())
            {
                return Ok(Some(Place { webhook_id: webhook.id, after: None }));
            }
            after = page.next;
            if after.is_none() {
                return Ok(None);
            }
        }
    }

    /// Sends the messages of the selected deliveries. If one could not be sent, the page is
    /// received again and finds them all again; the copies have no effect.
    async fn send_again(&self, replay: &Replay, rows: &[SettledRow]) -> Result<usize, PortError> {
        let resent = rows.iter().filter_map(|row| replay.resend(row)).map(MakeAttempt::resent);
        let messages: Vec<Outgoing> = resent
            .map(|attempt| Outgoing::new(QueueMessage::MakeAttempt(attempt), QueueDelay::NONE))
            .collect();
        let count = messages.len();
        if count == 0 {
            return Ok(0);
        }
        let answers = self.queue.enqueue(messages).await;
        if answers.len() < count {
            return Err(PortError::Unavailable("the queue did not answer".into()));
        }
        answers.into_iter().collect::<Result<Vec<()>, _>>()?;
        Ok(count)
    }
}
