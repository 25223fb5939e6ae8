//! The domain's ports over AWS, and the functions' settings.
//!
//! One small struct per store over an SDK client:
//!
//! - tables: [`WebhookStore`], [`EventTypeStore`], [`EventStore`], [`DeliveryStore`], [`KeyStore`];
//! - queues: [`DeliveryQueue`], [`EventsQueue`], [`IsolationQueue`], [`DeadLetterQueue`];
//! - Step Functions: [`SharedWaits`]; EventBridge: [`NoticeBus`];
//! - the machine itself: [`SystemClock`], [`RandomIds`].
//!
//! [`batch`] reads a function's messages, and makes the response that names the failed messages.
//!
//! A function reads its [`settings`] once, loads [`Clients`] once, and builds the stores that it
//! uses. AWS errors become a [`grapnel_domain::ports::PortError`] in one place, and no error or log
//! line repeats stored values.

pub mod batch;
mod batch_get;
mod clients;
mod clock;
mod dead_letters;
mod deliveries;
mod error;
mod event_types;
mod events;
mod item;
mod keys;
mod notices;
mod queue;
pub mod settings;
mod waits;
mod webhooks;

pub use clients::{Clients, sdk_defaults};
pub use clock::{RandomIds, SystemClock};
pub use dead_letters::DeadLetterQueue;
pub use deliveries::{DeliveryStore, TENDED_ATTRIBUTES};
pub use event_types::EventTypeStore;
pub use events::EventStore;
pub use keys::KeyStore;
pub use notices::NoticeBus;
pub use queue::{DeliveryQueue, EventsQueue, IsolationQueue};
pub use waits::SharedWaits;
pub use webhooks::{WebhookStore, attributes as webhook_attributes};
