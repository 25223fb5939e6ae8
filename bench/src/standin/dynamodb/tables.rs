//! The tables of the template, and what their calls cost.

use super::table::Table;
use crate::{
    counts::{Count, Counts},
    standin::refusal::Refusal,
    template,
};
use std::collections::BTreeMap;

#[derive(Debug)]
pub(in crate::standin) struct Tables {
    tables: BTreeMap<String, Table>,
    counts: Counts,
}

impl Tables {
    pub(in crate::standin) fn new() -> Self {
        let tables = template::tables().into_iter();
        let tables = tables.map(|(name, schema)| (name, Table::new(schema))).collect();
        Self { tables, counts: Counts::default() }
    }

    /// What was counted since the last time.
    pub(in crate::standin) fn take_counts(&mut self) -> Counts {
        std::mem::take(&mut self.counts)
    }

    pub(super) fn get(&self, name: &str) -> Result<&Table, Refusal> {
        self.tables.get(name).ok_or_else(|| no_table(name))
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Result<&mut Table, Refusal> {
        self.tables.get_mut(name).ok_or_else(|| no_table(name))
    }

    pub(super) fn count(&mut self, operation: &str, resource: &str, count: &Count) {
        self.counts.add(&format!("{operation} {resource}"), *count);
    }
}

fn no_table(name: &str) -> Refusal {
    Refusal::new("ResourceNotFoundException", format!("there is no table {name}"))
}
