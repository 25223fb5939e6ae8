//! The functions, wired as in their programs, over the stand-in: with a clock that is moved on, and
//! with receivers that answer as a path says.

use crate::{connector::InProcess, waits};
use aws_config::Region;
use aws_sdk_dynamodb::config::Credentials;
use grapnel_aws::{
    Clients, DeadLetterQueue, DeliveryQueue, DeliveryStore, EventStore, NoticeBus, SharedWaits,
    WebhookStore, sdk_defaults,
    settings::{DeliverySettings, IngestSettings, Settings, TendSettings},
};
use grapnel_bench::{
    counts::Counts,
    standin::{Message, StandIn},
    template::environment,
};
use grapnel_delivery::Deliver;
use grapnel_domain::{message::Record, ports::Clock, time::Timestamp};
use grapnel_ingest::Ingest;
use grapnel_tend::Tend;
use grapnel_testing::{
    clock::{ManualClock, NEVER},
    sender::ScriptedSender,
};
use std::{collections::BTreeMap, sync::Arc, time::Duration};

const EVENTS: &str = "EventsQueue";
const DELIVERIES: &str = "DeliveryQueue";

/// Messages of a batch, as the template sets it.
const BATCH: usize = 10;

/// The ports over the stand-in.
enum Aws {}

impl grapnel_ingest::Ports for Aws {
    type Webhooks = WebhookStore;
    type Events = EventStore;
    type Deliveries = DeliveryStore;
    type DeliveryQueue = DeliveryQueue;
    type DeadLetters = DeadLetterQueue;
    type Clock = ManualClock;
}

impl grapnel_delivery::Ports for Aws {
    type Webhooks = WebhookStore;
    type Events = EventStore;
    type Deliveries = DeliveryStore;
    type DeliveryQueue = DeliveryQueue;
    type DeadLetters = DeadLetterQueue;
    type Waits = SharedWaits;
    type Sender = ScriptedSender;
    type Notices = NoticeBus;
    type Clock = ManualClock;
}

impl grapnel_tend::Ports for Aws {
    type Deliveries = DeliveryStore;
    type DeliveryQueue = DeliveryQueue;
    type DeadLetters = DeadLetterQueue;
    type Clock = ManualClock;
}

pub(crate) struct Deployment {
    pub(crate) aws: Arc<StandIn>,
    pub(crate) clock: ManualClock,
    pub(crate) sender: ScriptedSender,
    pub(crate) webhooks: WebhookStore,
    pub(crate) queue: DeliveryQueue,
    ingest: Ingest<Aws>,
    deliver: Deliver<Aws>,
    tend: Tend<Aws>,
    visit_within: Duration,
}

/// What was counted until nothing was left to do.
#[derive(Debug, Default)]
pub(crate) struct Work {
    pub(crate) ingest: Counts,
    pub(crate) delivery: Counts,
    pub(crate) tend: Counts,
    /// Of ingest and of delivery.
    pub(crate) batches: [usize; 2],
    /// Calls of the tend function.
    pub(crate) visits: usize,
    pub(crate) executions: usize,
    pub(crate) transitions: usize,
}

fn settings<S: Settings>(function: &str, url: &str) -> S {
    let environment: BTreeMap<_, _> = environment(function, url).into_iter().collect();
    S::from_lookup(|name| environment.get(name).cloned()).expect("the template's settings")
}

