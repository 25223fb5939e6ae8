//! What a function says of itself: log lines and metrics, both as JSON on its standard output,
//! where Lambda collects them without a call of ours.
//!
//! [`init`] sets the log up once. [`Metrics`] is one line in CloudWatch's embedded metric format,
//! from which CloudWatch makes metrics as it stores the line.

mod logs;
pub mod metrics;

pub use logs::{init, init_to};
pub use metrics::Metrics;
