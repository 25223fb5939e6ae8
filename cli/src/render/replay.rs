//! Replays for people.

use super::{Cell, Column, Facts, Table, View};
use grapnel_client::Replay;

/// A list of them.
pub(crate) fn table(view: &View) -> Table {
    Table::new([
        Column::id("id"),
        Column::fixed("status"),
        Column::optional("examined"),
        Column::spare("sent again"),
        Column::fixed(format!("time {}", view.clock.zone_name())),
        Column::spare("age"),
        Column::id("webhook"),
        Column::cut("chosen by", 12),
    ])
}

/// A row of it.
pub(crate) fn row(replay: &Replay, view: &View) -> Vec<Cell> {
    vec![
        Cell::id(&replay.id),
        Cell::status(replay.status.as_str()),
        Cell::plain(replay.examined.to_string()),
        Cell::plain(replay.replayed.to_string()),
        Cell::dim(view.clock.short(replay.created_at)),
        Cell::dim(view.clock.age(replay.created_at)),
        replay.webhook_id.as_ref().map_or_else(|| Cell::plain("all"), Cell::id),
        Cell::dim(chosen_by(replay, view)),
    ]
}

fn chosen_by(replay: &Replay, view: &View) -> String {
    let filter = &replay.filter;
    let mut parts = vec![filter.status.clone()];
    parts.extend(filter.event.clone());
    parts.extend(filter.since.map(|since| format!("since {}", view.clock.short(since))));
    parts.push(format!("until {}", view.clock.short(filter.until)));
    parts.join(", ")
}

/// All about one.
pub(crate) fn facts(replay: &Replay, view: &View) -> String {
    Facts::default()
        .with("id", Cell::plain(&replay.id))
        .with("webhook", Cell::plain(replay.webhook_id.as_deref().unwrap_or("all")))
        .with("chosen by", Cell::plain(chosen_by(replay, view)))
        .with("status", Cell::status(replay.status.as_str()))
        .with("examined", Cell::plain(replay.examined.to_string()))
        .with("sent again", Cell::plain(replay.replayed.to_string()))
        .with("asked for", Cell::dim(view.clock.full(replay.created_at)))
        .with_some("finished", replay.finished_at.map(|at| Cell::dim(view.clock.full(at))))
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
        assert_eq!(
            console::strip_ansi_codes(&facts(&replay, &View::for_tests(None))),
            "id          rpl_1\n\
             webhook     all\n\
             chosen by   failed, lead.created, until 06:20:00\n\
             status      running\n\
             examined    120\n\
             sent again  7\n\
             asked for   2026-11-24 06:20:00 UTC (4m ago)\n"
        );
        assert_eq!(progress(&replay), "running: 120 examined, 7 sent again");
    }
}
