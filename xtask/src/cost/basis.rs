//! Everything that a bill is computed from, and what is assumed if nobody says otherwise.

use super::{
    bill::Bill, deployment::Deployment, month::Month, paths, prices::Prices, units::Counted,
};
use crate::workspace::Workspace;
use anyhow::{Context, Result};
use std::fs;

/// What is assumed if no option says otherwise.
pub(super) const RECEIVER_MILLIS: f64 = 100.0;
pub(super) const AWS_MILLIS: f64 = 20.0;
pub(super) const REQUEST_BYTES: f64 = 1000.0;
/// The test of a large payload has text that compresses so.
pub(super) const COMPRESSED: f64 = 0.6;

/// Everything that a bill is computed from.
#[derive(Debug)]
pub(super) struct Basis {
    pub(super) counted: Counted,
    pub(super) deployment: Deployment,
    pub(super) prices: Prices,
}

impl Basis {
    /// Reads the counts, the template, the measured times and the prices.
    ///
    /// # Errors
    /// If one of them is not as expected.
    pub(super) fn read(workspace: &Workspace) -> Result<Self> {
        let counts = fs::read_to_string(workspace.path(paths::FILE)).context(paths::FILE)?;
        Ok(Self {
            counted: Counted::of(&paths::parse(&counts)?)?,
            deployment: Deployment::read(workspace)?,
            prices: Prices::read()?,
        })
    }

    /// The bill of a month.
    ///
    /// # Errors
    /// If a price is missing.
    pub(super) fn bill(&self, month: &Month) -> Result<Bill> {
        Bill::of(&month.usage(&self.counted, &self.deployment), &self.prices)
    }

    /// What EventBridge API destinations would cost: an event taken in, each delivery of it, and the
    /// data that is sent.
    ///
    /// # Errors
    /// If a price is missing.
    pub(super) fn api_destinations(&self, month: &Month) -> Result<f64> {
        let price = |id| self.prices.of(id);
        let usage = month.usage(&self.counted, &self.deployment);
        let chunks = month.chunks();
        Ok(month.events() * chunks * price("events")?
            + month.deliveries * chunks * price("apiDestinations")?
            + usage.sent_gigabytes * price("dataOut")?)
    }
}
