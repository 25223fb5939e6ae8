//! The list prices of AWS in one region, and those of other services: `prices.json`, with the date
//! and the page of each. It is the only place in the repository that bills take a price from.

use anyhow::{Context, Result};
use serde::Deserialize;

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Prices {
    /// When the file was written.
    pub(super) date: String,
    pub(super) region: String,
    pub(super) aws: Vec<Price>,
    pub(super) peers: Vec<Peer>,
}

/// A price of AWS, in US dollars. Free tiers and volume discounts are left out.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Price {
    pub(super) id: String,
    dollars: f64,
    per: f64,
    pub(super) unit: String,
    /// The vendor's page.
    pub(super) page: String,
    /// Where the number was read.
    pub(super) read_at: String,
    /// The date of that; `None` if it has none.
    pub(super) dated: Option<String>,
}

/// Another service that sends webhooks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(super) struct Peer {
    pub(super) name: String,
    pub(super) currency: String,
    /// For a month.
    base: f64,
    /// What the base includes in a month.
    included: f64,
    pub(super) counts: Counts,
    tiers: Vec<Tier>,
    pub(super) page: String,
    pub(super) read_at: String,
    pub(super) dated: String,
    pub(super) note: String,
}

/// What a service counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Counts {
    /// Each event once, whatever the number of its endpoints.
    Events,
    Deliveries,
}

/// A price of what is not included, up to a number in a month.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Tier {
    up_to: Option<f64>,
    price: f64,
    per: f64,
}

impl Prices {
    /// The prices of this version of the program.
    ///
    /// # Errors
    /// If the file is damaged.
    pub(super) fn read() -> Result<Self> {
        serde_json::from_str(include_str!("prices.json")).context("xtask/src/cost/prices.json")
    }

    /// The dollars for one unit.
    ///
    /// # Errors
    /// If the file has no such price.
    pub(super) fn of(&self, id: &str) -> Result<f64> {
        let price = self.aws.iter().find(|price| price.id == id);
        let price = price.with_context(|| format!("prices.json has no price `{id}`"))?;
        Ok(price.dollars / price.per)
    }
}

impl Price {
    /// As it is published: `$0.40 for a million`.
    pub(super) fn text(&self) -> String {
        let Self { dollars, per, .. } = self;
        let digits = format!("{dollars:.10}");
        let digits = digits.trim_end_matches('0');
        // Cents have two digits.
        let short = digits.split_once('.').is_none_or(|(_, cents)| cents.len() < 2);
        let digits = if short { format!("{dollars:.2}") } else { digits.to_owned() };
        if *per > 1.0 { format!("${digits} for a million") } else { format!("${digits}") }
    }
}

impl Peer {
    /// The price of a month, in the service's currency.
    pub(super) fn month(&self, events: f64, deliveries: f64) -> f64 {
        let number = match self.counts {
            Counts::Events => events,
            Counts::Deliveries => deliveries,
        };
        let mut paid = self.included;
        let mut price = self.base;
        for tier in &self.tiers {
            let end = tier.up_to.unwrap_or(f64::INFINITY).min(number);
            if end > paid {
                price += (end - paid) * tier.price / tier.per;
                paid = end;
            }
        }
        price
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(name: &str) -> Peer {
        let prices = Prices::read().expect("the file");
        prices.peers.into_iter().find(|peer| peer.name == name).expect("there")
    }

    #[test]
    fn every_price_is_positive_and_names_its_pages() {
        let prices = Prices::read().expect("the file");
        for price in &prices.aws {
            assert!(price.dollars > 0.0 && [1.0, 1e6].contains(&price.per), "{price:?}");
            assert!(price.page.starts_with("https://aws.amazon.com/"), "{price:?}");
            assert!(price.read_at.starts_with("https://"), "{price:?}");
            assert!(prices.of(&price.id).is_ok(), "{price:?}");
        }
        assert!(prices.of("gold").is_err());
    }

    #[test]
    fn a_price_is_shown_as_it_is_published() {
        let prices = Prices::read().expect("the file");
        let text = |id: &str| prices.aws.iter().find(|price| price.id == id).map(Price::text);
        assert_eq!(text("queueRequests").as_deref(), Some("$0.40 for a million"));
        assert_eq!(text("writes").as_deref(), Some("$0.625 for a million"));
        assert_eq!(text("memoryTime").as_deref(), Some("$0.0000133334"));
        assert_eq!(text("transitions").as_deref(), Some("$25.00 for a million"));
    }

    #[test]
    fn what_a_plan_includes_is_not_paid_again_and_each_tier_has_its_price() {
        let svix = peer("Svix Professional");
        assert_eq!(svix.month(50_000.0, 50_000.0), 490.0);
        assert!((svix.month(1e6, 1e7) - 585.0).abs() < 1e-6, "{}", svix.month(1e6, 1e7));
        let gateway = peer("Hookdeck Event Gateway, Team");
        // 4,990,000 at $3, 5 million at $2, 10 million at $1 and 80 million at $0.75 a 100,000.
        let expected = 39.0 + 149.7 + 100.0 + 100.0 + 600.0;
        assert!((gateway.month(1.0, 1e8) - expected).abs() < 1e-6);
        let hook0 = peer("Hook0 Pro");
        assert_eq!(hook0.month(1e6, 1e6), 190.0);
        assert!((hook0.month(1e7, 1e7) - 890.0).abs() < 1e-6);
    }
}
