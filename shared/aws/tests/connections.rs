//! Dead connections to AWS. A server on this machine replaces AWS.

use aws_config::Region;
use aws_sdk_dynamodb::config::Credentials;
use futures::{channel::oneshot, future::join_all};
use grapnel_aws::{Clients, DeliveryStore, sdk_defaults};
use grapnel_domain::{
    delivery::{AttemptRecord, DeliveryAttempt},
    ports::{Deliveries, PortError, Recorded, UpdateDeliveries},
};
use grapnel_receiver::{Reply, Script, TestReceiver};
use grapnel_testing::{
    builders::{a_delivery, nth},
    clock::START,
};
use std::{net::SocketAddr, sync::mpsc, thread};

async fn store(address: SocketAddr) -> DeliveryStore {
    let config = sdk_defaults()
        .endpoint_url(format!("http://{address}"))
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(Credentials::new("test", "test", None, None, "test"))
        .load()
        .await;
    DeliveryStore::new(&Clients::new(&config), "deliveries")
}

fn ok() -> Reply {
    Reply::status(200).header("content-type", "application/x-amz-json-1.0").body("{}")
}

fn a_record() -> AttemptRecord {
    let delivery = a_delivery().build();
    AttemptRecord {
        key: delivery.key(),
        attempt: DeliveryAttempt {
            attempt_number: nth(1),
            status_code: Some(200),
            response: None,
            response_remark: None,
            location: None,
            error: None,
            duration: 1,
            attempted_at: START,
            manual: false,
        },
        status: None,
        reason: None,
        next_attempt_at: None,
        waits_for: None,
        expires_at: delivery.expires_at,
        drop_body: None,
    }
}

#[tokio::test]
async fn a_record_on_a_dead_connection_is_sent_again_at_once() {
    let server = TestReceiver::start().await.expect("a free port");
    server.answer_with("/", Script::in_order([Reply::close()]).then(ok()));
    let store = store(server.address()).await;
    // A record is tried once, so this is not a retry of the SDK.
    assert_eq!(store.record_attempt(&a_record()).await, Ok(Recorded::Yes));
    assert_eq!(server.received("/").len(), 2);
}

#[tokio::test]
async fn a_record_is_sent_again_once() {
    let server = TestReceiver::start().await.expect("a free port");
    server.answer_with("/", Reply::close());
    let store = store(server.address()).await;
    let answer = store.record_attempt(&a_record()).await;
    assert!(matches!(answer, Err(PortError::Unavailable(_))), "{answer:?}");
    assert_eq!(server.received("/").len(), 2);
}

#[tokio::test]
async fn a_throttled_record_is_tried_once() {
    let server = TestReceiver::start().await.expect("a free port");
    let throttled = r#"{"__type":"com.amazonaws#ProvisionedThroughputExceededException"}"#;
    server.answer_with("/", Script::in_order([Reply::status(400).body(throttled)]).then(ok()));
    let store = store(server.address()).await;
    let answer = store.record_attempt(&a_record()).await;
    assert!(matches!(answer, Err(PortError::Throttled(_))), "{answer:?}");
    assert_eq!(server.received("/").len(), 1);
}

/// A server on another thread, which runs while the test's thread is blocked.
struct Elsewhere {
    address: SocketAddr,
    end: oneshot::Sender<()>,
    thread: thread::JoinHandle<usize>,
}

impl Elsewhere {
    fn start(address: SocketAddr) -> Self {
        let (started, starts) = mpsc::channel();
        let (end, ends) = oneshot::channel();
        let serve = async move {
            let server = TestReceiver::start_on(address).await.expect("a port");
            server.answer_with("/", ok());
            started.send(server.address()).expect("the test waits");
            ends.await.expect("the test says when");
            let received = server.received("/").len();
            server.stop().await;
            received
        };
        let thread = thread::spawn(|| {
            let mut runtime = tokio::runtime::Builder::new_current_thread();
            runtime.enable_all().build().expect("a runtime").block_on(serve)
        });
        Self { address: starts.recv().expect("it starts"), end, thread }
    }

    /// Cuts all its connections. Returns how many requests it received.
    fn end(self) -> usize {
        self.end.send(()).expect("it runs");
        self.thread.join().expect("no panic")
    }
}

#[tokio::test]
async fn a_thaw_with_ten_dead_connections_costs_no_try() {
    let before = Elsewhere::start(SocketAddr::from(([127, 0, 0, 1], 0)));
    let address = before.address;
    let store = store(address).await;
    let key = a_delivery().build().key();
    let answers = join_all((0..10).map(|_| store.delivery(key))).await;
    assert!(answers.iter().all(|answer| *answer == Ok(None)), "{answers:?}");

    // From here to the next call this thread is blocked, as in a frozen function: its connections
    // are closed without notice.
    assert_eq!(before.end(), 10);
    let after = Elsewhere::start(address);
    let records =
        join_all((0..10).map(|_| async { store.record_attempt(&a_record()).await })).await;
    assert!(records.iter().all(|answer| *answer == Ok(Recorded::Yes)), "{records:?}");
    assert_eq!(after.end(), 10);
}
