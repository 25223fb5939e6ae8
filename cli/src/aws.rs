//! AWS, for the commands that look behind the API.
//!
//! - [`stack`] and [`answer`] are what AWS says, in plain values; [`right`] names what a caller needs.
//! - `connection` finds the credentials and reads refusals, `cloudformation` asks for a stack. Both
//!   need the feature `aws`.

#[cfg_attr(not(any(feature = "aws", test)), expect(dead_code, reason = "nothing asks AWS"))]
pub(crate) mod answer;
#[cfg(feature = "aws")]
pub(crate) mod cloudformation;
#[cfg(feature = "aws")]
pub(crate) mod connection;
#[cfg(feature = "aws")]
pub(crate) mod right;
#[cfg_attr(not(any(feature = "aws", test)), expect(dead_code, reason = "nothing asks AWS"))]
pub(crate) mod stack;

/// Why a command cannot ask AWS, and what to do.
#[cfg(not(feature = "aws"))]
pub(crate) const WITHOUT_AWS: &str = "this program was built without the feature `aws`; install it again without `--no-default-features`";
