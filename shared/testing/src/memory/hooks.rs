//! What a test has happen around a call: a race, a call that never ends, time that passes meanwhile.

use super::faults::Operation;
use std::{
    collections::HashMap,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

type Happening = Pin<Box<dyn Future<Output = ()> + Send>>;
type Hook<M> = Arc<dyn Fn(M) -> Happening + Send + Sync>;

/// On which side of a call's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Side {
    Before,
    After,
}

type BySide<M> = HashMap<(Side, Operation), Hook<M>>;

/// The hooks of a memory of type `M`, which is what a hook gets.
pub(super) struct Hooks<M>(Arc<Mutex<BySide<M>>>);

impl<M> Hooks<M> {
    pub(super) fn set<F>(
        &self,
        side: Side,
        operation: Operation,
        hook: impl Fn(M) -> F + Send + Sync + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        let hook: Hook<M> = Arc::new(move |memory| Box::pin(hook(memory)));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert((side, operation), hook);
    }

    pub(super) fn get(&self, side: Side, operation: Operation) -> Option<Hook<M>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&(side, operation)).cloned()
    }
}

impl<M> Clone for Hooks<M> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<M> Default for Hooks<M> {
    fn default() -> Self {
        Self(Arc::default())
    }
}

impl<M> fmt::Debug for Hooks<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_set().entries(hooks.keys()).finish()
    }
}
