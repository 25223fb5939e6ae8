// Uses openapi-fetch with the types that openapi-typescript generated: creates a webhook, publishes an event, reads its
// delivery and deletes the webhook.
import createClient from "openapi-fetch";
import type { paths } from "./openapi-fetch-types";
import { assert, environment, eventually } from "./shared";

async function main() {
  const { url, key, receiver } = environment();
  const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${key}` } });
  const created = await client.POST("/api/webhooks", {
    body: {
      name: "openapi-fetch client",
      url: receiver,
      events: ["lead.created"],
      retryConfig: { maxAttempts: 2, delaysSeconds: [1] },
    },
  });
  assert(created.data !== undefined, created.error);
  const path = { id: created.data.id };
  const published = await client.POST("/api/events", {
    body: { type: "lead.created", data: { email: "hello@example.com" }, id: crypto.randomUUID() },
    params: { header: { "Idempotency-Key": crypto.randomUUID() } },
  });
  assert(published.data !== undefined, published.error);
  const eventId = published.data.items[0].id;

  const delivery = await eventually("a delivery", async () => {
    const { data, error } = await client.GET("/api/webhooks/{id}/deliveries", { params: { path, query: { limit: 10 } } });
    assert(data !== undefined, error);
    return data.items.find((one) => one.eventId === eventId && one.status === "success");
  });
  assert(delivery.attempts[0].statusCode === 204, delivery);
  const event = await client.GET("/api/events/{eventId}", { params: { path: { eventId } } });
  assert(event.data?.deliveries[0].id === delivery.id, event);

  const deleted = await client.DELETE("/api/webhooks/{id}", { params: { path } });
  assert(deleted.response.status === 204, deleted.error);
  const gone = await client.GET("/api/webhooks/{id}", { params: { path } });
  assert(gone.error?.code === "not_found", gone);
  console.log(`delivered ${delivery.id}`);
}

main();
