//! The delivery function in a small world: AWS in memory, scripted receivers, virtual time, and
//! executions that call the tend function as the state machine does.

use grapnel_delivery::{BatchReport, Deliver, Ports, Rules};
use grapnel_domain::{
    delay::QueueDelay,
    delivery::Delivery,
    event::{Event, Retention},
    health::CircuitRules,
    message::{MakeAttempt, QueueMessage, Record},
    ports::{Clock, Deliveries, UpdateDeliveries},
    tending::Visit,
    time::{Minute, Timestamp},
    webhook::Webhook,
};
use grapnel_tend::Tend;
use grapnel_testing::{
    builders::{a_delivery, an_event, nth},
    clock::{ManualClock, TIME_BUDGET, VISIBILITY_TIMEOUT},
    memory::{Memory, Received},
    sender::ScriptedSender,
};
use std::{collections::BTreeMap, marker::PhantomData, time::Duration};

pub(crate) const VISIBILITY: Duration = VISIBILITY_TIMEOUT;

/// Everything over memory, but for the deliveries table where a test says so.
pub(crate) struct OverMemory<D = Memory>(PhantomData<D>);

impl<D: Deliveries + UpdateDeliveries> Ports for OverMemory<D> {
    type Webhooks = Memory;
    type Events = Memory;
    type Deliveries = D;
    type DeliveryQueue = Memory;
    type DeadLetters = Memory;
    type Waits = Memory;
    type Sender = ScriptedSender;
    type Notices = Memory;
    type Clock = ManualClock;
}

pub(crate) struct World {
    pub(crate) memory: Memory,
    pub(crate) sender: ScriptedSender,
    pub(crate) clock: ManualClock,
    pub(crate) deliver: Deliver<OverMemory>,
}

impl grapnel_tend::Ports for OverMemory {
    type Deliveries = Memory;
    type DeliveryQueue = Memory;
    type DeadLetters = Memory;
    type Clock = ManualClock;
}

impl World {
    pub(crate) fn new() -> Self {
        let memory = Memory::new();
        let sender = ScriptedSender::new();
        let clock = memory.clock();
        let deliver = Deliver {
            webhooks: memory.clone(),
            events: memory.clone(),
            deliveries: memory.clone(),
            queue: memory.clone(),
            dead_letters: memory.clone(),
            waits: memory.clone(),
            sender: sender.clone(),
            notices: memory.clone(),
            clock: clock.clone(),
            rules: Rules {
                retention: Retention { days: 30 },
                longest_queue_delay: QueueDelay::at_most(900),
                time_budget: TIME_BUDGET,
                visibility_timeout: VISIBILITY,
                circuit: CircuitRules { failures: 10, first_interval: Duration::from_secs(60) },
            },
        };
        Self { memory, sender, clock, deliver }
    }

    /// A pending delivery to this webhook, with its event.
    pub(crate) fn delivery_to(&self, webhook: &Webhook) -> (Event, Delivery) {
        let event = an_event().for_user(webhook.user_id.as_str()).build();
        let delivery = a_delivery().of(&event).to(webhook).build();
        self.memory.put_webhook(webhook.clone());
        self.memory.put_event(event.clone());
        self.memory.put_delivery(delivery.clone());
        (event, delivery)
    }

    pub(crate) fn now(&self, delivery: &Delivery) -> Delivery {
        self.memory.delivery_now(delivery.key()).expect("the delivery is there")
    }

    pub(crate) async fn handle(&self, message: QueueMessage) -> BatchReport {
        self.handle_text(&message.to_json()).await
    }

    pub(crate) async fn handle_text(&self, body: &str) -> BatchReport {
        let record = Record::new("m-1", body);
        self.handle_records(&[record]).await
    }

    /// Runs an invocation with these records, beginning now.
    pub(crate) async fn handle_records(&self, records: &[Record]) -> BatchReport {
        self.deliver.handle(records, self.deadline()).await
    }

    /// The deadline of an invocation that begins now.
    pub(crate) fn deadline(&self) -> Timestamp {
        self.clock.now().plus(TIME_BUDGET.function_timeout)
    }

    pub(crate) async fn attempt(&self, delivery: &Delivery, number: u32) -> BatchReport {
        self.handle(QueueMessage::MakeAttempt(MakeAttempt::scheduled(
            delivery.target(),
            nth(number),
        )))
        .await
    }

    /// Enqueues a first attempt, as fan-out does.
    pub(crate) fn enqueue_first(&self, delivery: &Delivery) {
        let message = QueueMessage::MakeAttempt(MakeAttempt::scheduled(delivery.target(), nth(1)));
        let group = delivery.webhook_id.to_string();
        self.memory.delivery_queue().send(message.to_json(), group, Duration::ZERO);
    }

    /// The queued messages, each with the seconds until it is due.
    pub(crate) fn queued(&self) -> Vec<(QueueMessage, u64)> {
        let now = self.clock.now();
        let messages = self.memory.delivery_queue().messages();
        messages.iter().map(|m| (m.message(), now.until(m.due).as_secs())).collect()
    }

    /// Advances the time until nothing is left to do.
    pub(crate) async fn run_until_quiet(&self) {
        let mut executions = BTreeMap::new();
        for _ in 0..10_000 {
            let received = self.memory.delivery_queue().receive(10);
            if !received.is_empty() {
                let records: Vec<Record> = received.iter().map(Received::record).collect();
                let report = self.handle_records(&records).await;
                for record in records.iter().filter(|r| !report.failed.contains(&r.message_id)) {
                    self.memory.delivery_queue().acknowledge(&record.message_id);
                }
            } else if !self.let_time_pass(&mut executions).await {
                return;
            }
        }
        panic!("it never became quiet: {:?}", self.queued());
    }

    /// Advances to the next thing to do; `false` if there is none.
    async fn let_time_pass(&self, executions: &mut BTreeMap<Minute, Visit>) -> bool {
        for wait in self.memory.waits().into_iter().filter(|wait| wait.running) {
            executions.entry(wait.minute).or_insert(Visit::first(wait.minute));
        }
        let next_visit = executions.values().map(|visit| visit.until).min();
        let due = self.memory.delivery_queue().next_due();
        let Some(next) = due.into_iter().chain(next_visit).min() else { return false };
        self.clock.set(next.max(self.clock.now()));
        let visits: Vec<Visit> = executions.values().copied().collect();
        for visit in visits.into_iter().filter(|visit| visit.until <= next) {
            let answer = self.visit(visit).await;
            if answer.over {
                self.memory.end_wait(visit.minute);
                executions.remove(&visit.minute);
            } else {
                executions.insert(visit.minute, Visit { until: answer.until, ..visit });
            }
        }
        true
    }

    /// A visit of an execution.
    pub(crate) async fn visit(&self, visit: Visit) -> grapnel_domain::tending::Answer {
        let tend = Tend::<OverMemory> {
            deliveries: self.memory.clone(),
            queue: self.memory.clone(),
            dead_letters: self.memory.clone(),
            clock: self.clock.clone(),
        };
        tend.visit(visit, self.deadline()).await.answer
    }
}
