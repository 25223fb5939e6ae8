//! Which deliveries a list shows: one filter for the list of a webhook and the list of all webhooks.

use crate::request::{
    asked::Filter,
    pagination::Verdict,
    query::{Parameters, Query},
};
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, WaitingFor},
    event::TypeFilter,
    fault::FieldFault,
    health::Circuit,
    ids::DeliveryId,
    time::Timestamp,
};

/// What the receiver answered to the last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatusCode {
    Exactly(u16),
    /// The first digit.
    Class(u16),
    /// There was no answer.
    None,
}

impl StatusCode {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "none" => return Some(Self::None),
            "1xx" | "2xx" | "3xx" | "4xx" | "5xx" => {
                return Some(Self::Class(u16::from(text.as_bytes()[0] - b'0')));
            }
            _ => {}
        }
        let code = if text.len() == 3 { text.parse().ok() } else { None };
        code.filter(|code| (100..1000).contains(code)).map(Self::Exactly)
    }

    fn includes(self, code: Option<u16>) -> bool {
        match self {
            Self::Exactly(wanted) => code == Some(wanted),
            Self::Class(digit) => code.is_some_and(|code| code / 100 == digit),
            Self::None => code.is_none(),
        }
    }
}

/// Which deliveries are asked for.
#[derive(Debug, Default)]
pub(crate) struct DeliveryFilter {
    status: Option<DeliveryStatus>,
    waiting_for: Option<WaitingFor>,
    event: Option<TypeFilter>,
    status_code: Option<StatusCode>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

impl Filter for DeliveryFilter {
    const PARAMETERS: &[&str] =
        &["limit", "cursor", "status", "waitingFor", "event", "statusCode", "since", "until"];

    fn parse(query: &Query) -> Result<Self, Vec<FieldFault>> {
        let mut parameters = Parameters::of(query);
        let statuses = "`pending`, `retrying`, `success` or `failed`";
        let codes = "a status code, a class like `5xx`, or `none`";
        let filter = Self {
            status: parameters.read("status", statuses, status),
            waiting_for: parameters.read(
                "waitingFor",
                "`retry`, `circuit` or `rateLimit`",
                waiting_for,
            ),
            event: parameters.types("event"),
            status_code: parameters.read("statusCode", codes, StatusCode::parse),
            since: parameters.time("since"),
            until: parameters.time("until"),
        };
        parameters.finish(filter)
    }
}

impl DeliveryFilter {
    /// Whether it includes every delivery of its span of time.
    pub(super) fn is_a_span(&self) -> bool {
        self.status.is_none()
            && self.waiting_for.is_none()
            && self.event.as_ref().is_none_or(TypeFilter::is_everything)
            && self.status_code.is_none()
    }

    /// What it says of a delivery whose endpoint has this circuit. Where a list begins is said by
    /// [`Self::begin`].
    pub(super) fn verdict(&self, delivery: &Delivery, circuit: Circuit) -> Verdict {
        if self.since.is_some_and(|since| delivery.id < DeliveryId::first_at(since)) {
            return Verdict::End;
        }
        if self.includes(delivery, circuit) { Verdict::Include } else { Verdict::LeaveOut }
    }

    fn includes(&self, delivery: &Delivery, circuit: Circuit) -> bool {
        let last = delivery.attempts.last();
        self.status.is_none_or(|status| status == delivery.status)
            && self.waiting_for.is_none_or(|wanted| {
                delivery.waiting(circuit).is_some_and(|waiting| waiting.waiting_for == wanted)
            })
            && self.event.as_ref().is_none_or(|types| types.includes(&delivery.event_type))
            && self.status_code.is_none_or(|wanted| {
                last.is_some_and(|attempt| wanted.includes(attempt.status_code))
            })
    }

    /// Where a list begins, newest first, whose page begins behind `after`.
    pub(super) fn begin(&self, after: Option<DeliveryId>) -> Option<DeliveryId> {
        let until = self.until.map(DeliveryId::first_at);
        match (after, until) {
            (Some(after), Some(until)) => Some(after.min(until)),
            (after, until) => after.or(until),
        }
    }
}

fn status(text: &str) -> Option<DeliveryStatus> {
    match text {
        "pending" => Some(DeliveryStatus::Pending),
        "retrying" => Some(DeliveryStatus::Retrying),
        "success" => Some(DeliveryStatus::Success),
        "failed" => Some(DeliveryStatus::Failed),
        _ => None,
    }
}

fn waiting_for(text: &str) -> Option<WaitingFor> {
    WaitingFor::ALL.into_iter().find(|wait| wait.as_str() == text)
}
