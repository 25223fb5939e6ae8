"""What the API's description cannot say.

Schemathesis makes requests of `openapi.json`, some by its schemas and some against them, and expects that the
API takes the first kind. Some of these the API has to refuse all the same, for reasons that no schema can state. Each
function here knows one such reason, and mends the request. Requests against the schemas are sent as they are.
"""

import ast
import collections
import os
import sys
import threading
import urllib.error
import urllib.request
import uuid
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import schemathesis
from hypothesis import strategies
from jsonschema_rs import canonical
from schemathesis.generation.jsonschema import strategy as generation

# Filters are nested, and so are the generators of them: some need more than Python's usual thousand calls, which the
# threads' usual stack is made for. Hypothesis sets the limit for all threads to 2,000 calls more than the thread that
# begins a test case has made: too few for a thread that is deep in a generator, so nothing may lower the limit.
CALLS = 10_000
set_limit = sys.setrecursionlimit
sys.setrecursionlimit = lambda limit: set_limit(max(limit, CALLS))
sys.setrecursionlimit(CALLS)
threading.stack_size(64 * 1024 * 1024)

# To break the schema of a filter, Schemathesis puts something that is no filter into a field of it, for instance a filter
# that is broken in the same way, and so on without an end. Some levels down, anything that is no filter will do.
LEVELS = 4
nested = threading.local()
violation_entry = generation._violation_entry


def bounded_violation_entry(violation, view, value_for, known, ctx):
    level = getattr(nested, "level", 0)
    if level >= LEVELS and isinstance(violation, canonical.UndeclaredValueFailsView):
        key = generation._text(ctx).filter(lambda name: name not in violation.names and name not in known)
        return strategies.tuples(key, generation._rejected_by(generation._anything(ctx), violation.additional))
    nested.level = level + 1
    try:
        return violation_entry(violation, view, value_for, known, ctx)
    finally:
        nested.level = level


generation._violation_entry = bounded_violation_entry

# Python up to 3.12 confuses threads that parse source text at once, as Hypothesis does to describe what it does
# (python/cpython issue 106905).
parse, parsing = ast.parse, threading.Lock()


def parse_alone(*arguments, **options):
    with parsing:
        return parse(*arguments, **options)


ast.parse = parse_alone


class Receiver(BaseHTTPRequestHandler):
    """Takes what webhooks send."""

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_):
        pass


receiver = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()

KNOWN = ["lead.created", "lead.enriched", "task.completed", "task.failed", "email.sent"]
RESERVED = ("content-", "host", "te", "expect", "upgrade", "trailer", "connection", "keep-alive", "webhook-", "proxy-",
            "user-agent", "http2-settings", "transfer-encoding", "x-webhook-")


@schemathesis.hook
def before_call(context, case, kwargs):
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    operation = context.operation.definition.raw["operationId"]
    if case.headers and "If-Match" in case.headers:
        case.headers["If-Match"] = current(case.headers["If-Match"])
    if case.query and "cursor" in case.query:
        case.query = without_cursor(dict(case.query))
    if operation == "listEvents" and case.query:
        case.query = of_list_or_of_one(dict(case.query))
    if operation == "getStats" and case.query:
        case.query = of_one_span(dict(case.query))
    if operation == "previewTransform" and not isinstance(case.body, dict):
        # Left out, it means the transform of the webhook, which may have none.
        case.body, case.media_type = {}, "application/json"
    if case.headers and "Idempotency-Key" in case.headers:
        case.headers["Idempotency-Key"] = used_once(case.headers["Idempotency-Key"])
    if isinstance(case.body, dict):
        case.body = mended(operation, dict(case.body))


# A user may have 120 webhooks, and valid requests must create more of them: the oldest make room.
MOST_WEBHOOKS = 100
created, creating = collections.deque(), threading.Lock()


@schemathesis.hook
def after_call(context, case, response):
    if context.operation.definition.raw["operationId"] != "createWebhook" or response.status_code != 201:
        return
    with creating:
        created.append(response.json()["id"])
        oldest = created.popleft() if len(created) > MOST_WEBHOOKS else None
    if oldest is not None:
        request = urllib.request.Request(
            f"{os.environ['GRAPNEL_URL']}/api/webhooks/{oldest}",
            headers={"Authorization": f"Bearer {os.environ['GRAPNEL_KEY']}"},
            method="DELETE",
        )
        try:
            urllib.request.urlopen(request, timeout=30).close()
        except urllib.error.HTTPError as error:
            # Another request has deleted it.
            if error.code != 404:
                raise


