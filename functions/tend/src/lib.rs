//! Tends shared waits: puts the deliveries whose minute has struck on the delivery queue.
//!
//! An execution of the state machine waits for a minute and calls this function until it answers
//! that the minute is over. [`grapnel_domain::tending`] decides what a visit reads, in which order
//! it releases, and when the next one is.
//!
//! A visit reads all parts of the index side by side, then works on pages of deliveries in several
//! lanes. Each page is read consistently, because the index lags: a delivery that no longer waits
//! is skipped. A delivery leaves the index only after its message is queued. If the function dies
//! in between, its message is sent twice, and the attempt's record lets only one of them count.
//! If it dies anywhere else, the execution calls again, and the next visit finds what is left.

mod leave;
mod ports;
mod read;

pub use ports::{Ports, Tend};

use futures::future::join_all;
use grapnel_domain::{
    ports::{Clock, EnqueueAttempts, PortError, TendDeliveries},
    tending::{Answer, DueRow, Tended, Visit, WaitingDelivery, in_turn},
    time::Timestamp,
};
use grapnel_telemetry::Metrics;
use std::{
    collections::HashSet,
    slice::Chunks,
    sync::{Mutex, PoisonError},
};

/// Deliveries that are read, queued and removed together: the most that one read may ask for.
const PAGE: usize = 100;

/// How many pages are worked on side by side. A page takes about 0.2 s, so 100,000 deliveries take
/// about half a minute.
const LANES: usize = 6;

/// A visit's result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Report {
    pub answer: Answer,
    pub tended: Tended,
}

impl Report {
    pub fn metrics(&self) -> Metrics {
        Metrics::of("tend")
            .count("DeliveriesReleased", self.tended.released)
            .count("WaitsLeft", self.tended.left + self.tended.unsure)
            .count("WaitsPutAside", self.tended.put_aside)
    }
}

impl<P: Ports> Tend<P> {
    /// Carries a visit out. Lambda stops the function at the `deadline`.
    pub async fn visit(&self, visit: Visit, deadline: Timestamp) -> Report {
        // The second half of the time is for pages that are begun: for their messages, and to remove
        // them from the index while writes are throttled.
        let begun = self.clock.now();
        let last_page = begun.plus(begun.until(deadline) / 2);
        let read = self.read(&visit).await;
        let mut tended = self.put_aside(read.unreadable).await;
        tended.more = read.more;
        tended.left += read.failed;
        let rows = in_turn(read.rows);
        let pages = Mutex::new(rows.chunks(PAGE));
        let lanes = (0..LANES).map(|_| self.lane(&pages, &visit, last_page, deadline));
        for lane in join_all(lanes).await {
            tended += lane;
        }
        Report { answer: visit.answer(tended, self.clock.now()), tended }
    }

    /// Releases one page after the other, until none is left or it is too late to begin one.
    async fn lane(
        &self,
        pages: &Mutex<Chunks<'_, DueRow>>,
        visit: &Visit,
        last_page: Timestamp,
        deadline: Timestamp,
    ) -> Tended {
        let next = || pages.lock().unwrap_or_else(PoisonError::into_inner).next();
        let mut tended = Tended::default();
        while let Some(page) = next() {
            if self.clock.now() > last_page {
                tended.more = true;
                break;
            }
            match self.release(page, deadline).await {
                Ok(released) => tended += released,
                Err(error) => {
                    tracing::warn!(minute = %visit.minute, %error, "a page of waits was not released");
                    tended.left += page.len();
                }
            }
        }
        tended
    }

    async fn release(&self, page: &[DueRow], deadline: Timestamp) -> Result<Tended, PortError> {
        // A row that moved from one minute to another may be in the index twice.
        let mut seen = HashSet::new();
        let keys: Vec<_> = page.iter().map(|row| row.key).filter(|key| seen.insert(*key)).collect();
        let (mut found, unreadable) = self.deliveries.waiting(&keys).await?;
        let mut tended = self.put_aside(unreadable).await;
        let still_waits = |delivery: &WaitingDelivery| {
            let key = delivery.target.key();
            page.iter().any(|row| row.key == key && row.minute == delivery.minute)
        };
        found.retain(still_waits);
        // As the rows were: users take turns within a page, too.
        let place = |of: &WaitingDelivery| page.iter().position(|row| row.key == of.target.key());
        found.sort_by_key(place);
        if found.is_empty() {
            return Ok(tended);
        }
        let now = self.clock.now();
        let messages = found.iter().map(|delivery| delivery.message(now)).collect();
        let mut sent = self.queue.enqueue(messages).await;
        let unanswered = || Err(PortError::Unavailable("the queue did not answer".into()));
        sent.resize_with(found.len(), unanswered);
        let leaving = found.iter().zip(sent).map(async |(delivery, sent)| {
            sent?;
            self.leave(delivery, deadline).await
        });
        for (delivery, left) in found.iter().zip(join_all(leaving).await) {
            match left {
                Ok(()) => tended.released += 1,
                Err(error) => {
                    tracing::warn!(delivery.id = %delivery.target.delivery_id, %error, "a delivery that waits was not released");
                    tended.unsure += 1;
                }
            }
        }
        Ok(tended)
    }
}
