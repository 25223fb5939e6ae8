// Uses the client that OpenAPI Generator (typescript-fetch) generated: creates a webhook, publishes an event, reads its
// delivery and deletes the webhook.
import { Configuration, DeliveriesApi, EventsApi, ResponseError, WebhooksApi } from "./typescript-fetch";
import { assert, environment, eventually } from "./shared";

async function main() {
  const { url, key, receiver } = environment();
  const configuration = new Configuration({ basePath: url, accessToken: key });
  const webhooks = new WebhooksApi(configuration);
  const webhook = await webhooks.createWebhook({
    newWebhook: {
      name: "typescript-fetch client",
      url: receiver,
      events: ["lead.created"],
      retryConfig: { maxAttempts: 2, delaysSeconds: [1] },
    },
  });
  const events = new EventsApi(configuration);
  const published = await events.publishEvents({
    publication: { type: "lead.created", data: { email: "hello@example.com" }, id: crypto.randomUUID() },
    idempotencyKey: crypto.randomUUID(),
  });
  const eventId = published.items[0].id;

  const deliveries = new DeliveriesApi(configuration);
  const delivery = await eventually("a delivery", async () => {
    const page = await deliveries.listDeliveries({ id: webhook.id, limit: 10 });
    return page.items.find((one) => one.eventId === eventId && one.status === "success");
  });
  assert(delivery.attempts[0].statusCode === 204, delivery);
  const event = await events.getEvent({ eventId });
  assert(event.deliveries[0].id === delivery.id, event);

  await webhooks.deleteWebhook({ id: webhook.id });
  const gone = await webhooks.getWebhook({ id: webhook.id }).catch((error: unknown) => error);
  assert(gone instanceof ResponseError && gone.response.status === 404, gone);
  assert((await gone.response.json()).code === "not_found", gone);
  console.log(`delivered ${delivery.id}`);
}

main();
