//! The tables of `docs/cost.md`.

use super::{
    basis::{AWS_MILLIS, Basis, COMPRESSED, RECEIVER_MILLIS, REQUEST_BYTES},
    bill::{grouped, money},
    month::Month,
    prices::Counts,
    screen,
};
use anyhow::{Context, Result};
use grapnel_testing::document::with_generated_part;

/// The document with the tables.
pub(super) const DOCUMENT: &str = "docs/cost.md";

/// Deliveries of a month.
const VOLUMES: [(&str, f64); 3] = [("1 million", 1e6), ("10 million", 1e7), ("100 million", 1e8)];
const FAN_OUTS: [f64; 2] = [1.0, 10.0];

/// Messages of a batch: few and many.
const ONE: f64 = 1.0;
const FULL: f64 = 10.0;

/// The document's month: 1 KiB of data, over EventBridge; one in a hundred deliveries fails all
/// attempts.
fn month(deliveries: f64, fan_out: f64, batch: f64) -> Month {
    Month {
        deliveries,
        fan_out,
        payload: 1024.0,
        compressed: COMPRESSED,
        fail_rate: 0.01,
        failures: 5,
        rate: None,
        batch: Some(batch),
        receiver_millis: RECEIVER_MILLIS,
        aws_millis: AWS_MILLIS,
        request_bytes: REQUEST_BYTES,
        over_http: false,
        event_list: true,
    }
}

/// A table in Markdown: the first column to the left, the others to the right.
fn table(header: &[&str], rows: &[Vec<String>]) -> String {
    let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
    let header_cells = header.iter().map(|cell| (*cell).to_owned()).collect();
    let mut text = line(header_cells);
    text.push_str(&format!("|---{}|\n", "|--:".repeat(header.len() - 1)));
    rows.iter().for_each(|row| text.push_str(&line(row.clone())));
    text
}

/// Whole bills.
fn bills(basis: &Basis) -> Result<String> {
    let header = [
        "deliveries a month",
        "1 webhook an event, batches of 1",
        "full batches",
        "10 webhooks an event, batches of 1",
        "full batches",
    ];
    let rows = VOLUMES.map(|(name, deliveries)| {
        let mut row = vec![name.to_owned()];
        for fan_out in FAN_OUTS {
            for batch in [ONE, FULL] {
                let total = basis.bill(&month(deliveries, fan_out, batch))?.total();
                let million = total / deliveries * 1e6;
                row.push(format!("**{}**, {} a million", money("$", total), money("$", million)));
            }
        }
        Ok(row)
    });
    Ok(table(&header, &rows.into_iter().collect::<Result<Vec<_>>>()?))
}

/// The lines of a bill, dearest first.
fn lines(basis: &Basis) -> Result<String> {
    let of = |fan_out, batch| basis.bill(&month(1e7, fan_out, batch));
    let bills = [of(1.0, ONE)?, of(1.0, FULL)?, of(10.0, ONE)?, of(10.0, FULL)?];
    let header = [
        "for 10 million deliveries",
        "1 webhook, batches of 1",
        "full batches",
        "10 webhooks, batches of 1",
        "full batches",
    ];
    let mut rows: Vec<Vec<String>> = Vec::new();
    for line in &bills[0].lines {
        let service = if line.fixed {
            format!("{}, whatever the traffic", line.service)
        } else {
            line.service.to_owned()
        };
        let sums = bills.iter().map(|bill| money("$", bill.of_service(line.service)));
        rows.push(std::iter::once(service).chain(sums).collect());
    }
    let totals = bills.iter().map(|bill| format!("**{}**", money("$", bill.total())));
    rows.push(std::iter::once("**in all**".to_owned()).chain(totals).collect());
    Ok(table(&header, &rows))
}

/// A million deliveries without what the month costs anyway: healthy, and failing.
fn a_million(basis: &Basis) -> Result<String> {
    let healthy = |fan_out, batch, event_list| {
        let month =
            Month { fail_rate: 0.0, event_list, payload: 500.0, ..month(1e6, fan_out, batch) };
        let bill = basis.bill(&month)?;
        Ok::<_, anyhow::Error>(money("$", bill.total() - bill.fixed()))
    };
    let failing = |a_day: f64| {
        let month = Month { fail_rate: 1.0, payload: 500.0, ..month(a_day * 30.0, 1.0, ONE) };
        let bill = basis.bill(&month)?;
        let million = 1e6 / month.deliveries;
        let total = bill.total() - bill.fixed();
        let row = vec![
            format!("all five attempts fail, each alone, {} a day", grouped(a_day)),
            format!("{}; {} a month", money("$", total * million), money("$", total)),
            money("$", bill.of_service("Step Functions") * million),
        ];
        Ok::<_, anyhow::Error>(row)
    };
    let mut rows = Vec::new();
    for (what, fan_out, batch) in [
        ("accepted at once, full batches, 1 webhook an event", 1.0, FULL),
        ("the same, 10 webhooks an event", 10.0, FULL),
        ("accepted at once, batches of 1, 1 webhook an event", 1.0, ONE),
        ("the same, 10 webhooks an event", 10.0, ONE),
    ] {
        let with = healthy(fan_out, batch, true)?;
        let without = healthy(fan_out, batch, false)?;
        let sums = format!("{with}; {without} without the list of events");
        rows.push(vec![what.to_owned(), sums, "–".to_owned()]);
    }
    for a_day in [100.0, 10_000.0, 100_000.0] {
        rows.push(failing(a_day)?);
    }
    let header = ["deliveries", "for a million", "of it Step Functions"];
    Ok(table(&header, &rows))
}

