"""The upstream: does to each try what the exchange's plan says, and checks what it gets."""

import asyncio
import collections
import time

import exchanges
import wire
from exchanges import Exchange, Wrong
from plans import Behaviour
from versions import Versions
from wire import Broken, Received

# Exchanges whose clients went away are remembered for a while: their requests may still be under way.
GIVEN_UP_SECONDS = 60


class Upstream:
    def __init__(self, versions: Versions, on_wrong):
        self._versions, self._on_wrong = versions, on_wrong
        self._running: dict[str, Exchange] = {}
        self._given_up: collections.deque[tuple[float, Exchange]] = collections.deque()
        self._tasks: set[asyncio.Task] = set()
        self.port = 0

    async def start(self):
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0, limit=wire.READER_LIMIT)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self):
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def begin(self, exchange: Exchange):
        self._running[exchange.plan.exchange_id] = exchange

    def end(self, exchange: Exchange):
        if not exchange.is_given_up:
            del self._running[exchange.plan.exchange_id]
            return
        now = time.monotonic()
        self._given_up.append((now, exchange))
        while self._given_up[0][0] < now - GIVEN_UP_SECONDS:
            _, old = self._given_up.popleft()
            # It may have been sent again.
            if self._running.get(old.plan.exchange_id) is old:
                del self._running[old.plan.exchange_id]

    async def _accept(self, reader, writer):
        task = asyncio.current_task()
        self._tasks.add(task)
        try:
            while await self._serve(reader, writer):
                pass
            writer.close()
        except (Broken, OSError):
            writer.transport.abort()
        except Wrong as wrong:
            writer.transport.abort()
            self._on_wrong(wrong)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            self._tasks.discard(task)

    async def _serve(self, reader, writer) -> bool:
        """One try. False: the connection is over."""
        received = Received()
        if not await wire.read_head(reader, received):
            return False
        exchange = self._running.get(received.value("x-soak-id"))
        if exchange is None:
            raise Wrong(f"a request of no exchange that runs: {received.start} {received.headers}")
        plan = exchange.plan
        behaviour = plan.behaviours[min(len(exchange.tries), len(plan.behaviours) - 1)]
        exchange.tries.append(received)
        exchange.note(f"try {len(exchange.tries)}: {behaviour.name}")
        try:
            return await self._do(exchange, behaviour, reader, writer, received)
        except (Broken, OSError) as error:
            exchange.note(f"the upstream's connection: {error!r}, {len(received.body)} bytes read")
            raise

    async def _do(self, exchange: Exchange, behaviour: Behaviour, reader, writer, received: Received) -> bool:
        if behaviour.name == "reset at once":
            wire.reset(writer)
            return False
        if behaviour.name in ("early", "503 at once"):
            return await self._answer_early(exchange, behaviour, reader, writer, received)
        try:
            await wire.read_body(reader, received, is_response=False, pause=behaviour.reading_pause)
            exchange.note("its request is whole")
        finally:
            self._check(exchange, received)
        if behaviour.delay:
            await asyncio.sleep(behaviour.delay)
        if behaviour.name == "reset":
            wire.reset(writer)
            return False
        return await self._answer(exchange, behaviour, writer)

    async def _answer_early(self, exchange: Exchange, behaviour: Behaviour, reader, writer, received) -> bool:
        """Before the request's body is read; then reads on to its end."""
        answer = asyncio.ensure_future(self._answer(exchange, behaviour, writer))
        try:
            await wire.read_body(reader, received, is_response=False, pause=behaviour.reading_pause)
            return await answer
        finally:
            # Envoy need not send the rest of a request that has its answer.
            await asyncio.gather(answer, return_exceptions=True)
            self._check(exchange, received)

    async def _answer(self, exchange, behaviour: Behaviour, writer) -> bool:
        plan = exchange.plan
        if behaviour.name.startswith("503"):
            writer.write(wire.head_bytes("HTTP/1.1 503 Not Now", [("content-length", "7")]) + b"not now")
            await writer.drain()
            return True
        body, sending = plan.answer.body, plan.answering
        headers = [*plan.answer_headers, *sending.headers(body)]
        if sending.framing == "close":
            headers.append(("connection", "close"))
        writer.write(wire.head_bytes("HTTP/1.1 200 OK", headers))
        if behaviour.name == "broken off":
            await wire.send_body(writer, body, sending, stop_after=len(body) // 2)
            wire.reset(writer)
            return False
        await wire.send_body(writer, body, sending)
        return sending.framing != "close"

    def _check(self, exchange: Exchange, received: Received):
        """Of a request that broke off, what came must be a part of the right one."""
        plan = exchange.plan
        version = received.value("x-version")
        self._versions.check(exchange, version, "the request")
        if received.is_whole and exchange.is_given_up and plan.kind == "cut" and not plan.may_be_answered_unread:
            raise exchange.wrong("the upstream got a whole request, and the client never sent its end")
        if received.start != f"{plan.method} {plan.path} HTTP/1.1":
            raise exchange.wrong(f"the request: expected {plan.method} {plan.path}, got {received.start}")
        if fault := exchanges.fault_of(plan, exchanges.expected_request, version, "the request", received):
            raise exchange.wrong(fault)
        if received.is_whole and (fault := exchanges.trailer_fault(plan.sending, received)):
            raise exchange.wrong(f"the request: {fault}")
