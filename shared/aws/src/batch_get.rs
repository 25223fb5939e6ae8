//! Reads many items of a table by their keys, with as many `BatchGetItem` calls as necessary.

use crate::{error::from_sdk, item::Item};
use aws_sdk_dynamodb::{Client, types::KeysAndAttributes};
use grapnel_domain::ports::PortError;
use std::time::Duration;

/// Maximum number of keys in one call.
const MAX_KEYS: usize = 100;

/// How often unprocessed keys are requested again. A response has at most 16 MB, so unprocessed
/// keys are normal; throttling causes them too.
const TRIES: u32 = 6;

/// The first pause, if a response had no items at all. Each later pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(50);

/// The items with these keys, by consistent reads, in no order, without the keys that do not exist.
/// With `attributes`, they contain only these. `operation` names the call in errors.
pub(crate) async fn items(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    attributes: Option<&[&str]>,
    operation: &str,
) -> Result<Vec<Item>, PortError> {
    let mut found = Vec::with_capacity(keys.len());
    let mut wanted = keys;
    let (mut in_vain, mut pause) = (0, FIRST_PAUSE);
    while !wanted.is_empty() {
        let later = wanted.split_off(wanted.len().min(MAX_KEYS));
        let (items, left) = one_call(client, table, wanted, attributes, operation).await?;
        if items.is_empty() && !left.is_empty() {
            in_vain += 1;
            if in_vain == TRIES {
                return Err(PortError::Throttled(format!("{operation}: unprocessed keys")));
            }
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
        found.extend(items);
        wanted = left;
        wanted.extend(later);
    }
    Ok(found)
}

/// What one call reads of at most 100 keys, and the keys that it did not process.
pub(crate) async fn one_call(
    client: &Client,
    table: &str,
    keys: Vec<Item>,
    attributes: Option<&[&str]>,
    operation: &str,
) -> Result<(Vec<Item>, Vec<Item>), PortError> {
    let asked = KeysAndAttributes::builder().set_keys(Some(keys)).consistent_read(true);
    let asked = attributes
        .into_iter()
        .flatten()
        .fold(asked, |asked, name| asked.expression_attribute_names(format!("#{name}"), *name));
    let asked = asked.set_projection_expression(attributes.map(projection));
    let asked = asked
        .build()
        .map_err(|_| PortError::Unusable(format!("{operation} could not be built")))?;
    let answer = client
        .batch_get_item()
        .request_items(table, asked)
        .send()
        .await
        .map_err(|error| from_sdk(operation, &error))?;
    let items = answer.responses.unwrap_or_default().remove(table).unwrap_or_default();
    let left = answer.unprocessed_keys.unwrap_or_default().remove(table);
    Ok((items, left.map(|left| left.keys).unwrap_or_default()))
}

/// An expression with a placeholder for each attribute, because some of our names are reserved words.
fn projection(attributes: &[&str]) -> String {
    attributes.iter().map(|name| format!("#{name}")).collect::<Vec<_>>().join(", ")
}
