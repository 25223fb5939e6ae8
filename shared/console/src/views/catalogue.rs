//! The event types to choose from.

use crate::{
    ask::Ask,
    backend::Backend,
    json::{Shown, laid_out},
    text::{visible, visible_lines},
};
use grapnel_wire::event_type::{EventType, EventTypePage};

/// What the API answers at most; a deployment with more has a field for their names.
const MOST: &str = "100";

/// The catalogue, as far as it was read.
#[derive(Debug, Default)]
pub(crate) struct Catalogue {
    types: Vec<EventType>,
    pub(crate) has_more: bool,
    /// Whether it could not be read. Then names can be entered.
    pub(crate) is_missing: bool,
}

/// An event type with its box.
#[derive(Debug)]
pub(crate) struct Choice {
    /// As the form sends it.
    pub(crate) value: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) is_deprecated: bool,
    pub(crate) sample: Option<Shown>,
    pub(crate) is_chosen: bool,
}

impl Catalogue {
    pub(crate) async fn read<B: Backend>(ask: &Ask<'_, B>) -> Self {
        match ask.get::<EventTypePage>("/api/event-types", &[("limit", MOST)]).await {
            Ok(got) => Self {
                types: got.value.items,
                has_more: got.value.next_cursor.is_some(),
                is_missing: false,
            },
            Err(_) => Self { is_missing: true, ..Self::default() },
        }
    }

    /// Every type, and those that are chosen and not in the catalogue.
    pub(crate) fn choices(&self, chosen: &[String]) -> Vec<Choice> {
        let known = self.types.iter().map(|one| Choice {
            value: one.name.clone(),
            name: visible(&one.name),
            description: one.description.as_deref().map(visible_lines),
            is_deprecated: one.deprecated,
            sample: one.sample.as_ref().map(|sample| laid_out(sample.get())),
            is_chosen: chosen.contains(&one.name),
        });
        let others = chosen.iter().filter(|name| self.types.iter().all(|one| one.name != **name));
        let others = others.map(|name| Choice {
            value: name.clone(),
            name: visible(name),
            description: None,
            is_deprecated: false,
            sample: None,
            is_chosen: true,
        });
        // A type that is not used any more is offered where it is chosen.
        known.filter(|one| !one.is_deprecated || one.is_chosen).chain(others).collect()
    }

    /// The names of all types.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.types.iter().map(|one| one.name.as_str())
    }

    /// The sample of a type, as JSON.
    pub(crate) fn sample(&self, name: &str) -> Option<&str> {
        let found = self.types.iter().find(|one| one.name == name)?;
        found.sample.as_ref().map(|sample| sample.get())
    }
}
