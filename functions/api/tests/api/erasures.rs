//! Payloads and responses that are erased on demand.

mod responses;

use crate::world::{ADMIN, World, problem};
use axum::http::StatusCode;
use grapnel_domain::{
    delivery::{Delivery, DeliveryStatus, Reason, TRANSFORM_FAILED},
    event::Event,
    ids::EventId,
    ports::PortError,
    scope::Scope,
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{DeliveryBuilder, a_delivery, a_webhook, an_attempt, an_event, user},
    clock::START,
    memory::{Effect, Operation},
};
use rstest::rstest;
use serde_json::{Value, json};
use std::time::Duration;

struct Erasing {
    world: World,
    key: String,
    webhook: Webhook,
    event: Event,
}

type State = fn(DeliveryBuilder) -> DeliveryBuilder;

impl Erasing {
    /// An event with a delivery in each of these states, to one webhook each.
    async fn with(states: &[State]) -> (Self, Vec<Delivery>) {
        let world = World::new();
        let key = world.key("u", &[Scope::WebhooksWrite, Scope::DeliveriesRead]).await;
        let webhooks: Vec<Webhook> =
            states.iter().map(|_| a_webhook().for_user("u").build()).collect();
        let event = an_event().for_user("u").to(webhooks.iter().map(|webhook| webhook.id)).build();
        let mut deliveries = Vec::new();
        for (webhook, state) in webhooks.iter().zip(states) {
            let delivery = state(a_delivery().of(&event).to(webhook)).build();
            world.memory.put_webhook(webhook.clone());
            world.memory.put_delivery(delivery.clone());
            deliveries.push(delivery);
        }
        world.memory.put_event(event.clone());
        let webhook = webhooks[0].clone();
        (Self { world, key, webhook, event }, deliveries)
    }

    async fn erase(&self) -> crate::world::Answer {
        self.delete(format!("/api/events/{}/payload", self.event.id)).await
    }

    async fn delete(&self, path: String) -> crate::world::Answer {
        self.world.call("DELETE", path).key(&self.key).send().await
    }

    fn path(&self, delivery: &Delivery) -> String {
        format!("/api/webhooks/{}/deliveries/{}", delivery.webhook_id, delivery.id)
    }

    async fn shown(&self, delivery: &Delivery) -> Value {
        self.world.get(self.path(delivery), &self.key).await.json()
    }

    fn data(&self) -> String {
        let found = self.world.memory.event_now(&self.event.user_id, self.event.id);
        found.map(|event| event.content.data).unwrap_or_default()
    }

    fn now(&self, delivery: &Delivery) -> Delivery {
        self.world.memory.delivery_now(delivery.key()).expect("there")
    }
}

const DELIVERED: State = DeliveryBuilder::delivered;
const FAILED: State = |delivery| delivery.failed(2, Reason::AttemptsExhausted);
const PENDING: State = |delivery| delivery;
const RETRYING: State = DeliveryBuilder::retrying;

#[tokio::test]
async fn a_payload_is_erased_once_and_every_delivery_says_so() {
    let (it, deliveries) = Erasing::with(&[DELIVERED, FAILED]).await;
    for pause in [10, 60] {
        it.world.clock.advance(Duration::from_secs(pause));
        let answer = it.erase().await;
        assert_eq!((answer.status, answer.text.as_str()), (StatusCode::NO_CONTENT, ""));
        assert_eq!(it.data(), "");
        for delivery in &deliveries {
            let shown = it.shown(delivery).await;
            assert_eq!(shown["payload"], Value::Null);
            assert_eq!(shown["payloadErasedAt"], "2026-11-24T06:24:10.000Z", "the first time");
            let expected = Delivery {
                payload_erased_at: Some(START.plus(Duration::from_secs(10))),
                ..delivery.clone()
            };
            assert_eq!(it.now(delivery), expected, "nothing else changed");
        }
    }
    let list = format!("/api/webhooks/{}/deliveries", it.webhook.id);
    let items = it.world.get(list, &it.key).await.items();
    assert_eq!((&items[0]["payload"], items.len()), (&Value::Null, 1));
    assert_eq!(items[0]["payloadErasedAt"], "2026-11-24T06:24:10.000Z");
}

#[tokio::test]
async fn an_erased_event_is_shown_without_its_data_and_with_its_deliveries() {
    let (erasing, deliveries) = Erasing::with(&[DELIVERED, FAILED]).await;
    let path = format!("/api/events/{}", erasing.event.id);
    let before = erasing.world.get(&path, &erasing.key).await.json();
    assert!(before["data"].is_object() && before.get("payloadErasedAt").is_none(), "{before}");
    assert_eq!(erasing.erase().await.status, StatusCode::NO_CONTENT);
    let after = erasing.world.get(&path, &erasing.key).await.json();
    assert_eq!(after["data"], Value::Null);
    assert!(after["payloadErasedAt"].is_string(), "{after}");
    assert_eq!(after["deliveries"].as_array().map(Vec::len), Some(deliveries.len()));
    assert_eq!(after["type"], before["type"]);
}

