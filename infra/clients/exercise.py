"""Uses the client that openapi-python-client generated: creates a webhook, publishes an event, reads its delivery
and deletes the webhook."""

import os
import time
import uuid

from grapnel_client import AuthenticatedClient
from grapnel_client.api.deliveries import list_deliveries
from grapnel_client.api.events import get_event, publish_events
from grapnel_client.api.webhooks import create_webhook, delete_webhook, get_webhook
from grapnel_client.models import CreatedWebhook, Event, NewEvent, NewEventData, NewWebhook, Problem, Published, RetryConfig

DEADLINE_SECONDS = 60


def main():
    client = AuthenticatedClient(os.environ["GRAPNEL_URL"], token=os.environ["GRAPNEL_KEY"])
    webhook = create_webhook.sync(
        client=client,
        body=NewWebhook(
            name="Python client",
            url=os.environ["GRAPNEL_RECEIVER"],
            events=["lead.created"],
            retry_config=RetryConfig(max_attempts=2, delays_seconds=[1]),
        ),
    )
    assert isinstance(webhook, CreatedWebhook), webhook
    data = NewEventData()
    data["email"] = "hello@example.com"
    published = publish_events.sync(
        client=client,
        body=NewEvent(type_="lead.created", data=data, id=str(uuid.uuid4())),
        idempotency_key=str(uuid.uuid4()),
    )
    assert isinstance(published, Published), published
    event_id = published.items[0].id

    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        page = list_deliveries.sync(webhook.id, client=client, limit=10)
        assert not isinstance(page, Problem) and page is not None, page
        found = [delivery for delivery in page.items if delivery.event_id == event_id and delivery.status == "success"]
        if found:
            break
        assert time.monotonic() < deadline, f"no delivery in {DEADLINE_SECONDS} s: {page}"
        time.sleep(0.2)
    assert found[0].attempts[0].status_code == 204, found[0]
    event = get_event.sync(event_id, client=client)
    assert isinstance(event, Event) and event.deliveries[0].id == found[0].id, event

    deleted = delete_webhook.sync_detailed(webhook.id, client=client)
    assert deleted.status_code == 204, deleted
    gone = get_webhook.sync(webhook.id, client=client)
    assert isinstance(gone, Problem) and gone.code == "not_found", gone
    print(f"delivered {found[0].id}")


main()
