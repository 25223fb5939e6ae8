//! [`IsolateMessages`]. A suite gives each case two new queues.

use super::TwoQueues;
use grapnel_domain::{
    message::{Attribute, AttributeValue, Record},
    ports::IsolateMessages,
};
use std::collections::BTreeMap;

/// A test for each case of this part.
#[macro_export]
macro_rules! contract_of_isolation {
    ($ports:expr) => {
        $crate::contract_tests!(
            isolation,
            $ports,
            [
                nothing_to_move_is_answered_with_nothing,
                a_message_is_moved_as_it_came,
                a_full_batch_is_moved_and_the_source_is_empty,
            ]
        );
    };
}

/// The parts that must not change.
fn content(record: &Record) -> (String, Option<String>, BTreeMap<String, Attribute>) {
    (record.body.clone(), record.group.clone(), record.attributes.clone())
}

pub async fn nothing_to_move_is_answered_with_nothing<S: IsolateMessages + TwoQueues>(queues: &S) {
    assert!(queues.isolate(&[]).await.is_empty());
}

/// Byte for byte, with its group and its attributes, and as a message that was never received.
pub async fn a_message_is_moved_as_it_came<S: IsolateMessages + TwoQueues>(queues: &S) {
    let attribute = |name: &str, data_type: &str, value| {
        (name.to_owned(), Attribute { data_type: data_type.to_owned(), value })
    };
    let message = Record {
        group: Some("wh_of-somebody".into()),
        attributes: BTreeMap::from([
            attribute("reason", "String", AttributeValue::Text("why ✓".into())),
            attribute("count", "Number.int", AttributeValue::Text("12".into())),
            attribute("raw", "Binary", AttributeValue::Binary(vec![0, 1, 254, 255])),
        ]),
        ..Record::new("", "{ \"a\" : 1.0,\n\t\"b\": \"é✓🪝\\u00e9\" } ")
    };
    queues.send_to_source(std::slice::from_ref(&message)).await;
    let received = queues.receive_from_source(1).await;
    assert_eq!(received.iter().map(content).collect::<Vec<_>>(), [content(&message)]);
    assert_eq!(queues.isolate(&received).await, [Ok(())]);
    let moved = queues.receive_isolated(1).await;
    assert_eq!(moved.iter().map(content).collect::<Vec<_>>(), [content(&message)]);
    assert_eq!(moved[0].receives, 1);
    assert_ne!(moved[0].message_id, received[0].message_id);
}

pub async fn a_full_batch_is_moved_and_the_source_is_empty<S: IsolateMessages + TwoQueues>(
    queues: &S,
) {
    let messages: Vec<Record> =
        (0..10).map(|number| Record::new("", format!("{{\"number\":{number}}}"))).collect();
    queues.send_to_source(&messages).await;
    let received = queues.receive_from_source(10).await;
    assert_eq!(received.len(), 10);
    assert_eq!(queues.isolate(&received).await, vec![Ok(()); 10]);
    assert_eq!(queues.left_on_source().await, 0);
    let mut bodies: Vec<String> =
        queues.receive_isolated(10).await.into_iter().map(|record| record.body).collect();
    bodies.sort_unstable();
    assert_eq!(bodies, messages.into_iter().map(|record| record.body).collect::<Vec<_>>());
}
