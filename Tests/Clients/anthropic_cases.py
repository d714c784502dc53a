"""Anthropic's library."""

import asyncio

import anthropic
import httpx2

import answers
from broken_bodies import Transport
from cases import case, error, headers, stream, told

ASKED = {"model": "claude-test", "max_tokens": 9, "messages": [{"role": "user", "content": "Grüße"}]}
WEATHER = [{"name": "weather", "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}}}]


def client(place, kind=anthropic.Anthropic, **options):
    return kind(api_key="key", base_url=place.url, timeout=20, default_headers={"x-debug": "1"}, **options)


@case("Anthropic: a message")
def message(place):
    answer = client(place).messages.with_raw_response.create(**ASKED)
    return {"headers": headers(answer.headers), "answer": answer.parse().model_dump()}


@case("Anthropic: a message with tools")
def tools(place):
    return client(place).messages.create(**ASKED, tools=WEATHER).model_dump()


@case("Anthropic: a message that is compressed for who asks", gzips=True)
def compressed(place):
    return client(place).messages.create(**ASKED).model_dump()


@case("Anthropic: a streamed message")
def streamed(place):
    return stream(place, client(place).messages.create(**ASKED, stream=True), lambda event: event.model_dump())


@case("Anthropic: a streamed message, by the helper and asyncio")
def streamed_helper(place):
    async def run():
        seen = []
        async with client(place, anthropic.AsyncAnthropic) as library, library.messages.stream(**ASKED) as events:
            async for event in events:
                place.gate.open()
                seen.append(event.model_dump())
        return {"events": seen, "first event before the rest": place.gate.was_in_time}

    return asyncio.run(run())


@case("Anthropic: a body that is no JSON", expected={
    "client": {"error": "BadRequestError", "status_code": 400, "type": "invalid_request_error", "told": True},
    "requests": 0})
def refused(place):
    raised = error(anthropic.BadRequestError, lambda: client(
        place, http_client=httpx2.Client(transport=Transport())).messages.create(**ASKED))
    return {**told(raised, "status_code", "type"), "told": "the request's body is not JSON: " in str(raised)}


@case("Anthropic: an answer that cannot be rewritten is bought once", at="rewriting", answer=answers.Answer(
    content_type="text/html", pieces=(b"<p>all is well</p>",)), expected={
        "client": {"error": "InternalServerError", "status_code": 502, "type": "api_error", "told": True},
        "requests": 1})
def bought_once(place):
    raised = error(anthropic.InternalServerError, lambda: client(place).messages.create(**ASKED))
    return {**told(raised, "status_code", "type"), "told": "not JSON" in str(raised)}
