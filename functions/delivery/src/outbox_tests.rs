use super::*;
use futures::future::join_all;
use grapnel_domain::{release::ReleaseParked, time::Timestamp};
use grapnel_testing::{builders::a_webhook, clock::START};
use std::sync::Mutex;
use tokio::time::{Instant, sleep};

/// The clock of the test's runtime.
struct Paused;

impl Clock for Paused {
    fn now(&self) -> Timestamp {
        START
    }

    async fn pause(&self, longest: Duration) {
        sleep(longest).await;
    }

    async fn wait(&self, time: Duration) {
        sleep(time).await;
    }
}

/// A queue that notes the calls.
struct Calls {
    began: Instant,
    /// Milliseconds from the beginning, and the numbers of the messages.
    made: Mutex<Vec<(u128, Vec<u16>)>>,
    refuses: Option<u16>,
    takes: Duration,
}

impl Calls {
    fn new() -> Self {
        let made = Mutex::default();
        Self { began: Instant::now(), made, refuses: None, takes: Duration::ZERO }
    }

    fn now(&self) -> u128 {
        self.began.elapsed().as_millis()
    }

    fn made(&self) -> Vec<(u128, Vec<u16>)> {
        self.made.lock().expect("no panic").clone()
    }
}

impl EnqueueAttempts for Calls {
    async fn enqueue(&self, messages: Vec<Outgoing>) -> Vec<Result<(), PortError>> {
        let numbers: Vec<u16> = messages.iter().map(|message| message.delay.seconds()).collect();
        self.made.lock().expect("no panic").push((self.now(), numbers.clone()));
        sleep(self.takes).await;
        let result = |number| if self.refuses == Some(number) { Err(refused()) } else { Ok(()) };
        numbers.into_iter().map(result).collect()
    }
}

fn refused() -> PortError {
    PortError::Throttled("full".into())
}

/// A message with this number in place of its delay.
fn numbered(number: usize) -> Outgoing {
    let webhook = a_webhook().build();
    let release = ReleaseParked::now(webhook.user_id.clone(), webhook.id);
    let number = u64::try_from(number).expect("small");
    Outgoing::new(QueueMessage::ReleaseParked(release), QueueDelay::at_most(number))
}

/// A batch whose messages send one message each, after this many milliseconds. Returns the results,
/// and when each came.
async fn batch(queue: &Calls, after: &[u64]) -> Vec<(Result<(), PortError>, u128)> {
    let (outbox, steps) = open();
    let each = after.iter().enumerate().map(|(number, after)| {
        let outbox = &outbox;
        async move {
            let _at_work = outbox.enter();
            sleep(Duration::from_millis(*after)).await;
            (outbox.send(numbered(number)).await, queue.now())
        }
    });
    let gathering = send_gathered(queue, &Paused, after.len(), steps);
    futures::join!(join_all(each), gathering).0
}

#[tokio::test(start_paused = true)]
async fn a_message_alone_is_sent_at_once() {
    let queue = Calls::new();
    assert_eq!(batch(&queue, &[5]).await, [(Ok(()), 5)]);
    assert_eq!(queue.made(), [(5, vec![0])]);
}

