use super::PortError;
use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use std::{
    collections::HashMap,
    fmt,
    hash::Hash,
    panic::AssertUnwindSafe,
    sync::{Arc, Mutex, PoisonError},
};

type Reading<'a, V> = Shared<BoxFuture<'a, Result<Arc<V>, PortError>>>;

/// The reads of one batch of messages: each key is read once, however many messages need it. The
/// read begins when the first of them needs it, and is forgotten with the batch. If it fails, it
/// fails for all of them. A panic, which is a bug, is an error like others: the messages that need
/// another key go on.
pub struct ReadOnce<'a, K, V>(Mutex<HashMap<K, Reading<'a, V>>>);

impl<K, V> Default for ReadOnce<'_, K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K, V> fmt::Debug for ReadOnce<'_, K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ReadOnce").finish_non_exhaustive()
    }
}

impl<'a, K: Eq + Hash, V: Send + Sync + 'a> ReadOnce<'a, K, V> {
    /// The value of this key. `read` is used only if nobody read the key before.
    ///
    /// # Errors
    /// That of the one read.
    pub async fn get<F>(&self, key: K, read: impl FnOnce() -> F) -> Result<Arc<V>, PortError>
    where
        F: Future<Output = Result<V, PortError>> + Send + 'a,
    {
        let reading = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .entry(key)
            .or_insert_with(|| guarded(read()).boxed().shared())
            .clone();
        reading.await
    }
}

async fn guarded<V>(read: impl Future<Output = Result<V, PortError>>) -> Result<Arc<V>, PortError> {
    let result = AssertUnwindSafe(read).catch_unwind().await;
    result.unwrap_or_else(|_| Err(PortError::Unavailable("panicked".into()))).map(Arc::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{executor::block_on, future::join_all};
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn reads_of(keys: &[u8], result: Result<u8, PortError>) -> (usize, Vec<Result<u8, PortError>>) {
        let count = AtomicUsize::new(0);
        let once = ReadOnce::default();
        let read = || async {
            count.fetch_add(1, Ordering::Relaxed);
            result.clone()
        };
        let values = block_on(join_all(keys.iter().map(|key| once.get(*key, read))));
        let values = values.into_iter().map(|value| value.map(|value| *value)).collect();
        drop(once);
        (count.load(Ordering::Relaxed), values)
    }

    #[test]
    fn a_key_is_read_once() {
        assert_eq!(reads_of(&[1, 1, 2, 1], Ok(7)), (2, vec![Ok(7); 4]));
    }

    #[test]
    fn a_read_that_fails_is_not_repeated() {
        let error = PortError::Throttled("busy".into());
        assert_eq!(reads_of(&[1, 1], Err(error.clone())), (1, vec![Err(error); 2]));
    }

    #[test]
    fn a_read_that_panics_is_an_error_for_all_that_need_it() {
        let once: ReadOnce<'_, u8, u8> = ReadOnce::default();
        let read = || async { panic!("a bug") };
        let values = block_on(join_all([once.get(1, read), once.get(1, read)]));
        let error = PortError::Unavailable("panicked".into());
        assert_eq!(values, vec![Err(error); 2]);
    }
}
