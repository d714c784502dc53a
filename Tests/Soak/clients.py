"""The clients: each keeps some connections, and does one exchange after the other through them."""

import asyncio
import contextlib
import dataclasses
import random

import exchanges
import plans
import wire
from exchanges import Exchange, Wrong
from plans import Plan
from tally import Tally
from upstream import Upstream
from versions import Versions
from wire import Broken, Connection, Received

# An answer that takes longer hangs: a slow machine takes seconds.
EXCHANGE_SECONDS_MAX = 180
CONNECTIONS_MAX = 4
PIPELINED_MAX = 5
EXCHANGES_MAX = 30
# How often in a row a request may find its kept connection closed.
STALE_MAX = 20


@dataclasses.dataclass
class Kept:
    """A connection of a client's."""
    line: Connection
    # The oldest version of a listener's filters that it may go through.
    oldest: int
    used: int = 0


class Stale(Exception):
    """Envoy ended a kept connection before it took the request: the next one gets it."""


class Client:
    def __init__(self, name: str, seed: str, ports: dict, upstream: Upstream, versions: Versions, tally: Tally,
                 large: asyncio.Semaphore):
        self._name, self._seed, self._ports = name, seed, ports
        self._upstream, self._versions, self._tally, self._large = upstream, versions, tally, large
        self._connections: dict[tuple, Kept] = {}
        self._count = 0

    async def run(self, is_over):
        try:
            while not is_over():
                plan = self._next_plan()
                if plan.kind == "pipelined":
                    more = random.Random(plan.seed).randrange(1, PIPELINED_MAX)
                    await self._bounded(
                        self.pipeline([plan, *(self._next_plan(like=plan) for _ in range(more))]), plan)
                else:
                    await self._bounded(self.exchange(plan), plan)
        finally:
            for connection in self._connections.values():
                connection.line.close()

    async def repeat(self, seed: str):
        """One exchange alone."""
        self._count += 1
        plan = plans.make(seed, f"{self._name}-{self._count}")
        await self._bounded(self.pipeline([plan]) if plan.kind == "pipelined" else self.exchange(plan), plan)

    def _next_plan(self, like: Plan | None = None) -> Plan:
        """like: to the same listener, and no longer than what fits beside it."""
        while True:
            self._count += 1
            mark = "/short/pipelined" if like else "/short" if self._large.locked() else ""
            plan = plans.make(f"{self._seed}/{self._name}/{self._count}{mark}", f"{self._name}-{self._count}")
            if like is None or (plan.deployment, plan.chain) == (like.deployment, like.chain):
                return plan

    async def _bounded(self, work, plan: Plan):
        # Few long bodies at once: what they take together is the same all the time.
        gate = self._large if plan.is_large else None
        if gate:
            await gate.acquire()
        try:
            await asyncio.wait_for(work, EXCHANGE_SECONDS_MAX)
        except TimeoutError:
            raise Wrong(f"not done after {EXCHANGE_SECONDS_MAX} seconds\n  {plan}\n  to repeat it: "
                        f"--repeat '{plan.seed}'") from None
        finally:
            if gate:
                gate.release()

    async def _connection(self, plan: Plan) -> Kept:
        place = (plan.deployment, plan.chain, plan.is_http2)
        connection = self._connections.pop(place, None)
        if connection and connection.used < EXCHANGES_MAX and connection.line.is_idle():
            self._connections[place] = connection
            return connection
        if connection:
            connection.line.close()
        while len(self._connections) >= CONNECTIONS_MAX:
            self._connections.pop(next(iter(self._connections))).line.close()
        # Envoy's own connections in front of HTTP/2 can be as old as it lets old listeners be.
        oldest = 1 if plan.is_http2 else self._versions.sources["listeners"].in_force
        self._connections[place] = Kept(await Connection.open(self._ports[place]), oldest)
        return self._connections[place]

    def _drop(self, connection: Kept):
        self._connections = {place: each for place, each in self._connections.items() if each is not connection}
        connection.line.close()

    def _begin(self, plan: Plan, connection: Kept) -> Exchange:
        source = self._versions.source(plan)
        oldest = connection.oldest if source.name == "listeners" else source.in_force
        exchange = Exchange(plan, oldest=oldest)
        self._upstream.begin(exchange)
        return exchange

    @contextlib.contextmanager
    def _using(self, connection: Kept):
        """A connection that fails is not used again; what is stale is sent once more."""
        try:
            yield
        except Stale as stale:
            self._drop(connection)
            self._tally.count(f"sent again, the kept connection {stale}")
        except BaseException:
            self._drop(connection)
            raise

    async def exchange(self, plan: Plan):
        for _ in range(STALE_MAX):
            connection = await self._connection(plan)
            exchange = self._begin(plan, connection)
            connection.used += 1
            try:
                with self._using(connection):
                    match plan.kind:
                        case "right":
                            await self._answered(exchange, connection)
                        case "half-closed":
                            await self._half_closed(exchange, connection)
                        case _:
                            await self._go_away(exchange, connection)
                    self._tally.add(plan, exchange)
                    return
            finally:
                self._upstream.end(exchange)
        raise Wrong(f"{STALE_MAX} kept connections were closed one after the other\n  {plan}")

    async def pipeline(self, all_plans: list[Plan]):
        """All requests at once, the answers in their order; what comes behind a last answer is sent anew."""
        rest = list(all_plans)
        for turn in range(STALE_MAX + len(rest)):
            if not rest:
                return
            if turn:
                # Envoy may have begun with what it did not answer any more: it is another exchange then.
                rest = [plans.make(each.seed, f"{each.exchange_id}.{turn}") for each in rest]
            connection = await self._connection(rest[0])
            running = [self._begin(plan, connection) for plan in rest]
            sending = asyncio.ensure_future(self._send_all(running, connection))
            try:
                with self._using(connection):
                    for exchange in running:
                        connection.used += 1
                        answer = await self._read_answer(exchange, connection)
                        if answer.is_reset and exchange is not running[-1]:
                            # Envoy has closed behind a later answer, with requests unread: what it sent is
                            # dropped then.
                            raise Stale("was reset with more behind it")
                        self._judge(exchange, answer)
                        self._tally.add(exchange.plan, exchange)
                        rest.pop(0)
                        if self._is_last(answer):
                            self._drop(connection)
                            break
            finally:
                await _cancelled(sending)
                for exchange in running:
                    exchange.is_given_up = exchange.plan in rest
                    self._upstream.end(exchange)
        raise Wrong(f"pipelined requests were never all answered\n  {rest[0]}")

    async def _send_all(self, running: list[Exchange], connection: Kept):
        for exchange in running:
            await self._send(exchange, connection.line)

    async def _send(self, exchange: Exchange, writer, stop_after: int | None = None):
        plan, body = exchange.plan, exchange.plan.sent_body
        headers = [*plan.headers, *plan.sending.headers(body)]
        try:
            writer.write(wire.head_bytes(f"{plan.method} {plan.path} HTTP/1.1", headers))
            await wire.send_body(writer, body, plan.sending, stop_after)
            exchange.note("sent" if stop_after is None else "sent a part")
        except OSError as error:
            # What came of it is told by the answer.
            exchange.note(f"not sent: {error}")

    async def _read_answer(self, exchange: Exchange, connection: Kept) -> Received:
        """As far as it came."""
        answer = Received()
        try:
            if await wire.read_head(connection.line, answer):
                await wire.read_body(connection.line, answer, is_response=True)
        except Broken as error:
            exchange.note(f"the answer: {error}")
        if not answer.start and not exchange.tries and connection.used > 1:
            raise Stale("was closed")
        return answer

    async def _answered(self, exchange: Exchange, connection: Kept):
        sending = asyncio.ensure_future(self._send(exchange, connection.line))
        try:
            answer = await self._read_answer(exchange, connection)
        finally:
            is_sent = sending.done()
            await _cancelled(sending)
        if not is_sent or not answer.is_whole or self._is_last(answer):
            self._drop(connection)
        self._judge(exchange, answer)

    def _is_last(self, answer: Received) -> bool:
        return answer.value("connection") == "close" or not answer.is_whole

    def _judge(self, exchange: Exchange, answer: Received):
        plan = exchange.plan
        if plan.may_be_over_buffer and answer.is_whole and answer.status in (413, 500):
            self._tally.count("refused by Envoy, the body is over its buffer")
            return
        match plan.behaviours[-1].name:
            case "answer" | "early":
                self._check(exchange, answer)
            case "broken off":
                self._check_broken_off(exchange, answer)
            case _:
                refusal = exchanges.expected_request(plan, "").refusal
                wanted = {refusal[0]} if refusal else {503}
                if plan.may_be_over_buffer:
                    # What goes on unread is not refused.
                    wanted.add(503)
                if answer.status not in wanted or not answer.is_whole:
                    raise exchange.wrong(f"expected {wanted}, got {_told(answer)}")
        is_refused = plan.may_be_over_buffer or exchanges.expected_request(plan, "").refusal
        if plan.behaviours[-1].name == "answer" and not is_refused and len(exchange.tries) != len(plan.behaviours):
            raise exchange.wrong(f"the upstream got {len(exchange.tries)} tries in place of {len(plan.behaviours)}")

    def _check(self, exchange: Exchange, answer: Received):
        plan = exchange.plan
        refusal = exchanges.expected_request(plan, "").refusal or exchanges.expected_response(plan, "").refusal
        if refusal and not (plan.may_be_over_buffer and answer.status == 200):
            status, reason = refusal
            _, body = exchanges.plain(answer)
            if answer.status != status or not answer.is_whole or f'"type":"{reason}"'.encode() not in body:
                raise exchange.wrong(f"expected {status} {reason}, got {_told(answer)}")
            return
        if not answer.is_whole or answer.status != 200:
            raise exchange.wrong(f"no right answer: {_told(answer)}")
        self._check_bytes(exchange, answer)
        if fault := exchanges.trailer_fault(plan.answering, answer):
            raise exchange.wrong(f"the answer: {fault}")

    def _check_bytes(self, exchange: Exchange, answer: Received):
        version = answer.value("x-version")
        self._versions.check(exchange, version, "the answer")
        asked = {received.value("x-version") for received in exchange.tries}
        if asked != {version}:
            raise exchange.wrong(f"the request has the versions {asked}, its answer {version}: {_told(answer)}")
        if fault := exchanges.fault_of(exchange.plan, exchanges.expected_response, version, "the answer", answer):
            raise exchange.wrong(fault)

    def _check_broken_off(self, exchange: Exchange, answer: Received):
        """Nothing, an error, or the start of the right answer."""
        if not answer.start or answer.status in (502, 503) or exchanges.expected_request(exchange.plan, "").refusal:
            return
        if answer.is_whole and exchange.plan.answer.body and not exchange.plan.may_be_answered_unread:
            raise exchange.wrong(f"the upstream broke off, and the answer is whole: {_told(answer)}")
        if "content-encoding" not in dict(answer.headers):
            self._check_bytes(exchange, answer)

    async def _half_closed(self, exchange: Exchange, connection: Kept):
        """Envoy may take the end of what it reads for the end of the connection."""
        try:
            await self._send(exchange, connection.line)
            connection.line.write_eof()
        except OSError:
            pass
        exchange.is_given_up = True
        answer = await self._read_answer(exchange, connection)
        self._drop(connection)
        if answer.is_whole:
            self._judge(exchange, answer)
        elif answer.status == 200 and "content-encoding" not in dict(answer.headers):
            self._check_bytes(exchange, answer)

    async def _go_away(self, exchange: Exchange, connection: Kept):
        """Reset in the middle of the request, or without the answer read."""
        plan = exchange.plan
        exchange.is_given_up = True
        sending = asyncio.ensure_future(self._send(exchange, connection.line, plan.stop_after))
        try:
            if plan.kind == "cut":
                await asyncio.wait({sending}, timeout=10)
            await asyncio.sleep(plan.patience)
        finally:
            await _cancelled(sending)
        connection.line.reset()
        self._drop(connection)


async def _cancelled(task: asyncio.Task):
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _told(answer: Received) -> str:
    how = "whole" if answer.is_whole else "broken off"
    return f"{answer.start!r} {answer.headers} {bytes(answer.body[:300])!r} ({len(answer.body)} bytes, {how})"
