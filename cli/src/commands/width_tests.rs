//! Every list fits 80 columns, whatever its rows hold, and its ids stay usable.

use super::{admin::dead_letters::report as dead_letters, keys};
use crate::{
    dead_letters::{
        letter::{Letter, Subject},
        source::Source,
    },
    ids::can_be_shortened,
    render::{Table, View, delivery, event, replay, webhook},
};
use console::{measure_text_width, strip_ansi_codes};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

const COLUMNS: usize = 80;

/// Times of today, of yesterday, and of last year.
const TIMES: [&str; 3] =
    ["2026-11-24T06:21:00.000Z", "2026-11-23T06:21:00.000Z", "2025-01-01T00:00:00.000Z"];

/// How many characters ids have in common.
#[derive(Debug, Clone, Copy)]
enum Ids {
    /// No more than those of different hours.
    Apart,
    /// As many as those of one second.
    OfASecond,
    /// As many as those of one millisecond.
    OfAMillisecond,
}

impl Ids {
    const ALL: [Self; 3] = [Self::Apart, Self::OfASecond, Self::OfAMillisecond];

    fn get(self, prefix: &str, number: usize) -> String {
        format!("{prefix}_{}", self.uuid(number))
    }

    fn uuid(self, number: usize) -> String {
        match self {
            Self::Apart => format!("{number:x}19aa3f2-c1d0-8123-9456-0123456789ab"),
            Self::OfASecond => format!("019aa3f2-c{number:x}d0-8123-9456-0123456789ab"),
            Self::OfAMillisecond => format!("019aa3f2-c1d0-8{number:03x}-9456-0123456789ab"),
        }
    }
}

fn a<T: DeserializeOwned>(json: Value) -> T {
    serde_json::from_value(json).expect("as the API answers")
}

const NAMES: [&str; 3] = ["lead.created", "a", "workflow.very-long-name-of-an-event.completed"];
const WAITS: [Option<&str>; 3] = [Some("circuit"), None, Some("retry")];
const STATUSES: [&str; 3] = ["retrying", "success", "failed"];

fn a_delivery(ids: Ids, time: &str, n: usize) -> Value {
    json!({
        "id": ids.get("dlv", n), "webhookId": ids.get("wh", n), "event": NAMES[n],
        "eventId": ids.get("evt", n), "status": STATUSES[n], "reason": "attempts_exhausted",
        "undecidedFilter": "out_of_steps", "waitingFor": WAITS[n],
        "until": WAITS[n].map(|_| "2026-11-24T08:24:00Z"),
        "attempts": [{
            "attemptNumber": 1, "statusCode": 503, "error": "the receiver answered 503",
            "duration": 10001, "attemptedAt": time,
        }],
        "createdAt": time,
    })
}

/// A dead letter about a delivery, an event of the platform, or an event that could not be read.
fn a_letter(ids: Ids, time: &str, n: usize) -> Letter {
    let about = [("deliveryId", "dlv"), ("eventId", "evt"), ("sourceId", "task")][n];
    Letter {
        message_id: ids.uuid(n),
        queue: Source::ALL[n],
        sent_at: Some(time.parse().expect("a time")),
        reason: (n > 0).then(|| "detail.userId must be a string of 1 to 128 characters".to_owned()),
        subject: Subject {
            kind: Some(NAMES[n].to_owned()),
            ids: [(about.0, ids.get(about.1, n))].into(),
        },
        body: "{}".to_owned(),
        receipt: "r".to_owned(),
        group: None,
    }
}

/// A name, the beginning of the ids in its first column, and the table.
type List = (&'static str, &'static str, Table);

/// Every list, with rows whose ids have this much in common.
fn lists(ids: Ids, time: &str, view: &View) -> Vec<List> {
    let mut of_one = delivery::table(view);
    let mut of_all = delivery::table_of_all(view);
    let mut events = event::table(view);
    let mut types = event::types(view);
    let mut webhooks = webhook::table(view);
    let mut replays = replay::table(view);
    let mut all_keys = keys::table(view);
    let mut letters = dead_letters::table();
    for (n, name) in NAMES.iter().enumerate() {
        let delivery = a(a_delivery(ids, time, n));
        of_one.add(delivery::row(&delivery, view));
        of_all.add(delivery::row_of_all(&delivery, view));
        events.add(event::list_row(
            &a(json!({
                "id": ids.get("evt", n), "type": name, "source": "a-platform.with-a-long-name",
                "time": time, "storedAt": time, "payloadErasedAt": time,
            })),
            view,
        ));
        letters.add(dead_letters::row(&a_letter(ids, time, n), view));
        types.add(event::type_row(
            &a(json!({
                "name": name, "deprecated": n == 0, "builtIn": n == 1, "schema": {},
                "description": "An event that is described with rather many words, as people do",
            })),
            view,
        ));
        webhooks.add(webhook::row(
            &a(json!({
                "id": ids.get("wh", n), "userId": "demo", "name": "A name of fifty characters or so",
                "url": "https://hooks.example.com/a/rather/long/path", "status": "disabled",
                "events": NAMES, "secret": "whsec_********", "headers": {}, "payloadFormat": "envelope",
                "retryConfig": {"maxAttempts": 1, "timeoutSeconds": 10},
                "createdAt": time, "updatedAt": time,
            })),
            view,
        ));
        replays.add(replay::row(
            &a(json!({
                "id": ids.get("rpl", n), "status": "finished", "examined": 1_000_000,
                "replayed": 100_000, "webhookId": ids.get("wh", n),
                "filter": {"status": "failed", "event": name, "since": time, "until": time},
                "createdAt": time,
            })),
            view,
        ));
        all_keys.add(keys::row(
            &a(json!({
                "id": ids.get("key", n), "userId": "demo", "name": "A name of fifty characters or so",
                "scopes": ["webhooks:read", "webhooks:write", "events:publish"], "portal": false,
                "createdAt": time, "lastUsedOn": "2026-11-23", "expiresAt": "2027-11-24T06:24:00Z",
            })),
            view,
        ));
    }
    vec![
        ("deliveries of a webhook", "dlv", of_one),
        ("deliveries of all webhooks", "dlv", of_all),
        ("events", "evt", events),
        ("event types", "", types),
        ("webhooks", "wh", webhooks),
        ("replays", "rpl", replays),
        ("keys", "key", all_keys),
        ("dead letters", "", letters),
    ]
}

