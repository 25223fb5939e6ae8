//! Requests to receivers.

use super::{Aws, Fate, fate};
use crate::{
    counts::Count,
    ledger::{Key, Sending, name},
    receiver::{Reaction, Wish},
    sim::{Sim, State},
    task::millis,
    trace::short,
};
use grapnel_domain::{
    delivery::AttemptNumber,
    ids::{EventId, WebhookId},
    outbound::{OutboundRequest, SendOutcome, Sent},
    ports::{Clock, SendRequests},
    time::Timestamp,
};
use std::time::Duration;

impl SendRequests for Aws {
    async fn send(&self, request: OutboundRequest) -> Sent {
        let (began, arrived) = (self.now(), self.sim.now());
        let fate = fate::of_request(&self.sim);
        if fate == Fate::KilledBefore {
            self.sim.die().await
        }
        let webhook = whose(&self.sim, &request);
        let receiver = webhook.map(|place| self.sim.plan().webhooks[place].receiver);
        if receiver.is_some_and(|receiver| receiver.kills(arrived)) {
            self.sim.die().await
        }
        self.sim.pause(1..=50).await;
        let Some(webhook) = webhook else {
            self.sim.with(|state| state.ledger.broken("a request went to a URL of nobody"));
            let outcome = SendOutcome::Failed { error: "no such receiver".into() };
            return Sent { outcome, duration: arrived.until(self.sim.now()) };
        };
        let receiver = self.sim.plan().webhooks[webhook].receiver;
        let now = self.sim.now();
        let reaction = self.sim.draw(|random| receiver.react(random, now, request.timeout));
        let reaction = on_its_way(reaction, fate);
        if matches!(reaction.outcome, SendOutcome::ConnectionLost { .. }) {
            self.sim.with(|state| state.counts.add(Count::ConnectionsLost, 1));
        }
        let reaches = fate != Fate::RequestLost
            && !matches!(reaction.outcome, SendOutcome::ResolverUnavailable { .. });
        let webhook = self.sim.plan().webhooks[webhook].webhook.id;
        let sent = self.sim.with(|state| arrive(state, webhook, &request, (began, now), reaches));
        let sent = sent.inspect_err(|broken| {
            self.sim.with(|state| state.ledger.broken(broken.as_str()));
        });
        if let Ok((key, _)) = sent {
            self.sim.trace(|| format!("a request for {}: {:?}", name(key), reaction.outcome));
            check_active(&self.sim, key);
            check_time_left(&self.sim, key, arrived, request.timeout);
        }
        self.sim.sleep(reaction.after).await;
        if fate == Fate::KilledAfter {
            self.sim.die().await
        }
        if let Ok((key, place)) = sent {
            let status = match &reaction.outcome {
                SendOutcome::Answered(answer) => Some(answer.status),
                SendOutcome::Failed { .. }
                | SendOutcome::ConnectionLost { .. }
                | SendOutcome::NotSent { .. }
                | SendOutcome::ResolverUnavailable { .. } => None,
            };
            let wish = Wish::of(&reaction.outcome);
            self.sim.with(|state| state.ledger.answered(key, place, status, wish));
        }
        Sent { outcome: reaction.outcome, duration: arrived.until(self.sim.now()) }
    }
}

/// A receiver's reaction as the sender sees it, if the request or the response is lost.
fn on_its_way(reaction: Reaction, fate: Fate) -> Reaction {
    let error = match fate {
        Fate::RequestLost => "connection refused",
        Fate::AnswerLost => "the connection was closed before the answer",
        _ => return reaction,
    };
    Reaction { outcome: SendOutcome::Failed { error: error.to_owned() }, ..reaction }
}

/// The index in the plan of the webhook that a request is for: every version of its URL contains
/// it.
fn whose(sim: &Sim, request: &OutboundRequest) -> Option<usize> {
    sim.plan().webhooks.iter().position(|planned| {
        let host = planned.webhook.id.uuid().simple().to_string();
        request.url.as_str().get(8..40) == Some(host.as_str())
    })
}

fn arrive(
    state: &mut State,
    webhook: WebhookId,
    request: &OutboundRequest,
    (began, now): (Timestamp, Timestamp),
    reaches: bool,
) -> Result<(Key, usize), String> {
    let header = request.headers.iter().find(|(name, _)| name == "webhook-id");
    let event: Option<EventId> = header.and_then(|(_, id)| id.parse().ok());
    let event = event.ok_or("a request without a webhook-id")?;
    let key = state.ledger.delivery_of(webhook, event).ok_or_else(|| {
        format!(
            "a request of {} to {}, for which there is no delivery",
            short(event),
            short(webhook)
        )
    })?;
    let task = state.current.ok_or("a request of nobody")?;
    let invocation = state.invocations.get(&task).ok_or("a request of no function")?;
    let number = invocation.attempt_asked_for(key);
    let read = invocation.read_of(key, number);
    let read = read.ok_or_else(|| format!("{}: sent unread", name(key)))?;
    let asked_for =
        invocation.asks_by_hand(key) || state.ledger.row(key).is_some_and(|row| row.test);
    if !asked_for && !invocation.may_pass(webhook) {
        return Err(format!("{}: sent, though its circuit was read as open", name(key)));
    }
    let keeps_to_limit = invocation.keeps_to_limit(webhook)
        && !invocation.asks_in_person(key)
        && state.ledger.row(key).is_some_and(|row| !row.test);
    if let Some(number) = number.filter(|_| keeps_to_limit && reaches) {
        state.ledger.uses_slot(task, (key, number), began);
    }
    let sending = Sending { task, key, number, read, began, reaches };
    if reaches
        && number == Some(AttemptNumber::FIRST)
        && let Some(put) = state.ledger.put_at(event)
    {
        state.measured.arrived(webhook, put, now);
    }
    let (place, again) = state.ledger.sends(sending);
    state.counts.add(Count::Requests, u64::from(reaches));
    if let Some(again) = again {
        state.counts.add(again, 1);
    }
    Ok((key, place))
}

/// A request is begun only if there is time for it and for its record.
fn check_time_left(sim: &Sim, key: Key, begun: Timestamp, limit: Duration) {
    let budget = sim.plan().settings.time_budget;
    let began = sim.with(|state| state.invocation().map(|invocation| invocation.began));
    let Some(began) = began else { return };
    // The function's clock may be behind.
    let deadline = began.plus(budget.function_timeout + millis(500));
    if !budget.has_time_for(limit, begun, deadline) {
        let left = begun.until(deadline).as_millis();
        let what = format!("{}: sent with {left} ms left for it and its record", name(key));
        sim.with(|state| state.ledger.broken(what));
    }
}

/// A webhook that was disabled or deleted for longer than any read lags receives only tests.
fn check_active(sim: &Sim, key: Key) {
    let now = sim.now();
    let lag = i64::try_from(sim.plan().faults.longest_lag.as_millis()).unwrap_or_default();
    sim.with(|state| {
        let Some(row) = state.ledger.row(key) else { return };
        let began = state.current.and_then(|task| state.invocations.get(&task)).map(|i| i.began);
        let from = began.unwrap_or(now).as_millis() - lag;
        let from = grapnel_domain::time::Timestamp::from_millis(from);
        let receives = row.test
            || state.history.ever((&row.user_id, key.0), from, now, |webhook| {
                webhook.is_some_and(|webhook| webhook.effective_status().receives())
            });
        if !receives {
            state.ledger.broken(format!("{}: sent to a disabled webhook", name(key)));
        }
    });
}
