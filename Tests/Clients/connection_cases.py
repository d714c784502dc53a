"""Plain HTTP: where a request goes, and what becomes of the connection."""

import json
import socket

import httpx2

import answers
from cases import case, headers, stream

def client(place):
    return httpx2.Client(base_url=place.url, timeout=20, headers={"x-debug": "1", "accept-encoding": "gzip"})


@case("HTTP: a preflight of CORS")
def preflight(place):
    answer = client(place).options("/v1/chat/completions", headers={
        "origin": "https://app.example", "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,content-type"})
    return [answer.status_code, headers(answer.headers), answer.content]


@case("HTTP: HEAD of the models")
def head(place):
    answer = client(place).head("/v1/models")
    return [answer.status_code, headers(answer.headers), answer.headers.get("content-length")]


@case("HTTP: a 304 with the length of what it stands for", answer=answers.Answer(status=304, pieces=(b"{}",)))
def not_modified(place):
    answer = client(place).get("/v1/models", headers={"if-none-match": "a"})
    return [answer.status_code, headers(answer.headers), answer.headers.get("content-length")]


@case("HTTP: an answer with its length, and one over 1 MiB without", module_from=38)
def lengths(place):
    known, unknown = (client(place).post("/v1/chat/completions", json={"model": "gpt-4o-mini", "user": user})
                      for user in ("known", "large-without-length"))
    return [[answer.status_code, len(answer.content), answer.headers.get("content-length")]
            for answer in (known, unknown)]


@case("HTTP: lines of JSON, streamed (Ollama)")
def lines(place):
    with client(place).stream("POST", "/api/chat", json={"model": "llama", "stream": True}) as answer:
        return stream(place, answer.iter_lines(), json.loads)


@case("HTTP: a request in pieces without its length")
def pieces(place):
    body = json.dumps({"model": "gpt-4o-mini", "messages": []}).encode()
    answer = client(place).post(
        "/v1/chat/completions", content=(body[start:start + 7] for start in range(0, len(body), 7)),
        headers={"content-type": "application/json"})
    return answer.json()


def answered_by(place, model, **sent):
    answer = client(place).post("/v1/chat/completions", json={"model": model, "messages": []}, headers=sent)
    return [answer.status_code, answer.headers.get("x-answered-by")]


@case("HTTP: the model chooses the upstream", expected={"client": [200, "routed"]})
def routed(place):
    return answered_by(place, "routed-model")


@case("HTTP: a header of the client's does not choose it", expected={"client": [200, "provider"]})
def spoofed(place):
    return answered_by(place, "gpt-4o-mini", **{"x-model": "routed-model"})


class RawConnection:
    """What no library shows: the answers' start, and whether the connection stays."""

    def __init__(self, place):
        self._socket = socket.create_connection(("127.0.0.1", place.port), timeout=20)
        self._file = self._socket.makefile("rb")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()
        self._socket.close()

    def send(self, *parts):
        self._socket.sendall(b"".join(parts))

    def head(self):
        """Status and headers of the next answer; None where the connection has ended."""
        line = self._file.readline()
        if not line:
            return None
        headers = {}
        while text := self._file.readline().strip():
            name, _, value = text.decode().partition(":")
            headers[name.lower()] = value.strip()
        return int(line.split()[1]), headers

    def answer(self):
        """The same of an answer with content-length, whose body is skipped."""
        if head := self.head():
            self._file.read(int(head[1].get("content-length", 0)))
        return head

    def post(self, body, content_type="application/json", *headers):
        self.send(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n",
            f"content-type: {content_type}\r\ncontent-length: {len(body)}\r\n".encode(),
            *(header + b"\r\n" for header in headers), b"\r\n", body)


def then_again(place, *request):
    """Status and connection header of a refusal, and the status of a good request behind it."""
    with RawConnection(place) as connection:
        connection.post(*request)
        status, headers = connection.answer()
        if headers.get("connection") == "close":
            return [status, "close", connection.head()]
        connection.post(b'{"model": "gpt-4o-mini"}')
        return [status, headers.get("connection"), connection.head()[0]]


@case("HTTP: Envoy closes the connection after a 400", expected={"client": [400, "close", None]})
def connection_after_400(place):
    return then_again(place, b"{no json")


@case("HTTP: the connection stays after a 422", at="rewriting", expected={"client": [422, None, 200]})
def connection_after_422(place):
    return then_again(place, b"{no json")


@case("HTTP: the connection stays after an answer that cannot be rewritten", at="rewriting", answer=answers.Answer(
    content_type="text/plain", pieces=(b"no JSON",)), expected={"client": [502, None, 502]})
def connection_after_502(place):
    return then_again(place, b"{}")


@case("HTTP: a client that waits for 100 Continue")
def waits_for_continue(place):
    body = b'{"model": "gpt-4o-mini"}'
    with RawConnection(place) as connection:
        connection.send(
            b"POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\ncontent-type: application/json\r\n",
            f"content-length: {len(body)}\r\nexpect: 100-continue\r\n\r\n".encode())
        first = connection.head()[0]
        connection.send(body)
        return [first, connection.head()[0]]
