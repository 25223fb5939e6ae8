"""Publishes an event. It tries again with the same idempotency key, so that the event is published once."""

import json
import os
import sys
import time
import uuid
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

TRIES = 5


def publish(event_type: str, data: dict, idempotency_key: str) -> dict:
    # The same bytes each time: a repeat with another body is refused.
    body = json.dumps({"type": event_type, "data": data}).encode()
    request = Request(
        os.environ["GRAPNEL_URL"] + "/api/events",
        data=body,
        headers={
            "Authorization": "Bearer " + os.environ["GRAPNEL_KEY"],
            "Content-Type": "application/json",
            "Idempotency-Key": idempotency_key,
        },
    )
    for attempt in range(TRIES):
        pause = 2.0**attempt
        try:
            with urlopen(request, timeout=15) as response:
                return json.load(response)
        except HTTPError as error:
            # 429: the user's request quota. 5xx: a moment later it works. Any other answer stays.
            if error.code != 429 and error.code < 500:
                raise SystemExit(f"{error.code}: {error.read().decode()}") from None
            pause = float(error.headers.get("Retry-After") or pause)
        except (URLError, TimeoutError):
            # Perhaps only the answer was lost.
            pass
        time.sleep(pause)
    raise SystemExit("not published; run it again with the same idempotency key")


if __name__ == "__main__":
    event_type, data = sys.argv[1], json.loads(sys.argv[2])
    # Your own key for what happened, such as an order's number, survives a restart of this program.
    key = sys.argv[3] if len(sys.argv) > 3 else str(uuid.uuid4())
    print(json.dumps(publish(event_type, data, key)))
