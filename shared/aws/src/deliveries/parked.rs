//! Deliveries that wait for an open circuit breaker: a separate part of the `waiting` index.

use super::{DeliveryStore, WAITING_INDEX, WAITING_PAGE_ROWS, row, update};
use crate::{error::from_sdk, item::text};
use grapnel_domain::{
    delivery::DeliveryKey,
    ids::WebhookId,
    ports::{
        FindParked, Page, ParkDeliveries, ParkedRow, Parking, PortError, Recorded, UnparkDeliveries,
    },
    time::Timestamp,
};

impl ParkDeliveries for DeliveryStore {
    async fn park(&self, parking: Parking) -> Result<Recorded, PortError> {
        self.update(parking.key, update::park(&parking)?).await
    }
}

impl FindParked for DeliveryStore {
    async fn parked(
        &self,
        webhook: WebhookId,
        after: Option<ParkedRow>,
    ) -> Result<Page<ParkedRow, ParkedRow>, PortError> {
        let answer = self
            .client
            .query()
            .table_name(&self.table)
            .index_name(WAITING_INDEX)
            .key_condition_expression("webhookId = :webhook AND begins_with(waitKey, :parked)")
            .expression_attribute_values(":webhook", text(webhook))
            .expression_attribute_values(":parked", text(row::PARKED))
            .limit(WAITING_PAGE_ROWS)
            .set_exclusive_start_key(after.map(|after| row::parked_index_key(webhook, after)))
            .send()
            .await
            .map_err(|error| from_sdk("Query on waiting", &error))?;
        let items = answer.items.unwrap_or_default();
        let items = items.into_iter().map(row::to_parked).collect::<Result<_, _>>()?;
        let next = answer.last_evaluated_key.map(row::to_parked).transpose()?;
        Ok(Page { items, next })
    }
}

impl UnparkDeliveries for DeliveryStore {
    async fn unpark(
        &self,
        key: DeliveryKey,
        due: Timestamp,
        attempts: u32,
    ) -> Result<(), PortError> {
        let row = ParkedRow { due, id: key.id };
        // If the condition fails, the delivery is parked until another time or no longer. Its next
        // wake-up is then another process's task.
        self.update(key, update::unpark(row, attempts)).await.map(|_| ())
    }
}
