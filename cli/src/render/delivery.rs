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
        Cell::plain(&delivery.id),
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
    cells.insert(1, Cell::plain(&delivery.webhook_id));
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
            Column::fixed("what came back"),
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

/// Why it failed, where a redirect points, and the beginning of what the receiver said.
fn outcome(attempt: &Attempt) -> String {
    let response = attempt.response.as_deref().map(str::trim).filter(|text| !text.is_empty());
    let response = response.map(|text| cut(text, RESPONSE_CHARS));
    let location = attempt.location.as_ref().map(|location| format!("it points to {location}"));
    let remark = attempt.response_remark.clone();
    let parts = [attempt.error.clone(), location, remark, response];
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

    fn view() -> View {
        View::for_tests(None)
    }

    #[test]
    fn a_row_says_how_it_went_and_when() {
        let mut table = table(&view());
        table.add(row(&delivery(), &view()));
        assert_eq!(
            console::strip_ansi_codes(&table.text(None)),
            "id     event         status  tries  answer  took   time UTC  age  note\n\
             dlv_1  lead.created  failed  2      500     12 ms  06:21:00  3m   attempts exhausted\n"
        );
    }

    #[test]
    fn a_list_fits_eighty_columns() {
        let mut delivery = delivery();
        delivery.id = "dlv_019aa3f2-c1d0-8123-9456-0123456789ab".to_owned();
        delivery.event = "workflow.completed".to_owned();
        delivery.attempts[1].attempted_at = "2026-10-01T00:00:00Z".parse().expect("a time");
        delivery.waiting_for = Some(WaitingFor::Retry);
        delivery.until = Some("2026-11-24T08:24:00Z".parse().expect("a time"));
        let mut table = table(&view());
        table.add(row(&delivery, &view()));
        let text = table.text(Some(80));
        let text = console::strip_ansi_codes(&text).into_owned();
        assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
        for shown in
            ["dlv_019aa3f2  ", "workflow.c", "failed", "500", "10-01 00:00", "54d", "retry in 2h"]
        {
            assert!(text.contains(shown), "{shown}: {text}");
        }
    }

    #[test]
    fn a_list_of_several_webhooks_names_them() {
        let mut table = table_of_all(&view());
        table.add(row_of_all(&delivery(), &view()));
        assert_eq!(
            console::strip_ansi_codes(&table.text(None)),
            "id     webhook  event         status  tries  answer  time UTC  age  note\n\
             dlv_1  wh_1     lead.created  failed  2      500     06:21:00  3m   attempts exhausted\n"
        );
    }

    #[test]
    fn a_row_says_what_a_delivery_waits_for() {
        let noted = |wait: &str, until: &str| {
            let mut delivery = delivery();
            delivery.reason = None;
            delivery.waiting_for = Some(wait.to_owned().into());
            delivery.until = Some(until.parse().expect("a time"));
            note(&delivery, &view())
        };
        assert_eq!(noted("retry", "2026-11-24T06:29:00Z"), "retry in 5m");
        assert_eq!(noted("circuit", "2026-11-24T06:26:00Z"), "circuit open, next probe in 2m");
        assert_eq!(noted("rateLimit", "2026-11-24T06:25:00Z"), "rate limit, next in 1m");
        assert_eq!(noted("retry", "2026-11-24T06:23:55Z"), "retry now", "never a date in the past");
        assert_eq!(noted("moon", "2026-11-24T06:25:00Z"), "moon in 1m");
    }

    #[test]
    fn a_row_says_that_the_filter_was_passed_over() {
        let noted = |why: &str| {
            let mut delivery = delivery();
            delivery.undecided_filter = Some(why.to_owned().into());
            note(&delivery, &view())
        };
        assert_eq!(noted("out_of_steps"), "filter took too many steps, attempts exhausted");
        assert_eq!(noted("unreadable"), "filter could not be read, attempts exhausted");
        assert_eq!(noted("too_new"), "filter: too new, attempts exhausted");
    }

    #[test]
    fn a_delivery_in_full_shows_each_attempt_and_no_control_character() {
        assert_eq!(
            console::strip_ansi_codes(&facts(&delivery(), &view())),
            "id       dlv_1\n\
             webhook  wh_1\n\
             event    lead.created evt_1\n\
             status   failed\n\
             note     attempts exhausted\n\
             created  2026-11-24 06:20:00 UTC (4m ago)\n\
             \n\
             try  time UTC  age  took      answer  what came back\n\
             1    06:20:00  4m   10001 ms  none    the receiver did not answer within 10 s\n\
             2*   06:21:00  3m   12 ms     500     the receiver answered 500: \\u{1b}]0;x\\u{7} no\n\
             * sent by a manual retry\n\
             \n\
             {\"userId\":\"demo\"}\n"
        );
    }

    #[test]
    fn where_a_redirect_points_and_what_the_body_is_are_told() {
        let mut attempt = delivery().attempts.remove(1);
        attempt.response = None;
        attempt.location = Some("https://new.example.com/".into());
        attempt.response_remark = Some("the body is compressed, and is not kept".into());
        assert_eq!(
            outcome(&attempt),
            "the receiver answered 500: it points to https://new.example.com/: \
             the body is compressed, and is not kept"
        );
    }

    #[test]
    fn a_delivery_in_full_says_what_was_erased() {
        let mut delivery = delivery();
        delivery.payload = None;
        delivery.attempts.clear();
        let ends = |delivery: &Delivery, lines: &str| {
            let shown = facts(delivery, &view());
            let shown = console::strip_ansi_codes(&shown);
            assert!(shown.ends_with(&format!("(4m ago)\n{lines}")), "{shown}");
        };
        ends(&delivery, "\nThe event's data is not kept any more.\n");
        delivery.payload_erased_at = Some("2026-11-24T06:22:00Z".parse().expect("a time"));
        let data = "\nThe event's data was erased 2026-11-24 06:22:00 UTC (2m ago).\n";
        ends(&delivery, data);
        delivery.responses_erased_at = Some("2026-11-24T06:23:00Z".parse().expect("a time"));
        let responses = "What came back before was erased 2026-11-24 06:23:00 UTC (1m ago).\n";
        ends(&delivery, &format!("{responses}{data}"));
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        assert_eq!(cut("ééé", 2), "éé… (--json prints all of it)");
        assert_eq!(cut("éé", 2), "éé");
    }
}
