"""What the mock provider says: the documented shapes of each API, as short as they can be."""

import dataclasses
import json

import event_stream

# More than Envoy's buffer limit of 1 MiB and what is under way when it stops the peer, and less than the 4 MiB of the
# sidecar's listeners, with what stands around it: over those Envoy in BUFFERED refuses what comes faster than the
# sidecar's answer to the headers.
LARGE_BYTES = 4_000_000


@dataclasses.dataclass
class Answer:
    status: int = 200
    content_type: str | None = "application/json"
    # The first goes out at once; the others when the client has seen it, where it is a stream.
    pieces: tuple = ()
    is_stream: bool = False
    states_length: bool = True
    headers: tuple = ()


def of_json(value, **options):
    # As providers write it; with escapes, "ü" would be three times as long.
    return Answer(pieces=(json.dumps(value, ensure_ascii=False).encode(),), **options)


def _events(*events, name=None, done=False):
    """Server-sent events. name(event) gives their event field."""
    texts = [
        (f"event: {name(event)}\n" if name else "") + f"data: {json.dumps(event)}\n\n" for event in events]
    if done:
        texts.append("data: [DONE]\n\n")
    return Answer(
        content_type="text/event-stream; charset=utf-8", is_stream=True, states_length=False,
        pieces=tuple(text.encode() for text in texts))


# MARK: OpenAI

def chat_message(message, finish="stop", **options):
    return of_json({
        "id": "chatcmpl-1", "object": "chat.completion", "created": 1, "model": "gpt-4o-mini",
        "choices": [{"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}],
        "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}}, **options)


def chat(body):
    if body.get("stream"):
        return chat_stream(body)
    if body.get("tools"):
        call = {"id": "call-1", "type": "function", "function": {"name": "weather", "arguments": '{"city":"Kraków"}'}}
        return chat_message({"content": None, "tool_calls": [call]}, finish="tool_calls")
    if body.get("user", "").startswith("large"):
        return chat_message({"content": "ü" * (LARGE_BYTES // 2)}, states_length=body["user"] == "large")
    return chat_message({"content": "Grüße"})


def chat_stream(body):
    def chunk(delta, finish=None):
        return {
            "id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 1, "model": "gpt-4o-mini",
            "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}

    if body.get("tools"):
        def call(**parts):
            return {"tool_calls": [{"index": 0, **parts}]}

        first = call(id="call-1", type="function", function={"name": "weather", "arguments": ""})
        deltas = [first, call(function={"arguments": '{"city":'}), call(function={"arguments": '"Kraków"}'})]
        finish = "tool_calls"
    else:
        deltas = [{"role": "assistant", "content": ""}, {"content": "Grü"}, {"content": "ße"}]
        finish = "stop"
    usage = {
        **chunk({}), "choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 3, "total_tokens": 12}}
    return _events(*map(chunk, deltas), chunk({}, finish), usage, done=True)


def responses_stream(_):
    item = {"id": "msg-1", "type": "message", "role": "assistant", "status": "completed", "content": [
        {"type": "output_text", "text": "Grüße", "annotations": []}]}
    response = {
        "id": "resp-1", "object": "response", "created_at": 1, "model": "gpt-4o-mini", "status": "completed",
        "output": [item], "parallel_tool_calls": True, "tool_choice": "auto", "tools": []}
    started = {**response, "status": "in_progress", "output": []}
    part = {"item_id": "msg-1", "output_index": 0, "content_index": 0}
    return _events(
        {"type": "response.created", "sequence_number": 0, "response": started},
        {"type": "response.output_item.added", "sequence_number": 1, "output_index": 0,
         "item": {**item, "status": "in_progress", "content": []}},
        {"type": "response.output_text.delta", "sequence_number": 2, "delta": "Grüße", "logprobs": [], **part},
        {"type": "response.completed", "sequence_number": 3, "response": response}, name=lambda event: event["type"])


def models():
    return of_json({"object": "list", "data": [
        {"id": "gpt-4o-mini", "object": "model", "created": 1, "owned_by": "us"}]})


def file(size):
    return of_json({
        "id": "file-1", "object": "file", "bytes": size, "created_at": 1, "filename": "notes.txt",
        "purpose": "user_data", "status": "processed"})


# MARK: Anthropic

def anthropic_message(body):
    usage = {"input_tokens": 9, "output_tokens": 3}
    message = {
        "id": "msg_1", "type": "message", "role": "assistant", "model": "claude-test", "stop_reason": "end_turn",
        "stop_sequence": None, "content": [{"type": "text", "text": "Grüße"}], "usage": usage}
    if body.get("tools"):
        message["content"] = [{"type": "tool_use", "id": "toolu_1", "name": "weather", "input": {"city": "Kraków"}}]
        message["stop_reason"] = "tool_use"
    if not body.get("stream"):
        return of_json(message)
    return _events(
        {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "ping"},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Grü"}},
        {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "ße"}},
        {"type": "content_block_stop", "index": 0},
        {"type": "message_delta", "delta": {"stop_reason": "end_turn", "stop_sequence": None}, "usage": usage},
        {"type": "message_stop"}, name=lambda event: event["type"])


# MARK: Google

def gemini(is_stream):
    def part(text, **more):
        return {
            "candidates": [{"content": {"role": "model", "parts": [{"text": text}]}, "index": 0, **more}],
            "modelVersion": "gemini-test",
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 3, "totalTokenCount": 12}}

    if is_stream:
        return _events(part("Grü"), part("ße", finishReason="STOP"))
    return of_json(part("Grüße", finishReason="STOP"))


# MARK: Bedrock

def converse():
    return of_json({
        "output": {"message": {"role": "assistant", "content": [{"text": "Grüße"}]}}, "stopReason": "end_turn",
        "usage": {"inputTokens": 9, "outputTokens": 3, "totalTokens": 12}, "metrics": {"latencyMs": 1}})


def converse_stream():
    messages = (
        ("messageStart", {"role": "assistant"}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "Grü"}}),
        ("contentBlockDelta", {"contentBlockIndex": 0, "delta": {"text": "ße"}}),
        ("contentBlockStop", {"contentBlockIndex": 0}),
        ("messageStop", {"stopReason": "end_turn"}),
        ("metadata", {
            "usage": {"inputTokens": 9, "outputTokens": 3, "totalTokens": 12}, "metrics": {"latencyMs": 1}}))
    return Answer(
        content_type="application/vnd.amazon.eventstream", is_stream=True, states_length=False,
        pieces=tuple(event_stream.message(*message) for message in messages))


# MARK: Others

def ollama():
    lines = ({"model": "llama", "message": {"role": "assistant", "content": text}, "done": done}
             for text, done in (("Grü", False), ("ße", False), ("", True)))
    return Answer(
        content_type="application/x-ndjson", is_stream=True, states_length=False,
        pieces=tuple(json.dumps(line).encode() + b"\n" for line in lines))


def preflight():
    return Answer(status=204, content_type=None, headers=(
        ("access-control-allow-origin", "https://app.example"), ("access-control-allow-methods", "POST"),
        ("access-control-allow-headers", "authorization,content-type")))
