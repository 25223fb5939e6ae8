//! Processor time.

use rustix::time::{ClockId, clock_gettime};
use std::time::Duration;

/// Runs of one sample, and samples, of which the middle one is printed.
const RUNS: u32 = 200;
const SAMPLES: usize = 101;

/// The processor time that something takes.
pub(crate) fn taken_by(run: impl FnOnce()) -> Duration {
    let began = now();
    run();
    now().saturating_sub(began)
}

/// Prints the median of what one run takes, as it tells it itself.
pub(crate) fn print(what: &str, mut run: impl FnMut() -> Duration) {
    let mut samples: Vec<Duration> =
        (0..SAMPLES).map(|_| (0..RUNS).map(|_| run()).sum::<Duration>() / RUNS).collect();
    samples.sort_unstable();
    println!("  {what:<28} {:>6.1} µs", samples[SAMPLES / 2].as_secs_f64() * 1e6);
}

/// Processor time of this process so far.
fn now() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).expect("a process does not run backwards");
    Duration::new(seconds, u32::try_from(time.tv_nsec).expect("less than a second"))
}
