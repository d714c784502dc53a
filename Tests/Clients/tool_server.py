"""An MCP server over streamable HTTP, the one of the mcp package, and what it was asked."""

import threading

import anyio
import uvicorn
from mcp.server.mcpserver import Context, MCPServer

from processes import wait_until
from recorder import Request


class ToolServer:
    def __init__(self, recorder):
        server = MCPServer("tools", log_level="CRITICAL")

        @server.tool()
        def add(a: int, b: int) -> int:
            """The sum."""
            return a + b

        @server.tool()
        async def count(to: int, context: Context) -> str:
            """Reports how far it is."""
            gate = recorder.gate
            for number in range(to):
                await context.report_progress(number, to)
                if number == 0:
                    await anyio.to_thread.run_sync(gate.pass_through)
            return f"counted to {to}"

        application = _recorded(server.streamable_http_app(), recorder)
        self._server = uvicorn.Server(uvicorn.Config(application, port=0, log_level="critical"))
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        wait_until("the MCP server listens", lambda: self._server.started)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    def stop(self):
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(5)


def _recorded(application, recorder):
    async def record(scope, receive, send):
        if scope["type"] != "http":
            return await application(scope, receive, send)
        headers = [(name.decode(), value.decode("latin-1")) for name, value in scope["headers"]]
        pieces = []

        def note():
            recorder.add(Request(scope["method"], scope["path"], headers, b"".join(pieces)))

        async def receive_and_note():
            message = await receive()
            if message["type"] == "http.request" and scope["method"] == "POST":
                pieces.append(message.get("body", b""))
                if not message.get("more_body"):
                    note()
            return message

        if scope["method"] != "POST":
            note()
        return await application(scope, receive_and_note, send)

    return record
