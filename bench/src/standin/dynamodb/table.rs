//! A table with its indexes: rows in the order of their keys, and the units that a change costs.

use super::{
    units::{self, Written},
    value::{Item, size, text},
};
use crate::{
    standin::refusal::Refusal,
    template::{Schema, TableSchema},
};
use std::collections::{BTreeMap, HashMap};

/// The largest item, in bytes.
const MAX_ITEM_BYTES: usize = 400 * 1024;

/// The key of an item: its partition, and its place there. A table without a sort key has an empty
/// place.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) partition: String,
    pub(super) sort: String,
}

/// The place of a row in a partition of an index. Rows may have the same sort key there.
pub(super) type Place = (String, Key);

/// A row's key in an index.
#[derive(Debug, Clone, PartialEq, Eq)]
struct IndexKey {
    partition: String,
    place: Place,
}

#[derive(Debug)]
pub(super) struct Table {
    pub(super) schema: TableSchema,
    rows: HashMap<String, BTreeMap<String, Item>>,
    indexes: BTreeMap<String, HashMap<String, BTreeMap<Place, Item>>>,
}

impl Table {
    pub(super) fn new(schema: TableSchema) -> Self {
        let indexes = schema.indexes.keys().map(|name| (name.clone(), HashMap::new())).collect();
        Self { schema, rows: HashMap::new(), indexes }
    }

    /// The key in a request: it must have the key's attributes and no others.
    pub(super) fn key(&self, key: &Item) -> Result<Key, Refusal> {
        let attributes = 1 + usize::from(self.schema.keys.sort.is_some());
        if key.len() != attributes {
            return Err(Refusal::invalid("the provided key element does not match the schema"));
        }
        self.key_of(key)
    }

    /// The key of an item.
    pub(super) fn key_of(&self, item: &Item) -> Result<Key, Refusal> {
        let part = |name: &str| match item.get(name).and_then(text) {
            Some(text) if !text.is_empty() => Ok(text.to_owned()),
            _ => Err(Refusal::invalid(format!("the key {name} must be text that is not empty"))),
        };
        let sort = self.schema.keys.sort.as_deref().map(part).transpose()?;
        Ok(Key { partition: part(&self.schema.keys.partition)?, sort: sort.unwrap_or_default() })
    }

    pub(super) fn get(&self, key: &Key) -> Option<&Item> {
        self.rows.get(&key.partition)?.get(&key.sort)
    }

    /// The rows of a partition whose sort key is at least `from`, in order.
    pub(super) fn partition(
        &self,
        name: &str,
        from: String,
    ) -> impl DoubleEndedIterator<Item = &Item> {
        let rows = self.rows.get(name).map(|rows| rows.range(from..));
        rows.into_iter().flatten().map(|(_, row)| row)
    }

    /// The rows of a partition of an index whose sort key is at least `from`, in order.
    pub(super) fn index_partition(
        &self,
        index: &str,
        name: &str,
        from: String,
    ) -> impl DoubleEndedIterator<Item = &Item> {
        let first = (from, Key { partition: String::new(), sort: String::new() });
        let partition = self.indexes.get(index).and_then(|index| index.get(name));
        let rows = partition.map(|rows| rows.range(first..));
        rows.into_iter().flatten().map(|(_, row)| row)
    }

    /// The place of an index's row.
    pub(super) fn place(&self, schema: &Schema, row: &Item) -> Result<Place, Refusal> {
        let sort = schema.sort.as_deref().and_then(|name| row.get(name)).and_then(text);
        Ok((sort.unwrap_or_default().to_owned(), self.key_of(row)?))
    }

    /// Puts an item, or removes it, in the table and its indexes.
    pub(super) fn write(&mut self, key: &Key, item: Option<Item>) -> Result<Written, Refusal> {
        if let Some(item) = &item {
            self.check(item)?;
        }
        let before = self.get(key).cloned();
        let mut written = Written::of_table(before.as_ref(), item.as_ref());
        let schemas: Vec<(String, Schema)> = self
            .schema
            .indexes
            .iter()
            .map(|(name, schema)| (name.clone(), schema.clone()))
            .collect();
        for (name, schema) in schemas {
            let old = before.as_ref().and_then(|row| index_row(&schema, key, row));
            let new = item.as_ref().and_then(|row| index_row(&schema, key, row));
            written.index += units::index_writes(
                old.as_ref().map(|(key, row)| (key, row)),
                new.as_ref().map(|(key, row)| (key, row)),
            );
            let index = self.indexes.entry(name).or_default();
            if let Some((key, _)) = old
                && let Some(rows) = index.get_mut(&key.partition)
            {
                rows.remove(&key.place);
            }
            if let Some((key, row)) = new {
                index.entry(key.partition).or_default().insert(key.place, row);
            }
        }
        match item {
            Some(item) => {
                self.rows.entry(key.partition.clone()).or_default().insert(key.sort.clone(), item);
            }
            None => {
                if let Some(rows) = self.rows.get_mut(&key.partition) {
                    rows.remove(&key.sort);
                }
            }
        }
        Ok(written)
    }

    fn check(&self, item: &Item) -> Result<(), Refusal> {
        self.key_of(item)?;
        if size(item) > MAX_ITEM_BYTES {
            return Err(Refusal::invalid("Item size has exceeded the maximum allowed size"));
        }
        for schema in self.schema.indexes.values() {
            for name in schema.sort.iter().chain([&schema.partition]) {
                let value = item.get(name);
                if value.is_some_and(|value| text(value).is_none_or(str::is_empty)) {
                    return Err(Refusal::invalid(format!(
                        "the key {name} of an index must be text that is not empty"
                    )));
                }
            }
        }
        Ok(())
    }
}

/// The row of an item in an index, if the item has the index's keys.
fn index_row(schema: &Schema, key: &Key, item: &Item) -> Option<(IndexKey, Item)> {
    let partition = text(item.get(&schema.partition)?)?.to_owned();
    let sort = match &schema.sort {
        Some(name) => text(item.get(name)?)?.to_owned(),
        None => String::new(),
    };
    let row = match &schema.projected {
        None => item.clone(),
        Some(names) => {
            let has = |(name, _): &(&String, _)| names.contains(name);
            item.iter().filter(has).map(|(name, value)| (name.clone(), value.clone())).collect()
        }
    };
    Some((IndexKey { partition, place: (sort, key.clone()) }, row))
}
