use super::{Consistency, PortError};
use crate::{
    ids::{ReplayId, UserId},
    replay::Replay,
};

/// What became of a conditional write to a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stored {
    /// It is stored.
    Yes,
    /// The condition did not hold. The replay as it stands; `None` if there is none.
    Refused(Option<Box<Replay>>),
}

/// Reads and writes single replays.
pub trait Replays: Send + Sync {
    /// The replay, if this user has it.
    fn replay(
        &self,
        user: &UserId,
        id: ReplayId,
        consistency: Consistency,
    ) -> impl Future<Output = Result<Option<Replay>, PortError>> + Send;

    /// Stores a new replay, on condition that it is not there.
    fn store_replay(
        &self,
        replay: &Replay,
    ) -> impl Future<Output = Result<Stored, PortError>> + Send;

    /// Stores the progress of `replay`, whose last page is number `replay.page - 1`, on condition
    /// that exactly the pages before that one are on record. What was asked for stays.
    fn advance_replay(
        &self,
        replay: &Replay,
    ) -> impl Future<Output = Result<Stored, PortError>> + Send;
}
