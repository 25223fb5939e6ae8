//! [`DeliveryLog::outcomes`], [`DeliveryLog::kept_figures`] and [`DeliveryLog::keep_figures`].

use super::{NEVER, eventually, somebodys_webhook};
use grapnel_domain::{
    delivery::Delivery,
    figures::{Figures, HourFigures, Outcome, Span},
    ids::DeliveryId,
    ports::{CreateDeliveries, DeliveryLog},
    time::{Hour, Timestamp},
    webhook::Webhook,
};
use grapnel_testing::{
    builders::{a_delivery, a_failed_attempt, an_event},
    clock::START,
};
use std::collections::BTreeMap;

/// Every case of this part, as a test each.
#[macro_export]
macro_rules! contract_of_figures {
    ($ports:expr) => {
        $crate::contract_tests!(
            figures,
            $ports,
            [
                outcomes_of_a_span_are_read_newest_first_in_pages,
                what_lies_outside_a_span_is_not_read,
                figures_are_kept_by_webhook_and_hour,
                an_hour_that_is_kept_again_replaces_itself_alone,
            ]
        );
    };
}

/// All that these cases need.
pub trait Store: CreateDeliveries + DeliveryLog {}
impl<S: CreateDeliveries + DeliveryLog> Store for S {}

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START.as_millis() + millis)
}

fn span(from: i64, to: i64) -> Span {
    Span { from: DeliveryId::first_at(at(from)), to: DeliveryId::first_at(at(to)) }
}

async fn created<S: Store>(stores: &S, webhook: &Webhook, millis: i64) -> Delivery {
    let event = an_event().stored_at(at(millis)).build();
    let new = a_delivery().of(&event).to(webhook).expires_at(NEVER).build();
    let attempts = (1..=2).map(a_failed_attempt).collect();
    let delivery = Delivery { attempts, test: millis % 2 == 1, ..new };
    stores.create_delivery(&delivery).await.expect("created");
    delivery
}

async fn read<S: Store>(stores: &S, webhook: &Webhook, span: Span) -> Vec<Outcome> {
    let mut read = Vec::new();
    let mut after = None;
    loop {
        let page = stores.outcomes(webhook.id, span, 2, after).await.expect("read");
        assert!(page.items.len() <= 2);
        read.extend(page.items);
        after = page.next;
        if after.is_none() {
            return read;
        }
    }
}

pub async fn outcomes_of_a_span_are_read_newest_first_in_pages<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let mut expected = Vec::new();
    for millis in (0..5).rev() {
        expected.push(Outcome::from(&created(stores, &webhook, millis).await));
    }
    assert_eq!((expected[1].test, expected[1].attempts), (true, 2));
    eventually(&expected, || read(stores, &webhook, span(0, 5))).await;
}

pub async fn what_lies_outside_a_span_is_not_read<S: Store>(stores: &S) {
    let (webhook, other) = (somebodys_webhook(), somebodys_webhook());
    created(stores, &other, 1).await;
    let mut ids = Vec::new();
    for millis in 0..4 {
        ids.push(created(stores, &webhook, millis).await.id);
    }
    let found = async |span| {
        let found = read(stores, &webhook, span).await;
        found.into_iter().map(|outcome| outcome.id).collect::<Vec<_>>()
    };
    eventually(&vec![ids[2], ids[1]], || found(span(1, 3))).await;
    // A span that ends with a delivery does not include it.
    eventually(&vec![ids[1]], || found(Span { to: ids[2], ..span(1, 3) })).await;
}

fn hour(hours: i64) -> Hour {
    NEVER.hour().plus(hours)
}

/// The figures of an hour with so many deliveries of two types.
fn figures(of: &Delivery, count: usize) -> HourFigures {
    let mut figures = HourFigures::default();
    for event_type in ["lead.created", "task.failed"] {
        let outcome = Outcome { event_type: event_type.into(), ..Outcome::from(of) };
        (0..count).for_each(|_| figures.add(&outcome));
    }
    figures
}

pub async fn figures_are_kept_by_webhook_and_hour<S: Store>(stores: &S) {
    let (webhook, other) = (somebodys_webhook(), somebodys_webhook());
    let delivery = a_delivery().build();
    let mut unfinished = figures(&delivery, 2);
    unfinished.is_counted_to(Some(delivery.id));
    let kept = BTreeMap::from([
        (hour(0), figures(&delivery, 1)),
        (hour(1), HourFigures::default()),
        (hour(30), unfinished),
        (hour(60), figures(&delivery, 3)),
    ]);
    stores.keep_figures(webhook.id, &kept).await.expect("kept");
    let found = async |from, to| stores.kept_figures(webhook.id, hour(from)..hour(to)).await;
    eventually(&Ok(kept.clone()), || found(-100, 100)).await;
    let mut middle = kept;
    middle.retain(|at, _| (hour(1)..hour(60)).contains(at));
    eventually(&Ok(middle), || found(1, 60)).await;
    assert_eq!(stores.kept_figures(other.id, hour(-100)..hour(100)).await, Ok(BTreeMap::new()));
    // They are no deliveries of the webhook.
    let page = stores.list_deliveries(webhook.id, 10, None).await.expect("listed");
    assert_eq!(page.items, []);
}

pub async fn an_hour_that_is_kept_again_replaces_itself_alone<S: Store>(stores: &S) {
    let webhook = somebodys_webhook();
    let delivery = a_delivery().build();
    let keep = async |hours: &[(i64, usize)]| {
        let hours = hours.iter().map(|(at, count)| (hour(*at), figures(&delivery, *count)));
        stores.keep_figures(webhook.id, &hours.collect()).await.expect("kept");
    };
    keep(&[(0, 1), (1, 1)]).await;
    keep(&[(1, 5), (2, 2)]).await;
    let counts = async || {
        let kept = stores.kept_figures(webhook.id, hour(0)..hour(5)).await.expect("read");
        kept.values()
            .map(|kept| kept.of(None).0)
            .map(|it: Figures| it.deliveries())
            .collect::<Vec<_>>()
    };
    eventually(&vec![2, 10, 4], counts).await;
}
