use super::*;
use crate::cost::{bill::Bill, paths, prices::Prices, units::Counted};
use crate::workspace::Workspace;

fn month() -> Month {
    Month {
        deliveries: 1000.0,
        fan_out: 10.0,
        payload: 500.0,
        compressed: 0.5,
        fail_rate: 0.0,
        failures: 5,
        rate: None,
        batch: Some(10.0),
        receiver_millis: 100.0,
        aws_millis: 20.0,
        request_bytes: 500.0,
        over_http: false,
        event_list: true,
    }
}

/// A tenth of a processor each, which needs 10 ms of it for an event or a delivery.
fn deployment() -> Deployment {
    let function = Function { megabytes: 176.9, processor: 1.0, most: 10.0 };
    Deployment {
        api: Function { most: f64::INFINITY, ..function },
        ingest: function,
        delivery: function,
        tend_megabytes: 1024.0,
        alarms: 3.0,
        retention_days: 60.0,
        log_retention_days: 30.0,
    }
}

fn counted() -> Counted {
    let workspace = Workspace::find().expect("the repository");
    let text = std::fs::read_to_string(workspace.path(paths::FILE)).expect("the file");
    Counted::of(&paths::parse(&text).expect("paths")).expect("counted")
}

fn near(found: f64, expected: f64, what: &str) {
    let most = expected.abs() * 1e-9 + 1e-12;
    assert!((found - expected).abs() <= most, "{what}: {found}, not {expected}");
}

#[test]
fn a_healthy_month_is_as_computed_by_hand() {
    let counted = counted();
    let usage = month().usage(&counted, &deployment());
    // 100 events in 10 batches, 1,000 deliveries in 100 batches.
    near(usage.bus_events, 100.0, "events");
    // Each event sent alone; 10 batches received and deleted.
    // 10 batches of ingest send 10 requests each; 100 batches are received and deleted.
    near(usage.queue_requests, (100.0 + 20.0) + (100.0 + 200.0), "requests");
    near(usage.fair_requests, 300.0, "requests with a group");
    near(usage.invocations, 110.0, "invocations");
    // Ingest: 10 times 100 deliveries of 10 ms and 20 ms. Delivery: 100 times 10 of 10 ms, 20 ms
    // and 100 ms.
    let seconds = 10.0 * 1.02 + 100.0 * 0.22;
    near(usage.memory_time, seconds * 176.9 / 1024.0, "memory");
    near(usage.list_writes, 100.0 * counted.event.list_writes, "the list");
    let writes = 100.0 * counted.event.writes + 1000.0 * counted.delivery.writes;
    near(usage.writes, writes, "writes");
    // Two months are kept.
    let row = 207.0 + 160.0 + 500.0 + 100.0;
    near(usage.stored_gigabytes, 2.0 * (100.0 * row + 1000.0 * 476.0) / 1e9, "stored");
    near(usage.log_gigabytes, 110.0 * 700.0 / 1e9, "logs");
    near(usage.sent_gigabytes, 1000.0 * 1000.0 / 1e9, "sent");
    assert_eq!((usage.executions, usage.transitions), (0.0, 0.0));
}

#[test]
fn a_batch_shares_reads_of_webhooks_as_far_as_its_events_have_several() {
    let counted = counted();
    let reads = |fan_out, batch| {
        let month = Month { fan_out, batch: Some(batch), ..month() };
        month.usage(&counted, &deployment()).reads
    };
    near(reads(1.0, 1.0), reads(1.0, 10.0), "one webhook");
    let shared = 1000.0 * (counted.webhooks.each(1.0) - counted.webhooks.each(10.0));
    assert!(shared > 0.0, "{shared}");
    near(reads(10.0, 1.0) - reads(10.0, 10.0), shared, "ten webhooks");
}

#[test]
fn over_http_the_api_takes_the_place_of_the_bus() {
    let usage = Month { over_http: true, ..month() }.usage(&counted(), &deployment());
    assert_eq!((usage.bus_events, usage.api_requests), (0.0, 100.0));
    near(usage.fair_requests, usage.queue_requests, "all have a group");
    near(usage.log_gigabytes, (110.0 * 700.0 + 100.0 * 700.0) / 1e9, "logs");
}

#[test]
fn data_is_charged_by_the_kilobyte_where_it_is_stored_and_by_the_chunk_where_it_travels() {
    let counted = counted();
    let small = month().usage(&counted, &deployment());
    let large = Month { payload: 100_000.0, ..month() }.usage(&counted, &deployment());
    // 50,000 bytes compressed, 367 beside them: 50 units, not one.
    near(large.writes - small.writes, 100.0 * 49.0, "writes");
    // 13 blocks of 4 KB for each attempt, read eventually.
    near(large.reads - small.reads, 1000.0 * 6.5, "reads");
    near(large.bus_events, 200.0, "chunks");
    // Two for each that is sent; 16 rather than one for a batch that is received.
    near(large.queue_requests - small.queue_requests, 100.0 + 10.0 * 15.0, "requests");
    // Compressed only where that saves a unit: 1,000 bytes stay below two KB either way.
    let plain = Month { payload: 1000.0, compressed: 0.9, ..month() };
    near(plain.event_row(), 367.0 + 1000.0, "not worth it");
    near(Month { compressed: 0.6, ..plain }.event_row(), 367.0 + 600.0, "worth it");
}

