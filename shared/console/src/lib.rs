//! The console: pages that show a user's webhooks and deliveries.
//!
//! The console is a client of the API in the same process. It reaches the API and its sessions through
//! [`Backend`], and knows neither the domain nor a table. So the API alone decides what a session may do,
//! and whose things it sees; a page shows what the API answers, also if the API refuses.
//!
//! - `backend`: what the console needs; `ask`: requests to the API, and how their answers are read;
//! - `visitor`: whose session a request brings; `cookies`: its cookie; `guard`, `form_token`:
//!   forms from elsewhere;
//! - `settings`, `accent`: what the deployment decides;
//! - `links`, `frame`, `page`, `assets`: what each page is made of;
//! - `text`, `json`, `moment`: how stored text, data and times are shown;
//! - `cause`, `outlook`, `health`: sentences about deliveries and endpoints, as pure functions;
//! - `chart`: pictures of figures;
//! - `snippets`: code that verifies a signature;
//! - `editor`: what a webhook's form holds, and what the API takes of it;
//! - `views`: one file for each page.
//!
//! Every address in a page is relative, since a deployment may be reached below a path.

mod accent;
mod ask;
mod assets;
mod backend;
mod cause;
mod chart;
mod cookies;
mod editor;
mod form_token;
mod frame;
mod guard;
mod health;
mod json;
mod links;
mod moment;
mod outlook;
mod page;
mod settings;
mod snippets;
mod text;
mod unsent;
mod views;
mod visitor;

pub use accent::Accent;
pub use backend::{Answer, Backend, Kind, Look, Refusal, Session, SignedIn, Unavailable};
pub use links::page_of_path;
pub use settings::{Offers, Settings};

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{any, get, post},
};
use std::sync::Arc;
use views::{
    deliveries, delivery, edit, event, overview, replay, replays, sign_in, sign_out, verify,
    webhook, webhooks,
};

/// Every page below `/console`.
pub fn router<B: Backend>(backend: B) -> Router {
    let backend = Arc::new(backend);
    let delivery = "/console/webhooks/{id}/deliveries/{deliveryId}";
    Router::new()
        .route("/console", get(views::home))
        .route("/console/", get(views::home))
        .route("/console/sign-in", get(sign_in::form::<B>).post(sign_in::open::<B>))
        .route("/console/portal", get(sign_in::portal_form::<B>).post(sign_in::open_link::<B>))
        .route("/console/sign-out", post(sign_out::close::<B>))
        .route("/console/sign-out-everywhere", post(sign_out::close_all::<B>))
        .route("/console/alive", get(views::alive::<B>))
        .route("/console/assets/{name}", get(views::asset::<B>))
        .route("/console/overview", get(overview::show::<B>))
        .route("/console/verify", get(verify::form::<B>).post(verify::check::<B>))
        .route("/console/deliveries", get(deliveries::list::<B>))
        .route("/console/webhooks", get(webhooks::list::<B>))
        .route(
            "/console/webhooks/new",
            get(edit::create::blank::<B>).post(edit::create::create::<B>),
        )
        .route(
            "/console/webhooks/{id}/edit",
            get(edit::change::show::<B>).post(edit::change::save::<B>),
        )
        .route("/console/webhooks/{id}", get(webhook::show::<B>))
        .route(
            "/console/webhooks/{id}/test",
            get(webhook::test::show::<B>).post(webhook::test::send::<B>),
        )
        .route(
            "/console/webhooks/{id}/secret",
            get(webhook::secret::show::<B>).post(webhook::secret::act::<B>),
        )
        .route(
            "/console/webhooks/{id}/delete",
            get(webhook::remove::ask::<B>).post(webhook::remove::delete::<B>),
        )
        .route("/console/webhooks/{id}/status", post(webhook::set_status::<B>))
        .route(delivery, get(delivery::show::<B>))
        .route(&format!("{delivery}/retry"), post(delivery::retry::<B>))
        .route(&format!("{delivery}/cancel"), post(delivery::cancel::<B>))
        .route("/console/replays", get(replays::list::<B>).post(replay::order::<B>))
        .route("/console/replays/new", get(replay::new::<B>))
        .route("/console/replays/{id}", get(replay::show::<B>))
        .route("/console/events/{eventId}", get(event::show::<B>))
        .route("/console/{*rest}", any(views::missing::<B>))
        .layer(from_fn_with_state(backend.clone(), guard::own_origin::<B>))
        .layer(from_fn_with_state(backend.clone(), page::with_headers::<B>))
        .with_state(backend)
}
