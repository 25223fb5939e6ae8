//! The HTTP API: webhooks, their secrets and deliveries, tests of them, and the keys to all of it.
//!
//! [`router`] is the whole service as a [`tower`-style](axum::Router) router. It owns an [`Api`]:
//! the ports that the function may touch, the admin keys and the rules of this deployment. A request
//! passes, in this order,
//!
//! 0. `request::gateway`: what API Gateway hands over, made fit for a URL (outside the router);
//! 1. `request::middleware`: headers that every answer has, one log line, panics caught;
//! 2. `request::preflight`: the questions that browsers ask before they send a page's request;
//! 3. `request::identity`, with `tokens`: who calls ([401]); `quotas`: how often they may ([429]);
//!    `auth`: what they may do, and for which user ([403]);
//! 4. `request::query`, `body`, `pagination`: what was sent, strictly read ([400], [413], [415]);
//! 5. `routes`: one file per resource, which asks the domain what is right ([422], [404], [409]);
//! 6. `answers`: from the domain's types to those of the API's JSON.
//!
//! `console` opens the sessions of the pages below `/console`, which are the crate `grapnel_console`: a
//! client of these routes, in this process.
//!
//! The JSON of requests and answers is declared in the crate `grapnel_wire`. `openapi` describes all of
//! it as a document, which is made when the API changes and not when it runs.
//!
//! Whatever goes wrong is a `problem::Problem`, the only maker of error answers.
//!
//! [400]: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.1
//! [401]: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.2
//! [403]: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.4
//! [404]: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.5
//! [409]: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.10
//! [413]: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.14
//! [415]: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.16
//! [422]: https://www.rfc-editor.org/rfc/rfc9110#section-15.5.21
//! [429]: https://www.rfc-editor.org/rfc/rfc6585#section-4

mod admin_keys;
mod answers;
mod console;
mod openapi;
mod payloads;
mod ports;
mod problem;
mod request;
mod routes;

pub use admin_keys::AdminKeys;
pub use grapnel_console::{Accent, Offers, Settings as ConsoleSettings};
pub use openapi::document;
pub use ports::{Api, Ports};
pub use request::{gateway::readable, quotas::Quotas, tokens::Tokens};
pub use routes::paths;

use axum::Router;
use std::sync::Arc;

/// The API and the console.
pub fn router<P: Ports>(api: Api<P>) -> Router {
    let api = Arc::new(api);
    let routes = routes::routes(api.clone());
    let console = console::Console::new(api, routes::guarded(routes.clone()));
    routes::guarded(routes.merge(grapnel_console::router(console)))
}
