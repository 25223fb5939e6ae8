//! The function in a child process: the real handler and sender, over AWS in memory.

use grapnel_delivery::{Deliver, Ports, Rules};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::{Delivery, DeliveryAttempt, DeliveryStatus},
    event::Retention,
    health::CircuitRules,
    message::{MakeAttempt, QueueMessage, Record},
    outbound::{OutboundRequest, SendOutcome, Sent},
    ports::SendRequests,
    retry::RetryConfig,
};
use grapnel_sender::{Sender, SenderConfig};
use grapnel_testing::{
    builders::{a_delivery, a_webhook, an_event, nth},
    clock::{ManualClock, START, TIME_BUDGET, VISIBILITY_TIMEOUT},
    memory::Memory,
};
use serde::{Deserialize, Serialize};
use std::{
    collections::HashSet,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

/// Messages of a batch, as in the template.
pub(crate) const BATCH: usize = 10;

/// Precedes the report in the child's output.
pub(crate) const MARK: &str = "REPORT ";

/// The child's task.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Task {
    pub(crate) urls: Vec<String>,
    /// The time limit of each attempt, in seconds.
    pub(crate) timeout_seconds: u32,
}

/// The results of the child.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Report {
    /// In the order of the URLs.
    pub(crate) attempts: Vec<Reported>,
    /// The child's peak memory in KiB, if the system reports it.
    pub(crate) peak_kib: Option<u64>,
    /// The longest time in one batch in which the child was ready to run and did not get the
    /// processor, if the system reports it.
    pub(crate) withheld: Duration,
}

/// The result of one attempt.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Reported {
    /// The recorded attempt.
    pub(crate) attempt: DeliveryAttempt,
    pub(crate) status: DeliveryStatus,
    /// Whether the sender marked the answer as truncated.
    pub(crate) truncated: bool,
}

#[tokio::test]
#[ignore = "the child of the other tests, which give it URLs to deliver to"]
async fn delivers_for_its_parent() {
    let mut task = String::new();
    std::io::stdin().read_line(&mut task).expect("a line");
    // Without a parent process, there is no task.
    if task.is_empty() {
        return;
    }
    let Task { urls, timeout_seconds } = serde_json::from_str(&task).expect("a task");
    let config = SenderConfig { allow_http: true, allow_private: true };
    let sender = Noting { sender: Sender::new(config).expect("a sender"), cut: Arc::default() };
    let mut attempts = Vec::new();
    let mut withheld = Duration::ZERO;
    for batch in urls.chunks(BATCH) {
        let before = waited_for_the_processor();
        attempts.extend(deliver(&sender, batch, timeout_seconds).await);
        withheld = withheld.max(waited_for_the_processor().saturating_sub(before));
    }
    let report = Report { attempts, peak_kib: peak_kib(), withheld };
    println!("{MARK}{}", serde_json::to_string(&report).expect("serialises"));
}

/// Passes one batch to the function, and reads the records.
async fn deliver(sender: &Noting, urls: &[String], timeout_seconds: u32) -> Vec<Reported> {
    let memory = Memory::new();
    let deliver = Deliver::<OverMemory> {
        webhooks: memory.clone(),
        events: memory.clone(),
        deliveries: memory.clone(),
        queue: memory.clone(),
        dead_letters: memory.clone(),
        waits: memory.clone(),
        sender,
        notices: memory.clone(),
        clock: memory.clock(),
        rules: Rules {
            retention: Retention { days: 30 },
            longest_queue_delay: QueueDelay::at_most(900),
            time_budget: TIME_BUDGET,
            visibility_timeout: VISIBILITY_TIMEOUT,
            circuit: CircuitRules { failures: 10, first_interval: Duration::from_secs(60) },
        },
    };
    let retry = RetryConfig { timeout_seconds, ..RetryConfig::default() };
    let deliveries: Vec<Delivery> = urls.iter().map(|url| pending(&memory, url, &retry)).collect();
    let records: Vec<Record> = deliveries.iter().map(first_attempt).collect();
    let report = deliver.handle(&records, START.plus(TIME_BUDGET.function_timeout)).await;
    assert_eq!(report.failed, [""; 0], "messages that come again");
    assert_eq!((report.done.len(), report.dead_letters), (urls.len(), 0), "{report:?}");

    let found = deliveries.iter().zip(urls).map(|(delivery, url)| {
        let row = memory.delivery_now(delivery.key()).expect("its row");
        let [attempt] = row.attempts.as_slice() else { panic!("one attempt at {url}: {row:?}") };
        Reported { attempt: attempt.clone(), status: row.status, truncated: sender.has_cut(url) }
    });
    found.collect()
}

/// A delivery to `url` with its webhook and event.
fn pending(memory: &Memory, url: &str, retry: &RetryConfig) -> Delivery {
    let webhook = a_webhook().url(url).retry(retry.clone()).build();
    let event = an_event().build();
    let delivery = a_delivery().of(&event).to(&webhook).build();
    memory.put_webhook(webhook);
    memory.put_event(event);
    memory.put_delivery(delivery.clone());
    delivery
}

fn first_attempt(delivery: &Delivery) -> Record {
    let message = QueueMessage::MakeAttempt(MakeAttempt::scheduled(delivery.target(), nth(1)));
    Record::new(delivery.id.to_string(), message.to_json())
}

/// The real sender. Also notes which answers were truncated, because that is not recorded.
struct Noting {
    sender: Sender,
    cut: Arc<Mutex<HashSet<String>>>,
}

impl Noting {
    fn has_cut(&self, url: &str) -> bool {
        self.cut.lock().unwrap_or_else(PoisonError::into_inner).contains(url)
    }
}

/// Everything over memory, but for the way to receivers.
struct OverMemory<'a>(PhantomData<&'a ()>);

impl<'a> Ports for OverMemory<'a> {
    type Webhooks = Memory;
    type Events = Memory;
    type Deliveries = Memory;
    type DeliveryQueue = Memory;
    type DeadLetters = Memory;
    type Waits = Memory;
    type Sender = &'a Noting;
    type Notices = Memory;
    type Clock = ManualClock;
}

impl SendRequests for &Noting {
    async fn send(&self, request: OutboundRequest) -> Sent {
        let url = request.url.clone();
        let sent = self.sender.send(request).await;
        if matches!(&sent.outcome, SendOutcome::Answered(answer) if answer.truncated) {
            self.cut.lock().unwrap_or_else(PoisonError::into_inner).insert(url.to_string());
        }
        sent
    }
}

/// The peak memory of this process, as Linux reports it.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

/// How long this thread was ready to run and did not run, as Linux reports it.
fn waited_for_the_processor() -> Duration {
    let counts = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    let waited = counts.split_whitespace().nth(1).and_then(|nanos| nanos.parse().ok());
    Duration::from_nanos(waited.unwrap_or_default())
}
