//! What a delivery waits for, for its owner.

use super::{Delivery, DeliveryStatus};
use crate::{health::Circuit, time::Timestamp};
use serde::{Deserialize, Serialize};

/// What delays the next attempt of a delivery. The JSON names are part of the API.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum WaitingFor {
    /// The delay before a retry.
    Retry,
    /// The open circuit breaker of its endpoint.
    Circuit,
    /// The rate limit of its webhook.
    RateLimit,
}

impl WaitingFor {
    pub const ALL: [Self; 3] = [Self::Retry, Self::Circuit, Self::RateLimit];

    /// The name in JSON and in queries.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Retry => "retry",
            Self::Circuit => "circuit",
            Self::RateLimit => "rateLimit",
        }
    }
}

/// What a delivery waits for, and until when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waiting {
    pub waiting_for: WaitingFor,
    /// The earliest end of the wait.
    pub until: Timestamp,
}

impl Delivery {
    /// What it waits for, given its endpoint's circuit breaker; `None` if its next attempt is about
    /// to be made or there is none.
    ///
    /// A row keeps the due time at which it was parked, and the circuit breaker may have a later
    /// one meanwhile: the later one counts. After the circuit breaker has closed, a delivery no
    /// longer waits, even if its row still says that it is parked. A wait for a slot that is
    /// shorter than the longest queue delay is not stored, and shows as the wait before it.
    #[must_use]
    pub fn waiting(&self, circuit: Circuit) -> Option<Waiting> {
        if self.status.is_settled() {
            return None;
        }
        let wait = |waiting_for, until| Some(Waiting { waiting_for, until });
        if let Some(parked) = self.parked_until {
            return match circuit {
                Circuit::Open { due } => wait(WaitingFor::Circuit, due.max(parked)),
                Circuit::Closed | Circuit::Disabled { .. } => None,
            };
        }
        if let Some(slot) = self.slot {
            return wait(WaitingFor::RateLimit, slot.at);
        }
        match self.next_attempt_at {
            Some(due) if self.status == DeliveryStatus::Retrying => wait(WaitingFor::Retry, due),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{event::Retention, health::DisabledCause, ids::WebhookId, limit::Slot, samples};
    use uuid::Uuid;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millis(millis)
    }

    fn pending() -> Delivery {
        let webhook = WebhookId::from_uuid(Uuid::nil());
        Delivery::of(&samples::event(at(0)), webhook, Retention { days: 8 }, at(0))
    }

    fn retrying() -> Delivery {
        Delivery { status: DeliveryStatus::Retrying, next_attempt_at: Some(at(50)), ..pending() }
    }

    const OPEN: Circuit = Circuit::Open { due: Timestamp::from_millis(200) };

    #[test]
    fn what_is_on_its_way_waits_for_nothing() {
        assert_eq!(pending().waiting(Circuit::Closed), None);
        assert_eq!(pending().waiting(OPEN), None, "it will be parked when its attempt is due");
        let parked = Delivery { parked_until: Some(at(100)), ..retrying() };
        let disabled = Circuit::Disabled { cause: DisabledCause::Gone };
        assert_eq!(parked.waiting(Circuit::Closed), None);
        assert_eq!(parked.waiting(disabled), None);
    }

    #[test]
    fn a_parked_delivery_waits_for_the_circuit_as_it_is_now() {
        for row in [pending(), retrying()] {
            let parked = Delivery { parked_until: Some(at(100)), ..row };
            let wait = |until| Some(Waiting { waiting_for: WaitingFor::Circuit, until });
            assert_eq!(parked.waiting(OPEN), wait(at(200)));
            let behind = Circuit::Open { due: at(90) };
            assert_eq!(parked.waiting(behind), wait(at(100)), "a health that was read too early");
        }
    }

    #[test]
    fn a_delivery_waits_for_its_slot_or_its_retry() {
        let slot = Some(Slot { at: at(70), moved: false });
        let limited = Delivery { slot, ..retrying() };
        let wait = |waiting_for, until| Some(Waiting { waiting_for, until });
        assert_eq!(limited.waiting(Circuit::Closed), wait(WaitingFor::RateLimit, at(70)));
        assert_eq!(retrying().waiting(Circuit::Closed), wait(WaitingFor::Retry, at(50)));
        assert_eq!(retrying().waiting(OPEN), wait(WaitingFor::Retry, at(50)));
    }

    #[test]
    fn a_settled_delivery_waits_for_nothing() {
        for status in [DeliveryStatus::Success, DeliveryStatus::Failed] {
            let settled = Delivery { status, parked_until: Some(at(100)), ..retrying() };
            assert_eq!(settled.waiting(OPEN), None);
        }
    }

    #[test]
    fn a_wait_has_one_name() {
        for wait in WaitingFor::ALL {
            let json = serde_json::to_value(wait).expect("serialises");
            assert_eq!(json, wait.as_str());
        }
    }
}