def current(_tag):
    """A tag is the one that was read, or it is refused."""
    return "*"


def used_once(_key):
    """A key that comes again with another body is refused."""
    return str(uuid.uuid4())


def without_cursor(query):
    """A cursor is opaque: only one that a list gave is one."""
    del query["cursor"]
    return query


def of_list_or_of_one(query):
    """`source` and `sourceId` name one event together, and no filter stands beside them."""
    of_one = ("source", "sourceId")
    if all(name in query for name in of_one):
        return {name: value for name, value in query.items() if name in (*of_one, "userId")}
    return {name: value for name, value in query.items() if name not in of_one}


def of_one_span(query):
    """`last` stands alone, and hours can be asked for 31 days. Times are in order, and not too long ago."""
    if "last" in query:
        query.pop("from", None)
        query.pop("to", None)
        if query.get("by") == "hour":
            query["last"] = "7d"
    for name, hours in (("from", 48), ("to", 2)):
        if name in query:
            time = datetime.now(timezone.utc) - timedelta(hours=hours)
            query[name] = time.strftime("%Y-%m-%dT%H:%M:%SZ")
    return query


def mended(operation, body):
    """A body with everything mended that is in it."""
    if isinstance(body.get("userId"), str):
        # It agrees with the one in the query, and with the key.
        for_admins = operation in ("createKey", "createPortalLink")
        body["userId"] = os.environ["GRAPNEL_OTHER_USER" if for_admins else "GRAPNEL_USER"]
    if operation in ("createWebhook", "replaceWebhook", "changeWebhook"):
        if operation == "changeWebhook":
            body = merged(body)
        for name, mend in WEBHOOK.items():
            if body.get(name) is not None:
                body[name] = mend(body[name])
    if operation in ("testWebhook", "previewTransform") and body.get("event") is not None:
        body["event"] = known(body["event"])
    if operation == "testFilter" and body.get("filter") is not None:
        body["filter"] = filter_(body["filter"])
    if operation == "previewTransform":
        # A webhook without a transform has none to try.
        body["transform"] = {"template": "{{ data | tojson }}", "contentType": "application/json"}
    if operation == "publishEvents":
        body = of_its_own_id(body)
    if operation == "putEventType":
        body = consistent(body)
    if operation in ("replayWebhook", "replayAll"):
        body = in_order(body)
    if operation in ("createKey", "createPortalLink") and body.get("scopes") is not None:
        body["scopes"] = each_once(body["scopes"])
    if operation == "createKey" and body.get("expiresAt") is not None:
        body["expiresAt"] = to_come(body["expiresAt"])
    return body


def url(given):
    """A host is there, and is one that the deployment lets through; what is written takes more bytes once it is
    normalised."""
    _scheme, rest = given.split("://", 1)
    end = min((rest.find(sign) for sign in "/?" if sign in rest), default=len(rest))
    return f"http://127.0.0.1:{receiver.server_port}{rest[end:end + 150]}"


def known(given):
    """Only event types that are known can be named."""
    return given if given in KNOWN else KNOWN[len(given) % len(KNOWN)]


def patterns(given):
    """Likewise patterns, of which none matches nothing."""
    every = ["*", "lead.*", "task.*", "email.*", *KNOWN]
    return list(dict.fromkeys(one if one in every else every[len(one) % len(every)] for one in given))


def headers(given):
    """Names are the same in upper and lower case, and some are not the owner's; a sensitive header can be left without a
    value only if one is stored."""
    kept = {}
    for name, value in given.items():
        lower = name.lower()
        if lower.startswith(RESERVED) or lower in (other.lower() for other in kept):
            continue
        if isinstance(value, dict) and value.get("value") is None:
            value = {**value, "value": "x"}
        kept[name] = value
    return kept


def metadata(given):
    """All names and values together have 4096 bytes."""
    kept, left = {}, 4096
    for name, value in given.items():
        left -= len(name.encode()) + len((value or "").encode())
        if left >= 0:
            kept[name] = value
    return kept