impl Deployment {
    pub(crate) async fn new() -> Self {
        let clock = ManualClock::new();
        // Later than this machine's time: an instance remembers by that time which executions run.
        clock.set(NEVER);
        let time = clock.clone();
        let aws = StandIn::with_clock(Box::new(move || time.now().as_millis()));
        let aws = Arc::new(aws.expect("a stand-in"));
        let config = sdk_defaults()
            .http_client(InProcess(Arc::clone(&aws)))
            .endpoint_url(aws.url())
            .region(Region::from_static("eu-west-1"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .load()
            .await;
        let clients = Clients::new(&config);
        let sender = ScriptedSender::new();
        let set: IngestSettings = settings("IngestFunction", &aws.url());
        let ingest = Ingest {
            subscriptions: WebhookStore::new(&clients, set.webhooks_table),
            events: EventStore::new(&clients, set.events_table),
            deliveries: DeliveryStore::new(&clients, set.deliveries_table),
            queue: DeliveryQueue::new(&clients, set.delivery_queue_url),
            dead_letters: DeadLetterQueue::new(&clients, set.dead_letter_queue_url),
            clock: clock.clone(),
            rules: grapnel_ingest::Rules {
                retention: set.retention,
                delivery_timeout: set.function_timeout,
            },
        };
        let set: DeliverySettings = settings("DeliveryFunction", &aws.url());
        let webhooks = WebhookStore::new(&clients, set.webhooks_table);
        let queue = DeliveryQueue::new(&clients, set.delivery_queue_url);
        let deliver = Deliver {
            webhooks: webhooks.clone(),
            events: EventStore::new(&clients, set.events_table),
            deliveries: DeliveryStore::new(&clients, set.deliveries_table),
            queue: queue.clone(),
            dead_letters: DeadLetterQueue::new(&clients, set.dead_letter_queue_url),
            waits: SharedWaits::new(&clients, set.wait_state_machine_arn),
            sender: sender.clone(),
            notices: NoticeBus::new(&clients, set.event_bus_name, set.stack_name),
            clock: clock.clone(),
            rules: grapnel_delivery::Rules {
                retention: set.retention,
                longest_queue_delay: set.longest_queue_delay,
                time_budget: set.time_budget,
                visibility_timeout: set.visibility_timeout,
                circuit: set.circuit,
            },
        };
        let set: TendSettings = settings("TendFunction", &aws.url());
        let tend = Tend {
            deliveries: DeliveryStore::new(&clients, set.deliveries_table),
            queue: DeliveryQueue::new(&clients, set.delivery_queue_url),
            dead_letters: DeadLetterQueue::new(&clients, set.dead_letter_queue_url),
            clock: clock.clone(),
        };
        let visit_within = set.function_timeout;
        Self { aws, clock, sender, webhooks, queue, ingest, deliver, tend, visit_within }
    }

    /// Puts an event on the events queue, as the rule does.
    pub(crate) fn publish(&self, body: String) {
        self.aws.put(EVENTS, body, None);
    }

    /// Processes all messages, and moves the clock on to the next one or to the end of the next wait,
    /// until nothing is left to do.
    pub(crate) async fn work(&self) -> Work {
        let mut work = Work::default();
        loop {
            let events = self.aws.receive(EVENTS, BATCH);
            let deliveries = self.aws.receive(DELIVERIES, BATCH);
            let before = self.aws.counts();
            if !events.is_empty() {
                let report = self.ingest.handle(&records(&events)).await;
                assert_eq!(report.failed, Vec::<String>::new());
                work.ingest.add_all(&self.aws.counts().since(&before));
                work.batches[0] += 1;
                self.aws.remove(EVENTS, &events);
            }
            let before = self.aws.counts();
            if !deliveries.is_empty() {
                let deadline =
                    self.clock.now().plus(self.deliver.rules.time_budget.function_timeout);
                let report = self.deliver.handle(&records(&deliveries), deadline).await;
                assert_eq!((report.failed, report.dead_letters), (Vec::new(), 0));
                work.delivery.add_all(&self.aws.counts().since(&before));
                work.batches[1] += 1;
                self.aws.remove(DELIVERIES, &deliveries);
            }
            if !events.is_empty() || !deliveries.is_empty() {
                continue;
            }
            let message = self.aws.next_message_at(DELIVERIES).map(Timestamp::from_millis);
            let Some(next) = message.into_iter().chain(waits::next_at(&self.aws)).min() else {
                assert_eq!(self.aws.refusals(), Vec::<String>::new());
                return work;
            };
            self.clock.set(next.max(self.clock.now()));
            self.strike(&mut work).await;
        }
    }

    /// Ends all waits that are over.
    async fn strike(&self, work: &mut Work) {
        let now = self.clock.now();
        for (name, visit) in waits::struck(&self.aws, now) {
            assert_eq!(self.aws.refusals(), Vec::<String>::new());
            let before = self.aws.counts();
            let report = self.tend.visit(visit, now.plus(self.visit_within)).await;
            work.tend.add_all(&self.aws.counts().since(&before));
            work.visits += 1;
            work.transitions += waits::transitions(report.answer);
            work.executions += usize::from(waits::go_on(&self.aws, &name, visit, report.answer));
        }
    }
}

fn records(messages: &[Message]) -> Vec<Record> {
    messages.iter().map(|message| Record::new(&message.id, &message.body)).collect()
}
