//! `/api/events`: publishing, and looking at what was published.
//!
//! Publishing writes nothing but the idempotency key, and that before anything is enqueued: what the
//! events' ids derive from is on record then. Whatever fails later, the same request enqueues the same
//! events. Without a key the ids are random unless the events bring their own, and a repeat is
//! something new.

mod checks;
mod conflicts;
mod draft;
pub(super) mod list;

pub(super) use list::list;

use super::test_delivery::random_id;
use crate::{
    answers,
    openapi::parameters,
    payloads,
    ports::{Api, Ports},
    problem::{Problem, field_faults},
    request::{
        asked::{Content, DeliveriesRead, EventsPublish, ForUser},
        body::{Incoming, Object},
        idempotency::Keyed,
        path_ids::Ids,
        query::Query,
    },
};
use axum::{extract::State, http::StatusCode, response::Response};
use conflicts::CONCURRENT_READS;
use draft::Draft;
use futures::{StreamExt, TryStreamExt, stream};
use grapnel_domain::{
    delivery::Delivery,
    event::{
        inbound::PublishedEvent,
        publish::{Claim, EventValidation, IdempotencyKey, MAX_BODY_BYTES, MAX_EVENTS, body_hash},
    },
    health::Circuit,
    ids::UserId,
    ports::{
        ClaimKeys, Clock, Consistency, DeliveryLog, EnqueueEvents, PortError, ReadEvents, Webhooks,
    },
    time::Timestamp,
};
use grapnel_wire::event as wire;
use std::{collections::HashMap, sync::Arc};

/// How often events that their queue did not take are sent, the first time included.
const TRIES: usize = 3;

type Publish = ForUser<EventsPublish, Publication>;

/// A body with one event, or with several.
pub(super) struct Publication(Object);

impl Content for Publication {
    type Received = Object;

    const PARAMETERS: &[&str] = &[];

    async fn receive(body: Incoming) -> Result<Object, Problem> {
        body.object_with_list(MAX_BODY_BYTES, "events", MAX_EVENTS).await
    }

    fn take_user(received: &mut Object) -> Result<Option<UserId>, Problem> {
        received.take_user()
    }

    fn read(received: Object, _: &Query) -> Result<Self, Problem> {
        Ok(Self(received))
    }
}

/// `POST /api/events`: one event, or up to a hundred of one user. All or nothing, as far as faults of
/// theirs go.
#[utoipa::path(
    post,
    path = "/api/events",
    tag = "Events",
    operation_id = "publishEvents",
    summary = "Publish events",
    description = "Publishes one event, or up to 100 events of one user. If one event is invalid, none is published. The body can be up to 1 MiB. With an `Idempotency-Key`, or an `id` on each event, repeating a request publishes nothing twice. An event with the `id` of a stored event but another type or other data is refused.",
    params(parameters::IdempotencyKey),
    request_body = grapnel_wire::event::Publication,
    responses(
        (status = 202, description = "The events were accepted.", body = grapnel_wire::event::Published),
    ),
    extensions(("x-required-scope" = json!(Publish::SCOPE)), ("x-problems" = json!(["invalid_idempotency_key", "idempotency_key_reused", "event_conflict"]))),
)]
pub(super) async fn publish<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    Keyed(key): Keyed,
    ForUser { user, content: Publication(input), .. }: Publish,
) -> Result<Response, Problem> {
    let key = key?;
    let drafts = draft::parse(&input).map_err(Problem::invalid_fields)?;

    let findings = checks::findings(&api, &drafts).await?;
    let hash = key.as_ref().map(|_| body_hash(&user, input.text().unwrap_or_default().as_bytes()));
    let asked = Asked { user, key, hash, now: api.clock.now() };
    let (seed, time) = if findings.refuse(api.event_validation) {
        // What was published already is not refused because the catalogue has changed since.
        match asked.published_before(&api).await? {
            Some(claim) => (claim.seed, claim.accepted_at),
            None => return Err(Problem::invalid_fields(findings.into_faults())),
        }
    } else {
        conflicts::refuse(&api, &asked.user, &drafts).await?;
        asked.claim(&api).await?
    };

    let event = |(place, draft): (usize, &Draft)| draft.event(&asked.user, &seed, place, time);
    let events: Vec<PublishedEvent> = drafts.iter().enumerate().map(event).collect();
    enqueue(&api, events.clone()).await?;
    let mut warnings = match api.event_validation {
        EventValidation::Warn => findings.by_event(),
        EventValidation::Off | EventValidation::Reject => HashMap::new(),
    };
    if !warnings.is_empty() {
        let (count, user) = (warnings.len(), &asked.user);
        tracing::warn!(user.id = %user, events = count, "events were published that are not as the catalogue says");
    }
    let item = |(place, event): (usize, &PublishedEvent)| wire::PublishedEvent {
        id: event.event_id().to_string(),
        r#type: event.content.event_type.clone(),
        warnings: field_faults(&warnings.remove(&place).unwrap_or_default()),
    };
    let items = events.iter().enumerate().map(item).collect();
    answers::json(StatusCode::ACCEPTED, &wire::Published { items })
}

