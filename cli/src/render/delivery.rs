//! Deliveries for people.

use super::{Cell, Facts, Table, visible};
use crate::moment::relative;
use console::Style;
use grapnel_client::{Attempt, Delivery};
use grapnel_domain::time::Timestamp;

/// Most characters of a payload that are shown.
const PAYLOAD_CHARS: usize = 2000;
/// Most characters of a receiver's answer that are shown.
const RESPONSE_CHARS: usize = 300;

/// A list of them.
pub(crate) fn table() -> Table {
    Table::new(&["id", "event", "status", "tries", "answer", "took", "when", "note"], 7)
}

/// A row of it.
pub(crate) fn row(delivery: &Delivery, now: Timestamp) -> Vec<Cell> {
    let last = delivery.attempts.last();
    vec![
        Cell::plain(&delivery.id),
        Cell::plain(&delivery.event),
        Cell::status(delivery.status.as_str()),
        Cell::plain(delivery.attempts.len().to_string()),
        last.map_or_else(|| Cell::dim("-"), answer),
        Cell::dim(last.map_or_else(|| "-".to_owned(), |it| format!("{} ms", it.duration))),
        Cell::dim(relative(last.map_or(delivery.created_at, |it| it.attempted_at), now)),
        Cell::dim(note(delivery, now)),
    ]
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

fn note(delivery: &Delivery, now: Timestamp) -> String {
    let mut notes = Vec::new();
    if delivery.test {
        notes.push("test".to_owned());
    }
    if let Some(due) = delivery.next_attempt_at {
        notes.push(format!("next {}", relative(due, now)));
    }
    notes.extend(delivery.reason.as_ref().map(|reason| reason.replace('_', " ")));
    notes.join(", ")
}

/// All about one, with its attempts and its payload.
pub(crate) fn facts(delivery: &Delivery, now: Timestamp) -> String {
    let mut text = Facts::default()
        .with("id", Cell::plain(&delivery.id))
        .with("webhook", Cell::plain(&delivery.webhook_id))
        .with("event", Cell::plain(format!("{} {}", delivery.event, delivery.event_id)))
        .with("status", Cell::status(delivery.status.as_str()))
        .with_some("note", Some(note(delivery, now)).filter(|it| !it.is_empty()).map(Cell::plain))
        .with("created", Cell::dim(relative(delivery.created_at, now)))
        .text();
    if !delivery.attempts.is_empty() {
        let mut table = Table::new(&["try", "when", "took", "answer", "what came back"], 4);
        for attempt in &delivery.attempts {
            let number = if attempt.manual { "*" } else { "" };
            table.add(vec![
                Cell::plain(format!("{}{number}", attempt.attempt_number)),
                Cell::dim(relative(attempt.attempted_at, now)),
                Cell::dim(format!("{} ms", attempt.duration)),
                answer(attempt),
                Cell::plain(outcome(attempt)),
            ]);
        }
        text.push('\n');
        text.push_str(&table.text(None));
        if delivery.attempts.iter().any(|attempt| attempt.manual) {
            text.push_str(&console::style("* asked for by somebody\n").dim().to_string());
        }
    }
    if let Some(at) = delivery.responses_erased_at {
        let erased = format!("What came back before was erased {}.\n", relative(at, now));
        text.push_str(&console::style(erased).dim().to_string());
    }
    match &delivery.payload {
        // Line breaks between tokens would be escaped as in any other text.
        Some(payload) => {
            let payload = visible(payload.get()).into_owned();
            text.push_str(&format!("\n{}\n", cut(&payload, PAYLOAD_CHARS)));
        }
        None => text.push_str(&match delivery.payload_erased_at {
            Some(at) => format!("\nThe event's data was erased {}.\n", relative(at, now)),
            None => "\nThe event's data is not kept any more.\n".to_owned(),
        }),
    }
    text
}

/// Why it failed, and the beginning of what the receiver said.
fn outcome(attempt: &Attempt) -> String {
    let response = attempt.response.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let response = response.map(|text| cut(text, RESPONSE_CHARS));
    let parts = [attempt.error.clone(), response];
    parts.into_iter().flatten().collect::<Vec<_>>().join(": ")
}

fn cut(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        Some((end, _)) => format!("{}… (--json prints all of it)", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn delivery() -> Delivery {
        let json = json!({
            "id": "dlv_1", "webhookId": "wh_1", "event": "lead.created", "eventId": "evt_1",
            "payload": {"userId": "demo"}, "status": "failed", "reason": "attempts_exhausted",
            "attempts": [
                {"attemptNumber": 1, "error": "the receiver did not answer within 10 s",
                 "duration": 10001, "attemptedAt": "2026-11-24T06:20:00.000Z"},
                {"attemptNumber": 2, "statusCode": 500, "response": "\u{1b}]0;x\u{7} no\n",
                 "error": "the receiver answered 500", "duration": 12, "manual": true,
                 "attemptedAt": "2026-11-24T06:21:00.000Z"},
            ],
            "createdAt": "2026-11-24T06:20:00.000Z",
        });
        serde_json::from_value(json).expect("a delivery")
    }

    fn now() -> Timestamp {
        "2026-11-24T06:24:00Z".parse().expect("a time")
    }

    #[test]
    fn a_row_says_how_it_went() {
        let mut table = table();
        table.add(row(&delivery(), now()));
        assert_eq!(
            console::strip_ansi_codes(&table.text(None)),
            "id     event         status  tries  answer  took   when    note\n\
             dlv_1  lead.created  failed  2      500     12 ms  3m ago  attempts exhausted\n"
        );
    }

    #[test]
    fn all_about_one_shows_each_try_and_obeys_none() {
        assert_eq!(
            console::strip_ansi_codes(&facts(&delivery(), now())),
            "id       dlv_1\n\
             webhook  wh_1\n\
             event    lead.created evt_1\n\
             status   failed\n\
             note     attempts exhausted\n\
             created  4m ago\n\
             \n\
             try  when    took      answer  what came back\n\
             1    4m ago  10001 ms  none    the receiver did not answer within 10 s\n\
             2*   3m ago  12 ms     500     the receiver answered 500: \\u{1b}]0;x\\u{7} no\n\
             * asked for by somebody\n\
             \n\
             {\"userId\":\"demo\"}\n"
        );
    }

    #[test]
    fn all_about_one_says_what_was_erased() {
        let mut delivery = delivery();
        delivery.payload = None;
        delivery.attempts.clear();
        let ends = |delivery: &Delivery, lines: &str| {
            let shown = facts(delivery, now());
            let shown = console::strip_ansi_codes(&shown);
            assert!(shown.ends_with(&format!("created  4m ago\n{lines}")), "{shown}");
        };
        ends(&delivery, "\nThe event's data is not kept any more.\n");
        delivery.payload_erased_at = Some("2026-11-24T06:22:00Z".parse().expect("a time"));
        ends(&delivery, "\nThe event's data was erased 2m ago.\n");
        delivery.responses_erased_at = Some("2026-11-24T06:23:00Z".parse().expect("a time"));
        ends(
            &delivery,
            "What came back before was erased 1m ago.\n\nThe event's data was erased 2m ago.\n",
        );
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        assert_eq!(cut("ééé", 2), "éé… (--json prints all of it)");
        assert_eq!(cut("éé", 2), "éé");
    }
}
