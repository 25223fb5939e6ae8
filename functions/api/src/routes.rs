//! The table of routes, and one file per resource behind it.

mod annotations;
mod deliveries;
mod docs_page;
mod echoes;
mod erasures;
mod event_types;
mod events;
mod explanations;
mod filters;
mod health;
pub(crate) mod keys;
pub(crate) mod portal;
mod prefer_wait;
mod replays;
mod samples;
mod secrets;
mod stats;
pub(crate) mod test_delivery;
mod transforms;
mod webhooks;

pub(crate) use annotations::Annotations;

use crate::{
    ports::{Api, Ports},
    problem::Problem,
    request::{middleware, preflight},
};
use axum::{
    Router,
    middleware::from_fn,
    routing::{MethodRouter, delete, get, post},
};
use std::sync::Arc;

/// Every path with its methods.
fn table<P: Ports>() -> Vec<(&'static str, MethodRouter<Arc<Api<P>>>)> {
    vec![
        ("/health", get(health::show)),
        ("/echo/{echoId}", post(echoes::receive::<P>)),
        ("/docs", get(docs_page::page)),
        ("/docs/redoc.js", get(docs_page::viewer)),
        ("/api/openapi.json", get(docs_page::document)),
        ("/api/deliveries", get(deliveries::list_all::<P>)),
        ("/api/echoes", post(echoes::create::<P>)),
        ("/api/echoes/{echoId}", get(echoes::show::<P>).delete(echoes::delete::<P>)),
        ("/api/events", get(events::list::<P>).post(events::publish::<P>)),
        ("/api/events/{eventId}", get(events::show::<P>)),
        ("/api/events/{eventId}/explain", get(explanations::of_event::<P>)),
        ("/api/event-types", get(event_types::list::<P>)),
        (
            "/api/event-types/{name}",
            get(event_types::show::<P>).put(event_types::put::<P>).delete(event_types::delete::<P>),
        ),
        ("/api/keys", get(keys::list::<P>).post(keys::create::<P>)),
        ("/api/keys/{keyId}", delete(keys::revoke::<P>)),
        ("/api/sessions", delete(keys::end_sessions::<P>)),
        ("/api/portal-links", post(portal::create_link::<P>)),
        ("/api/portal-sessions", post(portal::open_session::<P>)),
        ("/api/stats", get(stats::show::<P>)),
        ("/api/webhooks", get(webhooks::list::<P>).post(webhooks::create::<P>)),
        (
            "/api/webhooks/{id}",
            get(webhooks::show::<P>)
                .put(webhooks::replace::<P>)
                .patch(webhooks::patch::<P>)
                .delete(webhooks::delete::<P>),
        ),
        ("/api/webhooks/{id}/secret", get(secrets::show::<P>)),
        ("/api/webhooks/{id}/secret/rotate", post(secrets::rotate::<P>)),
        ("/api/webhooks/{id}/test", post(test_delivery::order::<P>)),
        ("/api/webhooks/{id}/filter/test", post(filters::test::<P>)),
        ("/api/webhooks/{id}/transform/preview", post(transforms::preview::<P>)),
        ("/api/webhooks/{id}/deliveries", get(deliveries::list::<P>)),
        ("/api/webhooks/{id}/deliveries/{deliveryId}", get(deliveries::show::<P>)),
        ("/api/webhooks/{id}/deliveries/{deliveryId}/explain", get(explanations::of_delivery::<P>)),
        ("/api/webhooks/{id}/deliveries/{deliveryId}/retry", post(deliveries::retry::<P>)),
        ("/api/webhooks/{id}/deliveries/{deliveryId}/cancel", post(deliveries::cancel::<P>)),
        ("/api/webhooks/{id}/deliveries/{deliveryId}/responses", delete(erasures::responses::<P>)),
        ("/api/events/{eventId}/payload", delete(erasures::payload::<P>)),
        ("/api/webhooks/{id}/replay", post(replays::order_one::<P>)),
        ("/api/replays", get(replays::list::<P>).post(replays::order_all::<P>)),
        ("/api/replays/{replayId}", get(replays::show::<P>)),
    ]
}

/// Every path, as it is declared. What is not described in the document fails a test by this.
#[must_use]
pub fn paths<P: Ports>() -> Vec<&'static str> {
    table::<P>().into_iter().map(|(path, _)| path).collect()
}

/// The routes of the API.
pub(crate) fn routes<P: Ports>(api: Arc<Api<P>>) -> Router {
    table::<P>()
        .into_iter()
        .fold(Router::new(), |router, (path, methods)| router.route(path, methods))
        .with_state(api)
}

/// These routes, with what every request and every answer passes. So every request is answered, and every
/// error with problem+json.
pub(crate) fn guarded(routes: Router) -> Router {
    routes
        .fallback(|| async { Problem::unknown_route() })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(from_fn(preflight::answer))
        .layer(from_fn(middleware::guard))
}
