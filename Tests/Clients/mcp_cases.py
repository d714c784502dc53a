"""MCP's library, by the handshake of old and by the newer requests that stand alone."""

import asyncio

import httpx2
import mcp
from mcp.client.streamable_http import streamable_http_client

from broken_bodies import AsyncTransport
from cases import case
from processes import WAIT_SECONDS_MAX


def connected(place, mode, run):
    async def main():
        async with mcp.Client(f"{place.url}/mcp", mode=mode) as client:
            return await asyncio.wait_for(run(client), WAIT_SECONDS_MAX)

    return asyncio.run(main())


async def use(client, place):
    tools = await client.list_tools()
    added = await client.call_tool("add", {"a": 2, "b": 3})
    seen = []

    async def note(progress, total, message):
        place.gate.open()
        seen.append([progress, total])

    counted = await client.call_tool("count", {"to": 3}, progress_callback=note)
    return {
        "version": client.protocol_version, "tools": [tool.name for tool in tools.tools],
        "added": added.model_dump(), "counted": counted.model_dump(), "progress": seen,
        "first event before the rest": place.gate.was_in_time}


@case("MCP: tools, with a session", is_concurrent=True)
def session(place):
    async def run(client):
        seen = await use(client, place)
        # The stream of the server's own messages, which the library opens by the way.
        while not any(request.method == "GET" for request in place.recorder.requests()):
            await asyncio.sleep(0.01)
        return seen

    return connected(place, "legacy", run)


@case("MCP: tools, without a session", is_concurrent=True)
def stateless(place):
    return connected(place, "auto", lambda client: use(client, place))


@case("MCP: a body that is no JSON", expected={
    "client": {"error": "MCPError", "code": -32600, "told": True}, "requests": 0})
def refused(place):
    async def main():
        async with httpx2.AsyncClient(transport=AsyncTransport()) as http:
            async with mcp.Client(streamable_http_client(f"{place.url}/mcp", http_client=http), mode="legacy"):
                pass

    try:
        asyncio.run(main())
    except BaseExceptionGroup as group:
        raised = group
        while isinstance(raised, BaseExceptionGroup):
            raised, = raised.exceptions
    except mcp.MCPError as single:
        raised = single
    else:
        return "no error"
    return {
        "error": type(raised).__name__, "code": raised.error.code,
        "told": raised.error.message.startswith("the request's body is not JSON: ")}
