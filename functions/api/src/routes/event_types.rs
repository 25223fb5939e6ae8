//! `/api/event-types`: the catalogue. Every key that may read webhooks may read it; only admins change it.

mod draft;

use crate::{
    answers,
    openapi::parameters,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{Admin, Body, Filter, ForAll, Listed, WebhooksRead},
        pagination::PageWriter,
        path_ids::Ids,
        query::{Parameters, Query},
    },
};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use draft::Draft;
use grapnel_domain::{
    catalogue::{self, Entry, EventTypeName, MAX_OWN_TYPES, OwnType},
    event::TypeFilter,
    fault::FieldFault,
    ports::{Clock, EventTypes},
    webhook::EventPattern,
};
use grapnel_wire::event_type::EventTypeDraft;
use std::sync::Arc;

/// Which event types are listed.
pub(crate) struct Names(Option<TypeFilter>);

impl Filter for Names {
    const PARAMETERS: &[&str] = &["limit", "cursor", "name"];

    fn parse(query: &Query) -> Result<Self, Vec<FieldFault>> {
        let mut parameters = Parameters::of(query);
        let types = parameters.types("name");
        parameters.finish(Self(types))
    }
}

/// Types of the deployment's own that one query reads where a filter leaves some out.
const AT_ONCE: usize = 100;

type List = ForAll<WebhooksRead, Listed<EventTypeName, Names>>;

/// `GET /api/event-types`: by name, those that are built in and the deployment's own.
#[utoipa::path(
    get,
    path = "/api/event-types",
    tag = "Event types",
    operation_id = "listEventTypes",
    summary = "List event types",
    description = "Built-in and custom event types, by name.",
    params(parameters::Paging, parameters::EventTypeFilter),
    responses(
        (status = 200, description = "One page.", body = grapnel_wire::event_type::EventTypePage),
    ),
    extensions(("x-required-scope" = json!(List::SCOPE))),
)]
pub(super) async fn list<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ForAll { content: Listed { page: asked, filter: Names(types) }, .. }: List,
) -> Result<Response, Problem> {
    let wanted = |name: &str| types.as_ref().is_none_or(|types| types.includes(name));

    let at_once = if types.is_none() { asked.limit } else { AT_ONCE };
    let mut page = PageWriter::new();
    let (mut after, mut left): (Option<EventTypeName>, usize) = (asked.after, asked.limit);
    let mut seen = after.as_ref().map(ToString::to_string);
    loop {
        let own = api.event_types.list_event_types(at_once, after.as_ref()).await?;
        let begin = after.as_ref().map(EventTypeName::as_str);
        // Built-in types behind the last of its own belong to the next page of its own.
        let end = own.next.as_ref().map(EventTypeName::as_str);
        let entries = Entry::merged(&own.items);
        let entries = entries.iter().filter(|entry| {
            begin.is_none_or(|begin| entry.name() > begin)
                && end.is_none_or(|end| entry.name() <= end)
        });
        for entry in entries {
            let name = entry.name().to_owned();
            if wanted(&name) {
                let is_full = left == 0 || !page.add(name.clone(), &answers::event_type(entry)?)?;
                if is_full {
                    return Ok(page.finish(seen));
                }
                left -= 1;
            }
            seen = Some(name);
        }
        after = own.next;
        if after.is_none() || left == 0 && types.is_none() {
            return Ok(page.finish(after.as_ref().map(ToString::to_string)));
        }
    }
}

type Show = ForAll<WebhooksRead>;

/// `GET /api/event-types/{name}`.
#[utoipa::path(
    get,
    path = "/api/event-types/{name}",
    tag = "Event types",
    operation_id = "getEventType",
    summary = "Get an event type",
    description = "Returns an event type with its schema and sample.",
    responses(
        (status = 200, description = "The event type.", body = grapnel_wire::event_type::EventType),
    ),
    extensions(("x-required-scope" = json!(Show::SCOPE))),
)]
pub(super) async fn show<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    _: Show,
) -> Result<Response, Problem> {
    let name = ids.event_type()?;
    let own = own_type(&api, &name).await?;
    let entry = Entry::of(name.as_str(), own.as_ref()).ok_or_else(Problem::not_found)?;
    answers::json(StatusCode::OK, &answers::event_type(&entry)?)
}

