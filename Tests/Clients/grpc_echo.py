"""A gRPC service of plain bytes, and its client: one call with one answer, and one that goes back and forth."""

from concurrent import futures

import grpc

from recorder import Request

SERVICE = "echo.Echo"


class EchoServer:
    def __init__(self, recorder):
        self._server = grpc.server(futures.ThreadPoolExecutor(max_workers=4))

        def note(method, context, body):
            recorder.add(Request(
                "POST", f"/{SERVICE}/{method}",
                [(key, str(value)) for key, value in context.invocation_metadata()], body))

        def once(message, context):
            note("Once", context, message)
            context.set_trailing_metadata((("x-seen", "yes"),))
            if message == b"refuse":
                context.abort(grpc.StatusCode.PERMISSION_DENIED, "not you")
            return b"echo " + message

        def talk(messages, context):
            for message in messages:
                note("Talk", context, message)
                yield b"echo " + message

        self._server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, {
            "Once": grpc.unary_unary_rpc_method_handler(once),
            "Talk": grpc.stream_stream_rpc_method_handler(talk)}),))
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def stop(self):
        self._server.stop(0).wait(5)
