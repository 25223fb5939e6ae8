//! Messages that may have killed the function that processed them.
//!
//! A function that dies takes its whole batch with it, and the queue delivers all of it again. It
//! is not known which message was the cause, and an outage or a throttled function causes the same.
//! So a message that is received again is only a suspect: it is not processed together with others.
//! It moves to the function's isolation queue, which delivers one message at a time. There it is
//! processed like any other, or kills its function alone until the queue makes it a dead letter.
//!
//! An event that a table refused for lack of capacity moves too, at the first time. If it stayed, it
//! would be hidden in the queue for the visibility timeout, and SQS hands out nothing more of a queue
//! with 120,000 hidden messages: one webhook that gets too much would stop the events of all.

use crate::{
    ids::UserId,
    message::Record,
    ports::{IsolateMessages, PortError},
};

/// A message that is received for at least this time is a suspect. The second time, because a batch
/// that died may be received again unchanged: with the third, the other messages of the batch would
/// be late by two visibility timeouts.
pub const SUSPECT_RECEIVES: u32 = 2;

/// A batch in two parts.
#[derive(Debug, Default, PartialEq, Eq)]
struct Divided {
    to_begin: Vec<Record>,
    suspects: Vec<Record>,
}

/// A message alone in its batch cannot harm others, so it is processed even if it is a suspect.
fn divide(batch: Vec<Record>) -> Divided {
    if batch.len() < 2 {
        return Divided { to_begin: batch, suspects: Vec::new() };
    }
    let (suspects, to_begin) =
        batch.into_iter().partition(|record| record.receives >= SUSPECT_RECEIVES);
    Divided { to_begin, suspects }
}

/// A batch without its suspects.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Isolated {
    pub to_begin: Vec<Record>,
    pub moved: Vec<String>,
    /// Ids of the suspects that could not be moved, each with the reason. They must be received
    /// again.
    pub stayed: Vec<(String, PortError)>,
}

/// Moves the suspects of a batch to the isolation queue before any message of the batch is
/// processed, because a message may kill the function.
pub async fn isolate(batch: Vec<Record>, isolation: &impl IsolateMessages) -> Isolated {
    let Divided { to_begin, suspects } = divide(batch);
    let mut isolated = Isolated { to_begin, ..Isolated::default() };
    if suspects.is_empty() {
        return isolated;
    }
    isolated.move_to(isolation, suspects).await;
    isolated
}

/// A message that a table refused for lack of capacity, and its user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    pub message_id: String,
    pub user_id: UserId,
}

/// Moves refused messages of a batch to the isolation queue, in the group of their user. A message that
/// is alone in its batch may come from there, and stays.
pub async fn move_refused(
    batch: &[Record],
    refused: &[Refused],
    isolation: &impl IsolateMessages,
) -> Isolated {
    let mut isolated = Isolated::default();
    let in_group = |record: &Record| {
        let refused = refused.iter().find(|refused| refused.message_id == record.message_id)?;
        let group = record.group.clone().unwrap_or_else(|| refused.user_id.to_string());
        Some(Record { group: Some(group), ..record.clone() })
    };
    let moving: Vec<Record> = batch.iter().filter_map(in_group).collect();
    if batch.len() > 1 && !moving.is_empty() {
        isolated.move_to(isolation, moving).await;
    }
    isolated
}

