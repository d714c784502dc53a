"""AWS's library with Bedrock; the upstream checks each signature as AWS does."""

import json

import boto3
import botocore.config
import botocore.exceptions

import signature
from broken_bodies import NO_JSON
from cases import case, error, stream

MODEL = "anthropic.claude-test-v1:0"
CONVERSED = {"modelId": MODEL, "messages": [{"role": "user", "content": [{"text": "Grüße"}]}]}
INVOKED = {"modelId": MODEL, "body": json.dumps({"anthropic_version": "bedrock-2023-05-31", "model": "of-the-body"})}

session = boto3.Session(signature.ACCESS_KEY, signature.SECRET_KEY, region_name=signature.REGION)


def client(place, **options):
    return session.client("bedrock-runtime", endpoint_url=place.url, config=botocore.config.Config(
        read_timeout=20, retries={"total_max_attempts": 1}, **options))


def view(answer):
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}


@case("AWS: Converse")
def converse(place):
    return view(client(place).converse(**CONVERSED))


@case("AWS: ConverseStream")
def converse_stream(place):
    return stream(place, client(place).converse_stream(**CONVERSED)["stream"])


@case("AWS: InvokeModel, without a content-type")
def invoke_model(place):
    return json.loads(client(place).invoke_model(**INVOKED)["body"].read())


@case("AWS: a signature is good where headers are set", expected={
    "client": ["good"], "requests": 1})
def signed(place):
    client(place).converse(**CONVERSED)
    return [request.signature for request in place.recorder.requests()]


def error_of(library, call):
    raised = error(botocore.exceptions.ClientError, call)
    response = getattr(raised, "response", {"Error": {"Message": repr(raised)}})
    return {
        "error": type(raised).__name__, "code": response["Error"].get("Code"),
        "status": response.get("ResponseMetadata", {}).get("HTTPStatusCode"),
        "told": "not JSON" in response["Error"].get("Message", "")}


@case("AWS: a body that is no JSON", expected={
    "client": {"error": "ValidationException", "code": "ValidationException", "status": 400, "told": True},
    "requests": 0})
def refused(place):
    library = client(place)
    library.meta.events.register("before-sign", lambda request, **_: setattr(request, "data", NO_JSON))
    return error_of(library, lambda: library.converse(**CONVERSED))


@case("AWS: a signature is bad where the body is rewritten", at="rewriting", expected={
    "client": ["bad", b'{"rewritten": null}'], "requests": 1})
def rewritten(place):
    client(place).converse(**CONVERSED)
    request, = place.recorder.requests()
    return [request.signature, request.body]


@case("AWS: a signature is good where the body is rewritten and Envoy signs behind us", at="signing", expected={
    "client": ["good", b'{"rewritten": null}'], "requests": 1})
def signed_behind(place):
    client(place).converse(**CONVERSED)
    request, = place.recorder.requests()
    return [request.signature, request.body]
