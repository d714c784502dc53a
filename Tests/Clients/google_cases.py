"""Google's library."""

import asyncio

from google import genai
from google.genai import errors

from broken_bodies import Transport
from cases import case, error, stream, told

ASKED = {"model": "gemini-test", "contents": "Grüße"}


def client(place, **options):
    return genai.Client(api_key="key", http_options={
        "base_url": place.url, "timeout": 20_000, "headers": {"x-debug": "1"}, **options})


def view(answer):
    return answer.model_dump(exclude={"sdk_http_response"})


@case("Google: generated content")
def content(place):
    with client(place) as library:
        return view(library.models.generate_content(**ASKED))


@case("Google: generated content that is compressed for who asks", gzips=True)
def compressed(place):
    with client(place) as library:
        return view(library.models.generate_content(**ASKED))


@case("Google: streamed content")
def streamed(place):
    with client(place) as library:
        return stream(place, library.models.generate_content_stream(**ASKED), view)


@case("Google: streamed content, by asyncio")
def streamed_asynchronously(place):
    async def run():
        seen = []
        async with client(place).aio as library:
            async for event in await library.models.generate_content_stream(**ASKED):
                place.gate.open()
                seen.append(view(event))
        return {"events": seen, "first event before the rest": place.gate.was_in_time}

    return asyncio.run(run())


@case("Google: a body that is no JSON", expected={
    "client": {"error": "ClientError", "code": 400, "status": "INVALID_ARGUMENT", "told": True}, "requests": 0})
def refused(place):
    with client(place, client_args={"transport": Transport()}) as library:
        raised = error(errors.ClientError, lambda: library.models.generate_content(**ASKED))
    return {
        **told(raised, "code", "status"),
        "told": (getattr(raised, "message", None) or "").startswith("the request's body is not JSON: ")}
