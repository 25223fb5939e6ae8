//! Responses that AWS gives rarely and an emulator never. A scripted server replaces AWS.

use aws_config::Region;
use aws_sdk_dynamodb::config::Credentials;
use grapnel_aws::{
    Clients, DeliveryQueue, DeliveryStore, EventStore, IsolationQueue, SharedWaits, WebhookStore,
    sdk_defaults,
};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{Delivery, DeliveryKey},
    limit::{Reservation, SlotTime},
    message::{MakeAttempt, Outgoing, QueueMessage, Record},
    ports::{
        CreateDeliveries, Deliveries, EnqueueAttempts, IsolateMessages, PortError, ReadEvents,
        ReadTogether, ReserveSlots, StartWaits, WaitState,
    },
    tending::Visit,
    time::Minute,
};
use grapnel_receiver::{Reply, Script, TestReceiver};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, an_event, nth},
    clock::NEVER,
    clock::START,
};

const MACHINE: &str = "arn:aws:states:eu-west-1:000000000000:stateMachine:wait";

/// A server in place of AWS, which answers every call from one script.
struct Scripted {
    server: TestReceiver,
    clients: Clients,
}

impl Scripted {
    async fn answering(replies: impl IntoIterator<Item = Reply>) -> Self {
        let server = TestReceiver::start().await.expect("a free port");
        server.answer_with("/", Script::in_order(replies).then(500));
        let config = sdk_defaults()
            .endpoint_url(server.url(""))
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .load()
            .await;
        Self { clients: Clients::new(&config), server }
    }

    /// The operations that were called, in order.
    fn calls(&self) -> Vec<String> {
        let received = self.server.all_received();
        let target = |header: &str| header.rsplit('.').next().unwrap_or_default().to_owned();
        received.iter().filter_map(|call| call.header("x-amz-target")).map(target).collect()
    }
}

fn ok(json: &str) -> Reply {
    Reply::status(200).header("content-type", "application/x-amz-json-1.0").body(json)
}

