use super::{Consistency, PortError};
use crate::{
    ids::{ReplayId, UserId},
    replay::Replay,
};

/// The result of a conditional write to a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    Yes,
    /// The condition was false. Has the replay's present state; `None` if it does not exist.
    Refused(Option<Box<Replay>>),
}

pub trait Replays: Send + Sync {
    /// The replay, if it is this user's.
    fn replay(
        &self,
        user: &UserId,
        id: ReplayId,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Option<Replay>, PortError>> + Send;

    /// Stores a new replay, on condition that it does not exist.
    fn store_replay(
        &self,
        replay: &Replay,
    ) -> impl Future<Output = Result<Stored, PortError>> + Send;

    /// Stores the progress of `replay`, whose last page is number `replay.page - 1`, on condition
    /// that exactly the pages before it are recorded. The replay's request does not change.
    fn advance_replay(
        &self,
        replay: &Replay,
    ) -> impl Future<Output = Result<Stored, PortError>> + Send;
}