#[tokio::test]
async fn a_delivery_that_was_not_erased_says_nothing_of_it() {
    let (it, deliveries) = Erasing::with(&[DELIVERED]).await;
    let shown = it.shown(&deliveries[0]).await;
    assert_eq!(shown["payload"]["leadId"], "lead-1");
    assert_eq!((shown.get("payloadErasedAt"), shown.get("responsesErasedAt")), (None, None));
}

#[rstest]
#[case::pending(PENDING)]
#[case::retrying(RETRYING)]
#[tokio::test]
async fn nothing_is_erased_while_a_delivery_is_on_its_way(#[case] open: State) {
    let (it, deliveries) = Erasing::with(&[DELIVERED, open, FAILED]).await;
    assert_eq!(it.erase().await.problem(), problem(409, "delivery_open"));
    assert_eq!(it.data(), it.event.content.data);
    assert!(deliveries.iter().all(|delivery| it.now(delivery) == *delivery));
    assert_eq!(it.world.memory.calls(Operation::ErasePayload), 0);
}

#[tokio::test]
async fn nothing_is_erased_before_the_event_is_fanned_out() {
    // Its webhooks are not decided yet.
    let (it, _) = Erasing::with(&[DELIVERED]).await;
    it.world.memory.put_event(Event { audience: None, ..it.event.clone() });
    assert_eq!(it.erase().await.problem(), problem(409, "delivery_open"));
    // It is decided, and one of two deliveries is not recorded.
    let other = a_webhook().for_user("u").build();
    let audience = Some(vec![it.webhook.id, other.id]);
    it.world.memory.put_event(Event { audience, ..it.event.clone() });
    assert_eq!(it.erase().await.problem(), problem(409, "delivery_open"));
    assert_eq!(it.data(), it.event.content.data);
    // Once it must have expired, that it is not there says nothing.
    it.world.clock.set(START.plus(Duration::from_secs(30 * 86_400)));
    assert_eq!(it.erase().await.status, StatusCode::NO_CONTENT);
    assert_eq!(it.data(), "");
}

#[tokio::test]
async fn an_event_that_went_to_nobody_is_erased_too() {
    let (it, _) = Erasing::with(&[DELIVERED]).await;
    it.world.memory.put_event(Event { audience: Some(vec![]), ..it.event.clone() });
    assert_eq!(it.erase().await.status, StatusCode::NO_CONTENT);
    assert_eq!(it.data(), "");
}

#[tokio::test]
async fn an_event_whose_webhook_is_gone_is_erased_too() {
    let (it, deliveries) = Erasing::with(&[DELIVERED]).await;
    it.delete(format!("/api/webhooks/{}", it.webhook.id)).await;
    assert_eq!(it.erase().await.status, StatusCode::NO_CONTENT);
    assert_eq!((it.data(), it.now(&deliveries[0]).payload_erased_at), (String::new(), Some(START)));
}

#[tokio::test]
async fn what_there_is_not_cannot_be_erased() {
    let (it, _) = Erasing::with(&[DELIVERED]).await;
    let foreign = an_event().for_user("somebody-else").to([]).build();
    it.world.memory.put_event(foreign.clone());
    let unknown = EventId::derive(&user("u"), "shop.orders", "unknown").to_string();
    for id in [foreign.id.to_string(), unknown, "evt_1".to_owned(), it.webhook.id.to_string()] {
        let answer = it.delete(format!("/api/events/{id}/payload")).await;
        assert_eq!(answer.problem(), problem(404, "not_found"), "{id}");
    }
    let found = it.world.memory.event_now(&foreign.user_id, foreign.id).expect("there");
    assert_eq!(found, foreign);
    let admin = format!("/api/events/{}/payload?userId=somebody-else", foreign.id);
    let answer = it.world.call("DELETE", admin).key(ADMIN).send().await;
    assert_eq!(answer.status, StatusCode::NO_CONTENT);
}

/// Cut off between any two steps, or with any answer lost: asked again, it is done.
#[rstest]
#[case(Operation::Event, 0)]
#[case(Operation::Deliveries, 0)]
#[case(Operation::ErasePayload, 0)]
#[case(Operation::NotePayloadErased, 0)]
#[case(Operation::NotePayloadErased, 1)]
#[tokio::test]
async fn an_erasure_that_was_cut_off_is_finished_when_asked_again(
    #[case] operation: Operation,
    #[case] skipped: usize,
    #[values(Effect::Before, Effect::After)] effect: Effect,
) {
    let (it, deliveries) = Erasing::with(&[DELIVERED, FAILED]).await;
    let cut = PortError::Unavailable("cut".into());
    it.world.memory.fail_after(operation, skipped, cut, effect);
    assert_eq!(it.erase().await.problem(), problem(503, "temporarily_unavailable"));
    it.world.clock.advance(Duration::from_secs(5));
    assert_eq!(it.erase().await.status, StatusCode::NO_CONTENT);
    let erased = it.world.memory.event_now(&it.event.user_id, it.event.id).expect("there");
    assert!(erased.payload_erased_at.is_some() && erased.content.data.is_empty());
    for delivery in &deliveries {
        assert_eq!(it.now(delivery).payload_erased_at, erased.payload_erased_at);
    }
}

