use super::{Memory, Operation, whole_second};
use grapnel_domain::{
    ids::{ReplayId, UserId},
    ports::{Consistency, PortError, Replays, Stored},
    replay::Replay,
};

impl Replays for Memory {
    async fn replay(
        &self,
        user: &UserId,
        id: ReplayId,
        consistency: Consistency,
    ) -> Result<Option<Replay>, PortError> {
        self.run(Operation::Replay, |state| {
            Ok(state.seen(consistency).replays.get(&(user.clone(), id)).cloned())
        })
        .await
    }

    async fn store_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        self.run(Operation::StoreReplay, |state| {
            let key = (replay.user_id.clone(), replay.id);
            if let Some(found) = state.tables.replays.get(&key) {
                return Ok(Stored::Refused(Some(Box::new(found.clone()))));
            }
            let expires_at = whole_second(replay.expires_at);
            state.tables.replays.insert(key, Replay { expires_at, ..replay.clone() });
            Ok(Stored::Yes)
        })
        .await
    }

    async fn advance_replay(&self, replay: &Replay) -> Result<Stored, PortError> {
        self.run(Operation::AdvanceReplay, |state| {
            if replay.page == 0 {
                return Err(PortError::Unusable("a replay's progress is that of no page".into()));
            }
            match state.tables.replays.get_mut(&(replay.user_id.clone(), replay.id)) {
                Some(found) if found.page + 1 == replay.page => {
                    found.page = replay.page;
                    found.place = replay.place;
                    found.examined = replay.examined;
                    found.replayed = replay.replayed;
                    found.finished_at = replay.finished_at;
                    Ok(Stored::Yes)
                }
                found => Ok(Stored::Refused(found.map(|replay| Box::new(replay.clone())))),
            }
        })
        .await
    }
}
