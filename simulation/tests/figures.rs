//! Every figure of the generated tables has a limit in this file, and no program writes this file.
//! A mistake that only changes a table would be written into the document by the next generation;
//! it fails here.

const DOCUMENT: &str = include_str!("../../docs/reliability.md");

/// The cells of a generated table, without its header. Each row begins with its label.
fn rows(section: &str) -> Vec<Vec<String>> {
    let begin = format!("<!-- generated: {section} -->");
    let (_, rest) = DOCUMENT.split_once(&begin).unwrap_or_else(|| panic!("no table of {section}"));
    let (table, _) = rest.split_once("<!-- end of ").expect("its end");
    let rows = table.lines().filter_map(|line| line.strip_prefix("| ")?.strip_suffix('|'));
    let cells = |row: &str| row.split('|').map(|cell| cell.trim().to_owned()).collect();
    rows.skip(1).map(cells).collect()
}

/// The number in a cell, without the text before it.
fn number(cell: &str) -> f64 {
    let digits: String = cell.chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    digits.parse().unwrap_or_else(|_| panic!("no number: {cell}"))
}

/// Compares each figure of a row with its maximum.
fn hold(label: &str, figures: &[String], most: &[f64], wrong: &mut Vec<String>) {
    assert_eq!(figures.len(), most.len(), "{label}: a figure without a bound");
    for (figure, most) in figures.iter().zip(most) {
        if number(figure) > *most {
            wrong.push(format!("{label}: {figure} is over {most}"));
        }
    }
}

/// How often each call may be made, in all five orders of the path together. There are seven
/// requests and records in each order; the other calls are what one attempt may cost. In each order a
/// circuit breaker opens and closes: the wake-ups of two due times and the release look until they find
/// nobody, 11 messages with a query and a read each. They replace 18 transitions of an execution.
const CALLS: [(&str, u32); 33] = [
    ("ingest · query subscriptions", 5),
    ("ingest · store event", 5),
    ("ingest · create delivery", 20),
    ("ingest · send messages", 5),
    ("ingest · acknowledge", 5),
    ("delivery · read deliveries", 6),
    ("delivery · read delivery", 33),
    ("delivery · read webhooks", 5),
    ("delivery · read webhook", 70),
    ("delivery · send request", 35),
    ("delivery · reserve slots", 5),
    ("delivery · wait for slot", 5),
    ("delivery · start execution", 10),
    ("delivery · record attempt", 35),
    ("delivery · send messages", 60),
    ("delivery · store health", 30),
    ("delivery · acknowledge", 95),
    ("delivery · read event", 20),
    ("delivery · put notices", 14),
    ("delivery · park", 4),
    ("delivery · note health", 9),
    ("delivery · query parked", 46),
    ("wait · call tend", 20),
    ("tend · query waits", 480),
    ("tend · read who waits", 10),
    ("tend · send messages", 10),
    ("tend · stop waiting", 10),
    ("api · read key", 5),
    ("api · note key use", 5),
    ("api · read webhook", 5),
    ("api · read delivery", 5),
    ("api · read event", 5),
    ("api · send messages", 5),
];

