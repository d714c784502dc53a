"""gRPC's library."""

import threading

import grpc

from cases import case, error
from grpc_echo import SERVICE

SECONDS_MAX = 20


def call_once(channel, message):
    once = channel.unary_unary(f"/{SERVICE}/Once")
    return once.with_call(message, timeout=SECONDS_MAX, metadata=(("x-debug", "1"),))


def channel(place):
    return grpc.insecure_channel(f"127.0.0.1:{place.port}", options=(("grpc.use_local_subchannel_pool", 1),))


@case("gRPC: one message each way")
def once(place):
    with channel(place) as open_channel:
        answer, call = call_once(open_channel, b"hello")
        return [answer, call.code().name, dict(call.trailing_metadata()).get("x-seen")]


@case("gRPC: a service's refusal without a message")
def refusal_of_service(place):
    with channel(place) as open_channel:
        raised = error(grpc.RpcError, lambda: call_once(open_channel, b"refuse"))
        return [raised.code().name, raised.details()]


@case("gRPC: messages back and forth")
def talk(place):
    with channel(place) as open_channel:
        said, heard = [], threading.Semaphore(0)

        def messages():
            # Each but the first is an answer to the answer before it.
            yield b"0"
            for number in range(1, 4):
                heard.acquire(timeout=SECONDS_MAX)
                yield b"%d" % number

        for answer in open_channel.stream_stream(f"/{SERVICE}/Talk")(messages(), timeout=SECONDS_MAX):
            said.append(answer)
            heard.release()
        return said


@case("gRPC: a message that cannot be rewritten", at="rewriting", expected={
    "client": ["UNKNOWN", True], "requests": 0})
def refused(place):
    with channel(place) as open_channel:
        raised = error(grpc.RpcError, lambda: call_once(open_channel, b"hello"))
        return [raised.code().name, "the request's body is not JSON" in raised.details()]
