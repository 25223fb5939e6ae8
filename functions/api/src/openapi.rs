//! The API as others read it: an OpenAPI 3.1 document, made from the routes.
//!
//! Each handler is annotated with what only it can say: its method and path, what it is for, what it
//! takes and answers, the scope that it needs (`x-required-scope`; without one it is open to
//! everybody) and its own `problems`. The rest follows from that here: `operations` adds the ids of
//! the path, `userId`, and every problem that any route of its kind may answer. What bodies look
//! like is declared in `grapnel_wire`, with what reads and writes them.
//!
//! This code does not run in the function. `openapi.json` beside the crate's manifest is what
//! [`document`] made; a test compares them, `cargo xtask openapi --write` writes it, and the function
//! serves it as it is.

mod headers;
mod links;
mod operations;
mod ordered;
pub(crate) mod parameters;
mod problems;
mod samples;

use crate::routes::Annotations;
use utoipa::{
    OpenApi,
    openapi::{
        Components,
        security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme},
        server::Server,
    },
};

/// The name of the one way to say who calls.
const KEY: &str = "key";

/// The document, as pretty-printed JSON with a line break at its end.
///
/// # Errors
/// If it has no JSON.
pub fn document() -> Result<String, serde_json::Error> {
    let mut api = Annotations::openapi();
    api.servers = Some(vec![Server::new("/")]);
    api.security = Some(vec![SecurityRequirement::new(KEY, Vec::<String>::new())]);
    let mut components = Components::new();
    components.schemas = grapnel_wire::schemas::all().into_iter().collect();
    let bearer = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
    components.add_security_scheme(KEY, bearer);
    operations::complete(&mut api.paths, &mut components);
    samples::add(&mut api.paths, &components);
    api.components = Some(components);
    Ok(ordered::ordered(&api.to_pretty_json()?)? + "\n")
}
