//! What a test has happen around a call: a race, a call that never ends, time that passes meanwhile.

use super::{Memory, Operation};
use std::{
    collections::HashMap,
    fmt,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
};

type Happening = Pin<Box<dyn Future<Output = ()> + Send>>;
type Hook = Arc<dyn Fn(Memory) -> Happening + Send + Sync>;

/// On which side of a call's effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Side {
    Before,
    After,
}

#[derive(Clone, Default)]
pub(super) struct Hooks(Arc<Mutex<HashMap<(Side, Operation), Hook>>>);

impl fmt::Debug for Hooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let hooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_set().entries(hooks.keys()).finish()
    }
}

impl Hooks {
    fn set<F>(&self, at: (Side, Operation), hook: impl Fn(Memory) -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let hook: Hook = Arc::new(move |memory| Box::pin(hook(memory)));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(at, hook);
    }
}

impl Memory {
    /// Has this happen before each call of `operation`. The call goes on when the hook's future ends, so one that never
    /// ends is a service that never answers. A second hook replaces the first.
    pub fn before<F>(&self, operation: Operation, hook: impl Fn(Self) -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.hooks.set((Side::Before, operation), hook);
    }

    /// Has this happen after each call of `operation`, before its answer comes back.
    pub fn after<F>(&self, operation: Operation, hook: impl Fn(Self) -> F + Send + Sync + 'static)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.hooks.set((Side::After, operation), hook);
    }

    pub(super) async fn meet_before(&self, operation: Operation) {
        self.meet((Side::Before, operation)).await;
    }

    pub(super) async fn meet_after(&self, operation: Operation) {
        self.meet((Side::After, operation)).await;
    }

    async fn meet(&self, at: (Side, Operation)) {
        let hook = self.hooks.0.lock().unwrap_or_else(PoisonError::into_inner).get(&at).cloned();
        if let Some(hook) = hook {
            hook(self.clone()).await;
        }
    }
}
