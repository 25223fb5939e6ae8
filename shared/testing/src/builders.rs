//! Webhooks, events and deliveries that say only what a test is about.
//!
//! ```
//! use grapnel_testing::builders::{a_delivery, a_webhook, an_event};
//!
//! let webhook = a_webhook().for_user("u-1").events(["workflow.*"]).disabled().build();
//! let event = an_event().for_user("u-1").of_type("workflow.failed").build();
//! let delivery = a_delivery().of(&event).to(&webhook).retrying().build();
//! assert_eq!(delivery.attempts.len(), 1);
//! ```
//!
//! Every webhook and every event has an id of its own, so that builders can be used against shared
//! tables. Give ids where a run must be repeatable.

mod delivery;
mod event;
mod replay;
mod webhook;

pub use delivery::{DeliveryBuilder, a_delivery, a_failed_attempt, an_attempt, nth};
pub use event::{EventBuilder, an_event};
pub use replay::{ReplayBuilder, a_replay};
pub use webhook::{WebhookBuilder, a_failing_health, a_webhook, changed, target_url};

use grapnel_domain::ids::UserId;

/// The default owner.
pub const USER: &str = "user-1";

/// A user's id.
///
/// # Panics
/// If the text is not a valid id.
#[must_use]
pub fn user(id: &str) -> UserId {
    UserId::parse(id).expect("a user id")
}