fn error(code: &str) -> Reply {
    let body = format!(r#"{{"__type":"com.amazonaws#{code}","message":"about secret-value"}}"#);
    Reply::status(400).header("content-type", "application/x-amz-json-1.0").body(body)
}

fn message() -> Outgoing {
    let attempt = MakeAttempt::scheduled(a_delivery().build().target(), nth(1));
    Outgoing::new(QueueMessage::MakeAttempt(attempt), QueueDelay::NONE)
}

/// Moves two messages from the queue `/source` to the queue `/isolation`.
async fn isolate(aws: &Scripted) -> Vec<Result<(), PortError>> {
    let queue =
        IsolationQueue::new(&aws.clients, aws.server.url("/source"), aws.server.url("/isolation"));
    let message = |number: u8| Record {
        receipt: format!("receipt-{number}"),
        ..Record::new(format!("m-{number}"), "{}")
    };
    queue.isolate(&[message(0), message(1)]).await
}

#[tokio::test]
async fn a_message_is_removed_after_it_was_sent_to_the_isolation_queue() {
    let aws = Scripted::answering([
        ok(r#"{"Successful":[{"Id":"1","MessageId":"m","MD5OfMessageBody":"x"}],
               "Failed":[{"Id":"0","Code":"InternalError","SenderFault":false}]}"#),
        ok(r#"{"Successful":[{"Id":"0"}],"Failed":[]}"#),
    ])
    .await;
    let answers = isolate(&aws).await;
    let failed = PortError::Unavailable("SendMessageBatch: InternalError".into());
    assert_eq!(answers, [Err(failed), Ok(())]);
    assert_eq!(aws.calls(), ["SendMessageBatch", "DeleteMessageBatch"]);
    let bodies: Vec<serde_json::Value> = aws
        .server
        .all_received()
        .iter()
        .map(|call| serde_json::from_slice(&call.body).expect("JSON"))
        .collect();
    assert_eq!(bodies[0]["QueueUrl"], aws.server.url("/isolation"));
    assert_eq!(bodies[1]["QueueUrl"], aws.server.url("/source"));
    let removed = serde_json::json!([{ "Id": "0", "ReceiptHandle": "receipt-1" }]);
    assert_eq!(bodies[1]["Entries"], removed);
}

#[tokio::test]
async fn a_message_that_cannot_be_sent_to_the_isolation_queue_stays() {
    let aws = Scripted::answering([error("AccessDenied")]).await;
    let denied = || Err(PortError::Unavailable("SendMessageBatch: AccessDenied".into()));
    assert_eq!(isolate(&aws).await, [denied(), denied()]);
    assert_eq!(aws.calls(), ["SendMessageBatch"]);
}

#[tokio::test]
async fn a_message_whose_original_cannot_be_removed_was_moved() {
    let aws = Scripted::answering([
        ok(r#"{"Successful":[{"Id":"0","MessageId":"m","MD5OfMessageBody":"x"},
                             {"Id":"1","MessageId":"n","MD5OfMessageBody":"x"}],"Failed":[]}"#),
        error("AccessDenied"),
    ])
    .await;
    assert_eq!(isolate(&aws).await, [Ok(()), Ok(())]);
}

#[tokio::test]
async fn a_batch_that_was_taken_in_part_is_answered_in_order() {
    let aws = Scripted::answering([ok(
        r#"{"Successful":[{"Id":"2","MessageId":"m","MD5OfMessageBody":"x"}],
            "Failed":[{"Id":"0","Code":"InternalError","SenderFault":false},
                      {"Id":"3","Code":"InvalidMessageContents","SenderFault":true},
                      {"Id":"4","Code":"RequestThrottled","SenderFault":true}]}"#,
    )])
    .await;
    let queue = DeliveryQueue::new(&aws.clients, aws.server.url("/queue"));
    let answers = queue.enqueue((0..5).map(|_| message()).collect()).await;
    let text = |what: &str| format!("SendMessageBatch: {what}");
    assert_eq!(
        answers,
        [
            Err(PortError::Unavailable(text("InternalError"))),
            Err(PortError::Unavailable(text("no answer for a message"))),
            Ok(()),
            Err(PortError::Unusable(text("InvalidMessageContents"))),
            Err(PortError::Throttled(text("RequestThrottled"))),
        ]
    );
}

#[tokio::test]
async fn a_batch_that_fails_as_a_whole_fails_for_each_of_its_messages() {
    let aws = Scripted::answering([error("AccessDeniedException")]).await;
    let queue = DeliveryQueue::new(&aws.clients, aws.server.url("/queue"));
    let answers = queue.enqueue((0..2).map(|_| message()).collect()).await;
    let denied = PortError::Unavailable("SendMessageBatch: AccessDeniedException".into());
    assert_eq!(answers, [Err(denied.clone()), Err(denied)]);
    assert_eq!(aws.calls(), ["SendMessageBatch"]);
}

#[tokio::test]
async fn a_throttled_call_is_tried_three_times_and_then_reported() {
    let throttled = || error("ProvisionedThroughputExceededException");
    let aws = Scripted::answering([throttled(), throttled(), throttled()]).await;
    let store = DeliveryStore::new(&aws.clients, "deliveries");
    let answer = store.create_delivery(&a_delivery().build()).await;
    let text = "PutItem on deliveries: ProvisionedThroughputExceededException";
    assert_eq!(answer, Err(PortError::Throttled(text.into())));
    assert_eq!(aws.calls().len(), 3);
}

#[tokio::test]
async fn a_call_that_got_no_answer_is_tried_again() {
    let aws = Scripted::answering([Reply::close(), ok("{}")]).await;
    let store = DeliveryStore::new(&aws.clients, "deliveries");
    assert_eq!(store.delivery(a_delivery().build().key()).await, Ok(None));
    assert_eq!(aws.calls(), ["GetItem", "GetItem"]);
}

