//! Events and event types for people.

use super::{Cell, Column, Facts, Table, View, delivery::wait, visible};
use grapnel_client::{DeliveryOfEvent, Event, EventType, ListedEvent, Published};

/// Most characters of data that are shown.
const DATA_CHARS: usize = 2000;

/// What was published, a line for each.
pub(crate) fn published(published: &Published) -> String {
    let mut text = String::new();
    for event in &published.items {
        text.push_str(&format!("{}  {}\n", visible(&event.id), visible(&event.r#type)));
        for warning in &event.warnings {
            let (field, message) = (visible(&warning.field), visible(&warning.message));
            text.push_str(&format!("  {field} {message}\n"));
        }
    }
    text
}

/// A list of events.
pub(crate) fn table(view: &View) -> Table {
    Table::new([
        Column::id("id"),
        Column::cut("type", 12),
        Column::fixed(format!("arrived {}", view.clock.zone_name())),
        Column::optional("age"),
        Column::optional("source"),
        Column::cut("note", 11),
    ])
}

/// A row of it. The id is shown whole, because no command takes its beginning.
pub(crate) fn list_row(event: &ListedEvent, view: &View) -> Vec<Cell> {
    let erased = event.payload_erased_at.map(|_| "data erased");
    vec![
        Cell::plain(&event.id),
        Cell::plain(&event.r#type),
        Cell::dim(view.clock.short(event.stored_at)),
        Cell::dim(view.clock.age(event.stored_at)),
        Cell::dim(&event.source),
        Cell::dim(erased.unwrap_or_default()),
    ]
}

/// All about one event.
pub(crate) fn facts(event: &Event, view: &View) -> String {
    let mut text = Facts::default()
        .with("id", Cell::plain(&event.id))
        .with("type", Cell::plain(&event.r#type))
        .with("source", Cell::plain(&event.source))
        .with("time", Cell::plain(view.clock.full(event.time)))
        .with("arrived", Cell::dim(view.clock.full(event.stored_at)))
        .text();
    match (&event.data, event.payload_erased_at) {
        (Some(data), _) => {
            let shown: String = data.get().chars().take(DATA_CHARS).collect();
            text.push_str(&format!("\n{}\n", visible(&shown)));
        }
        (None, Some(at)) => {
            text.push_str(&format!("\nIts data was erased {}.\n", view.clock.full(at)));
        }
        (None, None) => {}
    }
    if event.deliveries.is_empty() {
        text.push_str("\nNo webhook wanted it.\n");
        return text;
    }
    let mut table = Table::new([
        Column::id("delivery"),
        Column::id("webhook"),
        Column::fixed("status"),
        Column::optional("tries"),
        Column::fixed(format!("time {}", view.clock.zone_name())),
        Column::spare("age"),
        Column::cut("note", 12),
    ]);
    for delivery in &event.deliveries {
        table.add(row(delivery, view));
    }
    text.push('\n');
    text.push_str(&table.text(view.width));
    text
}

fn row(delivery: &DeliveryOfEvent, view: &View) -> Vec<Cell> {
    let last = delivery.last_attempt.as_ref();
    let time = last.map_or(delivery.created_at, |attempt| attempt.attempted_at);
    let error = last.and_then(|attempt| attempt.error.clone());
    let wait = wait(delivery.waiting_for.as_ref(), delivery.until, view);
    let note = delivery.reason.as_ref().map(|reason| reason.replace('_', " ")).or(wait).or(error);
    vec![
        Cell::id(&delivery.id),
        Cell::id(&delivery.webhook_id),
        Cell::status(delivery.status.as_str()),
        Cell::plain(delivery.attempt_count.to_string()),
        Cell::dim(view.clock.short(time)),
        Cell::dim(view.clock.age(time)),
        Cell::dim(note.unwrap_or_default()),
    ]
}

/// A list of event types.
pub(crate) fn types(_: &View) -> Table {
    Table::new([
        Column::cut("name", 20),
        Column::fixed("kind"),
        Column::optional("schema"),
        Column::cut("about", 20),
    ])
}

/// A row of it.
pub(crate) fn type_row(known: &EventType, _: &View) -> Vec<Cell> {
    vec![
        Cell::plain(&known.name),
        Cell::dim(kind(known)),
        Cell::dim(if known.schema.is_some() { "yes" } else { "-" }),
        Cell::dim(known.description.as_deref().unwrap_or_default()),
    ]
}

fn kind(known: &EventType) -> &'static str {
    match (known.deprecated, known.built_in) {
        (true, _) => "deprecated",
        (false, true) => "built in",
        (false, false) => "own",
    }
}

/// All about one event type.
pub(crate) fn type_facts(known: &EventType, view: &View) -> String {
    let json = |value: &Option<Box<serde_json::value::RawValue>>| {
        value.as_ref().map(|value| Cell::plain(value.get()))
    };
    Facts::default()
        .with("name", Cell::plain(&known.name))
        .with("kind", Cell::plain(kind(known)))
        .with_some("about", known.description.as_ref().map(Cell::plain))
        .with_some("schema", json(&known.schema))
        .with_some("sample", json(&known.sample))
        .with_some("changed", known.updated_at.map(|at| Cell::dim(view.clock.full(at))))
        .text()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_was_published_is_told_with_its_warnings() {
        let answer = json!({"items": [
            {"id": "evt_1", "type": "a"},
            {"id": "evt_2", "type": "b\u{1b}", "warnings": [{"field": "type", "message": "is not known"}]},
        ]});
        let answer: Published = serde_json::from_value(answer).expect("an answer");
        let expected = "evt_1  a\nevt_2  b\\u{1b}\n  type is not known\n";
        assert_eq!(published(&answer), expected);
    }
}
