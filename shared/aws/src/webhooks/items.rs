//! Webhooks from their items: the webhook itself, its health and its limiter.

use super::{health_row, limiter_row, row};
use crate::item::Item;
use grapnel_domain::{ports::PortError, webhook::Webhook};

/// Makes webhooks from items in the order of their keys: a webhook's other items follow it
/// directly.
pub(super) fn to_webhooks(items: Vec<Item>) -> Result<Vec<Webhook>, PortError> {
    let mut webhooks = Vec::new();
    for item in items {
        take_in(&mut webhooks, item)?;
    }
    Ok(webhooks)
}

/// Adds an item to the webhooks from the items before it.
pub(super) fn take_in(webhooks: &mut Vec<Webhook>, item: Item) -> Result<(), PortError> {
    if row::is_webhook(&item) {
        webhooks.push(row::to_webhook(item)?);
        return Ok(());
    }
    // An item whose webhook was deleted, or is on the page before, is ignored.
    let last = webhooks.last_mut();
    if row::is_limiter(&item) {
        let (owner, next) = limiter_row::to_next_slot(&item)?;
        if let Some(webhook) = last.filter(|webhook| webhook.id == owner) {
            webhook.next_slot = Some(next);
        }
    } else {
        let (owner, health) = health_row::to_health(item)?;
        if let Some(webhook) = last.filter(|webhook| webhook.id == owner) {
            webhook.health = health;
        }
    }
    Ok(())
}
