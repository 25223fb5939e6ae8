use super::PortError;
use crate::{
    delivery::DeliveryKey,
    tending::{DuePage, Minutes, Place, Spread, Unreadable, WaitingDelivery},
    time::Minute,
};

/// The deliveries in shared waits, for the function that releases them.
pub trait TendDeliveries: Send + Sync {
    /// The deliveries of a part of the index that wait for these minutes, by minute, after `after`.
    /// The index lags.
    fn due(
        &self,
        spread: Spread,
        minutes: Minutes,
        after: Option<Place>,
    ) -> impl Future<Output = Result<DuePage, PortError>> + Send;

    /// The deliveries with these keys, at most 100, that exist and wait for a minute, by consistent
    /// reads, in no order.
    fn waiting(
        &self,
        keys: &[DeliveryKey],
    ) -> impl Future<Output = Result<(Vec<WaitingDelivery>, Vec<Unreadable>), PortError>> + Send;

    /// Removes it from the index, with its slot, if it still waits for `minute` and still has
    /// `attempts` attempts; otherwise does nothing.
    fn stop_waiting(
        &self,
        key: DeliveryKey,
        minute: Minute,
        attempts: u32,
    ) -> impl Future<Output = Result<(), PortError>> + Send;

    /// Removes a row that cannot be released from the index, and notes the reason in it.
    fn give_up(&self, row: &Unreadable) -> impl Future<Output = Result<(), PortError>> + Send;
}
