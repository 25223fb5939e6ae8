//! Tasks: futures that the simulation polls itself, one step at a time. No runtime is involved, so
//! nothing but the seed decides who goes next.

use crate::sim::Sim;
use grapnel_domain::time::Timestamp;
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

/// What a task does.
pub(crate) type Work = Pin<Box<dyn Future<Output = ()> + Send>>;

/// A future that is being worked on.
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

    /// Polls until nothing is left to do before time passes. Answers whether it has ended.
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

/// Something that somebody waits for.
#[derive(Debug, Default)]
pub(crate) struct Timer {
    due: AtomicBool,
    waker: Mutex<Option<Waker>>,
}

impl Timer {
    /// It is due: whoever waits goes on.
    pub(crate) fn ring(&self) {
        self.due.store(true, Ordering::Relaxed);
        if let Some(waker) = self.waker.lock().unwrap_or_else(PoisonError::into_inner).take() {
            waker.wake();
        }
    }
}

/// Waiting until a time. This is the only thing that anybody awaits in the simulation, and so the
/// only place at which others get their turn or a function can be killed.
pub(crate) struct Sleep {
    sim: Sim,
    until: Timestamp,
    timer: Option<Arc<Timer>>,
}

impl Sleep {
    pub(crate) fn until(sim: Sim, until: Timestamp) -> Self {
        Self { sim, until, timer: None }
    }
}

impl Future for Sleep {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let until = self.until;
        let sim = self.sim.clone();
        let timer = self.timer.get_or_insert_with(|| sim.set_timer(until));
        if timer.due.load(Ordering::Relaxed) {
            return Poll::Ready(());
        }
        *timer.waker.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        Poll::Pending
    }
}

/// Carries out at once what waits for nothing but its turn, as every operation on the ports in
/// memory does: an effect on AWS happens in one instant.
///
/// # Panics
/// If it waits for something else.
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

/// A duration in the milliseconds of virtual time.
pub(crate) const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}