impl Isolated {
    async fn move_to(&mut self, isolation: &impl IsolateMessages, messages: Vec<Record>) {
        let mut answers = isolation.isolate(&messages).await.into_iter();
        for Record { message_id, .. } in messages {
            // A port that returns no result for a message did not send it.
            let unanswered = || Err(PortError::Unavailable("a message has no answer".into()));
            match answers.next().unwrap_or_else(unanswered) {
                Ok(()) => self.moved.push(message_id),
                Err(error) => self.stayed.push((message_id, error)),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        pin::pin,
        sync::Mutex,
        task::{Context, Poll, Waker},
    };

    /// Returns a result for each message by its id.
    struct Port {
        asked: Mutex<Vec<Vec<Record>>>,
        answer: fn(&str) -> Option<Result<(), PortError>>,
    }

    impl Port {
        fn new(answer: fn(&str) -> Option<Result<(), PortError>>) -> Self {
            Self { asked: Mutex::default(), answer }
        }

        fn asked(&self) -> Vec<Vec<Record>> {
            self.asked.lock().expect("no panic under the lock").clone()
        }
    }

    impl IsolateMessages for Port {
        async fn isolate(&self, messages: &[Record]) -> Vec<Result<(), PortError>> {
            self.asked.lock().expect("no panic under the lock").push(messages.to_vec());
            messages.iter().filter_map(|message| (self.answer)(&message.message_id)).collect()
        }
    }

    fn run(batch: &[Record], port: &Port) -> Isolated {
        let work = pin!(isolate(batch.to_vec(), port));
        match work.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(isolated) => isolated,
            Poll::Pending => panic!("the port waits for nothing"),
        }
    }

    fn received(id: &str, receives: u32) -> Record {
        Record { receives, ..Record::new(id, "{}") }
    }

    #[test]
    fn a_message_that_comes_again_is_not_begun_beside_others() {
        let port = Port::new(|_| Some(Ok(())));
        let batch = [received("a", 1), received("b", 2), received("c", 1), received("d", 40)];
        let isolated = run(&batch, &port);
        assert_eq!(isolated.to_begin, [batch[0].clone(), batch[2].clone()]);
        assert_eq!(isolated.moved, ["b", "d"]);
        assert_eq!(isolated.stayed, []);
        assert_eq!(port.asked(), [[batch[1].clone(), batch[3].clone()]]);
    }

    #[test]
    fn a_message_alone_in_its_batch_is_begun_however_often_it_came() {
        let port = Port::new(|_| panic!("nothing is moved"));
        let batch = [received("a", 100)];
        let isolated = run(&batch, &port);
        assert_eq!(isolated, Isolated { to_begin: batch.to_vec(), ..Isolated::default() });
    }

    #[test]
    fn a_batch_without_suspects_asks_for_nothing() {
        let port = Port::new(|_| panic!("nothing is moved"));
        let batch = [received("a", 1), received("b", 1)];
        assert_eq!(run(&batch, &port).to_begin, batch);
        assert_eq!(run(&[], &port), Isolated::default());
        assert_eq!(port.asked(), Vec::<Vec<Record>>::new());
    }

    #[test]
    fn a_refused_message_moves_in_the_group_of_its_user_unless_it_is_alone() {
        let port = Port::new(|_| Some(Ok(())));
        let user_id = UserId::parse("ada").expect("valid");
        let refused =
            ["a", "c"].map(|id| Refused { message_id: id.into(), user_id: user_id.clone() });
        let of_the_api = Record { group: Some("bob".into()), ..received("c", 1) };
        let batch = [received("a", 1), received("b", 1), of_the_api.clone()];
        let moved = |batch: &[Record]| {
            let work = pin!(move_refused(batch, &refused, &port));
            match work.poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(isolated) => isolated.moved,
                Poll::Pending => panic!("the port waits for nothing"),
            }
        };
        assert_eq!(moved(&batch), ["a", "c"]);
        let of_ada = Record { group: Some("ada".into()), ..batch[0].clone() };
        assert_eq!(port.asked(), [[of_ada, of_the_api]]);
        assert_eq!(moved(&batch[..1]), [""; 0], "it may come from the isolation queue");
    }

    #[test]
    fn a_suspect_that_cannot_be_moved_is_not_begun_and_comes_again() {
        let throttled = || PortError::Throttled("SendMessageBatch".into());
        let port = Port::new(|id| match id {
            "b" => Some(Err(PortError::Throttled("SendMessageBatch".into()))),
            "d" => None,
            _ => Some(Ok(())),
        });
        let batch = [received("a", 1), received("b", 2), received("c", 2), received("d", 2)];
        let Isolated { to_begin, moved, stayed } = run(&batch, &port);
        assert_eq!(to_begin, batch[..1]);
        assert_eq!(moved, ["c"]);
        assert_eq!(stayed[0], ("b".to_owned(), throttled()));
        assert_eq!(stayed[1].0, "d");
    }
}
