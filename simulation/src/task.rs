//! Tasks: futures that the simulation polls itself, one step at a time. There is no runtime, so
//! only the seed decides the order.

use std::{
    fmt,
    future::Future,
    pin::{Pin, pin},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

/// A task's number, in the order of starting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TaskId(pub(crate) u32);

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t{}", self.0)
    }
}

/// The future of a task.
pub(crate) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A running future.
pub(crate) struct Task {
    work: Work,
    woken: Arc<Woken>,
}

#[derive(Debug)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Task {
    pub(crate) fn new(work: Work) -> Self {
        Self { work, woken: Arc::new(Woken(AtomicBool::new(true))) }
    }

    /// Polls until the task waits for time or has ended. Returns whether it has ended.
    pub(crate) fn run(&mut self) -> bool {
        let waker = Waker::from(Arc::clone(&self.woken));
        let mut context = Context::from_waker(&waker);
        while self.woken.0.swap(false, Ordering::Relaxed) {
            if self.work.as_mut().poll(&mut context).is_ready() {
                return true;
            }
        }
        false
    }
}

/// The end of a wait.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    due: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Timer {
    /// The wait has ended: wakes its task.
    pub(crate) fn ring(&self) {
        self.due.store(true, Ordering::Relaxed);
        if let Some(waker) = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waker.wake();
        }
    }

    /// Whether it is due; wakes the task if it becomes due later.
    pub(crate) fn poll(&self, context: &mut Context<'_>) -> Poll<()> {
        if self.due.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        *self.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Runs a future that waits for nothing else, as every operation on the ports in memory does: an
/// effect on AWS happens in one instant.
///
/// # Panics
/// If the future waits.
pub(crate) fn at_once<T>(work: impl Future<Output = T>) -> T {
    const MOST_POLLS: usize = 16;
    let mut work = pin!(work);
    let mut context = Context::from_waker(Waker::noop());
    for _ in 0..MOST_POLLS {
        if let Poll::Ready(done) = work.as_mut().poll(&mut context) {
            return done;
        }
    }
    panic!("an operation on the ports in memory waits for more than its turn");
}

/// A duration in milliseconds of virtual time.
pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
