//! A scripted sender.

use grapnel_domain::{
    outbound::{Answer, OutboundRequest, SendOutcome, Sent},
    ports::SendRequests,
};
use std::{
    collections::{HashMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// The duration of every request.
pub const DURATION: Duration = Duration::from_millis(12);

/// Answers by URL and records the requests. A URL without a script answers 200. Clones share the
/// script and the records.
#[derive(Debug, Clone, Default)]
pub struct ScriptedSender {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    scripts: HashMap<String, Script>,
    requests: Vec<OutboundRequest>,
}

#[derive(Debug)]
struct Script {
    once: VecDeque<SendOutcome>,
    then: SendOutcome,
}

impl Default for Script {
    fn default() -> Self {
        Self { once: VecDeque::new(), then: answered(200) }
    }
}

impl ScriptedSender {
    /// A sender whose receivers all answer 200.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Answers the next requests to `url` in this order, before the answer of
    /// [`ScriptedSender::always`].
    pub fn answer(&self, url: &str, outcomes: impl IntoIterator<Item = SendOutcome>) {
        self.state().scripts.entry(url.to_owned()).or_default().once.extend(outcomes);
    }

    /// Answers every request to `url` that has no other answer.
    pub fn always(&self, url: &str, outcome: SendOutcome) {
        self.state().scripts.entry(url.to_owned()).or_default().then = outcome;
    }

    /// Every request, in the order of sending.
    #[must_use]
    pub fn requests(&self) -> Vec<OutboundRequest> {
        self.state().requests.clone()
    }

    /// Every request to `url`.
    #[must_use]
    pub fn requests_to(&self, url: &str) -> Vec<OutboundRequest> {
        self.requests().into_iter().filter(|request| request.url.as_str() == url).collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl SendRequests for ScriptedSender {
    async fn send(&self, request: OutboundRequest) -> Sent {
        tokio::task::yield_now().await;
        let mut state = self.state();
        let script = state.scripts.entry(request.url.to_string()).or_default();
        let outcome = script.once.pop_front().unwrap_or_else(|| script.then.clone());
        state.requests.push(request);
        Sent { outcome, duration: DURATION }
    }
}

/// A receiver that answers with this status and no body.
#[must_use]
pub fn answered(status: u16) -> SendOutcome {
    SendOutcome::Answered(Answer {
        status,
        body: String::new(),
        truncated: false,
        retry_after: None,
        webhook_delivery: None,
        location: None,
        remark: None,
    })
}

/// A receiver that answers with this status and body.
#[must_use]
pub fn answered_with(status: u16, body: &str) -> SendOutcome {
    SendOutcome::Answered(Answer {
        status,
        body: body.to_owned(),
        truncated: false,
        retry_after: None,
        webhook_delivery: None,
        location: None,
        remark: None,
    })
}

/// A receiver that answers with this status and a `Retry-After` header.
#[must_use]
pub fn busy(status: u16, retry_after: &str) -> SendOutcome {
    SendOutcome::Answered(Answer {
        status,
        body: String::new(),
        truncated: false,
        retry_after: Some(retry_after.to_owned()),
        webhook_delivery: None,
        location: None,
        remark: None,
    })
}

/// A receiver that answers with this status and a `webhook-delivery` header.
#[must_use]
pub fn controlling(status: u16, webhook_delivery: &str) -> SendOutcome {
    SendOutcome::Answered(Answer {
        status,
        body: String::new(),
        truncated: false,
        retry_after: None,
        webhook_delivery: Some(webhook_delivery.to_owned()),
        location: None,
        remark: None,
    })
}

/// A receiver that did not answer.
#[must_use]
pub fn unreachable(error: &str) -> SendOutcome {
    SendOutcome::Failed { error: error.to_owned() }
}

/// A name server that does not answer.
#[must_use]
pub fn resolver_silent() -> SendOutcome {
    SendOutcome::ResolverUnavailable { error: "timed out".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builders::{target_url, user};

    #[tokio::test]
    async fn a_script_is_followed_and_then_its_default_holds() {
        let sender = ScriptedSender::new();
        let url = "https://receiver.example/hook";
        sender.answer(url, [answered(500), unreachable("connection refused")]);
        sender.always(url, answered(204));
        let request = OutboundRequest {
            user_id: user("acme"),
            url: target_url(url),
            headers: vec![],
            body: vec![],
            timeout: Duration::from_secs(1),
        };
        let mut outcomes = vec![];
        for _ in 0..4 {
            outcomes.push(sender.send(request.clone()).await.outcome);
        }
        let expected =
            [answered(500), unreachable("connection refused"), answered(204), answered(204)];
        assert_eq!(outcomes, expected);
        assert_eq!(sender.requests_to(url).len(), 4);
        assert!(sender.requests_to("https://other.example").is_empty());
    }
}
