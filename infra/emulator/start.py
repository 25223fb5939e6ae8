"""Starts MiniStack, the local AWS, with what Grapnel needs of it beyond its settings.

usage: start.py [--with PARENT_PID]

With a parent given, the emulator and every function process that it started end as soon as that
parent is gone, whatever became of it: a killed `cargo xtask` leaves nothing behind.
"""

import os
import signal
import sys
import threading
import time

from ministack.app import main
from ministack.services import lambda_svc

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


def _end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(os.getpgrp(), signal.SIGKILL)


if len(sys.argv) == 3 and sys.argv[1] == "--with":
    threading.Thread(target=_end_with, args=(int(sys.argv[2]),), daemon=True).start()
sys.argv = sys.argv[:1]
main()
