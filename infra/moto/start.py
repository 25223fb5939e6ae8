"""Starts moto with the tables of template.yaml, and describes them as a stack named `main`.

usage: start.py PARENT_PID PORT TEMPLATE STACKS

It is the second emulator that the port contract is held against. It knows tables and queues; the
template's other resources are not made. STACKS is written once everything is there. The program ends
as soon as its parent is gone.
"""

import json
import os
import signal
import sys
import threading
import time

import boto3
import yaml
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

REGION = "us-east-1"

# What CloudFormation sets by calls of their own. No case of the contract needs it.
NOT_OF_CREATION = {
    "PointInTimeRecoverySpecification",
    "SSESpecification",
    "TimeToLiveSpecification",
    "WarmThroughput",
}


class Template(yaml.SafeLoader):
    """Reads a template; a function such as `!Ref` is left out, with what it would give."""


class OneWriteAtATime:
    """Hands DynamoDB's requests on one after another. moto 5.2.5 checks a condition and then writes, and
    another thread may write in between: of several who claim something, more than one would win. Queues
    are asked side by side, since a request may wait there for a message."""

    def __init__(self, application):
        self.application = application
        self.lock = threading.Lock()

    def __call__(self, environ, start_response):
        if not environ.get("HTTP_X_AMZ_TARGET", "").startswith("DynamoDB"):
            return self.application(environ, start_response)
        with self.lock:
            return list(self.application(environ, start_response))


class Quiet(WSGIRequestHandler):
    """Logs no requests, of which there are thousands; errors are logged."""

    def log_request(self, *_):
        pass


Template.add_multi_constructor("!", lambda loader, suffix, node: None)
# What a deployment with every option has.
Template.add_constructor("!If", lambda loader, node: loader.construct_sequence(node, deep=True)[1])


def create_tables(resources, dynamodb):
    for name, resource in resources.items():
        if resource["Type"] != "AWS::DynamoDB::Table":
            continue
        properties = {
            key: value
            for key, value in resource["Properties"].items()
            if key not in NOT_OF_CREATION and value is not None
        }
        for index in properties.get("GlobalSecondaryIndexes", []):
            for key in NOT_OF_CREATION & index.keys():
                del index[key]
        dynamodb.create_table(TableName=name, **properties)


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(os.getpgrp(), signal.SIGKILL)


def main():
    parent, port, template, stacks = sys.argv[1:]
    threading.Thread(target=end_with, args=(int(parent),), daemon=True).start()
    application = OneWriteAtATime(DomainDispatcherApplication(create_backend_app))
    server = make_server(
        "127.0.0.1", int(port), application, threaded=True, request_handler=Quiet
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    endpoint = f"http://127.0.0.1:{port}"
    with open(template, encoding="utf-8") as file:
        content = yaml.load(file, Loader=Template)
    dynamodb = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    create_tables(content["Resources"], dynamodb)
    stack = {
        "stackName": "main",
        "apiUrl": "",
        "adminKey": "",
        "eventBusName": "",
        "eventSource": "",
        "endpointUrl": endpoint,
        "region": REGION,
        # A table is called by its logical id here, which is also the name of its output.
        "outputs": {output: output for output in content["Outputs"]},
    }
    unfinished = stacks + ".new"
    with open(unfinished, "w", encoding="utf-8") as file:
        json.dump({"main": stack}, file)
    os.replace(unfinished, stacks)
    while True:
        time.sleep(60)


main()
