use super::{Memory, Operation, whole_second};
use grapnel_domain::{
    event::publish::{Claim, IdempotencyKey},
    ids::UserId,
    ports::{ClaimKeys, PortError},
    time::Timestamp,
};

impl ClaimKeys for Memory {
    async fn claim_key(&self, claim: &Claim, now: Timestamp) -> Result<Claim, PortError> {
        self.run(Operation::ClaimKey, |state| {
            let key = (claim.user_id.clone(), claim.key.clone());
            if let Some(first) = state.tables.claims.get(&key).filter(|first| first.is_live(now)) {
                return Ok(first.clone());
            }
            let row = Claim { expires_at: whole_second(claim.expires_at), ..claim.clone() };
            state.tables.claims.insert(key, row);
            Ok(claim.clone())
        })
        .await
    }

    async fn claimed(
        &self,
        user: &UserId,
        key: &IdempotencyKey,
        now: Timestamp,
    ) -> Result<Option<Claim>, PortError> {
        self.run(Operation::Claimed, |state| {
            let found = state.tables.claims.get(&(user.clone(), key.clone()));
            Ok(found.filter(|claim| claim.is_live(now)).cloned())
        })
        .await
    }
}
