//! Why a delivery stands where it stands, and why a webhook did not get an event.
//!
//! Nothing is decided here a second time: the functions that decided about the event run again on the
//! record. [`of_delivery`] asks [`Delivery::waiting`](crate::delivery::Delivery::waiting) and the circuit
//! breaker, [`of_event`] asks [`Subscription::interest`](crate::webhook::Subscription::interest), as
//! fan-out does.
//!
//! The record has a webhook only as it is now. If the webhook may have been another one when the event
//! arrived, there is no verdict about the past. [`summary`] says each explanation as a sentence.

mod delivery;
mod event;
pub mod summary;

pub use delivery::{OfDelivery, Progress, of_delivery};
pub use event::{
    Cause, Doubt, LONGEST_FAN_OUT, Matched, OfEvent, Present, TAKES_EFFECT_WITHIN, of_event,
};
