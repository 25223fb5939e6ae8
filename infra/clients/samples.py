"""Runs the request samples of the API's description as they are shown, with the ids of what earlier samples made."""

import json
import subprocess
import sys
import time

DEADLINE_SECONDS = 60
# In an order in which each finds what it needs.
SEQUENCE = [
    "getHealth", "createWebhook", "listWebhooks", "getWebhook", "changeWebhook", "replaceWebhook", "getSecret",
    "rotateSecret", "testFilter", "previewTransform", "publishEvents", "getEvent", "explainEvent", "listDeliveries",
    "getDelivery", "explainDelivery", "getStats", "replayWebhook", "replayAll", "listReplays", "getReplay",
    "listEventTypes", "getEventType", "createKey", "listKeys", "revokeKey", "createPortalLink", "createEcho", "getEcho",
    "deleteEcho", "deleteWebhook",
]
# What a sample leaves behind for later ones: the schema of an id, and where the answer has it.
LEAVES = {
    "createWebhook": ("WebhookId", lambda answer: answer["id"]),
    "publishEvents": ("EventId", lambda answer: answer["items"][0]["id"]),
    "listDeliveries": ("DeliveryId", lambda answer: answer["items"][0]["id"]),
    "replayWebhook": ("ReplayId", lambda answer: answer["id"]),
    "createEcho": ("EchoId", lambda answer: answer["id"]),
    "createKey": ("KeyId", lambda answer: answer["id"]),
}
# The event is stored, and its delivery recorded, a moment after it was published.
LATE = {"getEvent", "listDeliveries"}


def interpreter(label, source):
    if label == "curl":
        return ["sh", "-c", source.replace("curl", "curl --silent --show-error", 1)]
    if label == "Python":
        return [sys.executable, "-c", source]
    return ["node", "--input-type=module", "--eval", source]


def attempt(label, source):
    """The answer of one sample: JSON, or nothing."""
    done = subprocess.run(interpreter(label, source), capture_output=True, text=True, timeout=DEADLINE_SECONDS)
    if done.returncode != 0:
        return None, done.stderr
    answer = json.loads(done.stdout) if done.stdout.strip() else {}
    if "code" in answer and "title" in answer:
        return None, done.stdout
    return answer, ""


def run(label, operation, source):
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        answer, trouble = attempt(label, source)
        ready = answer is not None and (operation != "listDeliveries" or answer["items"])
        if ready:
            return answer
        if operation not in LATE or time.monotonic() > deadline:
            sys.exit(f"{operation} by {label}: {trouble or 'no delivery came'}\n{source}")
        time.sleep(0.2)


def main():
    with open("openapi.json", encoding="utf-8") as file:
        document = json.load(file)
    operations = {
        operation["operationId"]: operation for path in document["paths"].values() for operation in path.values()
    }
    samples = {
        (name, sample["label"]): sample["source"]
        for name, operation in operations.items()
        for sample in operation.get("x-codeSamples", [])
    }
    count = 0
    for label in ("curl", "Python", "JavaScript"):
        ids = {}
        for name in SEQUENCE:
            # The same id would be the same event, and an event goes only to the webhooks that there were at first.
            source = samples[name, label].replace("lead-81", f"lead-{label}")
            for example, actual in ids.items():
                source = source.replace(example, actual)
            answer = run(label, name, source)
            count += 1
            if name in LEAVES:
                schema, find = LEAVES[name]
                ids[document["components"]["schemas"][schema]["examples"][0]] = find(answer)
    for (name, label), source in samples.items():
        if label == "Python":
            compile(source, name, "exec")
        elif label == "JavaScript":
            check(["node", "--input-type=module", "--check", "-"], name, source)
        else:
            check(["sh", "-n"], name, source)
    print(f"{count} run, {len(samples)} read")


def check(program, name, source):
    done = subprocess.run(program, input=source, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"{name}: {done.stderr}\n{source}")


main()
