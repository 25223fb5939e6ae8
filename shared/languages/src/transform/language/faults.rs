//! Collects the faults of a template, and proves that one was noted.

#[derive(Debug, Default)]
pub(super) struct Faults(Vec<String>);

/// Is returned in place of a part that cannot be compiled. Only a fault creates it, so no part of a
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
