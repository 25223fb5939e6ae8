//! Event types of the deployment. They are in the webhooks table, because they are configuration:
//! the table is kept when the stack is deleted, and can be restored to any point in time. A
//! separate table would have only a few rows. Their partition belongs to no user: its key has a
//! space, which no user id can have.

use crate::{
    batch_get,
    clients::Clients,
    error::from_sdk,
    item::{Item, from_row, text, to_row},
};
use aws_sdk_dynamodb::{
    operation::query::builders::QueryFluentBuilder,
    types::{ReturnValue, Select},
};
use grapnel_domain::{
    catalogue::{EventTypeName, OwnType},
    ports::{EventTypes, Page, PortError},
    schema::Schema,
    time::Timestamp,
    webhook::EventPattern,
};
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone)]
pub struct EventTypeStore {
    client: aws_sdk_dynamodb::Client,
    table: String,
}

/// The partition of event types.
const PARTITION: &str = "event types";

const ROW: &str = "an event type in the webhooks table";

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    user_id: String,
    /// The event type's name.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    description: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not", default)]
    deprecated: bool,
    /// JSON text, like the next field: a map would not keep how numbers are written.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    schema: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    sample: Option<String>,
    created_at: Timestamp,
    updated_at: Timestamp,
}

fn key(name: &EventTypeName) -> Item {
    Item::from([("userId".to_owned(), text(PARTITION)), ("id".to_owned(), text(name))])
}

fn from_type(own: &OwnType) -> Result<Item, PortError> {
    let row = Row {
        user_id: PARTITION.to_owned(),
        id: own.name.to_string(),
        description: own.description.clone(),
        deprecated: own.deprecated,
        schema: own.schema.as_ref().map(|schema| schema.text().to_owned()),
        sample: own.sample.clone(),
        created_at: own.created_at,
        updated_at: own.updated_at,
    };
    from_row(ROW, row)
}

fn to_type(item: Item) -> Result<OwnType, PortError> {
    let row: Row = to_row(ROW, item)?;
    let name = row.id.parse();
    Ok(OwnType {
        name: name.map_err(|_| PortError::Unusable(format!("{ROW} has no name")))?,
        description: row.description,
        deprecated: row.deprecated,
        schema: row.schema.map(Schema::stored),
        sample: row.sample,
        created_at: row.created_at,
        updated_at: row.updated_at,
    })
}

impl EventTypeStore {
    #[must_use]
    pub fn new(clients: &Clients, table: impl Into<String>) -> Self {
        Self { client: clients.dynamodb.clone(), table: table.into() }
    }

    /// A consistent query over the types whose names have this prefix.
    fn query(&self, prefix: &str) -> QueryFluentBuilder {
        let query = self
            .client
            .query()
            .table_name(&self.table)
            .expression_attribute_values(":partition", text(PARTITION))
            .consistent_read(true);
        if prefix.is_empty() {
            return query.key_condition_expression("userId = :partition");
        }
        query
            .key_condition_expression("userId = :partition AND begins_with(id, :prefix)")
            .expression_attribute_values(":prefix", text(prefix))
    }
}

impl EventTypes for EventTypeStore {
    async fn first_event_type(&self, pattern: &EventPattern) -> Result<Option<OwnType>, PortError> {
        let query = match pattern {
            EventPattern::Any => self.query(""),
            EventPattern::Group(prefix) => self.query(prefix),
            EventPattern::Exact(name) => self
                .query("")
                .key_condition_expression("userId = :partition AND id = :name")
                .expression_attribute_values(":name", text(name)),
        };
        let answer = query
            .limit(1)
            .send()
            .await
            .map_err(|error| from_sdk("Query of event types", &error))?;
        answer.items.unwrap_or_default().into_iter().next().map(to_type).transpose()
    }

    async fn event_types(&self, names: &[EventTypeName]) -> Result<Vec<OwnType>, PortError> {
        let keys = names.iter().map(key).collect();
        let operation = "BatchGetItem of event types";
        let found = batch_get::items(&self.client, &self.table, keys, None, operation);
        found.await?.into_iter().map(to_type).collect()
    }

    async fn list_event_types(
        &self,
        limit: usize,
        after: Option<&EventTypeName>,
    ) -> Result<Page<OwnType, EventTypeName>, PortError> {
        let mut items: Vec<OwnType> = Vec::new();
        let mut start = after.map(key);
        // One row more than requested shows whether there is a next page.
        let wanted = limit + 1;
        while items.len() < wanted {
            let missing = i32::try_from(wanted - items.len()).unwrap_or(i32::MAX);
            let answer = self
                .query("")
                .limit(missing)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| from_sdk("Query of event types", &error))?;
            for item in answer.items.unwrap_or_default() {
                items.push(to_type(item)?);
            }
            start = answer.last_evaluated_key;
            if start.is_none() {
                break;
            }
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|own| own.name.clone());
        Ok(Page { items, next })
    }

    async fn count_event_types(&self) -> Result<usize, PortError> {
        let mut count = 0;
        let mut start = None;
        loop {
            let answer = self
                .query("")
                .select(Select::Count)
                .set_exclusive_start_key(start)
                .send()
                .await
                .map_err(|error| from_sdk("Query of event types", &error))?;
            count += usize::try_from(answer.count).unwrap_or_default();
            start = answer.last_evaluated_key;
            if start.is_none() {
                return Ok(count);
            }
        }
    }

    async fn store_event_type(&self, event_type: &OwnType) -> Result<(), PortError> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(from_type(event_type)?))
            .send()
            .await;
        put.map(|_| ()).map_err(|error| from_sdk("PutItem of an event type", &error))
    }

    async fn delete_event_type(&self, name: &EventTypeName) -> Result<bool, PortError> {
        let answer = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key(name)))
            .return_values(ReturnValue::AllOld)
            .send()
            .await
            .map_err(|error| from_sdk("DeleteItem of an event type", &error))?;
        Ok(answer.attributes.is_some_and(|old| !old.is_empty()))
    }
}
