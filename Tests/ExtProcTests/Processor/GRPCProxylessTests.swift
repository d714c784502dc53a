import CExtProc
import TestPeers
import Testing

@testable import ExtProc
@testable import GRPC
@testable import Transformation

/// gRPC's own ext_proc filter (proposal A93), which runs in gRPC's clients and servers without a proxy: header modes, and
/// the body modes NONE and GRPC, which is its own.
@Suite("gRPC's own filter as the client")
struct GRPCProxylessTests {
  private static let configuration = Configuration.of(
    """
    {"request": {"set": [{"name": "x-a", "value": "{{ header(':path') }}"}], "add": [{"name": "x-b", "value": "2"}]},
     "response": {"set": [{"name": "x-c", "value": "{{ request_header('user') }}"}]}}
    """)

  @Test("without bodies: headers and trailers, each with one answer that it knows")
  func withoutBodies() {
    let peer = EnvoyPeer(Self.configuration, modes: .init(.none, .none))
    // Client headers never end the stream.
    let request = peer.sendHeaders(.request, [(":path", "/s/m"), ("user", "ann")]).answer
    #expect(request?.set == [.init("x-a", "/s/m"), .init("x-b", "2", appends: true)])
    #expect(request?.faults == [], "append_action, which it reads, says what append says")
    #expect(request?.replaces == false && request?.body == nil)
    let response = peer.sendHeaders(.response, [("content-type", "application/grpc")]).answer
    #expect(response?.set == [.init("x-c", "ann")])
    #expect(
      peer.sendTrailers(.response, [("grpc-status", "0")]).answer == Answer(.trailers(.response)))
    #expect(peer.log.lines.isEmpty)
  }

  @Test("an answer of the server without a message ends with its headers")
  func trailersOnly() {
    let peer = EnvoyPeer(Self.configuration, modes: .init(.none, .none))
    peer.sendHeaders(.request, [(":path", "/s/m"), ("user", "ann")])
    let answer = peer.sendHeaders(.response, [("grpc-status", "7")], endOfStream: true).answer
    #expect(answer?.set == [.init("x-c", "ann")])
  }

  @Test("its mode for messages is refused with UNIMPLEMENTED")
  func messages() {
    let peer = EnvoyPeer(Self.configuration, modes: nil)
    let message = peer.serialize { message, arena in
      message.request_case = ENVOY__SERVICE__EXT_PROC__V3__PROCESSING_REQUEST__REQUEST_REQUEST_HEADERS
      message.request_headers = arena.make(envoy__service__ext_proc__v3__http_headers__init)
    }
    // Field 11: ProtocolConfiguration { request_body_mode: GRPC }
    #expect(peer.sendBytes(message + [0x5A, 2, 0x08, 5]).status?.code == .unimplemented)
  }
}
