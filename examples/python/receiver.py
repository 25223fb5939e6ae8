"""Receives webhooks: verifies each request, handles each event once, and answers."""

import os
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks.webhooks import Webhook, WebhookVerificationError

# The largest body: 256 KiB of data and the fields around it.
MAX_BODY_BYTES = 300_000

webhook = Webhook(os.environ["GRAPNEL_SECRET"])
# In your service a table with a unique key: an event may arrive twice, also after a restart.
handled: set[str] = set()


class Receiver(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers.get("content-length", 0))
        if length > MAX_BODY_BYTES:
            return self.answer(413)
        # The signature covers these bytes. Verify them before anything parses or changes them.
        body = self.rfile.read(length)
        try:
            event = webhook.verify(body, dict(self.headers))
        except WebhookVerificationError as error:
            print(f"refused: {error}", flush=True)
            return self.answer(401)
        message_id = self.headers["webhook-id"]
        if message_id not in handled:
            handled.add(message_id)
            # Your work. If it takes more than a second, put it on a queue: Grapnel waits for the answer.
            print(f"{event['type']} {event['id']} {event['data']}", flush=True)
        self.answer(204)

    def answer(self, status: int) -> None:
        self.send_response(status)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """One line for each event is enough."""


port = int(os.environ.get("PORT", "8000"))
server = ThreadingHTTPServer(("127.0.0.1", port), Receiver)
print(f"listening on http://127.0.0.1:{port}/", flush=True)
server.serve_forever()