#[test]
fn batches_follow_from_the_rate() {
    let usage =
        |rate| Month { rate: Some(rate), batch: None, ..month() }.usage(&counted(), &deployment());
    // Ten instances of delivery, busy for 120 ms each: one message at 83 a second.
    assert_eq!(usage(5.0).delivery_batch, 1.0);
    near(usage(500.0).delivery_batch, 6.0, "half a minute's");
    assert_eq!(usage(1e6).delivery_batch, 10.0);
    // Ingest is busy for 20 ms, and gets a tenth of the messages.
    assert_eq!(usage(500.0).ingest_batch, 1.0);
}

#[test]
fn the_clock_limits_what_waiting_costs() {
    near(minutes_with(0.0), 0.0, "nothing waits");
    assert!((minutes_with(10.0) - 10.0).abs() < 0.01, "{}", minutes_with(10.0));
    near(minutes_with(1e9), 43_200.0, "every minute");
    let failing = Month { fail_rate: 1.0, deliveries: 1e9, ..month() };
    let usage = failing.usage(&counted(), &deployment());
    near(usage.transitions, 43_200.0 * counted().execution.transitions, "transitions");
}

/// More deliveries, more failures and larger events never cost less.
#[test]
fn a_larger_month_never_costs_less() {
    let (counted, deployment) = (counted(), deployment());
    let prices = Prices::read().expect("the file");
    let dollars = |month: &Month| {
        Bill::of(&month.usage(&counted, &deployment), &prices).expect("a bill").total()
    };
    let grows = |what: &str, months: Vec<Month>| {
        let bills: Vec<f64> = months.iter().map(&dollars).collect();
        assert!(bills.is_sorted_by(|one, next| *next > one - 1e-9), "{what}: {bills:?}");
    };
    let steps = || (0..80).map(|step| 10_f64.powf(f64::from(step) / 8.0));
    for batch in [None, Some(1.0), Some(10.0)] {
        for fan_out in [1.0, 10.0] {
            let month = Month { batch, fan_out, fail_rate: 0.01, ..month() };
            let of = |deliveries| Month { deliveries, ..month.clone() };
            grows("deliveries", steps().map(of).collect());
            let of = |payload| Month { payload, ..month.clone() };
            grows("payload", (0..300).map(|kilobytes| of(f64::from(kilobytes) * 1000.0)).collect());
            let of = |failures| Month { failures, ..month.clone() };
            grows("failed attempts", (0..=5).map(of).collect());
            let of = |percent| Month { fail_rate: f64::from(percent) / 100.0, ..month.clone() };
            grows("failing deliveries", (0..=100).map(of).collect());
        }
    }
}

#[test]
fn a_bill_has_a_line_for_all_that_is_used_and_adds_up() {
    let usage = Usage {
        bus_events: 1e6,
        queue_requests: 2e6,
        fair_requests: 1e6,
        writes: 2e6,
        reads: 8e6,
        alarms: 19.0,
        ..Usage::default()
    };
    let bill = Bill::of(&usage, &Prices::read().expect("the file")).expect("a bill");
    let lines: Vec<_> = bill.lines.iter().map(|line| (line.service, line.dollars)).collect();
    let expected = [
        ("CloudWatch alarms", 1.9),
        ("DynamoDB writes", 1.25),
        ("EventBridge", 1.0),
        ("DynamoDB reads", 1.0),
        ("SQS", 0.8),
        ("SQS, fair queues", 0.1),
    ];
    assert_eq!(lines.len(), expected.len(), "{lines:?}");
    for ((service, dollars), (expected_service, expected)) in lines.into_iter().zip(expected) {
        assert_eq!(service, expected_service);
        near(dollars, expected, service);
    }
    near(bill.total(), 6.05, "in all");
    near(bill.fixed(), 1.9, "without traffic");
}

/// The sentences of the document that other tests compare with the code.
#[test]
fn logs_and_metrics_are_those_of_the_document() {
    let workspace = Workspace::find().expect("the repository");
    let document = std::fs::read_to_string(workspace.path("docs/cost.md")).expect("the document");
    let document = document.replace('\n', " ");
    let access = LOG_OF_A_REQUEST - 400.0;
    for sentence in [
        format!("{METRICS} of them at most"),
        format!("about {LOG_OF_AN_INVOCATION} bytes an invocation"),
        format!("the access log about {access} bytes a request"),
        "Lambda's own log lines about 400 bytes".to_owned(),
    ] {
        assert!(document.contains(&sentence), "docs/cost.md does not say: {sentence}");
    }
}