#[test]
fn the_path_of_an_event_makes_no_call_more_often_than_it_must() {
    let mut wrong = Vec::new();
    let rows = rows("crash points, simulated");
    assert_eq!(rows.len(), CALLS.len(), "a call without a bound, or a bound without a call");
    for row in &rows {
        let most = CALLS.iter().find(|(call, _)| *call == row[0]).map(|(_, most)| *most);
        let most = most.unwrap_or_else(|| panic!("{} has no bound", row[0]));
        hold(&row[0], &row[1..], &[f64::from(most); 4], &mut wrong);
        if let Some(red) = row[1..].iter().find(|cell| !cell.starts_with("✓ ")) {
            wrong.push(format!("{}: {red}", row[0]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Milliseconds before circuit breakers open and after: the median, the 99th percentile, and the
/// maximum.
const LATENCIES: [(&str, [f64; 6]); 8] = [
    ("as shipped", [250.0, 450.0, 500.0, 150.0, 250.0, 350.0]),
    ("with a turn for each webhook", [30e3, 60e3, 60e3, 150.0, 350.0, 2500.0]),
    ("without turns", [30e3, 60e3, 60e3, 150.0, 350.0, 2500.0]),
    ("with at most 50 functions", [8e3, 25e3, 25e3, 150.0, 6e3, 8e3]),
    ("with all functions at work already", [20e3, 31e3, 31e3, 150.0, 250.0, 350.0]),
    ("with 50 provisioned pollers", [150.0, 250.0, 300.0, 150.0, 250.0, 350.0]),
    ("with two provisioned pollers", [200.0, 5e3, 5e3, 150.0, 250.0, 350.0]),
    ("the same, if a backlog is noticed at once", [200.0, 400.0, 450.0, 150.0, 250.0, 350.0]),
];

#[test]
fn no_circumstance_delays_others_for_longer_than_it_is_said_to() {
    let mut wrong = Vec::new();
    let rows = rows("a hundred endpoints that hang");
    assert_eq!(rows.len(), LATENCIES.len(), "a row without a bound, or a bound without a row");
    for row in &rows {
        let most = LATENCIES.iter().find(|(label, _)| *label == row[0]).map(|(_, most)| most);
        let most = most.unwrap_or_else(|| panic!("{} has no bound", row[0]));
        hold(&row[0], &row[1..], most, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The README promises what the table has of the system as shipped.
#[test]
fn the_readme_has_the_latencies_of_the_table() {
    let rows = rows("a hundred endpoints that hang");
    let shipped = rows.iter().find(|row| row[0] == "as shipped").expect("its row");
    let promise =
        format!("{} ms for half of all events, {} ms for 99 of 100", shipped[4], shipped[5]);
    assert!(include_str!("../../README.md").contains(&promise), "README.md: {promise}");
}

/// Failed requests, executions, messages and row writes of this many deliveries to one dead
/// endpoint.
const COSTS: [(&str, f64, [f64; 4]); 6] = [
    ("for good", 100.0, [300.0, 60.0, 1_800.0, 1_500.0]),
    ("for good", 1_000.0, [300.0, 5.0, 4_750.0, 5_150.0]),
    ("for good", 10_000.0, [300.0, 5.0, 32_000.0, 42_000.0]),
    ("for six hours", 100.0, [40.0, 10.0, 450.0, 520.0]),
    ("for six hours", 1_000.0, [40.0, 5.0, 3_250.0, 4_250.0]),
    ("for six hours", 10_000.0, [40.0, 5.0, 31_000.0, 41_000.0]),
];

#[test]
fn a_dead_endpoint_costs_no_more_than_it_is_said_to() {
    let mut wrong = Vec::new();
    let rows = rows("one dead endpoint");
    assert_eq!(rows.len(), COSTS.len(), "a row without a bound, or a bound without a row");
    for (row, (dead, deliveries, [requests, executions, messages, writes])) in
        rows.iter().zip(COSTS)
    {
        assert_eq!((row[0].as_str(), number(&row[1])), (dead, deliveries));
        let most =
            [requests, executions, messages, messages / deliveries, writes, writes / deliveries];
        hold(&format!("{dead}, {deliveries}"), &row[2..], &most, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Healthy deliveries, how many of them failed, how many seconds the latest may be late, and
/// isolated messages.
const POISON: [(&str, [f64; 4]); 6] = [
    ("one delivery of ten kills the function", [9.0, 0.0, 430.0, 10.0]),
    ("the same 120 times, every five seconds", [1080.0, 0.0, 430.0, 1200.0]),
    ("one event of ten kills the function", [90.0, 0.0, 430.0, 10.0]),
    ("no function can be invoked for 1 h", [3200.0, 0.0, 430.0, 1800.0]),
    ("no table answers for 3 h", [5600.0, 0.0, 430.0, 2000.0]),
    ("no table answers for 11 h", [15200.0, 0.0, 430.0, 3000.0]),
];

#[test]
fn a_message_that_kills_costs_others_no_more_than_it_is_said_to() {
    let mut wrong = Vec::new();
    let rows = rows("messages that kill a function");
    assert_eq!(rows.len(), POISON.len(), "a row without a bound, or a bound without a row");
    for (row, (label, most)) in rows.iter().zip(POISON) {
        assert_eq!(row[0], label);
        hold(label, &row[1..5], &most, &mut wrong);
        // Half a day, and the time of the last receives.
        let dead_after = row[5].trim();
        if !["", "14 h 7 min"].contains(&dead_after) {
            wrong.push(format!("{label}: a dead letter after {dead_after}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Seconds of a wave, repeated requests with three tries of a record, and repeated requests as
/// implemented.
const WAVES: [(&str, [f64; 3]); 4] = [
    ("one of twenty webhooks (a partition)", [10.0, 500.0, 0.0]),
    ("the deliveries table", [10.0, 10_000.0, 0.0]),
    ("the deliveries table", [18.0, 10_000.0, 0.0]),
    ("the deliveries table", [60.0, 10_000.0, 4_000.0]),
];

#[test]
fn a_throttling_wave_sends_no_more_twice_than_it_is_said_to() {
    let mut wrong = Vec::new();
    let rows = rows("throttling waves");
    assert_eq!(rows.len(), WAVES.len(), "a row without a bound, or a bound without a row");
    for (row, (label, most)) in rows.iter().zip(WAVES) {
        assert_eq!(row[0], label);
        hold(label, &row[1..], &most, &mut wrong);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn each_generated_table_has_bounds() {
    let generated = DOCUMENT.split("<!-- generated: ").skip(1);
    let sections: Vec<&str> =
        generated.filter_map(|rest| rest.split_once(" -->").map(|(name, _)| name)).collect();
    let bounded = [
        "crash points, simulated",
        // It has no figures: each cell is a kill that was survived, or the test that writes it
        // fails.
        "crash points, deployed",
        "a hundred endpoints that hang",
        "one dead endpoint",
        "messages that kill a function",
        "throttling waves",
    ];
    assert_eq!(sections, bounded, "a table is generated and has no bounds here");
}
