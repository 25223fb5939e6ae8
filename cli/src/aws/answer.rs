//! What AWS answers, or why it does not.

/// Why there is no answer of AWS.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unchecked {
    /// What is in the way, as the end of a sentence.
    pub(crate) reason: String,
    /// Whether that is a fault of the deployment: what was asked for is not there.
    pub(crate) is_fault: bool,
}

/// An answer of AWS.
pub(crate) type Asked<T> = Result<T, Unchecked>;

impl Unchecked {
    /// It could not be asked.
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_fault: false }
    }

    /// AWS says that it is not there.
    pub(crate) fn missing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), is_fault: true }
    }
}
