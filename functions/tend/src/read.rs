//! Reads the index of waits.

use crate::{Ports, Tend};
use futures::future::join_all;
use grapnel_domain::{
    ports::{Clock, DeadLetters, PortError, TendDeliveries},
    tending::{DueRow, Minutes, Spread, Tended, Unreadable, Visit},
};
use std::collections::HashSet;

/// Maximum number of rows of one part of the index in one visit: 160,000 in all, a few megabytes.
const MOST_ROWS: usize = 10_000;

/// What a visit found in the index.
#[derive(Default)]
pub(crate) struct Read {
    pub(crate) rows: Vec<DueRow>,
    pub(crate) unreadable: Vec<Unreadable>,
    /// Whether there are more rows than a visit reads.
    pub(crate) more: bool,
    /// In how many parts a read failed.
    pub(crate) failed: usize,
}

impl<P: Ports> Tend<P> {
    /// Reads all parts of the index side by side.
    pub(crate) async fn read(&self, visit: &Visit) -> Read {
        let minutes = visit.reads(self.clock.now());
        let parts = Spread::all().map(|spread| self.read_part(spread, &minutes));
        let mut all = Read::default();
        for part in join_all(parts).await {
            all.rows.extend(part.rows);
            all.unreadable.extend(part.unreadable);
            all.more |= part.more;
            all.failed += part.failed;
        }
        all
    }

    async fn read_part(&self, spread: Spread, minutes: &[Minutes]) -> Read {
        let mut read = Read::default();
        for minutes in minutes {
            if let Err(error) = self.read_minutes(spread, *minutes, &mut read).await {
                tracing::warn!(%spread, %error, "a part of the index of waits was not read");
                read.failed += 1;
            }
        }
        read
    }

    async fn read_minutes(
        &self,
        spread: Spread,
        minutes: Minutes,
        read: &mut Read,
    ) -> Result<(), PortError> {
        let mut after = None;
        loop {
            let page = self.deliveries.due(spread, minutes, after).await?;
            read.rows.extend(page.rows);
            read.unreadable.extend(page.unreadable);
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
            if read.rows.len() >= MOST_ROWS {
                read.more = true;
                return Ok(());
            }
        }
    }

    /// Takes rows that cannot be released out of the index. Each is a dead letter first, so that
    /// somebody hears of it. A row that could not be put aside is found again by the next visit.
    pub(crate) async fn put_aside(&self, rows: Vec<Unreadable>) -> Tended {
        let mut seen = HashSet::new();
        let rows =
            rows.into_iter().filter(|row| seen.insert((row.webhook_id.clone(), row.id.clone())));
        let work = rows.map(async |row| {
            self.dead_letters.dead_letter(&row.dead_letter(), &row.reason).await?;
            self.deliveries.give_up(&row).await
        });
        let mut tended = Tended::default();
        for done in join_all(work.collect::<Vec<_>>()).await {
            match done {
                Ok(()) => tended.put_aside += 1,
                Err(error) => {
                    tracing::error!(%error, "a row that cannot be released was not put aside");
                }
            }
        }
        tended
    }
}
