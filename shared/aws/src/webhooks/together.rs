//! One query for several webhooks of a user. A user's items are in order of their keys, so the
//! query reads those from the first webhook to the last. DynamoDB adds the sizes of all of them
//! before it rounds up to a unit.

use super::{items, row};
use crate::{
    error::from_sdk,
    item::{Item, text},
};
use aws_sdk_dynamodb::{Client, types::AttributeValue};
use grapnel_domain::{
    ids::{UserId, WebhookId},
    ports::{PortError, ROWS_FOR_EACH, ReadTogether},
    webhook::Webhook,
};
use std::collections::HashMap;

pub(super) async fn read(
    client: &Client,
    table: &str,
    user: &UserId,
    ids: &[WebhookId],
) -> Result<ReadTogether<Webhook, WebhookId>, PortError> {
    let (Some(first), Some(last)) = (ids.iter().min(), ids.iter().max()) else {
        return Ok(ReadTogether { found: Vec::new(), unread: Vec::new() });
    };
    let answer = client
        .query()
        .table_name(table)
        .key_condition_expression("userId = :user AND id BETWEEN :first AND :last")
        .expression_attribute_values(":user", text(user))
        .expression_attribute_values(":first", text(first))
        .expression_attribute_values(":last", text(row::end_of(*last)))
        .limit(i32::try_from(ids.len() * ROWS_FOR_EACH).unwrap_or(i32::MAX))
        .send()
        .await
        .map_err(|error| from_sdk("Query on webhooks", &error))?;
    let reached = answer.last_evaluated_key.map(|key| match key.get("id") {
        Some(AttributeValue::S(id)) => id.clone(),
        _ => String::new(),
    });
    Ok(from_page(ids, answer.items.unwrap_or_default(), reached.as_deref()))
}

/// Makes the webhooks with these ids from the items of a page that ends at `reached`; `None` if
/// nothing follows it. Then the rest of a webhook's items may be on the next page, which is not
/// read: without its health, a failing webhook would look healthy.
fn from_page(
    ids: &[WebhookId],
    page: Vec<Item>,
    reached: Option<&str>,
) -> ReadTogether<Webhook, WebhookId> {
    let mut by_owner: HashMap<String, Vec<Item>> = HashMap::new();
    for item in page {
        if let Some(AttributeValue::S(id)) = item.get("id") {
            by_owner.entry(row::owner_text(id).to_owned()).or_default().push(item);
        }
    }
    let (mut found, mut unread) = (Vec::new(), Vec::new());
    for id in ids {
        let is_whole = reached.is_none_or(|reached| row::end_of(*id).as_str() < reached);
        let theirs = by_owner.remove(&id.to_string()).unwrap_or_default();
        match items::to_webhooks(theirs) {
            Ok(webhook) if is_whole => found.extend(webhook),
            // Read alone, an unreadable webhook is an error for its own messages.
            Ok(_) | Err(_) => unread.push(*id),
        }
    }
    ReadTogether { found, unread }
}

#[cfg(test)]
mod tests {
    use super::super::{health_row, row::limiter_id};
    use super::*;
    use crate::item::number;
    use grapnel_domain::{health::Health, limit::SlotTime};
    use grapnel_testing::builders::{a_failing_health, a_webhook};
    use uuid::Uuid;

    fn id(number: u128) -> WebhookId {
        WebhookId::from_uuid(Uuid::from_u128(number))
    }

    /// The items of a failing webhook with a limiter, in the order of their keys.
    fn items_of(place: u128) -> Vec<Item> {
        let webhook = a_webhook().id(id(place)).build();
        let user = &webhook.user_id;
        let health = health_row::from_health(user, webhook.id, &a_failing_health());
        let mut limiter = row::key(user, webhook.id);
        limiter.insert("id".to_owned(), text(limiter_id(webhook.id)));
        limiter.insert("next".to_owned(), number(7));
        vec![row::from_webhook(&webhook).expect("written"), health.expect("written"), limiter]
    }

    fn last_key(page: &[Item]) -> Option<&str> {
        page.last()?.get("id")?.as_s().ok().map(String::as_str)
    }

    fn ids_of(found: &[Webhook]) -> Vec<WebhookId> {
        found.iter().map(|webhook| webhook.id).collect()
    }

    #[test]
    fn a_webhook_is_taken_only_with_all_of_its_items() {
        let all: Vec<Item> = (1..=3).flat_map(items_of).collect();
        let wanted = [id(1), id(2), id(3)];
        for length in 0..=all.len() {
            let page = all[..length].to_vec();
            let reached = last_key(&all[..length]).unwrap_or_default().to_owned();
            let read = from_page(&wanted, page, Some(&reached));
            // An item behind the last one may be the webhook's, so one more must have been seen.
            let whole = length.saturating_sub(1) / 3;
            assert_eq!(ids_of(&read.found), wanted[..whole], "{length} items");
            assert_eq!(read.unread, wanted[whole..], "{length} items");
            for webhook in read.found {
                assert_eq!(webhook.health, a_failing_health());
                assert_eq!(webhook.next_slot, Some(SlotTime::from_micros(7)));
            }
        }
    }

    #[test]
    fn on_the_last_page_what_is_not_there_is_missing() {
        let page: Vec<Item> = [1, 2, 4].into_iter().flat_map(items_of).collect();
        let read = from_page(&[id(4), id(3), id(1)], page, None);
        assert_eq!((ids_of(&read.found), read.unread), (vec![id(4), id(1)], Vec::new()));
        let alone = from_page(&[id(1)], vec![items_of(1).swap_remove(0)], None);
        assert_eq!(alone.found[0].health, Health::default());
    }

    #[test]
    fn an_unreadable_item_makes_only_its_own_webhook_unread() {
        for damaged in 0..3 {
            let mut page: Vec<Item> = (1..=3).flat_map(items_of).collect();
            let key = ["userId", "id"];
            page[3 + damaged].retain(|name, _| key.contains(&name.as_str()));
            let read = from_page(&[id(1), id(2), id(3)], page, None);
            assert_eq!((ids_of(&read.found), read.unread), (vec![id(1), id(3)], vec![id(2)]));
        }
    }

    #[test]
    fn items_of_webhooks_in_between_do_not_matter() {
        let mut page: Vec<Item> = (1..=3).flat_map(items_of).collect();
        page[3].retain(|name, _| name == "id");
        let read = from_page(&[id(1), id(3)], page, None);
        assert_eq!((ids_of(&read.found), read.unread), (vec![id(1), id(3)], Vec::new()));
    }

    #[test]
    fn the_end_of_a_webhook_is_behind_its_items_and_before_the_next_webhook() {
        let end = row::end_of(id(1));
        for item in items_of(1) {
            assert!(last_key(&[item]).expect("a key") < end.as_str());
        }
        assert!(end < id(2).to_string());
    }
}
