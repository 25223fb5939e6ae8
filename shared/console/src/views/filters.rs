//! The fields of filters: choices, and times without a zone.

use crate::{ask::of_webhook, links::Query, text::visible};
use grapnel_wire::time::Timestamp;
use std::collections::HashMap;

/// A filter with choices.
pub(super) struct Select {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) choices: Vec<Choice>,
}

pub(super) struct Choice {
    pub(super) value: String,
    pub(super) name: String,
    pub(super) is_chosen: bool,
}

impl Select {
    pub(super) fn new(
        name: &'static str,
        label: &'static str,
        query: &Query,
        known: &[(&str, &str)],
    ) -> Self {
        let chosen = query.get(name);
        let choice = |(value, name): &(&str, &str)| Choice {
            value: (*value).to_owned(),
            name: (*name).to_owned(),
            is_chosen: chosen == Some(*value),
        };
        let mut choices: Vec<Choice> = known.iter().map(choice).collect();
        if let Some(other) = chosen.filter(|_| choices.iter().all(|choice| !choice.is_chosen)) {
            let name = visible(other);
            choices.push(Choice { value: other.to_owned(), name, is_chosen: true });
        }
        Self { name, label, choices }
    }
}

/// The webhooks to choose from, by their names.
pub(super) fn webhooks(query: &Query, names: &HashMap<String, String>) -> Select {
    let mut webhooks: Vec<(&str, &str)> =
        names.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect();
    webhooks.sort_unstable_by_key(|(id, name)| (*name, *id));
    Select::new("webhook", "Webhook", query, &webhooks)
}

/// The filters of these names as they were entered.
pub(super) fn entered<'a>(
    names: &[&'static str],
    query: &'a Query,
) -> Vec<(&'static str, &'a str)> {
    names.iter().filter_map(|name| Some((*name, query.get(name)?))).collect()
}

/// The filters of these names as the API has them.
pub(super) fn parameters(names: &[&'static str], query: &Query) -> Vec<(&'static str, String)> {
    let read = |(name, value): (&'static str, &str)| match name {
        "since" | "until" => (name, instant(value)),
        _ => (name, value.to_owned()),
    };
    entered(names, query).into_iter().map(read).collect()
}

/// The API's path of the deliveries of one webhook or of all.
pub(super) fn deliveries_of(webhook: Option<&str>) -> String {
    match webhook {
        Some(id) => format!("{}/deliveries", of_webhook(id)),
        None => "/api/deliveries".to_owned(),
    }
}

/// A time as the browser's field has it, which is without a zone: it is meant in UTC.
fn instant(entered: &str) -> String {
    match entered.len() {
        16 => format!("{entered}:00Z"),
        19 => format!("{entered}Z"),
        _ => entered.to_owned(),
    }
}

/// A time as the browser's field takes it, from a shared address that may have a zone.
pub(super) fn for_field(entered: String) -> String {
    let in_utc = entered.parse::<Timestamp>().map(|time| time.to_string());
    in_utc.ok().and_then(|utc| utc.get(..19).map(ToOwned::to_owned)).unwrap_or(entered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_with_a_zone_fits_the_field() {
        for (entered, shown) in [
            ("2026-11-04T06:24:00Z", "2026-11-04T06:24:00"),
            ("2026-11-04T08:24:00.123+02:00", "2026-11-04T06:24:00"),
            ("2026-11-04T06:24", "2026-11-04T06:24"),
            ("yesterday", "yesterday"),
        ] {
            assert_eq!(for_field(entered.to_owned()), shown);
        }
    }
}
