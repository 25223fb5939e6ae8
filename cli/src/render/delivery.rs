//! Deliveries for people.

use super::{Cell, Column, Facts, Table, View, visible};
use console::Style;
use grapnel_client::{Attempt, Delivery, UndecidedFilter, WaitingFor};
use grapnel_domain::time::Timestamp;

/// Most characters of a payload that are shown.
const PAYLOAD_CHARS: usize = 2000;
/// Most characters of a receiver's answer that are shown.
const RESPONSE_CHARS: usize = 300;

/// A list of them.
pub(crate) fn table(view: &View) -> Table {
    Table::new([
        Column::id("id"),
        Column::cut("event", 12),
        Column::fixed("status"),
        Column::optional("tries"),
        Column::fixed("answer"),
        Column::optional("took"),
        Column::fixed(format!("time {}", view.clock.zone_name())),
        Column::spare("age"),
        Column::cut("note", 12),
    ])
}

/// A row of it.
pub(crate) fn row(delivery: &Delivery, view: &View) -> Vec<Cell> {
    let last = delivery.attempts.last();
    let time = last.map_or(delivery.created_at, |attempt| attempt.attempted_at);
    vec![
        Cell::id(&delivery.id),
        Cell::plain(&delivery.event),
        Cell::status(delivery.status.as_str()),
        Cell::plain(delivery.attempts.len().to_string()),
        last.map_or_else(|| Cell::dim("-"), answer),
        Cell::dim(last.map_or_else(|| "-".to_owned(), |it| format!("{} ms", it.duration))),
        Cell::dim(view.clock.short(time)),
        Cell::dim(view.clock.age(time)),
        Cell::dim(note(delivery, view)),
    ]
}

/// A list of the deliveries to several webhooks.
pub(crate) fn table_of_all(view: &View) -> Table {
    Table::new([
        Column::id("id"),
        Column::id("webhook"),
        Column::cut("event", 12),
        Column::fixed("status"),
        Column::optional("tries"),
        Column::spare("answer"),
        Column::fixed(format!("time {}", view.clock.zone_name())),
        Column::optional("age"),
        Column::cut("note", 12),
    ])
}

/// A row of it.
pub(crate) fn row_of_all(delivery: &Delivery, view: &View) -> Vec<Cell> {
    let mut cells = row(delivery, view);
    // How long the last attempt took makes room for the webhook.
    cells.remove(5);
    cells.insert(1, Cell::id(&delivery.webhook_id));
    cells
}

/// The receiver's status, by how it went.
fn answer(attempt: &Attempt) -> Cell {
    let good = Style::new().green();
    match attempt.status_code {
        Some(status) if attempt.error.is_none() => Cell::styled(status.to_string(), good),
        Some(status) => Cell::styled(status.to_string(), Style::new().red()),
        None => Cell::styled("none", Style::new().red()),
    }
}

fn note(delivery: &Delivery, view: &View) -> String {
    let mut notes = Vec::new();
    if delivery.test {
        notes.push("test".to_owned());
    }
    notes.extend(delivery.undecided_filter.as_ref().map(unfiltered));
    notes.extend(wait(delivery.waiting_for.as_ref(), delivery.until, view));
    notes.extend(delivery.reason.as_ref().map(|reason| reason.replace('_', " ")));
    notes.join(", ")
}

/// Why the webhook's filter was passed over.
fn unfiltered(why: &UndecidedFilter) -> String {
    let why = match why {
        UndecidedFilter::OutOfSteps => "took too many steps",
        UndecidedFilter::Unreadable => "could not be read",
        UndecidedFilter::Other(other) => return format!("filter: {}", other.replace('_', " ")),
    };
    format!("filter {why}")
}