#[tokio::test(start_paused = true)]
async fn when_no_other_can_come_nobody_waits() {
    let queue = Calls::new();
    assert_eq!(batch(&queue, &[15, 0, 10]).await, vec![(Ok(()), 15); 3]);
    assert_eq!(queue.made(), [(15, vec![1, 2, 0])]);
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_because_of_an_attempt_under_way() {
    let queue = Calls::new();
    let results = batch(&queue, &[0, 5, 3000]).await;
    assert_eq!(results, [(Ok(()), 20), (Ok(()), 20), (Ok(()), 3000)]);
    assert_eq!(queue.made(), [(20, vec![0, 1]), (3000, vec![2])]);
}

#[tokio::test(start_paused = true)]
async fn a_full_call_does_not_wait() {
    let queue = Calls::new();
    let mut after = [0; 12];
    after[11] = 3000;
    batch(&queue, &after).await;
    assert_eq!(queue.made(), [(0, (0..10).collect()), (20, vec![10]), (3000, vec![11])]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_does_not_delay_the_next_one() {
    let queue = Calls { takes: Duration::from_secs(1), ..Calls::new() };
    let results = batch(&queue, &[0, 100, 3000]).await;
    assert_eq!(results, [(Ok(()), 1020), (Ok(()), 1120), (Ok(()), 4000)]);
    assert_eq!(queue.made(), [(20, vec![0]), (120, vec![1]), (3000, vec![2])]);
}

#[tokio::test(start_paused = true)]
async fn each_sender_gets_the_result_of_its_own_message() {
    let queue = Calls { refuses: Some(1), ..Calls::new() };
    let results: Vec<_> = batch(&queue, &[0; 3]).await.into_iter().map(|(it, _)| it).collect();
    assert_eq!(results, [Ok(()), Err(refused()), Ok(())]);
    assert_eq!(queue.made().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn those_that_end_without_a_message_or_panic_keep_nobody_waiting() {
    let queue = Calls::new();
    let (outbox, steps) = open();
    let sends = async {
        let _at_work = outbox.enter();
        outbox.send(numbered(0)).await
    };
    let ends = async {
        let _at_work = outbox.enter();
        sleep(Duration::from_millis(7)).await;
    };
    let panics = AssertUnwindSafe(async {
        let _at_work = outbox.enter();
        assert!(outbox.0.is_closed(), "a bug");
    });
    let gathering = send_gathered(&queue, &Paused, 3, steps);
    let (sent, (), panicked, ()) = futures::join!(sends, ends, panics.catch_unwind(), gathering);
    assert_eq!((sent, panicked.is_err()), (Ok(()), true));
    assert_eq!(queue.made(), [(7, vec![0])]);
}

#[tokio::test(start_paused = true)]
async fn one_can_send_again_after_its_result() {
    let queue = Calls::new();
    let (outbox, steps) = open();
    let sends = async {
        let _at_work = outbox.enter();
        [outbox.send(numbered(0)).await, outbox.send(numbered(1)).await]
    };
    let (sent, ()) = futures::join!(sends, send_gathered(&queue, &Paused, 1, steps));
    assert_eq!(sent, [Ok(()), Ok(())]);
    assert_eq!(queue.made(), [(0, vec![0]), (0, vec![1])]);
}

/// A queue with a bug.
struct Panics;

impl EnqueueAttempts for Panics {
    async fn enqueue(&self, _: Vec<Outgoing>) -> Vec<Result<(), PortError>> {
        panic!("a bug")
    }
}

#[tokio::test(start_paused = true)]
async fn if_the_call_panics_its_senders_fail() {
    let (outbox, steps) = open();
    let sends = async {
        let _at_work = outbox.enter();
        outbox.send(numbered(0)).await
    };
    let (sent, ()) = futures::join!(sends, send_gathered(&Panics, &Paused, 1, steps));
    assert_eq!(sent, Err(unanswered()));
}

/// A queue that gives no result for the last message.
struct Forgets;

impl EnqueueAttempts for Forgets {
    async fn enqueue(&self, messages: Vec<Outgoing>) -> Vec<Result<(), PortError>> {
        vec![Ok(()); messages.len() - 1]
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_without_a_result_was_not_sent() {
    let (outbox, steps) = open();
    let each = [0, 1].map(|number| {
        let outbox = &outbox;
        async move {
            let _at_work = outbox.enter();
            outbox.send(numbered(number)).await
        }
    });
    let (sent, ()) = futures::join!(join_all(each), send_gathered(&Forgets, &Paused, 2, steps));
    assert_eq!(sent, [Ok(()), Err(unanswered())]);
}
