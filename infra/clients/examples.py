"""Runs the examples on a deployed stack: the publisher publishes, each receiver accepts the event and refuses a changed one."""

import base64
import json
import os
import queue
import secrets
import socket
import subprocess
import sys
import threading
from urllib.error import HTTPError
from urllib.request import Request, urlopen

# The machine may be busy with other tests.
SECONDS = 60

RECEIVERS = {"python": [sys.executable, "receiver.py"], "node": ["node", "receiver.js"]}


def call(method: str, path: str, body: dict | None = None) -> dict:
    request = Request(
        os.environ["GRAPNEL_URL"] + path,
        method=method,
        data=json.dumps(body).encode() if body else None,
        headers={"Authorization": "Bearer " + os.environ["GRAPNEL_KEY"], "Content-Type": "application/json"},
    )
    with urlopen(request, timeout=SECONDS) as response:
        return json.loads(response.read() or "{}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Receiver:
    """A receiver, running, and the lines that it prints."""

    def __init__(self, language: str) -> None:
        self.url = f"http://127.0.0.1:{(port := free_port())}/"
        self.secret = "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()
        environment = {**os.environ, "PORT": str(port), "GRAPNEL_SECRET": self.secret}
        self.process = subprocess.Popen(
            RECEIVERS[language], cwd=f"examples/{language}", env=environment, text=True, stdout=subprocess.PIPE
        )
        self.lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.wait_for("listening on")

    def read(self) -> None:
        for line in self.process.stdout:
            self.lines.put(line)

    def wait_for(self, *words: str) -> None:
        while line := self.lines.get(timeout=SECONDS):
            if all(word in line for word in words):
                return

    def status_of_a_changed_body(self) -> int:
        signature = {"webhook-id": "evt_1", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        try:
            with urlopen(Request(self.url, method="POST", data=b"{}", headers=signature), timeout=SECONDS) as answer:
                return answer.status
        except HTTPError as error:
            return error.code


def exercise(language: str) -> None:
    receiver = Receiver(language)
    try:
        order = {"name": language, "url": receiver.url, "events": ["lead.created"], "secret": receiver.secret}
        webhook = call("POST", "/api/webhooks", order)
        marker = secrets.token_hex(8)
        publisher = [sys.executable, "examples/publisher/publish.py", "lead.created", json.dumps({"marker": marker}), marker]
        first, repeat = (json.loads(subprocess.check_output(publisher)) for _ in range(2))
        assert [item["id"] for item in first["items"]] == [item["id"] for item in repeat["items"]], (first, repeat)
        receiver.wait_for("lead.created", first["items"][0]["id"], marker)
        assert receiver.status_of_a_changed_body() == 401
        receiver.wait_for("refused:")
        call("DELETE", f"/api/webhooks/{webhook['id']}")
    finally:
        receiver.process.kill()


for name in RECEIVERS:
    exercise(name)
print(f"{', '.join(RECEIVERS)}: accepted and refused")
