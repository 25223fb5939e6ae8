//! A webhook's rate limiter as an item: `next`, the first free slot, in microseconds.

use super::{WebhookStore, limiter_row::next_of, row::limiter_id};
use crate::{
    error::from_sdk,
    item::{number, text},
};
use aws_sdk_dynamodb::{
    operation::update_item::UpdateItemError,
    types::{AttributeValue, ReturnValue},
};
use grapnel_domain::{
    ids::{UserId, WebhookId},
    limit::{Reservation, SlotTime},
    ports::{PortError, ReserveSlots},
};

/// `next` is a reserved word.
const NEXT: &str = "#next";

/// How often a reservation switches between the two writes. Each switch means that the limiter's
/// time overtook the present or the reverse, so even two are rare.
const TRIES: usize = 6;

/// An update expression cannot compute the maximum of two numbers, so there are two writes, of
/// which one succeeds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    /// The first free slot is in the future: this request is next.
    Behind,
    /// The first free slot would be in the past: the limiter starts again from now.
    Anew,
}

impl Write {
    fn first(reservation: &Reservation) -> Self {
        let waiting = reservation.seen.is_some_and(|next| next >= SlotTime::at(reservation.now));
        if waiting { Self::Behind } else { Self::Anew }
    }

    const fn update(self) -> &'static str {
        match self {
            Self::Behind => "SET #next = #next + :span",
            Self::Anew => "SET #next = :end",
        }
    }

    const fn condition(self) -> &'static str {
        match self {
            Self::Behind => "#next >= :now",
            Self::Anew => "attribute_not_exists(#next) OR #next < :now",
        }
    }

    fn value(self, reservation: &Reservation) -> (&'static str, AttributeValue) {
        let span = reservation.span_micros();
        match self {
            Self::Behind => (":span", number(span)),
            Self::Anew => {
                (":end", number(SlotTime::at(reservation.now).plus_micros(span).as_micros()))
            }
        }
    }

    const fn other(self) -> Self {
        match self {
            Self::Behind => Self::Anew,
            Self::Anew => Self::Behind,
        }
    }
}

impl ReserveSlots for WebhookStore {
    async fn reserve_slots(
        &self,
        user: &UserId,
        webhook: WebhookId,
        reservation: &Reservation,
    ) -> Result<SlotTime, PortError> {
        let mut write = Write::first(reservation);
        for _ in 0..TRIES {
            let (placeholder, value) = write.value(reservation);
            let done = self
                .client
                .update_item()
                .table_name(&self.table)
                .key("userId", text(user))
                .key("id", text(limiter_id(webhook)))
                .update_expression(write.update())
                .condition_expression(write.condition())
                .expression_attribute_names(NEXT, "next")
                .expression_attribute_values(placeholder, value)
                .expression_attribute_values(
                    ":now",
                    number(SlotTime::at(reservation.now).as_micros()),
                )
                .return_values(ReturnValue::UpdatedNew)
                .send()
                .await;
            match done {
                Ok(answer) => {
                    let next = next_of(answer.attributes.as_ref())?;
                    return Ok(reservation.first_before(next));
                }
                Err(error) => match error.as_service_error() {
                    Some(UpdateItemError::ConditionalCheckFailedException(_)) => {
                        write = write.other();
                    }
                    _ => return Err(from_sdk("UpdateItem on webhooks", &error)),
                },
            }
        }
        Err(PortError::Unavailable("the limiter kept changing".into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use grapnel_domain::{limit::RateLimit, time::Timestamp};

    const NOW: Timestamp = Timestamp::from_millis(1_795_000_000_123);

    fn reservation(seen: Option<i64>) -> Reservation {
        let limit = RateLimit::new(3).expect("a limit");
        Reservation { count: 2, limit, now: NOW, seen: seen.map(SlotTime::from_micros) }
    }

    #[test]
    fn what_was_seen_decides_which_write_is_tried_first() {
        let now = SlotTime::at(NOW).as_micros();
        assert_eq!(Write::first(&reservation(None)), Write::Anew);
        assert_eq!(Write::first(&reservation(Some(now - 1))), Write::Anew);
        assert_eq!(Write::first(&reservation(Some(now))), Write::Behind);
    }

    #[test]
    fn a_write_moves_on_by_what_it_takes() {
        let asked = reservation(None);
        assert_eq!(Write::Behind.value(&asked), (":span", number(666_668)));
        assert_eq!(Write::Anew.value(&asked), (":end", number(1_795_000_000_789_668_i64)));
    }
}
