//! Values for the unit tests of this crate. They cannot use the builders of `grapnel-testing`,
//! which use the types of this crate as it is compiled without its tests.

use crate::{
    delivery::AttemptNumber,
    event::{Event, EventContent},
    ids::{EventId, UserId, WebhookId},
    retry::RetryConfig,
    signature::Secret,
    target_url::TargetUrl,
    time::Timestamp,
    webhook::{Configuration, EventPattern, Headers, PayloadFormat, Texts, Webhook, WebhookStatus},
};
use std::collections::BTreeMap;
use uuid::Uuid;

pub(crate) fn user() -> UserId {
    UserId::parse("u").expect("valid")
}

pub(crate) fn nth(number: u32) -> AttemptNumber {
    AttemptNumber::new(number).expect("attempts count from 1")
}

/// A webhook with a change of its configuration.
pub(crate) fn changed(webhook: &Webhook, change: impl FnOnce(&mut Configuration)) -> Webhook {
    webhook.changed(change).expect("within its limits")
}

/// A webhook for every event.
pub(crate) fn webhook(created_at: Timestamp) -> Webhook {
    let configuration = Configuration {
        id: WebhookId::from_uuid(Uuid::from_u128(1)),
        user_id: user(),
        texts: Texts { name: "CRM".into(), ..Texts::default() },
        url: TargetUrl::stored("https://hooks.example.com/in".into()).expect("valid"),
        events: vec![EventPattern::Any],
        filter: None,
        secret: Secret::from_random([0; 32]),
        previous_secrets: Vec::new(),
        headers: Headers::default(),
        metadata: BTreeMap::new(),
        status: WebhookStatus::Active,
        retry_config: RetryConfig::default(),
        payload_format: PayloadFormat::Envelope,
        transform: None,
        rate_limit: None,
        created_at,
        updated_at: created_at,
    };
    Webhook::new(configuration).expect("within its limits")
}

/// An event that happened and was stored at this time, before its webhooks are decided.
pub(crate) fn event(stored_at: Timestamp) -> Event {
    Event {
        id: EventId::derive(&user(), "shop", "1"),
        user_id: user(),
        content: EventContent {
            event_type: "lead.created".into(),
            source: "shop".into(),
            time: stored_at,
            data: "{}".into(),
        },
        audience: None,
        stored_at,
        expires_at: stored_at,
        payload_erased_at: None,
    }
}
