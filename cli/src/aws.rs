//! AWS, for the commands that look behind the API.
//!
//! - [`stack`] and [`answer`] are what AWS says, in plain values; [`right`] names what a caller needs.
//! - `connection` finds the credentials and reads refusals, `cloudformation` asks for a stack. Both
//!   need the feature `aws`.

pub(crate) mod answer;
#[cfg(feature = "aws")]
pub(crate) mod cloudformation;
#[cfg(feature = "aws")]
pub(crate) mod connection;
#[cfg(feature = "aws")]
pub(crate) mod right;
pub(crate) mod stack;