type Put = ForAll<Admin, Body<EventTypeDraft>>;

/// `PUT /api/event-types/{name}`: says all that is to be said of a type, in place of what was said
/// before. Answers 201 for a name that was not known.
#[utoipa::path(
    put,
    path = "/api/event-types/{name}",
    tag = "Event types",
    operation_id = "putEventType",
    summary = "Create or replace an event type",
    description = "Creates the event type, or replaces its whole description if it exists.",
    request_body = grapnel_wire::event_type::EventTypeDraft,
    responses(
        (status = 200, description = "The event type.", body = grapnel_wire::event_type::EventType),
        (status = 201, description = "The new event type.", body = grapnel_wire::event_type::EventType, headers(("Location" = String, description = "Path of the new event type."))),
    ),
    extensions(("x-required-scope" = json!(Put::SCOPE)), ("x-problems" = json!(["event_type_limit_reached"]))),
)]
pub(super) async fn put<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    ForAll { content: Body(asked), .. }: Put,
) -> Result<Response, Problem> {
    let name = ids.event_type_to_be().map_err(|fault| Problem::invalid_fields(vec![fault]))?;
    let built_in = catalogue::find(name.as_str());
    let draft = Draft::of(asked, built_in).map_err(Problem::invalid_fields)?;

    let existing = own_type(&api, &name).await?;
    // Those that are made at this moment are not counted: a bound, not a quota to the unit.
    if existing.is_none() && api.event_types.count_event_types().await? >= MAX_OWN_TYPES {
        let detail = "The maximum number of event types is reached. Delete one first.";
        return Err(Problem::conflict("event_type_limit_reached", detail));
    }
    let now = api.clock.now();
    let own = OwnType {
        name,
        description: draft.description,
        deprecated: draft.deprecated,
        schema: draft.schema,
        sample: draft.sample,
        created_at: existing.as_ref().map_or(now, |existing| existing.created_at),
        updated_at: now,
    };
    api.event_types.store_event_type(&own).await?;
    let is_new = existing.is_none() && built_in.is_none();
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let entry = Entry::of(own.name.as_str(), Some(&own)).ok_or_else(Problem::not_found)?;
    let answer = answers::json(status, &answers::event_type(&entry)?)?;
    if !is_new {
        return Ok(answer);
    }
    let location = [(header::LOCATION, format!("/api/event-types/{}", own.name))];
    Ok((location, answer).into_response())
}

type Delete = ForAll<Admin>;

/// `DELETE /api/event-types/{name}`: forgets what the deployment said of a type. One that is built in
/// is as it was built in again; there is 404 if nothing was said of it.
#[utoipa::path(
    delete,
    path = "/api/event-types/{name}",
    tag = "Event types",
    operation_id = "deleteEventType",
    summary = "Delete an event type",
    description = "Deletes a custom event type. A built-in event type returns to its original description.",
    responses(
        (status = 204, description = "The event type was deleted or reset."),
    ),
    extensions(("x-required-scope" = json!(Delete::SCOPE))),
)]
pub(super) async fn delete<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ids: Ids,
    _: Delete,
) -> Result<Response, Problem> {
    if !api.event_types.delete_event_type(&ids.event_type()?).await? {
        return Err(Problem::not_found());
    }
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// What the deployment says of a type.
async fn own_type<P: Ports>(
    api: &Api<P>,
    name: &EventTypeName,
) -> Result<Option<OwnType>, Problem> {
    let pattern = EventPattern::Exact(name.to_string());
    Ok(api.event_types.first_event_type(&pattern).await?)
}