/// Between the look at the deliveries and the end a replay takes one up again. It is marked like
/// the others, and ends when it is due.
#[tokio::test]
async fn an_erasure_goes_on_where_a_delivery_was_taken_up_meanwhile() {
    let (it, deliveries) = Erasing::with(&[FAILED]).await;
    let cut = PortError::Unavailable("cut".into());
    it.world.memory.fail_next(Operation::NotePayloadErased, cut, Effect::Before);
    it.erase().await;
    let reopened = Delivery {
        status: DeliveryStatus::Retrying,
        reason: None,
        next_attempt_at: Some(START),
        ..deliveries[0].clone()
    };
    it.world.memory.put_delivery(reopened.clone());
    assert_eq!(it.shown(&reopened).await["payloadErasedAt"], "2026-11-24T06:24:00.000Z");
    assert_eq!(it.erase().await.status, StatusCode::NO_CONTENT);
    let expected = Delivery { payload_erased_at: Some(START), ..reopened.clone() };
    assert_eq!(it.now(&reopened), expected);
}

#[tokio::test]
async fn what_a_failed_transform_said_of_the_data_is_erased_with_it() {
    let mut attempts = vec![an_attempt(1), an_attempt(2)];
    for attempt in &mut attempts {
        attempt.status_code = None;
        attempt.error = Some(format!("{TRANSFORM_FAILED}: line 1: `ada` is no number"));
    }
    let (it, deliveries) = Erasing::with(&[FAILED]).await;
    let delivery = Delivery { attempts, ..deliveries[0].clone() };
    it.world.memory.put_delivery(delivery.clone());
    it.erase().await;
    for attempt in it.now(&delivery).attempts {
        assert_eq!(attempt.error.as_deref(), Some(TRANSFORM_FAILED));
    }
}

#[rstest]
#[case::told(true)]
#[case::not_told(false)]
#[tokio::test]
async fn an_erased_delivery_is_not_sent_again(#[case] told: bool) {
    let (it, deliveries) = Erasing::with(&[FAILED]).await;
    if !told {
        let cut = PortError::Unavailable("cut".into());
        it.world.memory.fail_next(Operation::NotePayloadErased, cut, Effect::Before);
    }
    it.erase().await;
    assert_eq!(it.now(&deliveries[0]).payload_erased_at.is_some(), told);
    let key = it.world.full_key("u").await;
    let answer = it.world.post(format!("{}/retry", it.path(&deliveries[0])), &key).await;
    assert_eq!(answer.problem(), problem(409, "payload_erased"));
    assert!(it.world.memory.delivery_queue().messages().is_empty());
}

#[tokio::test]
async fn a_cheap_read_that_lags_does_not_show_what_was_erased() {
    let (it, deliveries) = Erasing::with(&[DELIVERED]).await;
    it.world.memory.stop_replication();
    assert_eq!(it.erase().await.status, StatusCode::NO_CONTENT);
    let shown = it.shown(&deliveries[0]).await;
    assert_eq!(shown["payload"], Value::Null);
    assert_eq!(shown["payloadErasedAt"], "2026-11-24T06:24:00.000Z");
}

/// The last of its tries is the one that succeeds: that is a success.
#[tokio::test]
async fn a_cancellation_that_succeeds_at_its_last_try_says_so() {
    let (it, deliveries) = Erasing::with(&[RETRYING]).await;
    let key = it.world.full_key("u").await;
    let disturbed = disturb(&it.world, &deliveries[0], Operation::EndDelivery, 3);
    let answer = it.world.post(format!("{}/cancel", it.path(&deliveries[0])), &key).await;
    assert_eq!((answer.status, &answer.json()["reason"]), (StatusCode::OK, &json!("cancelled")));
    disturbed.await.expect("no panic");
    assert_eq!(it.world.memory.calls(Operation::EndDelivery), 4);
}

/// Has an attempt more on record whenever somebody else may run, until `operation` was called so
/// often.
fn disturb(
    world: &World,
    delivery: &Delivery,
    operation: Operation,
    calls: usize,
) -> tokio::task::JoinHandle<()> {
    let memory = world.memory.clone();
    let mut delivery = delivery.clone();
    tokio::spawn(async move {
        while memory.calls(operation) < calls {
            let attempt = an_attempt(delivery.next_attempt_number().get());
            delivery.attempts.push(attempt);
            memory.put_delivery(delivery.clone());
            tokio::task::yield_now().await;
        }
    })
}
