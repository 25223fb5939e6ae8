use super::*;
use crate::{cost::paths::FILE, workspace::Workspace};

/// Paths with few calls: an event is a write, a row of the list and a read; a delivery two writes
/// and a read. A failed attempt is two writes and a read, its wait an index write and a read.
const TEXT: &str = "\
[healthy, one webhook] 10 deliveries
  ingest: PutItem EventsTable                 10    -   10   10    -    -
  ingest: Query WebhooksTable                 10   10    -    -    -    -
  ingest: SendMessageBatch DeliveryQueue       1    -    -    -    1   10
  delivery: UpdateItem DeliveriesTable        10   10   20    -    -    -
[healthy, ten webhooks] 100 deliveries
  ingest: PutItem EventsTable                 10    -   10   10    -    -
  ingest: Query WebhooksTable                 10   10    -    -    -    -
  ingest: SendMessageBatch DeliveryQueue      10    -    -    -   10  100
  delivery: UpdateItem DeliveriesTable       100  100  200    -    -    -
[a retry after a delay of the queue] 10 deliveries
  ingest: PutItem EventsTable                 10    -   10   10    -    -
  ingest: Query WebhooksTable                 10   10    -    -    -    -
  ingest: SendMessageBatch DeliveryQueue       1    -    -    -    1   10
  delivery: UpdateItem DeliveriesTable        20   20   30    -    -    -
  delivery: UpdateItem WebhooksTable          20    -   20    -    -    -
  delivery: SendMessageBatch DeliveryQueue    10    -    -    -   10   10
[a retry after a long wait, alone at its endpoint] 10 deliveries
  ingest: PutItem EventsTable                 10    -   10   10    -    -
  ingest: Query WebhooksTable                 10   10    -    -    -    -
  ingest: SendMessageBatch DeliveryQueue       1    -    -    -    1   10
  delivery: UpdateItem DeliveriesTable        40   40   50   10    -    -
  delivery: GetItem EventsTable               10    5    -    -    -    -
  delivery: UpdateItem WebhooksTable          40    -   40    -    -    -
  delivery: SendMessageBatch DeliveryQueue    20    -    -    -   20   20
  tend: Query DeliveriesTable/due            144   72    -    -    -    -
  tend: SendMessageBatch DeliveryQueue         3    -    -    -    3   10
  executions: 3, with 6 visits and 21 state transitions, 2.1 a delivery
";

fn counted() -> Counted {
    Counted::of(&paths::parse(TEXT).expect("paths")).expect("counted")
}

#[test]
fn an_event_and_a_delivery_are_told_apart_by_two_paths() {
    let event = Units { reads: 1.0, writes: 1.0, list_writes: 1.0, ..Units::default() };
    let delivery = Units { reads: 1.0, writes: 2.0, messages: 1.0, ..Units::default() };
    assert_eq!((counted().event, counted().delivery), (event, delivery));
}

#[test]
fn reads_of_webhooks_are_shared_by_the_deliveries_of_a_batch() {
    let with = |text: &str, heading: &str, row: &str| {
        text.replace(heading, &format!("{heading}\n  delivery: Query WebhooksTable {row}"))
    };
    let text = with(TEXT, "[healthy, one webhook] 10 deliveries", "10 5 - - - -");
    let text = with(&text, "[healthy, ten webhooks] 100 deliveries", "10 8 - - - -");
    let found = Counted::of(&paths::parse(&text).expect("paths")).expect("counted");
    assert_eq!((found.event, found.delivery), (counted().event, counted().delivery));
    // One for all of ten is 0.8, and one for two as much; for one it is half a unit.
    assert_eq!([1.0, 2.0, 10.0].map(|webhooks| found.webhooks.each(webhooks)), [0.5, 0.4, 0.08]);
}

#[test]
fn failures_add_up_from_the_paths() {
    let counted = counted();
    assert_eq!(counted.failing(0), Units::default());
    // One more attempt and message, two writes of the endpoint's health.
    let one = Units { reads: 1.0, writes: 3.0, messages: 1.0, ..Units::default() };
    assert_eq!(counted.failing(1), one);
    assert_eq!(counted.failing(2), Units { reads: 2.0, writes: 5.0, messages: 2.0, ..one });
    let three = Units {
        reads: 3.0,
        event_reads: 0.5,
        writes: 7.0,
        index_writes: 1.0,
        messages: 3.0,
        ..Units::default()
    };
    assert_eq!(counted.failing(3), three);
    let four = Units {
        reads: 4.0,
        event_reads: 1.0,
        writes: 9.0,
        index_writes: 2.0,
        messages: 4.0,
        ..Units::default()
    };
    assert_eq!(counted.failing(4), four);
    // The fifth fails in place of the success: no recovery, one failure, a second KB, an index
    // write, a notice.
    let five = Units { writes: 10.0, index_writes: 3.0, notices: 1.0, ..four };
    assert_eq!(counted.failing(5), five);
    assert_eq!([0, 1, 2, 3, 4, 5].map(|failures| counted.waits(failures)), [0, 0, 0, 1, 2, 2]);
    assert_eq!(counted.attempts(), 5);
}

#[test]
fn the_calls_of_a_minute_are_those_of_its_execution() {
    let execution = Execution { transitions: 7.0, visits: 2.0, reads: 24.0 };
    assert_eq!(counted().execution, execution);
}

#[test]
fn a_missing_path_is_named() {
    let paths = paths::parse(&TEXT.replace("ten webhooks", "two webhooks")).expect("paths");
    let error = Counted::of(&paths).expect_err("missing");
    assert!(error.to_string().contains("ten webhooks"), "{error}");
}

/// More failures never cost less, and no derived unit is below nothing.
#[test]
fn the_counted_file_gives_sensible_units() {
    let workspace = Workspace::find().expect("the repository");
    let text = std::fs::read_to_string(workspace.path(FILE)).expect("the file");
    let counted = Counted::of(&paths::parse(&text).expect("paths")).expect("counted");
    let parts = |units: Units| {
        let Units { reads, event_reads, writes, list_writes, index_writes, messages, notices } =
            units;
        [reads, event_reads, writes, list_writes, index_writes, messages, notices]
    };
    for units in [counted.event, counted.delivery] {
        assert!(parts(units).iter().all(|part| *part > -1e-9), "{units:?}");
    }
    for failures in 1..=counted.attempts() {
        let more = counted.failing(failures) - counted.failing(failures - 1);
        assert!(parts(more).iter().all(|part| *part > -1e-9), "{failures}: {more:?}");
    }
}
