//! Figures: how many deliveries succeeded and failed, and how fast receivers answer.

use crate::{limits::RECEIVER_TIME_BOUNDS, time::Timestamp};

open_enum! {
    /// The periods that figures are divided into.
    StatsBy {
        /// An hour.
        Hour = "hour",
        /// A day in UTC.
        Day = "day",
    }
}

answer! {
    #[derive(Debug)]
    Stats: "Figures of a user's deliveries, by the time at which their events arrived. Tests are not counted." {
        required from: Timestamp = is("Instant"), "When the first hour begins.";
        required to: Timestamp = is("Instant"), "When the last hour ends. The present hour is not over yet.";
        required by: StatsBy = one_of(StatsBy::WORDS), "What the periods are.";
        required complete: bool = flag(), "Whether everything was counted. If not, send the request again: it goes on where this one stopped.";
        optional lost_hours: u64 = at_least(1), "Hours of webhooks that can't be counted any more: nobody asked for them while their deliveries were on record.";
        flag event_types_cut, "With `event`: an hour had more event types than are kept apart, so some deliveries may be missing.";
        required total: Figures = is("Figures"), "All periods together.";
        required periods: Vec<StatsPeriod> = list_of_any_length(is("StatsPeriod")), "Every period, oldest first.";
        required webhooks: Vec<WebhookStats> = list_of_any_length(is("WebhookStats")), "The total of each webhook, oldest webhook first.";
    }
    example serde_json::json!({
        "from": "2026-11-24T05:00:00.000Z",
        "to": "2026-11-24T07:00:00.000Z",
        "by": "hour",
        "complete": true,
        "total": example_figures(),
        "periods": [
            { "from": "2026-11-24T05:00:00.000Z", "figures": { "deliveries": 0, "success": 0, "failed": 0, "open": 0, "attempts": 0, "receiverTime": { "ranges": [] } } },
            { "from": "2026-11-24T06:00:00.000Z", "figures": example_figures() },
        ],
        "webhooks": [{ "webhookId": "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab", "figures": example_figures() }],
    });
}

answer! {
    #[derive(Debug)]
    StatsPeriod: "The figures of an hour or of a day." {
        required from: Timestamp = is("Instant"), "When the period begins. The first day may begin later than at midnight.";
        required figures: Figures = is("Figures"), "Its figures.";
    }
    example serde_json::json!({ "from": "2026-11-24T06:00:00.000Z", "figures": example_figures() });
}

answer! {
    #[derive(Debug)]
    WebhookStats: "The figures of a webhook." {
        required webhook_id: String = is("WebhookId"), "The webhook.";
        required figures: Figures = is("Figures"), "Its figures.";
    }
    example serde_json::json!({
        "webhookId": "wh_01938d2e-7b1c-7c3a-9f00-1234567890ab",
        "figures": example_figures(),
    });
}

answer! {
    #[derive(Debug)]
    Figures: "Counts of deliveries." {
        required deliveries: u64 = at_least(0), "All of them.";
        required success: u64 = at_least(0), "Those that the receiver accepted.";
        required failed: u64 = at_least(0), "Those that ended as `failed`.";
        required open: u64 = at_least(0), "Those that are `pending` or `retrying`.";
        optional success_rate: f64 = number(0.0..=1.0), "`success` divided by `success` and `failed`, rounded down to three decimals. Absent if both are 0.";
        required attempts: u64 = at_least(0), "Their attempts so far.";
        required receiver_time: ReceiverTime = is("ReceiverTime"), "How long receivers took to answer.";
    }
    example example_figures();
}

answer! {
    #[derive(Debug)]
    ReceiverTime: "Milliseconds from the beginning of an attempt to the receiver's answer, of the attempts that got one." {
        optional p50: u64 = at_least(1), "Half of the answers came within this time. Like the others it is the upper bound of a range, and absent without answers or if the range has no bound.";
        optional p95: u64 = at_least(1), "95 % of the answers came within this time.";
        optional p99: u64 = at_least(1), "99 % of the answers came within this time.";
        required ranges: Vec<TimeRange> = list_of_any_length(is("TimeRange")), "How many answers took how long: the ranges that have any, shortest first.";
    }
    example serde_json::json!({ "p50": 100, "p95": 250, "p99": 250, "ranges": [{ "upTo": 100, "count": 118 }, { "upTo": 250, "count": 7 }] });
}

answer! {
    #[derive(Debug)]
    TimeRange: "Answers that took longer than the range before, and no longer than `upTo`." {
        optional up_to: u64 = at_least(1), "Milliseconds. Absent in the last range, which has no bound.";
        required count: u64 = at_least(1), "How many answers.";
    }
    example serde_json::json!({ "upTo": 100, "count": 118 });
}

/// What is known of a percentile of receivers' times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// That share of the answers took at most so many milliseconds.
    AtMost(u64),
    /// The slowest of that share took longer.
    MoreThan(u64),
}

impl ReceiverTime {
    /// What one of these percentiles says. `None` without answers.
    #[must_use]
    pub fn within(&self, percentile: Option<u64>) -> Option<Within> {
        let longest = RECEIVER_TIME_BOUNDS.last().copied().unwrap_or_default();
        match percentile {
            Some(millis) => Some(Within::AtMost(millis)),
            None if self.ranges.is_empty() => None,
            None => Some(Within::MoreThan(longest)),
        }
    }
}

impl Figures {
    /// The success rate in per cent, such as `98.3 %`. `None` if no delivery is settled.
    #[must_use]
    pub fn success_percent(&self) -> Option<String> {
        let percent = format!("{:.1}", self.success_rate? * 100.0);
        Some(format!("{} %", percent.strip_suffix(".0").unwrap_or(&percent)))
    }
}

#[cfg(feature = "openapi")]
fn example_figures() -> serde_json::Value {
    serde_json::json!({
        "deliveries": 120, "success": 117, "failed": 2, "open": 1, "successRate": 0.983, "attempts": 131,
        "receiverTime": {
            "p50": 100, "p95": 250, "p99": 250,
            "ranges": [{ "upTo": 100, "count": 118 }, { "upTo": 250, "count": 7 }],
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use serde_json::json;

    #[rstest]
    #[case(Some(1.0), Some("100 %"))]
    #[case(Some(0.999), Some("99.9 %"))]
    #[case(Some(0.98), Some("98 %"))]
    #[case(Some(0.0), Some("0 %"))]
    #[case(None, None)]
    fn a_rate_is_said_in_per_cent(#[case] rate: Option<f64>, #[case] said: Option<&str>) {
        let figures = json!({
            "deliveries": 0, "success": 0, "failed": 0, "open": 0, "attempts": 0,
            "receiverTime": {"ranges": []}, "successRate": rate,
        });
        let figures: Figures = serde_json::from_value(figures).expect("figures");
        assert_eq!(figures.success_percent().as_deref(), said);
    }

    #[test]
    fn a_percentile_without_a_bound_is_longer_than_the_last_one() {
        let some: ReceiverTime =
            serde_json::from_value(json!({"p50": 100, "ranges": [{"upTo": 100, "count": 1}]}))
                .expect("one");
        assert_eq!(some.within(some.p50), Some(Within::AtMost(100)));
        assert_eq!(some.within(some.p99), Some(Within::MoreThan(30_000)));
        let none: ReceiverTime = serde_json::from_value(json!({"ranges": []})).expect("one");
        assert_eq!(none.within(none.p50), None);
    }
}