def retries(given):
    """The longest delay is not shorter than the first."""
    backoff = given.get("backoff")
    if isinstance(backoff, dict) and {"initialSeconds", "maxSeconds"} <= backoff.keys():
        first, longest = sorted((backoff["initialSeconds"], backoff["maxSeconds"]))
        given = {**given, "backoff": {**backoff, "initialSeconds": first, "maxSeconds": longest}}
    return given


def transform(given):
    """A template is a program, of at most 8192 bytes."""
    template = given.get("template", "")
    if any(sign in template for sign in "{}") or len(template.encode()) > 8192:
        given = {**given, "template": '{"id": {{ id | tojson }}}'}
    return given


def filter_(given, depth=0):
    """Numbers are exact, and the lower bound is below the upper one; all in all a filter has 4096 bytes, 100
    conditions and 20 levels."""
    if len(repr(given)) > 1500 or depth > 6:
        return {"state": ["new"]}
    kept = {}
    for name, value in given.items():
        if name == "$or":
            kept[name] = [filter_(branch, depth + 2) for branch in value]
        elif isinstance(value, dict):
            kept[name] = filter_(value, depth + 1)
        else:
            kept[name] = [condition(one) for one in value]
    return kept


def condition(given):
    if isinstance(given, float):
        return round(max(min(given, 1e6), -1e6), 3)
    if not isinstance(given, dict):
        return given
    name, value = next(iter(given.items()))
    if name == "numeric":
        numbers = [round(max(min(one, 1e6), -1e6), 3) for one in value[1::2]]
        if len(numbers) == 2:
            numbers = [min(numbers), max(numbers) + 1]
        return {name: [part for pair in zip(value[::2], numbers) for part in pair]}
    if name == "anything-but":
        if isinstance(value, list):
            return {name: [condition(one) for one in value]}
        return {name: condition(value) if isinstance(value, float) else value}
    if name == "cidr":
        # An address without bits beyond its mask.
        return {name: "10.0.0.0/24"}
    return given


@schemathesis.check
def code_is_described(ctx, response, case):
    """A problem has a code that the description lists for its operation and status."""
    if not response.headers.get("content-type", [""])[0].startswith("application/problem+json"):
        return
    raw = case.operation.schema.raw_schema
    described = case.operation.definition.raw["responses"].get(str(response.status_code))
    if described is None:
        # Whether the status may come at all is for another check to say.
        return
    if "$ref" in described:
        described = raw["components"]["responses"][described["$ref"].rsplit("/", 1)[1]]
    code = response.json()["code"]
    if code not in described["x-codes"]:
        raise AssertionError(f"the code {code} is not described for status {response.status_code}")


WEBHOOK = {
    "url": url,
    "events": patterns,
    "headers": headers,
    "metadata": metadata,
    "retryConfig": retries,
    "transform": transform,
    "filter": filter_,
}


def merged(body):
    """What a patch is merged into is not in the request: each part says all that it needs."""
    if body.get("retryConfig") is not None:
        asked = body["retryConfig"]
        delays = asked.get("delaysSeconds") or [60]
        body["retryConfig"] = {**asked, "delaysSeconds": delays, "backoff": None}
    if body.get("transform") is not None:
        body["transform"] = {"template": "{{ id }}", **body["transform"]}
    if body.get("filter") is not None:
        body["filter"] = {"state": ["new"]}
    return body


def of_its_own_id(body):
    """An id that comes again with another type or other data is refused."""
    if isinstance(body.get("events"), list):
        return {**body, "events": [of_its_own_id(event) for event in body["events"]]}
    return body if body.get("id") is None else {**body, "id": str(uuid.uuid4())}


def consistent(body):
    """A schema is one that can be read, and a sample satisfies it."""
    if body.get("schema") is not None:
        body["schema"] = {"type": "object"}
    return body


def in_order(body):
    """`since` is earlier than `until`, and than now."""
    for name, year in (("since", 2001), ("until", 2002)):
        if body.get(name) is not None:
            body[name] = f"{year}-{body[name][5:7]}-01T00:00:00Z"
    return body


def each_once(given):
    """A scope is named once. The keyword for that is missing, because generators make sets of such lists."""
    return list(dict.fromkeys(given))


def to_come(_given):
    """A key ends later than now, and in ten years at most."""
    return (datetime.now(timezone.utc) + timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
