//! Checks published events by the catalogue.

use super::draft::Draft;
use crate::{
    ports::{Api, Ports},
    problem::Problem,
};
use grapnel_domain::{
    catalogue::{Entry, EventTypeName, OwnType},
    event::publish::EventValidation,
    fault::FieldFault,
    ports::EventTypes,
    schema::{Budget, Checker},
};
use std::collections::{BTreeSet, HashMap};

/// Most faults of a request that an answer lists.
const MAX_TOLD: usize = 100;

/// What is wrong with events, each by its place in the request.
#[derive(Debug, Default)]
pub(super) struct Findings(Vec<(usize, FieldFault)>);

impl Findings {
    /// Whether the request is to be refused for them.
    pub(super) fn refuse(&self, validation: EventValidation) -> bool {
        validation == EventValidation::Reject && !self.0.is_empty()
    }

    /// All of them, as the faults of the request.
    pub(super) fn into_faults(self) -> Vec<FieldFault> {
        self.0.into_iter().map(|(_, fault)| fault).collect()
    }

    /// All of them, by their events.
    pub(super) fn by_event(self) -> HashMap<usize, Vec<FieldFault>> {
        let mut by_event: HashMap<usize, Vec<FieldFault>> = HashMap::new();
        for (place, fault) in self.0 {
            by_event.entry(place).or_default().push(fault);
        }
        by_event
    }

    fn add(&mut self, place: usize, field: String, message: String) {
        if self.0.len() < MAX_TOLD {
            self.0.push((place, FieldFault { field, message }));
        }
    }
}

/// What the catalogue says of one type.
enum Known {
    Unknown,
    Anything,
    By(Checker),
}

/// What is wrong with events by the catalogue: a type that is not known, data that its schema does not
/// allow. Where nothing is validated, nothing is read.
///
/// # Errors
/// 503 or 500 as the store says.
pub(super) async fn findings<P: Ports>(
    api: &Api<P>,
    drafts: &[Draft],
) -> Result<Findings, Problem> {
    let mut findings = Findings::default();
    if api.event_validation == EventValidation::Off {
        return Ok(findings);
    }
    let types: BTreeSet<&str> = drafts.iter().map(|draft| draft.event_type()).collect();
    let names: Vec<EventTypeName> = types.iter().filter_map(|text| text.parse().ok()).collect();
    let own = api.event_types.event_types(&names).await?;
    let known: HashMap<&str, Known> =
        types.into_iter().map(|name| (name, known(name, &own))).collect();

    let mut budget = Budget::OF_A_REQUEST;
    for (place, draft) in drafts.iter().enumerate() {
        match known.get(draft.event_type()) {
            Some(Known::Anything) => {}
            Some(Known::By(checker)) => {
                for violation in checker.check(draft.data(), &mut budget) {
                    let field = format!("{}data{}", draft.path, violation.pointer);
                    findings.add(place, field, violation.message);
                }
            }
            Some(Known::Unknown) | None => {
                let message = "is not a known event type; `GET /api/event-types` lists them";
                findings.add(place, format!("{}type", draft.path), message.to_owned());
            }
        }
    }
    Ok(findings)
}

fn known(name: &str, own: &[OwnType]) -> Known {
    let own = own.iter().find(|own| own.name.as_str() == name);
    let Some(entry) = Entry::of(name, own) else { return Known::Unknown };
    let Some(schema) = entry.schema() else { return Known::Anything };
    schema.checker().map_or_else(
        || {
            // It was valid when it was saved. The publisher can't mend it.
            tracing::error!(
                event.r#type = name,
                "a stored schema cannot be used; nothing is held against it"
            );
            Known::Anything
        },
        Known::By,
    )
}