/// What a delivery waits for, and until when. One whose wait has just ended is on its way.
pub(super) fn wait(
    waiting_for: Option<&WaitingFor>,
    until: Option<Timestamp>,
    view: &View,
) -> Option<String> {
    let (wait, until) = (waiting_for?, until?);
    let what = match wait {
        WaitingFor::Retry => "retry",
        WaitingFor::Circuit => "circuit open, next probe",
        WaitingFor::RateLimit => "rate limit, next",
        WaitingFor::Other(other) => other,
    };
    let when = match until > view.clock.now() {
        true => view.clock.relative(until),
        false => "now".to_owned(),
    };
    Some(format!("{what} {when}"))
}

/// All about one, with its attempts and its payload.
pub(crate) fn facts(delivery: &Delivery, view: &View) -> String {
    let mut text = Facts::default()
        .with("id", Cell::plain(&delivery.id))
        .with("webhook", Cell::plain(&delivery.webhook_id))
        .with("event", Cell::plain(format!("{} {}", delivery.event, delivery.event_id)))
        .with("status", Cell::status(delivery.status.as_str()))
        .with_some("note", Some(note(delivery, view)).filter(|it| !it.is_empty()).map(Cell::plain))
        .with("created", Cell::dim(view.clock.full(delivery.created_at)))
        .text();
    if !delivery.attempts.is_empty() {
        let mut table = Table::new([
            Column::fixed("try"),
            Column::fixed(format!("time {}", view.clock.zone_name())),
            Column::fixed("age"),
            Column::optional("took"),
            Column::fixed("answer"),
            // Never cut: it says why.
            Column::wrapped("what came back", 20),
        ]);
        for attempt in &delivery.attempts {
            let number = if attempt.manual { "*" } else { "" };
            table.add(vec![
                Cell::plain(format!("{}{number}", attempt.attempt_number)),
                Cell::dim(view.clock.short(attempt.attempted_at)),
                Cell::dim(view.clock.age(attempt.attempted_at)),
                Cell::dim(format!("{} ms", attempt.duration)),
                answer(attempt),
                Cell::plain(outcome(attempt)),
            ]);
        }
        text.push('\n');
        text.push_str(&table.text(view.width));
        if delivery.attempts.iter().any(|attempt| attempt.manual) {
            text.push_str(&console::style("* sent by a manual retry\n").dim().to_string());
        }
    }
    if let Some(at) = delivery.responses_erased_at {
        let erased = format!("What came back before was erased {}.\n", view.clock.full(at));
        text.push_str(&console::style(erased).dim().to_string());
    }
    match &delivery.payload {
        // Line breaks between tokens would be escaped as in any other text.
        Some(payload) => {
            let payload = visible(payload.get()).into_owned();
            text.push_str(&format!("\n{}\n", cut(&payload, PAYLOAD_CHARS)));
        }
        None => text.push_str(&match delivery.payload_erased_at {
            Some(at) => format!("\nThe event's data was erased {}.\n", view.clock.full(at)),
            None => "\nThe event's data is not kept any more.\n".to_owned(),
        }),
    }
    text
}

/// Why it failed, where a redirect points, and the beginning of what the receiver said. The status
/// has its own column.
fn outcome(attempt: &Attempt) -> String {
    let response = attempt.response.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let response = response.map(|text| cut(text, RESPONSE_CHARS));
    let location = attempt.location.as_ref().map(|location| format!("it points to {location}"));
    let remark = attempt.response_remark.clone();
    let parts = [error_beside_status(attempt), location, remark, response];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

/// The error without a beginning that only says the status.
fn error_beside_status(attempt: &Attempt) -> Option<String> {
    let error = attempt.error.as_deref()?;
    let status = attempt.status_code.map(|status| format!("the receiver answered {status}"));
    let rest = match status.and_then(|status| error.strip_prefix(&status)) {
        Some("") => return None,
        Some(rest) => rest.strip_prefix("; ").unwrap_or(error),
        None => error,
    };
    Some(rest.to_owned())
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}… (--json prints all of it)", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
#[path = "delivery_tests.rs"]
mod tests;
