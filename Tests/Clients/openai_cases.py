"""OpenAI's library."""

import asyncio

import httpx2
import openai

import answers
from broken_bodies import Transport
from cases import case, error, headers, stream, told

MESSAGES = [{"role": "user", "content": "Grüße"}]
WEATHER = [{"type": "function", "function": {
    "name": "weather", "parameters": {"type": "object", "properties": {"city": {"type": "string"}}}}}]
FILE = ("notes.txt", b'{"model": "none of a request"}\r\n', "text/plain")


def client(place, kind=openai.OpenAI, **options):
    return kind(
        api_key="key", base_url=f"{place.url}/v1", timeout=20, default_headers={"x-debug": "1", "x-model": "spoofed"},
        **options)


def ask(place, **options):
    return client(place).chat.completions.create(model="gpt-4o-mini", messages=MESSAGES, **options)


def raw(place, **options):
    answer = client(place).chat.completions.with_raw_response.create(
        model="gpt-4o-mini", messages=MESSAGES, **options)
    return {"headers": headers(answer.headers), "answer": answer.parse().model_dump()}


@case("OpenAI: a completion", tokens="12")
def completion(place):
    return raw(place)


@case("OpenAI: a completion with tools", tokens="12")
def tools(place):
    return raw(place, tools=WEATHER)


@case("OpenAI: a completion that is compressed for who asks", tokens="12", gzips=True)
def compressed(place):
    seen = raw(place)
    # With us the upstream is not asked for it.
    seen["headers"].pop("content-encoding", None)
    return seen


@case("OpenAI: a streamed completion")
def streamed(place):
    return stream(
        place, ask(place, stream=True, stream_options={"include_usage": True}), lambda event: event.model_dump())


@case("OpenAI: a streamed completion that is compressed for who asks", gzips=True)
def streamed_compressed(place):
    return stream(place, ask(place, stream=True), lambda event: event.model_dump())


@case("OpenAI: a streamed completion with tools")
def streamed_tools(place):
    return stream(place, ask(place, stream=True, tools=WEATHER), lambda event: event.model_dump())


@case("OpenAI: a streamed completion, by the helper and asyncio")
def streamed_helper(place):
    async def run():
        seen = []
        async with client(place, openai.AsyncOpenAI) as library:
            async with library.chat.completions.stream(model="gpt-4o-mini", messages=MESSAGES) as events:
                async for event in events:
                    place.gate.open()
                    seen.append(event.model_dump())
        return {"events": seen, "first event before the rest": place.gate.was_in_time}

    return asyncio.run(run())


@case("OpenAI: a streamed response of the Responses API")
def responses(place):
    events = client(place).responses.create(model="gpt-4o-mini", input="Grüße", stream=True)
    return stream(place, events, lambda event: event.model_dump())


@case("OpenAI: the list of models")
def models(place):
    return client(place).models.list().model_dump()


@case("OpenAI: a model is deleted")
def delete(place):
    return client(place).models.delete("gpt-4o-mini").model_dump()


@case("OpenAI: a file is uploaded")
def upload(place):
    return client(place).files.create(file=FILE, purpose="user_data").model_dump()


@case("OpenAI: a transcription")
def transcription(place):
    return client(place).audio.transcriptions.create(model="whisper-1", file=("a.wav", b"RIFF\x00\xff" * 9000)).text


@case("OpenAI: speech, streamed")
def speech(place):
    with client(place).audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input="Grüße") as answer:
        pieces = stream(place, answer.iter_bytes())
    return {**pieces, "events": b"".join(pieces["events"])}


@case("OpenAI: an answer of an upstream that is no JSON", answer=answers.Answer(
    status=404, content_type="text/html", pieces=(b"<p>nothing here</p>",)))
def not_found(place):
    return told(error(openai.NotFoundError, lambda: ask(place)), "status_code", "message", "body")


REFUSED = "the request's body is not JSON: "


@case("OpenAI: a body that is no JSON", expected={
    "client": {"error": "BadRequestError", "status_code": 400, "type": "body_not_json", "told": True}, "requests": 0})
def refused(place):
    raised = error(openai.BadRequestError, lambda: client(
        place, http_client=httpx2.Client(transport=Transport())).chat.completions.create(
            model="gpt-4o-mini", messages=MESSAGES))
    return {**told(raised, "status_code", "type"), "told": REFUSED in str(raised)}


NO_JSON_ANSWER = answers.Answer(content_type="text/html", pieces=(b"<p>all is well</p>",))


@case("OpenAI: an answer that cannot be rewritten is bought once", at="rewriting", answer=NO_JSON_ANSWER, expected={
    "client": {"error": "InternalServerError", "status_code": 502, "told": True}, "requests": 1})
def bought_once(place):
    raised = error(openai.InternalServerError, lambda: ask(place))
    return {**told(raised, "status_code"), "told": "not JSON" in str(raised)}


@case("OpenAI: a completion is rewritten", at="rewriting", gzips=True, expected={
    "client": ["rewritten", None], "requests": 1})
def rewritten(place):
    library = client(place)
    answer = library.chat.completions.with_raw_response.create(model="gpt-4o-mini", messages=MESSAGES)
    return [answer.parse().id, answer.headers.get("content-encoding")]
