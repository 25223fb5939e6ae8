//! The units of DynamoDB on demand: "Read and write capacity" and "Global secondary indexes" of the
//! developer guide.

use super::value::{Item, size};

const READ_BYTES: usize = 4096;
const WRITE_BYTES: usize = 1024;

/// The units of a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Written {
    pub(super) table: u64,
    pub(super) index: u64,
}

impl Written {
    /// The larger one of the item before and the item after counts; a write of nothing is one unit.
    pub(super) fn of_table(before: Option<&Item>, after: Option<&Item>) -> Self {
        Self { table: write_units(before).max(write_units(after)), index: 0 }
    }

    /// A condition that failed costs as much as a write of the item that was there.
    pub(super) fn refused(before: Option<&Item>) -> Self {
        Self { table: write_units(before), index: 0 }
    }

    /// Each write of a transaction costs twice.
    pub(super) const fn in_transaction(self) -> Self {
        Self { table: self.table * 2, index: self.index * 2 }
    }
}

fn units(bytes: usize, of: usize) -> u64 {
    u64::try_from(bytes.div_ceil(of).max(1)).unwrap_or(u64::MAX)
}

fn write_units(item: Option<&Item>) -> u64 {
    units(item.map_or(0, size), WRITE_BYTES)
}

/// The write units of a change in one index: none if the row stays as it is, one write to put,
/// remove or change it, and two if its key changes.
pub(super) fn index_writes<K: PartialEq>(
    before: Option<(&K, &Item)>,
    after: Option<(&K, &Item)>,
) -> u64 {
    match (before, after) {
        (None, None) => 0,
        (Some((_, row)), None) | (None, Some((_, row))) => write_units(Some(row)),
        (Some((old, before)), Some((new, after))) if old == new => {
            if before == after {
                return 0;
            }
            write_units(Some(before)).max(write_units(Some(after)))
        }
        (Some((_, before)), Some((_, after))) => {
            write_units(Some(before)) + write_units(Some(after))
        }
    }
}

/// Half read units of so many bytes in one read: an eventually consistent read is half a unit for
/// each started 4 KB, a consistent one a whole unit. A read of nothing costs as much as one of 4 KB.
pub(super) fn half_reads(bytes: usize, consistent: bool) -> u64 {
    units(bytes, READ_BYTES) * if consistent { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn item(bytes: usize) -> Item {
        Item::from_iter([("a".to_owned(), json!({ "S": "x".repeat(bytes - 1) }))])
    }

    #[test]
    fn reads_are_rounded_up_to_4_kb_and_halved_if_they_may_lag() {
        assert_eq!(half_reads(0, true), 2);
        assert_eq!(half_reads(4096, true), 2);
        assert_eq!(half_reads(4097, true), 4);
        assert_eq!(half_reads(4097, false), 2);
        assert_eq!(half_reads(1, false), 1);
    }

    #[test]
    fn a_write_counts_the_larger_item_and_a_transaction_doubles_it() {
        let (small, large) = (item(1024), item(1025));
        assert_eq!(Written::of_table(None, Some(&small)).table, 1);
        assert_eq!(Written::of_table(Some(&large), Some(&small)).table, 2);
        assert_eq!(Written::of_table(Some(&large), None).table, 2);
        assert_eq!(Written::refused(None).table, 1);
        assert_eq!(Written::refused(Some(&large)).in_transaction().table, 4);
    }

    #[test]
    fn an_index_is_written_only_if_its_row_changes() {
        let (row, other) = (item(10), item(11));
        assert_eq!(index_writes::<u8>(None, None), 0);
        assert_eq!(index_writes(None, Some((&1, &row))), 1);
        assert_eq!(index_writes(Some((&1, &row)), Some((&1, &row))), 0);
        assert_eq!(index_writes(Some((&1, &row)), Some((&1, &other))), 1);
        assert_eq!(index_writes(Some((&1, &row)), Some((&2, &row))), 2);
        assert_eq!(index_writes(Some((&1, &row)), None), 1);
    }
}