/// A request to publish.
struct Asked {
    user: UserId,
    key: Option<IdempotencyKey>,
    /// Of its body, if it has a key.
    hash: Option<String>,
    now: Timestamp,
}

impl Asked {
    /// What ids and times derive from: on record, if there is a key.
    async fn claim<P: Ports>(&self, api: &Api<P>) -> Result<(String, Timestamp), Problem> {
        let seed = random_id(api);
        let (Some(key), Some(hash)) = (&self.key, &self.hash) else { return Ok((seed, self.now)) };
        let claim = Claim::new(self.user.clone(), key.clone(), hash.clone(), seed, self.now);
        let stands = api.events.claim_key(&claim, self.now).await?;
        self.same(stands).map(|claim| (claim.seed, claim.accepted_at))
    }

    /// The request that the key stands for, if it was made before.
    async fn published_before<P: Ports>(&self, api: &Api<P>) -> Result<Option<Claim>, Problem> {
        let Some(key) = &self.key else { return Ok(None) };
        let found = api.events.claimed(&self.user, key, self.now).await?;
        found.map(|claim| self.same(claim)).transpose()
    }

    fn same(&self, claim: Claim) -> Result<Claim, Problem> {
        if self.hash.as_ref() == Some(&claim.body_hash) {
            Ok(claim)
        } else {
            Err(Problem::idempotency_key_reused())
        }
    }
}

/// Sends events to fan-out, those that failed again. They are the same events however often they are
/// sent.
async fn enqueue<P: Ports>(api: &Api<P>, events: Vec<PublishedEvent>) -> Result<(), Problem> {
    let mut left = events;
    let mut last: Option<PortError> = None;
    for _ in 0..TRIES {
        let answers = api.events_queue.publish_events(left.clone()).await;
        let mut failed = Vec::new();
        for (event, answer) in left.into_iter().zip(answers) {
            if let Err(error) = answer {
                failed.push(event);
                last = Some(error);
            }
        }
        left = failed;
        if left.is_empty() {
            return Ok(());
        }
    }
    let error = last.unwrap_or_else(|| PortError::Unavailable("no event was sent".into()));
    Err(Problem::not_all_published(error))
}

type Show = ForUser<DeliveriesRead>;

/// `GET /api/events/{eventId}`: an event, and its deliveries. It is there once fan-out has stored
/// it, a moment after it was published.
#[utoipa::path(
    get,
    path = "/api/events/{eventId}",
    tag = "Events",
    operation_id = "getEvent",
    summary = "Get an event",
    description = "Returns an event with its data and its deliveries. A new event can be read shortly after it was published.",
    responses(
        (status = 200, description = "The event.", body = grapnel_wire::event::Event),
    ),
    extensions(("x-required-scope" = json!(Show::SCOPE))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForUser { user, .. }: Show,
) -> Result<Response, Problem> {
    let event = api.events.event(&user, ids.event()?, Consistency::Strong).await?;
    let event = event.ok_or_else(Problem::not_found)?;
    let deliveries = api.deliveries.deliveries_by_key(&event.delivery_keys()).await?;
    let deliveries = with_circuits(&api, &user, deliveries).await?;
    let payload = payloads::in_event(&event)?;
    answers::json(StatusCode::OK, &answers::event(&event, &payload, &deliveries))
}

/// Deliveries with the circuits of their endpoints. Only a parked delivery needs a circuit to say until
/// when it waits: one read for each.
async fn with_circuits<P: Ports>(
    api: &Api<P>,
    user: &UserId,
    deliveries: Vec<Delivery>,
) -> Result<Vec<(Delivery, Circuit)>, Problem> {
    let with_circuit = |delivery: Delivery| async move {
        if delivery.parked_until.is_none() || delivery.status.is_settled() {
            return Ok((delivery, Circuit::Closed));
        }
        let webhook =
            api.webhooks.webhook(user, delivery.webhook_id, Consistency::Eventual).await?;
        let circuit = webhook.map(|webhook| webhook.health.circuit).unwrap_or_default();
        Ok::<_, Problem>((delivery, circuit))
    };
    stream::iter(deliveries).map(with_circuit).buffered(CONCURRENT_READS).try_collect().await
}
