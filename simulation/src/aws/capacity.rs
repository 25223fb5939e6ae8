//! Writes wait for the capacity of their partition, as the SDK tries them.

use crate::{aws::Aws, counts::Count, plan::Target, task::millis};
use grapnel_domain::ports::PortError;

/// The longest pause before the SDK's second try, in milliseconds. The one before the third is twice
/// as long.
const SDK_BACKOFF_MILLIS: u64 = 100;

impl Aws {
    /// Waits until the partition has a write left for this call, for so many tries.
    pub(crate) async fn find_capacity(
        &self,
        target: Target,
        name: &'static str,
        tries: u32,
    ) -> Result<(), PortError> {
        let sim = self.sim();
        let mut backoff = SDK_BACKOFF_MILLIS;
        for again in (0..tries).rev() {
            let now = sim.now();
            if sim.with(|state| state.partitions.take(target, now)) {
                self.retries().give_back();
                return Ok(());
            }
            sim.pause(2..=20).await;
            if again == 0 || !self.retries().take() {
                break;
            }
            let pause = sim.draw(|random| random.within(0..=backoff));
            sim.sleep(millis(pause)).await;
            backoff *= 2;
        }
        sim.with(|state| state.fault(Count::WaveThrottles));
        Err(PortError::Throttled(name.into()))
    }
}
