"""Starts MiniStack, the local AWS, with what Grapnel needs of it beyond its settings.

usage: start.py [--with PARENT_PID]

With a parent given, the emulator and every function process that it started end as soon as that
parent is gone, whatever became of it: a killed `cargo xtask` leaves nothing behind.
"""

import contextlib
import json
import os
import queue
import signal
import socket
import socketserver
import sys
import threading
import time
from types import SimpleNamespace

from ministack.app import main
from ministack.core import iam_actions, iam_evaluator, lambda_runtime
from ministack.services import apigateway, lambda_svc

# CloudFormation parameters are strings. MiniStack 1.5.33 turns a mapping's BatchSize into a number
# but keeps MaximumConcurrency as it came, and then no queue is polled any more, because the poller
# compares it with a number. AWS converts it.
_concurrency = lambda_svc._sqs_esm_concurrency


def _concurrency_as_number(esm, *rest):
    scaling = esm.get("ScalingConfig") or {}
    if isinstance(scaling.get("MaximumConcurrency"), str):
        scaling["MaximumConcurrency"] = int(scaling["MaximumConcurrency"])
    return _concurrency(esm, *rest)


lambda_svc._sqs_esm_concurrency = _concurrency_as_number

# To send, delete or change ten messages takes the right to do so with one: there is no IAM action
# for the batch, and AWS refuses a policy that names one. MiniStack 1.5.33 asks for it all the same.
_iam_action = iam_actions.extract_iam_action


def _iam_action_without_batch(*request):
    action = _iam_action(*request)
    if action and action.startswith("sqs:"):
        action = action.removesuffix("Batch")
    return action


iam_actions.extract_iam_action = _iam_action_without_batch


# EventBridge tells IAM the source of each entry of a call. MiniStack 1.5.33 does not, so that no policy
# with a condition on it would allow anything.
_request_context = iam_actions.request_tag_context


def _request_context_with_sources(service, action, body, *rest):
    context = _request_context(service, action, body, *rest)
    if action == "events:PutEvents":
        try:
            entries = json.loads(body or b"{}").get("Entries") or []
            context["events:source"] = sorted({str(entry["Source"]) for entry in entries})
        except (AttributeError, KeyError, TypeError, ValueError):
            pass  # The service itself refuses such a request, with a reason.
    return context


iam_actions.request_tag_context = _request_context_with_sources


# A BatchGetItem names its attributes for each table. MiniStack 1.5.33 looks for them where a GetItem
# has them, so that a policy with a condition on them would allow no BatchGetItem.
_dynamodb_context = iam_actions.dynamodb_service_context


def _dynamodb_context_of_each_table(body):
    try:
        tables = json.loads(body or b"{}").get("RequestItems")
    except (AttributeError, TypeError, ValueError):
        tables = None  # The service itself refuses such a request, with a reason.
    parts = tables.values() if isinstance(tables, dict) else []
    contexts = [_dynamodb_context(json.dumps(part).encode()) for part in parts if isinstance(part, dict)]
    if not contexts:
        return _dynamodb_context(body)
    attributes = [name for context in contexts for name in context.get("dynamodb:Attributes", [])]
    whole = any(context["dynamodb:Select"] == "ALL_ATTRIBUTES" for context in contexts)
    select = "ALL_ATTRIBUTES" if whole else "SPECIFIC_ATTRIBUTES"
    return {"dynamodb:Select": select, **({"dynamodb:Attributes": attributes} if attributes else {})}


iam_actions.dynamodb_service_context = _dynamodb_context_of_each_table


# Locally everything speaks plain HTTP, which the queues' policies refuse on AWS.
_condition_key = iam_evaluator._resolve_condition_key


def _condition_key_as_over_tls(key, context):
    return "true" if key.lower() == "aws:securetransport" else _condition_key(key, context)


iam_evaluator._resolve_condition_key = _condition_key_as_over_tls


# An API's CORS configuration from CloudFormation has CloudFormation's names (AllowOrigins). MiniStack
# 1.5.33 keeps it so, and looks for the API's own (allowOrigins) when it answers.
def _with_the_apis_names(answer):
    def named(configuration, origin):
        names = {name[:1].lower() + name[1:]: value for name, value in configuration.items()}
        return answer(names, origin)

    return named


for _name in ("_cors_response_headers", "_cors_preflight_response"):
    setattr(apigateway, _name, _with_the_apis_names(getattr(apigateway, _name)))

# MiniStack 1.5.33 wakes each function's environment ten times a second to look for an event, and its
# server as often to look for a connection. 200 idle environments are 4,000 wake-ups a second, and each
# takes the interpreter from the thread that answers AWS calls. Both are woken by what they wait for.
_LONGEST_WAIT_SECONDS = 5.0


class _PatientQueue(queue.Queue):
    def get(self, block=True, timeout=None):
        waits_for_an_event = self.maxsize == 1 and timeout is not None
        return super().get(block, _LONGEST_WAIT_SECONDS if waits_for_an_event else timeout)


lambda_runtime.queue = SimpleNamespace(Queue=_PatientQueue, Empty=queue.Empty, Full=queue.Full)

_serve_forever = socketserver.BaseServer.serve_forever


def _serve_without_looking_up(server, poll_interval=None):
    _serve_forever(server, _LONGEST_WAIT_SECONDS)


def _shut_down_at_once(server):
    server._BaseServer__shutdown_request = True
    with contextlib.suppress(OSError):
        socket.create_connection(server.server_address, timeout=1).close()  # It looks up.
    server._BaseServer__is_shut_down.wait()


socketserver.BaseServer.serve_forever = _serve_without_looking_up
socketserver.BaseServer.shutdown = _shut_down_at_once


def _end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if len(sys.argv) == 3 and sys.argv[1] == "--with":
    threading.Thread(target=_end_with, args=(int(sys.argv[2]),), daemon=True).start()
sys.argv = sys.argv[:1]
main()
