//! The form itself.

use super::{notes::Notes, trial::Trial};
use crate::{
    ask::{Ask, Failure},
    backend::Backend,
    editor::{
        document,
        schedule::Schedule,
        typed::{HEADER_ROWS, HeaderRow, METADATA_ROWS, TRANSFORM, Typed},
    },
    frame::{Frame, Section},
    links::Query,
    page,
    settings::Offers,
    text::{Editable, visible},
    views::catalogue::{Catalogue, Choice},
    visitor::Visitor,
};
use askama::Template;
use axum::{http::StatusCode, response::Response};

/// Empty rows of a form, and after a click on the button for more.
const EMPTY_ROWS: usize = 1;
const MORE_ROWS: usize = 5;

/// Bodies to choose from: value, name, and what they are.
const BODIES: [(&str, &str, &str); 4] = [
    ("envelope", "Envelope", "id, type, time and data"),
    ("raw", "Raw", "the data alone"),
    ("cloudevents", "CloudEvents", "CloudEvents 1.0, structured"),
    (TRANSFORM, "Own template", "what the template below makes"),
];

#[derive(Template)]
#[template(path = "edit.html")]
struct EditPage<'a> {
    frame: Frame,
    heading: String,
    alert: Option<String>,
    /// Where the form goes.
    action: String,
    target: &'a Target,
    offers: Offers,
    typed: &'a Typed,
    notes: Notes,
    choices: Vec<Choice>,
    has_more: bool,
    is_missing: bool,
    headers: Vec<HeaderRow>,
    metadata: Vec<(String, String)>,
    bodies: Vec<(&'static str, &'static str, &'static str, bool)>,
    schedule: Result<Schedule, &'static str>,
    /// Types whose samples can be tried, and whether each is chosen.
    samples: Vec<(String, String, bool)>,
    event_id: String,
    sees_events: bool,
    trials: Vec<Trial>,
    back: String,
}

/// What the form is for.
#[derive(Debug, Clone)]
pub(super) enum Target {
    /// A new webhook. The form's name makes a second submit harmless.
    New { form_name: String },
    /// A webhook, in the version that the form was made of.
    Stored { id: String, version: String },
}

impl Target {
    fn id(&self) -> Option<&str> {
        match self {
            Self::New { .. } => None,
            Self::Stored { id, .. } => Some(id),
        }
    }

    fn form_name(&self) -> &str {
        match self {
            Self::New { form_name } => form_name,
            Self::Stored { .. } => "",
        }
    }

    fn version(&self) -> &str {
        match self {
            Self::New { .. } => "",
            Self::Stored { version, .. } => version,
        }
    }
}

/// A form to show.
#[derive(Debug)]
pub(super) struct Sheet<'a> {
    pub(super) target: Target,
    pub(super) typed: &'a Typed,
    pub(super) status: StatusCode,
    pub(super) alert: Option<String>,
    pub(super) notes: Notes,
    pub(super) trials: Vec<Trial>,
    /// What was sent, if something was.
    pub(super) fields: Option<&'a Query>,
}

impl<'a> Sheet<'a> {
    pub(super) fn new(target: Target, typed: &'a Typed) -> Self {
        Self {
            target,
            typed,
            status: StatusCode::OK,
            alert: None,
            notes: Notes::default(),
            trials: Vec::new(),
            fields: None,
        }
    }

    /// The same after the API refused what was typed.
    pub(super) fn refused(mut self, failure: &Failure) -> Self {
        let mut faults = failure.faults.clone();
        if let Some(fault) = document::filter_fault(self.typed) {
            faults.retain(|(field, _)| field != "filter");
            faults.push(("filter".to_owned(), fault));
        }
        self.alert = Some(match faults.len() {
            0 => failure.text.clone(),
            1 => "Nothing was saved. One field needs a change.".to_owned(),
            count => format!("Nothing was saved. {count} fields need a change."),
        });
        self.notes = Notes::of_faults(&faults, self.typed);
        self.status = failure.status;
        self
    }

    /// Shows it. A part that a script asks for needs no event types.
    pub(super) async fn show<B: Backend>(self, ask: &Ask<'_, B>, visitor: &Visitor) -> Response {
        let is_part = self.fields.is_some_and(|fields| fields.get("part").is_some());
        let catalogue = match is_part {
            true => Catalogue::default(),
            false => Catalogue::read(ask).await,
        };
        self.with(&catalogue, visitor)
    }

    /// Shows it with these event types.
    pub(super) fn with(self, catalogue: &Catalogue, visitor: &Visitor) -> Response {
        let links = &visitor.links;
        let offers = visitor.settings().offers;
        let sent = |name: &str| self.fields.and_then(|fields| fields.get(name)).unwrap_or_default();
        let wants_rows = sent("do") == "rows";
        let (heading, action, back) = match self.target.id() {
            None => ("New webhook".to_owned(), links.to("webhooks/new"), links.webhooks()),
            Some(id) => {
                let action = links.to(&format!("webhooks/{id}/edit"));
                ("Edit the webhook".to_owned(), action, links.webhook(id))
            }
        };
        let sample = sent("sampleType");
        let first = self.typed.chosen.first().map_or("", String::as_str);
        let chosen = if sample.is_empty() { first } else { sample };
        let named = |name: &str| (name.to_owned(), visible(name), name == chosen);
        let empty = if wants_rows { MORE_ROWS } else { EMPTY_ROWS };
        let page = EditPage {
            frame: visitor.frame(heading.clone(), Section::Webhooks),
            heading,
            alert: self.alert,
            action,
            target: &self.target,
            offers,
            choices: catalogue.choices(&self.typed.chosen),
            has_more: catalogue.has_more,
            is_missing: catalogue.is_missing,
            headers: with_empty(&self.typed.headers, empty, HEADER_ROWS),
            metadata: with_empty(&self.typed.metadata, empty, METADATA_ROWS),
            bodies: BODIES
                .into_iter()
                .filter(|(value, _, _)| offers.transforms || *value != TRANSFORM)
                .map(|(value, name, text)| (value, name, text, value == self.typed.body))
                .collect(),
            schedule: Schedule::of(self.typed),
            samples: catalogue.names().map(named).collect(),
            event_id: sent("eventId").to_owned(),
            sees_events: visitor.session.may(grapnel_wire::scope::Scope::DeliveriesRead),
            trials: self.trials,
            notes: self.notes,
            typed: self.typed,
            back,
        };
        page::html(self.status, &page)
    }
}

/// The rows and empty ones, up to the most.
fn with_empty<T: Clone + Default>(rows: &[T], empty: usize, most: usize) -> Vec<T> {
    let empty = empty.min(most.saturating_sub(rows.len()));
    rows.iter().cloned().chain(std::iter::repeat_with(T::default).take(empty)).collect()
}

impl EditPage<'_> {
    /// Text in a field.
    fn edit<'a>(&self, text: &'a str) -> Editable<'a> {
        Editable(text)
    }

    fn is_new(&self) -> bool {
        self.target.id().is_none()
    }

    /// Whether the body is a template's that the platform does not offer.
    fn hides_body(&self) -> bool {
        !self.offers.transforms && !self.is_new() && self.typed.has_transform()
    }

    fn can_try(&self) -> bool {
        self.offers.filters || self.offers.transforms
    }

    /// What can be tried.
    fn tried(&self) -> &'static str {
        match (self.offers.filters, self.offers.transforms) {
            (true, true) => "its filter and its template",
            (true, false) => "its filter",
            (false, _) => "its template",
        }
    }
}
