//! Batches of SQS messages as Lambda hands them over, and the answer that names those to bring again.

pub use aws_lambda_events::sqs::SqsEvent;
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse};
use grapnel_domain::message::Record;

/// The messages of a batch. One without an id cannot be named in the answer and does not occur.
#[must_use]
pub fn records(event: SqsEvent) -> Vec<Record> {
    let record = |message: aws_lambda_events::sqs::SqsMessage| Record {
        message_id: message.message_id.unwrap_or_default(),
        body: message.body.unwrap_or_default(),
    };
    event.records.into_iter().map(record).collect()
}

/// The answer: everything is finished but the messages with these ids.
#[must_use]
pub fn response(failed: Vec<String>) -> SqsBatchResponse {
    let mut response = SqsBatchResponse::default();
    response.batch_item_failures = failed
        .into_iter()
        .map(|id| {
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            failure
        })
        .collect();
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_is_read_and_answered() {
        let event = include_str!("../../../events/sqs-batch.json");
        let records = records(serde_json::from_str(event).expect("an SQS batch"));
        assert_eq!(records.len(), 2);
        assert!(records.iter().all(|record| record.body.starts_with('{')));
        let answer = response(vec![records[1].message_id.clone()]);
        let json = serde_json::to_value(answer).expect("serialises");
        assert_eq!(json["batchItemFailures"][0]["itemIdentifier"], records[1].message_id);
    }
}
