"""HTTP/1.1 as bytes: messages are read as they come, and written in pieces as a plan says."""

import asyncio
import dataclasses
import socket
import struct

READ_BYTES_MAX = 1 << 20
# More than any answer of ours, for readuntil.
READER_LIMIT = 1 << 20


class Broken(Exception):
    """The peer ended the connection in the middle, or did not speak HTTP."""


@dataclasses.dataclass
class Received:
    """Filled as it comes, so that what came of a message that broke off is known."""
    start: str = ""
    headers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    body: bytearray = dataclasses.field(default_factory=bytearray)
    trailers: list[tuple[str, str]] = dataclasses.field(default_factory=list)
    is_whole: bool = False
    # The connection was reset before its end.
    is_reset: bool = False

    @property
    def status(self) -> int:
        return int(self.start.split(" ")[1]) if self.start else 0

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key == name]

    def value(self, name: str) -> str:
        return ",".join(self.values(name))


@dataclasses.dataclass(frozen=True)
class Sending:
    """How the bytes of a body go out."""
    # none, length, chunked, or close: the end of the connection is the end of the body.
    framing: str
    # Bytes of one piece, and seconds between pieces; the last piece has what is left.
    piece: int = 1 << 16
    pause: float = 0.0
    trailers: tuple[tuple[str, str], ...] = ()

    def headers(self, body: bytes) -> list[tuple[str, str]]:
        if self.framing == "length":
            return [("content-length", str(len(body)))]
        return [("transfer-encoding", "chunked")] if self.framing == "chunked" else []


def head_bytes(start: str, headers: list[tuple[str, str]]) -> bytes:
    return "\r\n".join([start, *(f"{name}: {value}" for name, value in headers), "", ""]).encode("latin-1")


async def send_body(writer, body: bytes, sending: Sending, stop_after: int | None = None):
    """Behind what was written. With stop_after the end is never sent, and no more than that many bytes."""
    await writer.drain()
    end = len(body) if stop_after is None else min(stop_after, len(body))
    is_chunked = sending.framing == "chunked"
    view = memoryview(body)
    for start in range(0, end, sending.piece):
        piece = view[start:min(start + sending.piece, end)]
        if start and sending.pause:
            await asyncio.sleep(sending.pause)
        if is_chunked:
            writer.write(b"%x\r\n" % len(piece))
        writer.write(bytes(piece))
        if is_chunked:
            writer.write(b"\r\n")
        await writer.drain()
    if is_chunked and stop_after is None:
        trailers = "".join(f"{name}: {value}\r\n" for name, value in sending.trailers)
        writer.write(b"0\r\n" + trailers.encode("latin-1") + b"\r\n")
        await writer.drain()


async def read_head(reader, message: Received) -> bool:
    """False: the connection ended before it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except asyncio.IncompleteReadError as error:
        if error.partial:
            raise Broken("in the middle of the headers") from None
        return False
    except (OSError, asyncio.LimitOverrunError) as error:
        message.is_reset = isinstance(error, ConnectionResetError)
        raise Broken(f"before the end of the headers: {error!r}") from None
    lines = head[:-4].decode("latin-1").split("\r\n")
    message.start = lines[0]
    message.headers = [_header(line) for line in lines[1:]]
    return True


def _header(line: str) -> tuple[str, str]:
    name, colon, value = line.partition(":")
    if not colon:
        raise Broken(f"no header: {line!r}")
    return name.lower(), value.strip(" \t")


async def read_body(reader, message: Received, is_response: bool, pause: float = 0.0):
    try:
        if "chunked" in message.value("transfer-encoding"):
            await _read_chunks(reader, message, pause)
        elif length := message.values("content-length"):
            if len(set(length)) != 1 or not length[0].isdigit():
                raise Broken(f"content-length: {length}")
            await _read_exactly(reader, message.body, int(length[0]), pause)
        elif is_response and message.status not in (204, 304):
            while piece := await reader.read(READ_BYTES_MAX):
                message.body += piece
    except asyncio.IncompleteReadError:
        raise Broken("in the middle of the body") from None
    except (OSError, ValueError, asyncio.LimitOverrunError) as error:
        message.is_reset = isinstance(error, ConnectionResetError)
        raise Broken(f"in the middle of the body: {error!r}") from None
    message.is_whole = True


async def _read_exactly(reader, into: bytearray, count: int, pause: float):
    while count:
        piece = await reader.read(min(count, READ_BYTES_MAX))
        if not piece:
            raise Broken(f"{count} bytes before the end of the body")
        into += piece
        count -= len(piece)
        if pause:
            await asyncio.sleep(pause)


async def _read_chunks(reader, message: Received, pause: float):
    while count := int((await reader.readuntil(b"\r\n")).split(b";")[0], 16):
        await _read_exactly(reader, message.body, count, pause)
        if await reader.readexactly(2) != b"\r\n":
            raise Broken("a chunk is longer than it said")
    while (line := await reader.readuntil(b"\r\n")) != b"\r\n":
        message.trailers.append(_header(line[:-2].decode("latin-1")))


class Connection:
    """Of a client. Unlike asyncio's it reads nothing unasked, and what came can be read after a write has failed."""

    def __init__(self, connected: socket.socket):
        self._socket, self._loop = connected, asyncio.get_running_loop()
        self._unread, self._unsent, self._has_ended = bytearray(), bytearray(), False

    @classmethod
    async def open(cls, port: int) -> "Connection":
        connecting = socket.socket()
        connecting.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(connecting, ("127.0.0.1", port))
            connecting.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except BaseException:
            connecting.close()
            raise
        return cls(connecting)

    def write(self, piece: bytes):
        self._unsent += piece

    async def drain(self):
        piece, self._unsent = self._unsent, bytearray()
        await self._loop.sock_sendall(self._socket, piece)

    def write_eof(self):
        self._socket.shutdown(socket.SHUT_WR)

    async def read(self, count: int) -> bytes:
        if not self._unread:
            await self._read_more()
        piece = bytes(self._unread[:count])
        del self._unread[:count]
        return piece

    async def readexactly(self, count: int) -> bytes:
        while len(self._unread) < count:
            if not await self._read_more():
                raise asyncio.IncompleteReadError(bytes(self._unread), count)
        return await self.read(count)

    async def readuntil(self, separator: bytes) -> bytes:
        while (at := self._unread.find(separator)) < 0:
            if not await self._read_more():
                raise asyncio.IncompleteReadError(bytes(self._unread), None)
        return await self.read(at + len(separator))

    async def _read_more(self) -> bool:
        if not self._has_ended:
            piece = await self._loop.sock_recv(self._socket, READ_BYTES_MAX)
            self._unread += piece
            self._has_ended = not piece
        return not self._has_ended

    def is_idle(self) -> bool:
        """Open, and nothing came that nobody asked for."""
        try:
            self._socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return not self._unread
        except OSError:
            pass
        return False

    def close(self):
        self._socket.close()

    def reset(self):
        _linger_not(self._socket)
        self._socket.close()


def reset(writer: asyncio.StreamWriter):
    """Ends the connection with RST; what was not sent yet is dropped."""
    _linger_not(writer.get_extra_info("socket"))
    writer.transport.abort()


def _linger_not(connected):
    try:
        connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        # It has ended already.
        pass