#[tokio::test]
async fn what_can_never_be_written_is_tried_once() {
    let aws = Scripted::answering([error("ValidationException")]).await;
    let store = DeliveryStore::new(&aws.clients, "deliveries");
    let answer = store.create_delivery(&a_delivery().build()).await;
    let text = "PutItem on deliveries: ValidationException";
    assert_eq!(answer, Err(PortError::Unusable(text.into())));
    assert_eq!(aws.calls().len(), 1);
}

#[tokio::test]
async fn a_damaged_row_is_unusable() {
    let aws =
        Scripted::answering([ok(r#"{"Item":{"id":{"S":"secret-value"},"data":{"B":"e30="}}}"#)])
            .await;
    let event = an_event().build();
    let store = EventStore::new(&aws.clients, "events");
    let consistency = grapnel_domain::ports::Consistency::Strong;
    let answer = store.event(&event.user_id, event.id, consistency).await;
    let text = "a row of the events table cannot be read";
    assert_eq!(answer, Err(PortError::Unusable(text.into())));
}

/// The answer to a read of two deliveries: one unreadable row, and what else it says.
async fn read_together(
    more: &str,
) -> (Vec<DeliveryKey>, Result<ReadTogether<Delivery, DeliveryKey>, PortError>) {
    let row = r#"{"id":{"S":"secret-value"}}"#;
    let aws =
        Scripted::answering([ok(&format!(r#"{{"Responses":{{"deliveries":[{row}]}}{more}}}"#))])
            .await;
    let keys = vec![a_delivery().build().key(), a_delivery().build().key()];
    let store = DeliveryStore::new(&aws.clients, "deliveries");
    let read = store.deliveries_together(&keys).await;
    assert_eq!(aws.calls(), ["BatchGetItem"]);
    (keys, read)
}

#[tokio::test]
async fn what_a_read_of_several_deliveries_leaves_out_is_unread() {
    let left = r#","UnprocessedKeys":{"deliveries":{"Keys":[{"id":{"S":"x"}}]}}"#;
    for more in ["", left] {
        let (keys, read) = read_together(more).await;
        assert_eq!(read, Ok(ReadTogether { found: Vec::new(), unread: keys }));
    }
}

/// Reserves two slots, one per second, from a limiter that was never read.
async fn reserved(aws: &Scripted) -> Result<SlotTime, PortError> {
    let webhook = a_webhook().limited_to(1).build();
    let limit = webhook.rate_limit.expect("limited");
    let asked = Reservation { count: 2, limit, now: START, seen: None };
    let store = WebhookStore::new(&aws.clients, "webhooks");
    store.reserve_slots(&webhook.user_id, webhook.id, &asked).await
}

#[tokio::test]
async fn a_reservation_that_is_refused_is_made_behind_those_who_wait() {
    let next = r#"{"Attributes":{"next":{"N":"1795000005000000"}}}"#;
    let aws = Scripted::answering([error("ConditionalCheckFailedException"), ok(next)]).await;
    assert_eq!(reserved(&aws).await, Ok(SlotTime::from_micros(1_795_000_003_000_000)));
    assert_eq!(aws.calls(), ["UpdateItem", "UpdateItem"]);
    let asked = aws.server.all_received();
    let body = |call: usize| serde_json::from_slice(&asked[call].body).expect("JSON");
    let (first, second): (serde_json::Value, serde_json::Value) = (body(0), body(1));
    assert_eq!(first["UpdateExpression"], "SET #next = :end");
    assert_eq!(second["UpdateExpression"], "SET #next = #next + :span");
    assert_eq!(second["ReturnValues"], "UPDATED_NEW");
}

#[tokio::test]
async fn a_limiter_that_keeps_changing_is_not_waited_for() {
    let refused = || error("ConditionalCheckFailedException");
    let aws = Scripted::answering((0..10).map(|_| refused())).await;
    assert!(matches!(reserved(&aws).await, Err(PortError::Unavailable(_))));
    assert_eq!(aws.calls().len(), 6);
}

struct Wait {
    minute: Minute,
}

impl Wait {
    /// A clock whose minute does not end during a test.
    fn new() -> Self {
        Self { minute: Minute::at_or_after(NEVER) }
    }

    async fn ensured(&self, waits: &SharedWaits) -> Result<WaitState, PortError> {
        waits.ensure_waiting(self.minute).await
    }
}

const STARTED: &str = r#"{"executionArn":"arn","startDate":1.0}"#;

fn described(status: &str) -> Reply {
    ok(&format!(
        r#"{{"executionArn":"arn","stateMachineArn":"{MACHINE}","status":"{status}","startDate":1.0}}"#
    ))
}

#[tokio::test]
async fn a_wait_that_was_started_costs_no_further_call_until_its_minute_strikes() {
    let aws = Scripted::answering([ok(STARTED)]).await;
    let (waits, wait) = (SharedWaits::new(&aws.clients, MACHINE), Wait::new());
    for _ in 0..100 {
        assert_eq!(wait.ensured(&waits).await, Ok(WaitState::Running));
        assert_eq!(wait.ensured(&waits.clone()).await, Ok(WaitState::Running));
    }
    assert_eq!(aws.calls(), ["StartExecution"]);
    let asked = &aws.server.all_received()[0];
    let body: serde_json::Value = serde_json::from_slice(&asked.body).expect("JSON");
    assert_eq!(body["name"], wait.minute.to_string());
    let first = serde_json::to_string(&Visit::first(wait.minute)).expect("serialises");
    assert_eq!(body["input"], first, "it follows from the name");
}

#[tokio::test]
async fn a_wait_whose_minute_has_struck_is_asked_for_each_time() {
    let aws = Scripted::answering([ok(STARTED), ok(STARTED)]).await;
    let waits = SharedWaits::new(&aws.clients, MACHINE);
    let past = "20200101T0000Z".parse().expect("a minute");
    let wait = Wait { minute: past };
    for _ in 0..2 {
        assert_eq!(wait.ensured(&waits).await, Ok(WaitState::Running));
    }
    assert_eq!(aws.calls(), ["StartExecution", "StartExecution"]);
}

#[tokio::test]
async fn a_wait_that_exists_is_looked_at() {
    for (status, state) in [
        ("RUNNING", WaitState::Running),
        ("SUCCEEDED", WaitState::Over),
        ("FAILED", WaitState::Over),
        ("TIMED_OUT", WaitState::Over),
        ("ABORTED", WaitState::Over),
    ] {
        let aws = Scripted::answering([error("ExecutionAlreadyExists"), described(status)]).await;
        let (waits, wait) = (SharedWaits::new(&aws.clients, MACHINE), Wait::new());
        assert_eq!(wait.ensured(&waits).await, Ok(state), "{status}");
        assert_eq!(aws.calls(), ["StartExecution", "DescribeExecution"]);
        let asked = &aws.server.all_received()[1];
        let body: serde_json::Value = serde_json::from_slice(&asked.body).expect("JSON");
        let execution = MACHINE.replace("stateMachine", "execution");
        let arn = format!("{execution}:{}", wait.minute);
        assert_eq!(body["executionArn"], arn);
    }
}

#[tokio::test]
async fn a_wait_that_could_not_be_started_is_not_remembered() {
    let aws = Scripted::answering([error("ExecutionLimitExceeded"), ok(STARTED)]).await;
    let (waits, wait) = (SharedWaits::new(&aws.clients, MACHINE), Wait::new());
    let text = "StartExecution: ExecutionLimitExceeded";
    assert_eq!(wait.ensured(&waits).await, Err(PortError::Throttled(text.into())));
    assert_eq!(wait.ensured(&waits).await, Ok(WaitState::Running));
}
