//! Replays for people.

use super::{Cell, Facts, Table};
use crate::moment::relative;
use grapnel_client::Replay;
use grapnel_domain::time::Timestamp;

/// A list of them.
pub(crate) fn table() -> Table {
    Table::new(&["id", "status", "examined", "sent again", "asked for", "of", "chosen by"], 6)
}

/// A row of it.
pub(crate) fn row(replay: &Replay, now: Timestamp) -> Vec<Cell> {
    vec![
        Cell::plain(&replay.id),
        Cell::status(replay.status.as_str()),
        Cell::plain(replay.examined.to_string()),
        Cell::plain(replay.replayed.to_string()),
        Cell::dim(relative(replay.created_at, now)),
        Cell::plain(of(replay)),
        Cell::dim(chosen_by(replay)),
    ]
}

fn of(replay: &Replay) -> &str {
    replay.webhook_id.as_deref().unwrap_or("all webhooks")
}

fn chosen_by(replay: &Replay) -> String {
    let filter = &replay.filter;
    let mut parts = vec![filter.status.clone()];
    parts.extend(filter.event.clone());
    parts.extend(filter.since.map(|since| format!("since {since}")));
    parts.push(format!("until {}", filter.until));
    parts.join(", ")
}

/// All about one.
pub(crate) fn facts(replay: &Replay, now: Timestamp) -> String {
    Facts::default()
        .with("id", Cell::plain(&replay.id))
        .with("of", Cell::plain(of(replay)))
        .with("chosen by", Cell::plain(chosen_by(replay)))
        .with("status", Cell::status(replay.status.as_str()))
        .with("examined", Cell::plain(replay.examined.to_string()))
        .with("sent again", Cell::plain(replay.replayed.to_string()))
        .with("asked for", Cell::dim(relative(replay.created_at, now)))
        .with_some("finished", replay.finished_at.map(|at| Cell::dim(relative(at, now))))
        .text()
}

/// Its progress in a line.
pub(crate) fn progress(replay: &Replay) -> String {
    let (examined, replayed) = (replay.examined, replay.replayed);
    format!("{}: {examined} examined, {replayed} sent again", replay.status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_replay_says_what_of_and_how_far() {
        let json = json!({
            "id": "rpl_1", "status": "running", "examined": 120, "replayed": 7,
            "filter": {"status": "failed", "event": "lead.created",
                       "until": "2026-11-24T06:20:00.000Z"},
            "createdAt": "2026-11-24T06:20:00.000Z",
        });
        let replay: Replay = serde_json::from_value(json).expect("a replay");
        let now = "2026-11-24T06:24:00Z".parse().expect("a time");
        assert_eq!(
            console::strip_ansi_codes(&facts(&replay, now)),
            "id          rpl_1\n\
             of          all webhooks\n\
             chosen by   failed, lead.created, until 2026-11-24T06:20:00.000Z\n\
             status      running\n\
             examined    120\n\
             sent again  7\n\
             asked for   4m ago\n"
        );
        assert_eq!(progress(&replay), "running: 120 examined, 7 sent again");
    }
}
