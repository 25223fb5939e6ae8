use super::{USER, user};
use crate::clock::START;
use grapnel_domain::{
    event::{Event, EventContent, Retention},
    ids::{EventId, UserId, WebhookId},
    time::Timestamp,
};
use uuid::Uuid;

/// A `lead.created` of [`USER`] from `shop.orders`, stored at [`START`] and kept for twice 30 days.
#[must_use]
pub fn an_event() -> EventBuilder {
    EventBuilder {
        user_id: user(USER),
        source_id: Uuid::now_v7().to_string(),
        content: EventContent {
            event_type: "lead.created".into(),
            source: "shop.orders".into(),
            time: START,
            data: r#"{"leadId":"lead-1","score":0.50}"#.into(),
        },
        audience: None,
        stored_at: START,
        retention: Retention { days: 30 },
        payload_erased_at: None,
    }
}

/// Builds an [`Event`], see [`an_event`]. Its id is derived, as in production.
#[derive(Debug, Clone)]
pub struct EventBuilder {
    user_id: UserId,
    source_id: String,
    content: EventContent,
    audience: Option<Vec<WebhookId>>,
    stored_at: Timestamp,
    retention: Retention,
    payload_erased_at: Option<Timestamp>,
}

impl EventBuilder {
    #[must_use]
    pub fn for_user(mut self, id: &str) -> Self {
        self.user_id = user(id);
        self
    }

    #[must_use]
    pub fn of_type(mut self, event_type: &str) -> Self {
        event_type.clone_into(&mut self.content.event_type);
        self
    }

    /// Sets its source id.
    #[must_use]
    pub fn called(mut self, source_id: &str) -> Self {
        source_id.clone_into(&mut self.source_id);
        self
    }

    /// Sets its data: JSON text.
    #[must_use]
    pub fn data(mut self, json: impl Into<String>) -> Self {
        self.content.data = json.into();
        self
    }

    /// Sets its webhooks.
    #[must_use]
    pub fn to(mut self, webhooks: impl IntoIterator<Item = WebhookId>) -> Self {
        self.audience = Some(webhooks.into_iter().collect());
        self
    }

    /// Its data was erased at this time.
    #[must_use]
    pub fn erased(mut self, at: Timestamp) -> Self {
        self.content.data.clear();
        self.payload_erased_at = Some(at);
        self
    }

    /// When it was first stored.
    #[must_use]
    pub fn stored_at(mut self, time: Timestamp) -> Self {
        self.stored_at = time;
        self
    }

    /// How long it is kept.
    #[must_use]
    pub fn retention(mut self, retention: Retention) -> Self {
        self.retention = retention;
        self
    }

    #[must_use]
    pub fn build(self) -> Event {
        Event {
            id: EventId::derive(&self.user_id, &self.content.source, &self.source_id),
            user_id: self.user_id,
            content: self.content,
            audience: self.audience,
            stored_at: self.stored_at,
            expires_at: self.retention.event_expiry(self.stored_at),
            payload_erased_at: self.payload_erased_at,
        }
    }
}
