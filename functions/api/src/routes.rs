//! The table of routes, and one file per resource behind it.

mod deliveries;
mod filters;
mod health;
mod keys;
mod portal;
mod replays;
mod secrets;
mod tests;
mod transforms;
mod waiting;
mod webhooks;

use crate::{
    boundary,
    ports::{Api, Ports},
    problem::Problem,
};
use axum::{
    Router, middleware,
    routing::{delete, get, post},
};
use std::sync::Arc;

/// The whole API. It answers every request, and every error with problem+json.
pub fn router<P: Ports>(api: Api<P>) -> Router {
    Router::new()
        .route("/health", get(health::show))
        .route("/api/keys", get(keys::list::<P>).post(keys::create::<P>))
        .route("/api/keys/{keyId}", delete(keys::revoke::<P>))
        .route("/api/portal-links", post(portal::create_link::<P>))
        .route("/api/portal-sessions", post(portal::open_session::<P>))
        .route("/api/webhooks", get(webhooks::list::<P>).post(webhooks::create::<P>))
        .route(
            "/api/webhooks/{id}",
            get(webhooks::show::<P>)
                .put(webhooks::replace::<P>)
                .patch(webhooks::patch::<P>)
                .delete(webhooks::delete::<P>),
        )
        .route("/api/webhooks/{id}/secret", get(secrets::show::<P>))
        .route("/api/webhooks/{id}/secret/rotate", post(secrets::rotate::<P>))
        .route("/api/webhooks/{id}/test", post(tests::order::<P>))
        .route("/api/webhooks/{id}/filter/test", post(filters::test::<P>))
        .route("/api/webhooks/{id}/transform/preview", post(transforms::preview::<P>))
        .route("/api/webhooks/{id}/deliveries", get(deliveries::list::<P>))
        .route("/api/webhooks/{id}/deliveries/{deliveryId}", get(deliveries::show::<P>))
        .route("/api/webhooks/{id}/deliveries/{deliveryId}/retry", post(deliveries::retry::<P>))
        .route("/api/webhooks/{id}/deliveries/{deliveryId}/cancel", post(deliveries::cancel::<P>))
        .route("/api/webhooks/{id}/replay", post(replays::order_one::<P>))
        .route("/api/replays", get(replays::list::<P>).post(replays::order_all::<P>))
        .route("/api/replays/{replayId}", get(replays::show::<P>))
        .fallback(|| async { Problem::unknown_route() })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(middleware::from_fn(boundary::guard))
        .with_state(Arc::new(api))
}
