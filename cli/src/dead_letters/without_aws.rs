//! In place of the queues of a stack, where the program was built without them.

use super::{letter::Letter, source::Source, walk::Queues};
use crate::{aws::WITHOUT_AWS, failure::Failure};

/// No stack.
pub(crate) enum StackQueues {}

/// Refuses.
///
/// # Errors
/// Always.
pub(crate) async fn open(_stack: &str, _region: Option<String>) -> Result<StackQueues, Failure> {
    Err(Failure::new(WITHOUT_AWS))
}

impl StackQueues {
    /// How many messages there are.
    pub(crate) async fn count(&self, _queue: Source) -> Option<u64> {
        match *self {}
    }
}

impl Queues for StackQueues {
    async fn receive(&self, _queue: Source) -> Result<Vec<Letter>, Failure> {
        match *self {}
    }

    async fn send(&self, _letter: &Letter) -> Result<(), Failure> {
        match *self {}
    }

    async fn delete(&self, _letter: &Letter) -> Result<(), Failure> {
        match *self {}
    }

    async fn give_back(&self, _queue: Source, _receipts: Vec<String>) {
        match *self {}
    }
}
