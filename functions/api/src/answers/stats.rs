use grapnel_domain::figures::{Figures, Times};
use grapnel_wire::stats::{self as wire, ReceiverTime, TimeRange};

/// Counts of deliveries.
pub(crate) fn figures(figures: &Figures) -> wire::Figures {
    #[expect(clippy::cast_precision_loss, reason = "1000 at most")]
    let rate = |per_mille: u64| per_mille as f64 / 1000.0;
    wire::Figures {
        deliveries: figures.deliveries(),
        success: figures.success,
        failed: figures.failed,
        open: figures.open,
        success_rate: figures.success_per_mille().map(rate),
        attempts: figures.attempts,
        receiver_time: receiver_time(&figures.times),
    }
}

fn receiver_time(times: &Times) -> ReceiverTime {
    ReceiverTime {
        p50: times.percentile(50),
        p95: times.percentile(95),
        p99: times.percentile(99),
        ranges: times.ranges().map(|(up_to, count)| TimeRange { up_to, count }).collect(),
    }
}
