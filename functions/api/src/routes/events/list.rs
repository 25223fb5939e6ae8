//! `GET /api/events`: a user's events, newest first, or the one that its source calls by an id.

use crate::{
    answers,
    openapi::parameters,
    ports::{Api, Ports},
    problem::Problem,
    request::{
        asked::{DeliveriesRead, Filter, ForUser, Listed},
        pagination::{self, PageRequest, PageWriter, Verdict},
        query::{Parameters, Query},
    },
};
use axum::{extract::State, response::Response};
use futures::FutureExt;
use grapnel_domain::{
    event::{EventPlace, EventSpan, ListedEvent, TypeFilter},
    fault::FieldFault,
    ids::{EventId, UserId},
    ports::{Consistency, EventLog, Page, ReadEvents},
    time::Timestamp,
};
use std::sync::Arc;

/// The query parameters that name one event.
const OF_ONE: &[&str] = &["source", "sourceId"];

/// The query parameters that cannot stand beside them.
const OF_LIST: &[&str] = &["limit", "cursor", "type", "since", "until"];

/// Which events are asked for.
pub(crate) enum Wanted {
    /// The event that its source calls so.
    One { source: String, source_id: String },
    /// Those of some types and of a span of time.
    Some { types: Option<TypeFilter>, since: Option<Timestamp>, until: Option<Timestamp> },
}

impl Filter for Wanted {
    const PARAMETERS: &[&str] =
        &["limit", "cursor", "type", "since", "until", "source", "sourceId"];

    fn parse(query: &Query) -> Result<Self, Vec<FieldFault>> {
        let mut parameters = Parameters::of(query);
        let [source, source_id] = OF_ONE else { return parameters.finish(Self::everything()) };
        let wanted = match (parameters.text(source), parameters.text(source_id)) {
            (None, None) => Self::Some {
                types: parameters.types("type"),
                since: parameters.time("since"),
                until: parameters.time("until"),
            },
            (Some(source), Some(source_id)) => {
                let given = OF_LIST.iter().filter(|name| parameters.text(name).is_some());
                for name in given.collect::<Vec<_>>() {
                    let message =
                        "cannot stand beside `source` and `sourceId`, which name one event";
                    parameters.fault(name, message);
                }
                Self::One { source: source.to_owned(), source_id: source_id.to_owned() }
            }
            (Some(_), None) => {
                parameters.fault("sourceId", "is required beside `source`");
                Self::everything()
            }
            (None, Some(_)) => {
                parameters.fault("source", "is required beside `sourceId`");
                Self::everything()
            }
        };
        parameters.finish(wanted)
    }
}

impl Wanted {
    fn everything() -> Self {
        Self::Some { types: None, since: None, until: None }
    }
}

type List = ForUser<DeliveriesRead, Listed<EventPlace, Wanted>>;

/// `GET /api/events`.
#[utoipa::path(
    get,
    path = "/api/events",
    tag = "Events",
    operation_id = "listEvents",
    summary = "List events",
    description = "Events of a user, newest first, without data and deliveries. With `source` and `sourceId`, the one event with this id from this source, or none. With other filters, a page can have fewer items than `limit`, or none, and still not be the last. Listing needs an index that a deployment can turn off (parameter `EventIndex`); `source` and `sourceId` work without it.",
    params(parameters::Paging, parameters::EventFilter),
    responses(
        (status = 200, description = "One page.", body = grapnel_wire::event::EventPage),
    ),
    extensions(("x-required-scope" = json!(List::SCOPE)), ("x-problems" = json!(["event_index_off"]))),
)]
pub(in crate::routes) async fn list<P: Ports>(
    State(api): State<Arc<Api<P>>>,
    ForUser { user, content: Listed { page: asked, filter: wanted }, .. }: List,
) -> Result<Response, Problem> {
    let found = match wanted {
        Wanted::One { source, source_id } => one(&api, &user, &source, &source_id).await?,
        Wanted::Some { types, since, until } => {
            let span = EventSpan { user, since, until };
            some(&api, &span, types.as_ref(), &asked).await?
        }
    };
    let entry = |event| Ok((ListedEvent::place(event), answers::listed_event(event)));
    Ok(PageWriter::new().with(&found.items, entry)?.finish(found.next))
}

/// A list of the event that its source calls so: its id is derived, so one read finds it.
async fn one<P: Ports>(
    api: &Api<P>,
    user: &UserId,
    source: &str,
    source_id: &str,
) -> Result<Page<ListedEvent, EventPlace>, Problem> {
    let id = EventId::derive(user, source, source_id);
    let found = api.events.event(user, id, Consistency::Strong).await?;
    Ok(Page { items: found.iter().map(ListedEvent::from).collect(), next: None })
}

async fn some<P: Ports>(
    api: &Api<P>,
    span: &EventSpan,
    types: Option<&TypeFilter>,
    asked: &PageRequest<EventPlace>,
) -> Result<Page<ListedEvent, EventPlace>, Problem> {
    if !api.has_event_index {
        let detail = "This deployment has no index of events (template parameter `EventIndex`), so \
                      they cannot be listed. `source` and `sourceId` find one event.";
        return Err(Problem::conflict("event_index_off", detail));
    }
    let types = types.filter(|types| !types.is_everything());
    pagination::search(
        asked,
        asked.after,
        types.is_some(),
        |limit, after| api.events.list_events(span, limit, after).boxed(),
        ListedEvent::place,
        |event| match types.is_none_or(|types| types.includes(&event.event_type)) {
            true => Verdict::Include,
            false => Verdict::LeaveOut,
        },
    )
    .await
}
