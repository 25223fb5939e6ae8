//! The HTTP API: webhooks, their secrets and deliveries, tests of them, and the keys to all of it.
//!
//! [`router`] is the whole service as a [`tower`-style](axum::Router) router. It owns an [`Api`]:
//! the ports that the function may touch, the admin keys and the rules of this deployment. A request
//! passes, in this order,
//!
//! 0. `gateway`: what API Gateway hands over, made fit for a URL (outside the router);
//! 1. `boundary`: headers that every answer has, one log line, panics caught;
//! 2. `preflight`: the questions that browsers ask before they send a page's request;
//! 3. `identity`, with `tokens`: who calls ([401]); `quotas`: how often they may ([429]); `auth`: what
//!    they may do, and for whom ([403]);
//! 4. `query`, `body`, `pages`: what was sent, strictly read ([400], [413], [415]);
//! 5. `routes`: one file per resource, which asks the domain what is right ([422], [404], [409]);
//! 6. `views`: the JSON of the answer.
//!
//! `contract` describes all of it as an OpenAPI document, which is made when the API changes and not
//! when it runs.
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

mod auth;
mod body;
mod boundary;
mod conditions;
mod contract;
mod gateway;
mod identity;
mod pages;
mod path;
mod payloads;
mod ports;
mod preflight;
mod problem;
mod query;
mod quotas;
mod routes;
mod tokens;
mod views;

pub use contract::document;
pub use gateway::readable;
pub use identity::AdminKeys;
pub use ports::{Api, Ports};
pub use quotas::Quotas;
pub use routes::{paths, router};
pub use tokens::Tokens;