/// Other services.
fn peers(basis: &Basis) -> Result<String> {
    let months: Vec<Month> = FAN_OUTS
        .into_iter()
        .flat_map(|fan_out| VOLUMES.map(|(_, deliveries)| month(deliveries, fan_out, ONE)))
        .collect();
    let mut header = vec!["deliveries a month".to_owned()];
    for fan_out in ["1 webhook", "10 webhooks"] {
        header.extend(VOLUMES.map(|(name, _)| format!("{name}, {fan_out}")));
    }
    let mut own = vec!["**Grapnel**, batches of 1".to_owned()];
    let mut others: Vec<Vec<String>> = Vec::new();
    for month in &months {
        own.push(format!("**{}**", money("$", basis.bill(month)?.total())));
        for (index, other) in screen::elsewhere(basis, month)?.into_iter().enumerate() {
            match others.get_mut(index) {
                Some(row) => row.push(other.price),
                None => others.push(vec![other.name, other.price]),
            }
        }
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let rows: Vec<Vec<String>> = std::iter::once(own).chain(others).collect();
    Ok(table(&header, &rows))
}

/// The models and sources of the other services.
fn plans(basis: &Basis) -> String {
    let mut text = String::new();
    for peer in &basis.prices.peers {
        let counts = match peer.counts {
            Counts::Events => "by the event",
            Counts::Deliveries => "by the delivery",
        };
        text.push_str(&format!(
            "- [{}]({}), {counts}. Price of [{}]({}): {}.\n",
            peer.name, peer.page, peer.dated, peer.read_at, peer.note
        ));
    }
    text
}

/// The prices of AWS.
fn prices(basis: &Basis) -> String {
    let mut text = "| price | for | read in a page of |\n|--:|---|---|\n".to_owned();
    for price in &basis.prices.aws {
        let dated = price.dated.as_deref().unwrap_or("no date");
        text.push_str(&format!(
            "| {} | [{}]({}) | [{dated}]({}) |\n",
            price.text(),
            price.unit,
            price.page,
            price.read_at
        ));
    }
    text
}

/// The parts of the document, by name.
fn parts(basis: &Basis) -> Result<Vec<(&'static str, String)>> {
    Ok(vec![
        ("bills", bills(basis)?),
        ("other services", peers(basis)?),
        ("plans of other services", plans(basis)),
        ("lines of a bill", lines(basis)?),
        ("a million deliveries", a_million(basis)?),
        ("prices", prices(basis)),
    ])
}

/// The document with the tables of today.
///
/// # Errors
/// If the document has no place for a table.
pub(super) fn written_into(basis: &Basis, document: &str) -> Result<String> {
    parts(basis)?.into_iter().try_fold(document.to_owned(), |document, (name, text)| {
        let written = with_generated_part(&document, name, &text);
        written.with_context(|| format!("{DOCUMENT} has no part `{name}`"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::Workspace;
    use grapnel_testing::document::generated_part;

    /// The price of Grapnel, in the README's words.
    fn in_short(basis: &Basis) -> Result<String> {
        let million = |deliveries: f64, batch| {
            let total = basis.bill(&month(deliveries, 1.0, batch))?.total();
            Ok::<_, anyhow::Error>(money_in_short(total / deliveries * 1e6))
        };
        let fixed = basis.bill(&month(1e6, 1.0, FULL))?.fixed();
        Ok(format!(
            "{} to {} for a million deliveries a month, {} to {} a million for a hundred million, with every \
             service of AWS; {} a month without traffic",
            million(1e6, FULL)?,
            million(1e6, ONE)?,
            million(1e8, FULL)?,
            million(1e8, ONE)?,
            money_in_short(fixed)
        ))
    }

    /// Whole dollars.
    fn money_in_short(dollars: f64) -> String {
        format!("${}", grouped(dollars))
    }

    #[test]
    fn the_readme_has_the_same_price() {
        let workspace = Workspace::find().expect("the repository");
        let basis = Basis::read(&workspace).expect("a basis");
        let readme = std::fs::read_to_string(workspace.path("README.md")).expect("the readme");
        let price = in_short(&basis).expect("a price");
        assert!(readme.contains(&price), "README.md does not say: {price}");
    }

    #[test]
    fn the_documents_tables_are_those_of_the_code() {
        let workspace = Workspace::find().expect("the repository");
        let basis = Basis::read(&workspace).expect("a basis");
        let document = std::fs::read_to_string(workspace.path(DOCUMENT)).expect("the document");
        for (name, text) in parts(&basis).expect("tables") {
            assert_eq!(
                generated_part(&document, name),
                Some(text.trim()),
                "{DOCUMENT} has other figures: cargo xtask cost --write"
            );
        }
    }
}