#[test]
fn every_list_fits_eighty_columns_and_its_ids_differ() {
    let view = View::for_tests(Some(COLUMNS));
    for ids in Ids::ALL {
        for time in TIMES {
            for (name, prefix, table) in lists(ids, time, &view) {
                let text = table.text(view.width);
                let text = strip_ansi_codes(&text).into_owned();
                let fits = text.lines().all(|line| measure_text_width(line) <= COLUMNS);
                assert!(fits, "{name}, {ids:?}, {time}:\n{text}");
                let id = |n| match (name, prefix) {
                    ("dead letters", _) => Some(ids.uuid(n)),
                    (_, "") => None,
                    (_, prefix) => Some(ids.get(prefix, n)),
                };
                let is_row = |line: &&str| !line.starts_with(' ');
                for (n, line) in text.lines().skip(1).filter(is_row).enumerate() {
                    let Some(whole) = id(n) else { break };
                    let shown = line.split_whitespace().next().expect("an id");
                    assert!(whole.starts_with(shown), "{name}, {ids:?}, {time}:\n{text}");
                    let mut others = (0..3).filter(|other| *other != n).filter_map(id);
                    let is_unique = others.all(|other| !other.starts_with(shown));
                    assert!(is_unique, "{name}, {ids:?}, {time}:\n{text}");
                }
            }
        }
    }
}

/// A person gives an id that a list shows to another command.
#[test]
fn every_id_in_a_list_can_be_given_to_a_command() {
    for columns in [40, 60, COLUMNS, 100, 120, 200] {
        let view = View::for_tests(Some(columns));
        for ids in Ids::ALL {
            for (name, _, table) in lists(ids, TIMES[1], &view) {
                let text = table.text(view.width);
                let text = strip_ansi_codes(&text).into_owned();
                let words = text.lines().skip(1).flat_map(str::split_whitespace);
                let kinds = ["evt_", "task_", "dlv_", "wh_", "rpl_", "key_"];
                for id in words.filter(|word| kinds.iter().any(|kind| word.starts_with(kind))) {
                    let kind = id.split('_').next().expect("a kind");
                    let is_whole = (0..3).any(|n| ids.get(kind, n) == id);
                    let is_beginning = can_be_shortened(id) && !id.contains('…');
                    assert!(is_whole || is_beginning, "{name}, {columns}, {id}:\n{text}");
                }
            }
        }
    }
}

/// Where there is room for all but the least important columns.
#[test]
fn a_list_of_events_gives_up_its_source_first() {
    let titles = |columns| {
        let view = View::for_tests(Some(columns));
        let (_, _, table) = lists(Ids::Apart, TIMES[1], &view).swap_remove(2);
        let text = table.text(view.width);
        strip_ansi_codes(&text).lines().next().expect("titles").to_owned()
    };
    let is_shown = |columns, title| titles(columns).contains(title);
    assert!(is_shown(200, "source") && is_shown(200, "age"));
    assert!(!is_shown(130, "source") && is_shown(130, "age"));
    assert!(!is_shown(COLUMNS, "source") && !is_shown(COLUMNS, "age"));
    assert!(is_shown(COLUMNS, "arrived UTC") && is_shown(COLUMNS, "note"));
}

/// What tells most is not cut, even where ids are long.
#[test]
fn a_list_of_all_deliveries_shows_each_status_and_webhook() {
    let view = View::for_tests(Some(COLUMNS));
    for ids in Ids::ALL {
        for (_, _, table) in lists(ids, TIMES[1], &view).into_iter().take(2) {
            let text = table.text(view.width);
            for shown in STATUSES.into_iter().chain(["11-23 06:21"]) {
                assert!(text.contains(shown), "{ids:?} {shown}:\n{text}");
            }
        }
    }
}

/// The lists inside of what is shown in full.
#[test]
fn the_deliveries_of_an_event_fit_too() {
    let view = View::for_tests(Some(COLUMNS));
    for ids in Ids::ALL {
        let deliveries: Vec<Value> = (0..3)
            .map(|n| {
                json!({
                    "id": ids.get("dlv", n), "webhookId": ids.get("wh", n), "status": STATUSES[n],
                    "attemptCount": 12, "reason": "attempts_exhausted", "createdAt": TIMES[1],
                    "lastAttempt": {
                        "attemptNumber": 12, "statusCode": 503, "attemptedAt": TIMES[1],
                        "duration": 10001, "error": "the receiver answered 503",
                    },
                })
            })
            .collect();
        let event = a(json!({
            "id": "evt_1", "userId": "demo", "type": "lead.created", "source": "demo",
            "time": TIMES[1], "storedAt": TIMES[1], "deliveries": deliveries,
        }));
        let text = event::facts(&event, &view);
        let text = strip_ansi_codes(&text).into_owned();
        assert!(text.lines().all(|line| measure_text_width(line) <= COLUMNS), "{ids:?}:\n{text}");
    }
}
