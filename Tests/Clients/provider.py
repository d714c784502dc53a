"""A provider of models over HTTP/1.1: answers as the documented APIs do, and keeps what it was asked."""

import http.server
import json
import threading
import zlib

import answers
import signature
from recorder import Request


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request, client_address):
        """Envoy closes the connections of answers that it refuses; all else would show in what the client sees."""


class Provider:
    """name: told in each answer."""

    def __init__(self, name, recorder):
        self._server = Server(("127.0.0.1", 0), _handler(name, recorder))
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def answer(request):
    """By the path, as the APIs are documented."""
    path = request.path.partition("?")[0]
    method = request.method
    if method == "OPTIONS":
        return answers.preflight()
    if path == "/v1/models":
        return answers.models()
    if path.startswith("/v1/models/"):
        return answers.of_json({"id": "gpt-4o-mini", "object": "model", "deleted": True})
    if path == "/v1/files":
        return answers.file(len(request.body))
    if path.startswith("/v1/files/"):
        return answers.Answer(
            content_type="application/octet-stream", pieces=(b"\x00\xff" * (answers.LARGE_BYTES // 2),))
    if path == "/v1/audio/transcriptions":
        return answers.of_json({"text": "Grüße"})
    if path == "/v1/audio/speech":
        return answers.Answer(
            content_type="audio/mpeg", is_stream=True, states_length=False, pieces=(b"\xff\xfb" * 50, b"\x00" * 200))
    if method == "POST" and (found := _asked_with_json(path, _json(request.body))):
        return found
    return answers.of_json({"error": {"message": f"nothing is at {method} {path}"}}, status=404)


def _asked_with_json(path, body):
    match path.rpartition("/")[2]:
        case "chat" if path == "/api/chat":
            return answers.ollama()
        case "completions":
            return answers.chat(body)
        case "responses":
            return answers.responses_stream(body)
        case "messages":
            return answers.anthropic_message(body)
        case "converse":
            return answers.converse()
        case "converse-stream":
            return answers.converse_stream()
        case "invoke":
            return answers.anthropic_message(body)
        case last if last.endswith(":generateContent"):
            return answers.gemini(is_stream=False)
        case last if last.endswith(":streamGenerateContent"):
            return answers.gemini(is_stream=True)


def _json(body):
    try:
        value = json.loads(body)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _handler(provider, recorder):
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Else the second small write waits for the acknowledgement of the first.
        disable_nagle_algorithm = True

        def log_message(self, *_):
            pass

        def handle_any(self):
            request = Request(
                self.command, self.path, [(name.lower(), value) for name, value in self.headers.items()],
                self._body())
            request.signature = signature.verdict(request)
            gate = recorder.gate
            recorder.add(request)
            self._send(recorder.answer or answer(request), gate)

        do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_OPTIONS = handle_any

        def _body(self):
            if "chunked" not in self.headers.get("transfer-encoding", ""):
                return self.rfile.read(int(self.headers.get("content-length", 0)))
            pieces = []
            while size := int(self.rfile.readline().split(b";")[0], 16):
                pieces.append(self.rfile.read(size))
                self.rfile.readline()
            while self.rfile.readline().strip():
                pass
            return b"".join(pieces)

        def _send(self, reply, gate):
            pieces, headers = reply.pieces, [("x-answered-by", provider), *reply.headers]
            if recorder.gzips and "gzip" in self.headers.get("accept-encoding", ""):
                pieces = list(_compressed(pieces))
                headers.append(("content-encoding", "gzip"))
            if reply.content_type:
                headers.append(("content-type", reply.content_type))
            if reply.states_length:
                if reply.status != 204:
                    headers.append(("content-length", str(sum(map(len, pieces)))))
            else:
                headers.append(("transfer-encoding", "chunked"))
            self.send_response(reply.status)
            for name, value in headers:
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD" and reply.status != 304:
                self._send_body(pieces, reply, gate)

        def _send_body(self, pieces, reply, gate):
            try:
                for number, piece in enumerate(pieces):
                    if number == 1 and reply.is_stream:
                        gate.pass_through()
                    self.wfile.write(piece if reply.states_length else b"%x\r\n%b\r\n" % (len(piece), piece))
                if not reply.states_length:
                    self.wfile.write(b"0\r\n\r\n")
            except OSError:
                # The client has gone, or Envoy has refused the answer.
                self.close_connection = True

    return Handler


def _compressed(pieces):
    """Each piece can be read when it has come."""
    compressor = zlib.compressobj(wbits=31)
    for number, piece in enumerate(pieces):
        last = number == len(pieces) - 1
        yield compressor.compress(piece) + compressor.flush(zlib.Z_FINISH if last else zlib.Z_SYNC_FLUSH)
