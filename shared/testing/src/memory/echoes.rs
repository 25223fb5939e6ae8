use super::{Memory, Operation, whole_second};
use grapnel_domain::{
    echo::{Echo, EchoedRequest},
    ids::EchoId,
    ports::{Echoes, PortError},
};

impl Echoes for Memory {
    async fn store_echo(&self, echo: &Echo) -> Result<(), PortError> {
        self.run(Operation::StoreEcho, |state| {
            let row = Echo { expires_at: whole_second(echo.expires_at), ..echo.clone() };
            state.tables.echoes.entry(echo.id).or_insert(row);
            Ok(())
        })
        .await
    }

    async fn echo(&self, id: EchoId) -> Result<Option<Echo>, PortError> {
        self.run(Operation::Echo, |state| Ok(state.tables.echoes.get(&id).cloned())).await
    }

    async fn record_request(
        &self,
        id: EchoId,
        request: &EchoedRequest,
    ) -> Result<Option<usize>, PortError> {
        self.run(Operation::RecordRequest, |state| {
            let Some(echo) = state.tables.echoes.get_mut(&id) else { return Ok(None) };
            if echo.requests_left() == 0 {
                return Ok(None);
            }
            echo.requests.push(request.clone());
            Ok(Some(echo.requests.len() - 1))
        })
        .await
    }

    async fn delete_echo(&self, id: EchoId) -> Result<bool, PortError> {
        self.run(Operation::DeleteEcho, |state| Ok(state.tables.echoes.remove(&id).is_some())).await
    }
}
