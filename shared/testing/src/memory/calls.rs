//! The calls of the ports: counted, made to fail, with something happening around them, and carried out.

use super::{
    Memory, State,
    faults::{Effect, Operation},
    hooks::Side,
};
use grapnel_domain::ports::PortError;

impl Memory {
    /// Makes the next call of `operation` answer `error`. Said again, it holds for the call after,
    /// and so on. For [`Operation::Enqueue`] and
    /// [`Operation::PublishEvent`] a call is one message.
    pub fn fail_next(&self, operation: Operation, error: PortError, effect: Effect) {
        self.fail_after(operation, 0, error, effect);
    }

    /// The same, after `skipped` calls that work.
    pub fn fail_after(
        &self,
        operation: Operation,
        skipped: usize,
        error: PortError,
        effect: Effect,
    ) {
        self.state().faults.add(operation, skipped, error, effect);
    }

    /// How often an operation was called.
    #[must_use]
    pub fn calls(&self, operation: Operation) -> usize {
        self.state().faults.calls(operation)
    }

    /// Every operation that was called at all, in no order.
    #[must_use]
    pub fn operations_called(&self) -> Vec<Operation> {
        self.state().faults.called()
    }

    /// Has this happen before each call of `operation`. The call goes on when the hook's future ends, so one that never
    /// ends is a service that never answers. A second hook replaces the first.
    pub fn before<F>(&self, operation: Operation, hook: impl Fn(Self) -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.hooks.set(Side::Before, operation, hook);
    }

    /// Has this happen after each call of `operation`, before its answer comes back.
    pub fn after<F>(&self, operation: Operation, hook: impl Fn(Self) -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.hooks.set(Side::After, operation, hook);
    }

    pub(super) async fn meet(&self, side: Side, operation: Operation) {
        if let Some(hook) = self.hooks.get(side, operation) {
            hook(self.clone()).await;
        }
    }

    /// Counts a call, lets it fail if it is to fail, and carries it out.
    pub(super) async fn run<T>(
        &self,
        operation: Operation,
        act: impl FnOnce(&mut State) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        tokio::task::yield_now().await;
        self.meet(Side::Before, operation).await;
        let answer = self.carry_out(operation, act);
        self.meet(Side::After, operation).await;
        answer
    }

    fn carry_out<T>(
        &self,
        operation: Operation,
        act: impl FnOnce(&mut State) -> Result<T, PortError>,
    ) -> Result<T, PortError> {
        let mut state = self.state();
        state.faults.count(operation);
        match state.faults.take(operation) {
            None => act(&mut state),
            Some((error, Effect::Before)) => Err(error),
            Some((error, Effect::After)) => act(&mut state).and(Err(error)),
        }
    }
}
