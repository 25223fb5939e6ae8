//! A bill on the terminal, in 80 columns, and as JSON.

use super::{
    basis::Basis,
    bill::{Bill, grouped, money},
    month::Month,
    prices::Peer,
};
use crate::terminal::{heading, pad, table};
use anyhow::Result;
use console::style;
use serde_json::{Value, json};

/// Prints the total, the lines from the dearest to the cheapest, other services, and what was
/// assumed.
///
/// # Errors
/// If a price is missing.
pub(super) fn show(basis: &Basis, month: &Month) -> Result<()> {
    let bill = basis.bill(month)?;
    let total = bill.total();
    let million = total / month.deliveries * 1e6;
    let deliveries = grouped(month.deliveries);
    heading(&format!("{} a month for {deliveries} deliveries", money("$", total)));
    println!(
        "  {} for a million deliveries; {} of the month without any traffic",
        money("$", million),
        money("$", bill.fixed()),
    );
    println!();
    let rows: Vec<Vec<String>> = bill.lines.iter().map(|line| cells(line, total)).collect();
    table(&["service", "a month", "share", "what is charged"], &rows);

    heading("The same deliveries elsewhere");
    for row in elsewhere(basis, month)? {
        let price = format!("{:>10}", row.price);
        println!("  {} {}  {}", pad(&row.name, 34), price, style(row.dated).dim());
    }
    heading("Assumed");
    for line in assumptions(basis, month) {
        println!("  {line}");
    }
    Ok(())
}

fn cells(line: &super::bill::Line, total: f64) -> Vec<String> {
    let share = if total > 0.0 { line.dollars / total * 100.0 } else { 0.0 };
    let used = if line.fixed { format!("{}, always", line.used) } else { line.used.clone() };
    vec![
        line.service.to_owned(),
        format!("{:>9}", money("$", line.dollars)),
        format!("{share:>3.0} %"),
        used,
    ]
}

/// What another service would charge.
pub(super) struct Elsewhere {
    pub(super) name: String,
    pub(super) price: String,
    pub(super) dated: String,
}

pub(super) fn elsewhere(basis: &Basis, month: &Month) -> Result<Vec<Elsewhere>> {
    let destinations = Elsewhere {
        name: "EventBridge API destinations".to_owned(),
        price: money("$", basis.api_destinations(month)?),
        dated: "list price".to_owned(),
    };
    let peer = |peer: &Peer| Elsewhere {
        name: peer.name.clone(),
        price: money(&peer.currency, peer.month(month.events(), month.deliveries)),
        dated: format!("price of {}", peer.dated),
    };
    Ok(std::iter::once(destinations).chain(basis.prices.peers.iter().map(peer)).collect())
}

fn assumptions(basis: &Basis, month: &Month) -> Vec<String> {
    let usage = month.usage(&basis.counted, &basis.deployment);
    let Month { fan_out, payload, fail_rate, failures, .. } = month;
    let attempts = basis.counted.attempts();
    let fate = if *failures < attempts { "and are accepted then" } else { "and are given up" };
    // To a thousandth, without the digits of binary fractions.
    let percent = (fail_rate * 1e5).round() / 1e3;
    let rate = match month.rate {
        Some(rate) => format!("{rate} deliveries a second"),
        None => format!("spread evenly, {:.2} deliveries a second", month.rate()),
    };
    let webhooks =
        if *fan_out > 1.0 { format!("{fan_out} webhooks") } else { "1 webhook".to_owned() };
    let way = if month.over_http { "HTTP, one a request" } else { "EventBridge" };
    vec![
        format!("{webhooks} an event; {} bytes of data; over {way}", grouped(*payload)),
        format!("{percent} % fail {failures} of {attempts} attempts, alone, {fate}"),
        rate,
        format!(
            "batches of {:.1} events and {:.1} deliveries",
            usage.ingest_batch, usage.delivery_batch
        ),
        format!(
            "receivers answer in {} ms; a batch waits {} ms for AWS",
            month.receiver_millis, month.aws_millis
        ),
        format!("{} bytes of headers and TLS for each request", grouped(month.request_bytes)),
        format!("list prices in {} of {}; no free tier", basis.prices.region, basis.prices.date),
        "docs/cost.md explains the rest".to_owned(),
    ]
}

/// The same as JSON.
///
/// # Errors
/// If a price is missing.
pub(super) fn json(basis: &Basis, month: &Month) -> Result<Value> {
    let bill: Bill = basis.bill(month)?;
    let lines: Vec<Value> = bill
        .lines
        .iter()
        .map(|line| {
            json!({
                "service": line.service,
                "dollars": line.dollars,
                "used": line.used,
                "fixed": line.fixed,
            })
        })
        .collect();
    let peers: Vec<Value> = basis
        .prices
        .peers
        .iter()
        .map(|peer| {
            json!({
                "name": peer.name,
                "currency": peer.currency,
                "price": peer.month(month.events(), month.deliveries),
                "dated": peer.dated,
                "page": peer.page,
                "readAt": peer.read_at,
                "note": peer.note,
            })
        })
        .collect();
    Ok(json!({
        "dollars": bill.total(),
        "dollarsForAMillion": bill.total() / month.deliveries * 1e6,
        "dollarsWithoutTraffic": bill.fixed(),
        "lines": lines,
        "apiDestinations": basis.api_destinations(month)?,
        "peers": peers,
        "assumed": assumptions(basis, month),
        "prices": { "date": basis.prices.date, "region": basis.prices.region },
    }))
}
