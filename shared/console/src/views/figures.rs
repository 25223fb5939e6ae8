//! Figures as they are shown, and the request for them.

use crate::{ask::Ask, backend::Backend, text::duration, visitor::Visitor};
use grapnel_wire::{
    scope::Scope,
    stats::{Figures, ReceiverTime, Stats, Within},
};
use std::collections::HashMap;

/// What pages about webhooks count: the last day.
pub(crate) const LAST_DAY: &str = "24h";

/// Figures of one webhook or of all.
#[derive(Debug, Clone)]
pub(crate) struct Shown {
    pub(crate) deliveries: String,
    pub(crate) success: String,
    pub(crate) failed: String,
    pub(crate) open: String,
    pub(crate) attempts: String,
    /// A dash if nothing is settled.
    pub(crate) rate: String,
    /// A class of the style sheet.
    pub(crate) class: &'static str,
    pub(crate) p50: String,
    pub(crate) p95: String,
    pub(crate) p99: String,
}

/// Where there is no figure.
const NONE: &str = "–";

/// From this success rate on, an endpoint is well.
const WELL: f64 = 0.99;

impl From<&Figures> for Shown {
    fn from(figures: &Figures) -> Self {
        let time = &figures.receiver_time;
        Self {
            deliveries: grouped(figures.deliveries),
            success: grouped(figures.success),
            failed: grouped(figures.failed),
            open: grouped(figures.open),
            attempts: grouped(figures.attempts),
            rate: figures.success_percent().unwrap_or_else(|| NONE.to_owned()),
            class: match figures.success_rate {
                None => "off",
                Some(rate) if rate >= WELL => "good",
                Some(_) => "bad",
            },
            p50: within(time, time.p50),
            p95: within(time, time.p95),
            p99: within(time, time.p99),
        }
    }
}

/// `12 345`, with spaces that do not break.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut shown = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            shown.push('\u{a0}');
        }
        shown.push(digit);
    }
    shown
}

/// The time within which a share of the answers came.
fn within(time: &ReceiverTime, percentile: Option<u64>) -> String {
    match time.within(percentile) {
        None => NONE.to_owned(),
        Some(Within::AtMost(millis)) => format!("≤ {}", duration(millis)),
        Some(Within::MoreThan(millis)) => format!("> {}", duration(millis)),
    }
}

impl<B: Backend> Ask<'_, B> {
    /// Each webhook's figures of the last day, of one webhook or of all. Empty if the session may not see them, or
    /// they could not be counted: the page is shown without.
    pub(crate) async fn figures_of_last_day(
        &self,
        visitor: &Visitor,
        webhook: Option<&str>,
    ) -> HashMap<String, Shown> {
        if !visitor.session.may(Scope::DeliveriesRead) {
            return HashMap::new();
        }
        let mut asked = vec![("last", LAST_DAY)];
        asked.extend(webhook.map(|id| ("webhook", id)));
        let Ok(found) = self.get::<Stats>("/api/stats", &asked).await else {
            return HashMap::new();
        };
        let all = found.value.webhooks.iter();
        all.map(|one| (one.webhook_id.clone(), Shown::from(&one.figures))).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case(0, "0")]
    #[case(999, "999")]
    #[case(1000, "1\u{a0}000")]
    #[case(1_234_567, "1\u{a0}234\u{a0}567")]
    fn digits_are_grouped(#[case] number: u64, #[case] shown: &str) {
        assert_eq!(grouped(number), shown);
    }
}
