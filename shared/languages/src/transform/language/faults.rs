//! The faults of a template, and a proof that one was noted.

/// The faults found so far.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<String>);

/// What is returned in place of a part that is not read. Only a fault makes one, so that no part of a
/// template can be left out without a fault.
#[derive(Debug, Clone, Copy)]
pub(super) struct Refused(());

impl Faults {
    pub(super) fn add(&mut self, fault: String) -> Refused {
        self.0.push(fault);
        Refused(())
    }

    pub(super) fn into_vec(self) -> Vec<String> {
        self.0
    }
}
