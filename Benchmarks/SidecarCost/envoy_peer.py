"""Envoy's side of an ext_proc connection: HTTP/2 frames and protobuf messages as Envoy 1.36 sends them, one after the other,
each when the answer to the one before is there. So the server does the same each time, to the instruction."""

import socket
import struct

DATA, HEADERS, RST_STREAM, SETTINGS, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 7, 8
END_STREAM, END_HEADERS, ACK = 1, 4, 1
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
WINDOW_BYTES = 1 << 30
TIMEOUT_SECONDS = 60

NONE, STREAMED, BUFFERED = 0, 1, 2


def frame(kind: int, flags: int, stream: int, payload: bytes = b"") -> bytes:
    return struct.pack(">I", len(payload))[1:] + struct.pack(">BBI", kind, flags, stream) + payload


# --- HPACK: fields of static entries, and those that the first request puts into the table -----------------------

STATIC = [b"\x83", b"\x86"]  # :method POST, :scheme http
NEW = [
    (b":path", b"/envoy.service.ext_proc.v3.ExternalProcessor/Process"), (b":authority", b"sidecar"), (b"te", b"trailers"),
    (b"content-type", b"application/grpc"), (b"x-envoy-internal", b"true"), (b"x-forwarded-for", b"10.0.0.7"),
]
FIRST_DYNAMIC = 62


def text(value: bytes) -> bytes:
    assert len(value) < 127
    return bytes([len(value)]) + value


def header_block(is_first: bool) -> bytes:
    if is_first:
        return b"".join(STATIC) + b"".join(b"\x40" + text(name) + text(value) for name, value in NEW)
    # The newest entry has the lowest number.
    return b"".join(STATIC) + bytes(0x80 | FIRST_DYNAMIC + len(NEW) - 1 - index for index in range(len(NEW)))


# --- Protobuf (envoy.service.ext_proc.v3.ProcessingRequest) ------------------------------------------------------

def varint(value: int) -> bytes:
    result = b""
    while value > 127:
        result += bytes([value & 127 | 128])
        value >>= 7
    return result + bytes([value])


def field(number: int, content: bytes) -> bytes:
    return varint(number << 3 | 2) + varint(len(content)) + content


def flag(number: int, value: int) -> bytes:
    return varint(number << 3) + varint(value) if value else b""


def headers_message(headers: list, request_body_mode: int, is_end: bool) -> bytes:
    """request_headers; the first message of a stream also has metadata_context and protocol_config."""
    entries = b"".join(field(1, field(1, name.encode()) + field(3, value.encode())) for name, value in headers)
    return field(2, field(1, entries) + flag(3, is_end)) + field(8, b"") + field(11, flag(1, request_body_mode))


def body_message(body: bytes, is_end: bool) -> bytes:
    """request_body."""
    return field(4, field(1, body) + flag(2, is_end)) + field(8, b"")


def grpc(message: bytes) -> bytes:
    return b"\0" + struct.pack(">I", len(message)) + message


class EnvoyPeer:
    def __init__(self, path: str):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TIMEOUT_SECONDS)
        self.socket.connect(path)
        self.input = b""
        #: Bytes that go out with the next write, as Envoy's last RST_STREAM does.
        self.pending = PREFACE + frame(SETTINGS, 0, 0, struct.pack(">HI", 4, WINDOW_BYTES))
        self.pending += frame(WINDOW_UPDATE, 0, 0, struct.pack(">I", WINDOW_BYTES))
        self.next_stream = 1
        self.await_settings()

    def await_settings(self):
        self.flush()
        while True:
            kind, flags, _, _ = self.read_frame()
            if kind == SETTINGS and not flags & ACK:
                self.pending += frame(SETTINGS, ACK, 0)
            elif kind == SETTINGS:
                return

    def exchange(self, messages: list, answer: bytes):
        """One stream with these messages. The last answer must start with `answer`; what can follow are modes."""
        stream = self.next_stream
        self.next_stream += 2
        self.pending += frame(HEADERS, END_HEADERS, stream, header_block(stream == 1))
        for message in messages:
            self.send_data(stream, grpc(message))
            last = self.read_answer(stream)
        if not last.startswith(answer):
            raise ValueError(f"another answer than expected: {last.hex()}")
        # Envoy ends every stream like this.
        self.pending += frame(RST_STREAM, 0, stream, struct.pack(">I", 0))

    def empty_exchange(self):
        """One stream without messages, ended by both sides."""
        stream = self.next_stream
        self.next_stream += 2
        self.pending += frame(HEADERS, END_HEADERS | END_STREAM, stream, header_block(stream == 1))
        self.flush()
        while True:
            kind, flags, of, _ = self.read_frame()
            if of == stream and flags & END_STREAM:
                return

    def send_data(self, stream: int, content: bytes):
        for start in range(0, len(content), 16384):
            self.pending += frame(DATA, 0, stream, content[start:start + 16384])
        self.flush()

    def flush(self):
        self.socket.sendall(self.pending)
        self.pending = b""

    def read_answer(self, stream: int) -> bytes:
        content = b""
        while len(content) < 5 or len(content) < 5 + struct.unpack(">I", content[1:5])[0]:
            kind, flags, of, payload = self.read_frame()
            if kind in (RST_STREAM, GOAWAY) or (of == stream and flags & END_STREAM and kind in (DATA, HEADERS)):
                raise ValueError(f"the server ended the stream with frame {kind}: {payload!r}")
            if kind == DATA and of == stream:
                content += payload
        return content[5:]

    def read_frame(self) -> tuple:
        head = self.read(9)
        length = int.from_bytes(head[:3], "big")
        stream = int.from_bytes(head[5:], "big") & 0x7FFF_FFFF
        return head[3], head[4], stream, self.read(length)

    def read(self, count: int) -> bytes:
        while len(self.input) < count:
            part = self.socket.recv(1 << 16)
            if not part:
                raise ConnectionError("the server closed the connection")
            self.input += part
        result, self.input = self.input[:count], self.input[count:]
        return result
