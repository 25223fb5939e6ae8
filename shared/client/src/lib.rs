//! Grapnel's API from the outside: a typed client for programs that manage webhooks.
//!
//! ```no_run
//! # async fn run() -> Result<(), grapnel_client::Error> {
//! use futures::TryStreamExt;
//! use grapnel_client::{Client, NewWebhook};
//!
//! let client = Client::builder("https://abc123.execute-api.eu-west-1.amazonaws.com")
//!     .key("gk_…")
//!     .build()?;
//! let new = NewWebhook::new("Leads to CRM", "https://crm.example.com/hook", ["lead.*"]);
//! let webhook = client.create_webhook(&new).await?;
//! println!("sign with {}", webhook.secret);
//!
//! let mut deliveries = std::pin::pin!(client.deliveries(&webhook.id).stream());
//! while let Some(delivery) = deliveries.try_next().await? {
//!     println!("{} {}", delivery.event, delivery.status);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A method of [`Client`] describes a request and sends nothing: what it returns is a [`Call`], to
//! be awaited, or a [`List`], to be read as a stream or page by page. Both can be had
//! [raw](Call::raw): the API's own JSON, with whatever a newer version of it adds. The typed
//! answers ignore what they do not know, and words that are new to them (a status, a format) are
//! kept as [`Other`](WebhookStatus::Other).
//!
//! What the API refuses is [`Error::Refused`] with its [`Problem`]. A request that may be repeated
//! (`GET`, `PUT`, `DELETE`) is, a few times, where the answer was lost or said to try later; a
//! `POST` never is.

#![warn(missing_docs)]

mod answer;
mod call;
mod client;
mod error;
mod list;
mod resources;
mod retries;
pub mod tls;
mod transport;

pub use answer::{Answer, Tagged};
pub use call::Call;
pub use client::{Builder, Client};
pub use error::{Error, Problem};
pub use grapnel_wire::{
    delivery::{Attempt, Delivery, DeliveryStatus, UndecidedFilter, WaitingFor},
    echo::{Echo, EchoedRequest, NewEcho},
    event::{
        DeliveryOfEvent, Event, LastAttempt, ListedEvent, NewEvent, Published, PublishedEvent,
    },
    event_type::{EventType, EventTypeDraft},
    explanation::{Explanation, ExplanationVerdict},
    health::Health,
    key::{CreatedKey, Key, NewKey},
    page::Page,
    portal::{EndedSessions, NewPortalLink, PortalLink, Theme},
    problem::FieldFault,
    replay::{Replay, ReplayFilter, ReplayOrder, ReplayProgress},
    secret::{PreviousSecret, RotatedSecret, Secret},
    stats::{Figures, ReceiverTime, Stats, StatsBy, StatsPeriod, TimeRange, WebhookStats, Within},
    webhook::{
        Backoff, FilterVerdict, Header, NewWebhook, ParkedDeliveries, PayloadFormat, RetryConfig,
        RetryConfigInForce, TransformInForce, TransformedBody, Webhook, WebhookBehind,
        WebhookFailure, WebhookHealth, WebhookStatus,
    },
};
pub use list::List;
pub use reqwest::{Method, header};
pub use resources::{
    delivery::DeliveryFilter,
    event::{EventFilter, fits_a_request, requests},
    stats::StatsFilter,
    webhook::WebhookFilter,
};
