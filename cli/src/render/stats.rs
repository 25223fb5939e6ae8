//! Figures for people.

use super::{Cell, Column, Facts, Table, View, folded};
use grapnel_client::{Figures, ReceiverTime, Stats, Within};

/// The total, each period that has deliveries, and each webhook if there are several.
pub(crate) fn report(stats: &Stats, view: &View) -> String {
    let mut parts = vec![total(stats, view)];
    let periods = stats.periods.iter().filter(|period| period.figures.deliveries > 0);
    let mut by_time = table(format!("{} {}", stats.by, view.clock.zone_name()));
    for period in periods {
        by_time.add(row(Cell::dim(view.clock.short(period.from)), &period.figures));
    }
    let mut by_webhook = table("webhook".to_owned());
    if stats.webhooks.len() > 1 {
        for webhook in &stats.webhooks {
            by_webhook.add(row(Cell::id(&webhook.webhook_id), &webhook.figures));
        }
    }
    for table in [by_time, by_webhook] {
        if !table.is_empty() {
            parts.push(table.text(view.width));
        }
    }
    parts.extend(remarks(stats).map(|remark| folded(&remark, "", view.width) + "\n"));
    parts.join("\n")
}

fn total(stats: &Stats, view: &View) -> String {
    let total = &stats.total;
    let counts = [(total.success, "success"), (total.failed, "failed"), (total.open, "open")];
    let counts: Vec<String> = counts.map(|(count, what)| format!("{count} {what}")).into();
    let time = &total.receiver_time;
    let [p50, p95, p99] = [time.p50, time.p95, time.p99].map(|it| within(time, it));
    Facts::default()
        .with("from", Cell::dim(view.clock.full(stats.from)))
        .with("to", Cell::dim(view.clock.full(stats.to)))
        .with("deliveries", Cell::plain(format!("{}: {}", total.deliveries, counts.join(", "))))
        .with("success rate", rate(total))
        .with("attempts", Cell::plain(total.attempts.to_string()))
        .with("answers in", Cell::plain(format!("{p50} (50 %), {p95} (95 %), {p99} (99 %)")))
        .text()
}

fn table(first: String) -> Table {
    Table::new([
        Column::fixed(first),
        Column::fixed("all"),
        Column::fixed("success"),
        Column::fixed("failed"),
        Column::fixed("open"),
        Column::fixed("rate"),
        Column::optional("95 % in"),
    ])
}

fn row(first: Cell, figures: &Figures) -> Vec<Cell> {
    let count = |count: u64| Cell::plain(count.to_string());
    let time = &figures.receiver_time;
    vec![
        first,
        count(figures.deliveries),
        count(figures.success),
        count(figures.failed),
        count(figures.open),
        rate(figures),
        Cell::plain(within(time, time.p95)),
    ]
}

fn rate(figures: &Figures) -> Cell {
    Cell::plain(figures.success_percent().unwrap_or_else(|| "-".to_owned()))
}

fn within(time: &ReceiverTime, percentile: Option<u64>) -> String {
    match time.within(percentile) {
        None => "-".to_owned(),
        Some(Within::AtMost(millis)) => format!("≤ {millis} ms"),
        Some(Within::MoreThan(millis)) => format!("> {millis} ms"),
    }
}

/// What the figures leave out.
fn remarks(stats: &Stats) -> impl Iterator<Item = String> {
    let unfinished = (!stats.complete).then(|| {
        "Not everything is counted yet. Run the command again: it goes on where it stopped."
            .to_owned()
    });
    let lost = stats.lost_hours.map(|hours| {
        format!(
            "Not counted: {hours} hours of webhooks. Nobody asked for them while their deliveries were on record."
        )
    });
    let cut = stats.event_types_cut.then(|| {
        "Some deliveries may be missing: an hour had more event types than are kept apart."
            .to_owned()
    });
    [unfinished, lost, cut].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn figures(success: u64, failed: u64) -> Value {
        let all = success + failed;
        #[expect(clippy::cast_precision_loss, reason = "small")]
        let rate = (all > 0).then(|| success as f64 / all as f64);
        json!({
            "deliveries": all, "success": success, "failed": failed, "open": 0, "attempts": all,
            "successRate": rate,
            "receiverTime": {"p50": 100, "p95": 2500, "ranges": [{"upTo": 100, "count": all}]},
        })
    }

    fn shown(fields: Value) -> String {
        let mut stats = json!({
            "from": "2026-11-24T05:00:00.000Z", "to": "2026-11-24T07:00:00.000Z", "by": "hour",
            "complete": true, "total": figures(3, 1),
            "periods": [
                {"from": "2026-11-24T05:00:00.000Z", "figures": figures(0, 0)},
                {"from": "2026-11-24T06:00:00.000Z", "figures": figures(3, 1)},
            ],
            "webhooks": [{"webhookId": "wh_1", "figures": figures(3, 1)}],
        });
        for (name, value) in fields.as_object().expect("fields") {
            stats[name] = value.clone();
        }
        let stats: Stats = serde_json::from_value(stats).expect("stats");
        console::strip_ansi_codes(&report(&stats, &View::for_tests(Some(80)))).into_owned()
    }

    #[test]
    fn the_total_comes_first_and_hours_without_deliveries_are_left_out() {
        let expected = "\
from          2026-11-24 05:00:00 UTC (1h ago)
to            2026-11-24 07:00:00 UTC (in 36m)
deliveries    4: 3 success, 1 failed, 0 open
success rate  75 %
attempts      4
answers in    ≤ 100 ms (50 %), ≤ 2500 ms (95 %), > 30000 ms (99 %)

hour UTC  all  success  failed  open  rate  95 % in
06:00:00  4    3        1       0     75 %  ≤ 2500 ms
";
        assert_eq!(shown(json!({})), expected);
    }

    #[test]
    fn several_webhooks_are_shown_apart_and_what_is_missing_is_said() {
        let text = shown(json!({
            "complete": false, "lostHours": 7, "eventTypesCut": true,
            "webhooks": [
                {"webhookId": "wh_1", "figures": figures(3, 0)},
                {"webhookId": "wh_2", "figures": figures(0, 1)},
            ],
        }));
        assert!(text.contains("\nwh_2     1    0        1       0     0 % "), "{text}");
        for said in ["Run the command again", "Not counted: 7 hours", "may be missing"] {
            assert!(text.contains(said), "{text}");
        }
    }

    #[test]
    fn without_deliveries_there_is_no_table() {
        let none = json!({"deliveries": 0, "success": 0, "failed": 0, "open": 0, "attempts": 0,
            "receiverTime": {"ranges": []}});
        let text = shown(json!({"total": none, "periods": [], "webhooks": []}));
        assert!(text.ends_with("answers in    - (50 %), - (95 %), - (99 %)\n"), "{text}");
    }
}
