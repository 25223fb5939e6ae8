use grapnel_simulation::{Circumstances, Count, Grouping, isolation};
fn main() {
    for (concurrency, warm) in [(50, 5), (50, 50), (200, 5), (200, 50), (200, 200), (300, 5)] {
        for grouping in [Grouping::Nobody, Grouping::Webhooks, Grouping::AsSent, Grouping::Users] {
            for timeout in [10, 30] {
                let t = std::time::Instant::now();
                let c = Circumstances {
                    grouping,
                    concurrency,
                    warm,
                    timeout,
                    burst: 100,
                    hanging: 100,
                };
                let i = isolation(&c);
                println!(
                    "{c:?}\n   calm {:?}\n   before {:?} open within {:?}\n   after {:?}\n {:?} requests {} messages {} took {:?}",
                    i.calm,
                    i.before,
                    i.opened_within,
                    i.after,
                    i.broken,
                    i.counts.of(Count::Requests),
                    i.counts.of(Count::Messages),
                    t.elapsed()
                );
            }
        }
    }
}
