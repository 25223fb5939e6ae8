//! The list of what the routes say of themselves, for [`crate::openapi`]. A test compares it with the
//! router: a route that is not in it fails.

use super::{
    deliveries, docs_page, echoes, erasures, event_types, events, explanations, filters, health,
    keys, portal, replays, secrets, stats, test_delivery, transforms, webhooks,
};
use utoipa::OpenApi;

/// What there is to read before the first route.
const INTRODUCTION: &str = include_str!("../openapi/introduction.md");

/// Every handler's annotation, in the order in which they are read.
#[derive(OpenApi)]
#[openapi(
    info(title = "Grapnel", description = INTRODUCTION, license(name = "Apache-2.0", identifier = "Apache-2.0")),
    tags(
        (name = "Webhooks", description = "Endpoints that receive events, and their configuration."),
        (name = "Secrets", description = "Signing secrets of a webhook."),
        (name = "Tests and previews", description = "Test a webhook, a filter or a transform before a real event comes."),
        (name = "Events", description = "Publish events over HTTP, and read them."),
        (name = "Event types", description = "The catalogue of event types."),
        (name = "Deliveries", description = "The log: each event's delivery to each webhook, with every attempt."),
        (name = "Replays", description = "Send many deliveries again."),
        (name = "Keys", description = "API keys. For admins."),
        (name = "Portal", description = "Give a user a session from your own pages."),
        (name = "Echoes", description = "For admins: receivers inside the API, to check a deployment by."),
        (name = "Service", description = "The API itself."),
    ),
    paths(
        webhooks::list::list,
        webhooks::create::create,
        webhooks::show,
        webhooks::replace,
        webhooks::patch,
        webhooks::delete,
        secrets::show,
        secrets::rotate,
        test_delivery::order,
        filters::test,
        transforms::preview,
        events::publish,
        events::list::list,
        events::show,
        explanations::of_event,
        event_types::list,
        event_types::show,
        event_types::put,
        event_types::delete,
        deliveries::list::list,
        deliveries::list_all::list_all,
        deliveries::show,
        explanations::of_delivery,
        stats::show,
        deliveries::retry,
        deliveries::cancel,
        erasures::responses,
        erasures::payload,
        replays::order_one,
        replays::order_all,
        replays::list,
        replays::show,
        keys::create,
        keys::list,
        keys::revoke,
        keys::end_sessions,
        portal::create_link,
        portal::open_session,
        echoes::create,
        echoes::show,
        echoes::delete,
        echoes::receive,
        health::show,
        docs_page::document,
        docs_page::page,
        docs_page::viewer,
    )
)]
pub(crate) struct Annotations;
