import CNghttp2
import Synchronization
import TestPeers
import Testing

@testable import GRPC
@testable import HTTP2

@Suite struct HTTP2SessionTests {
  @Test("the settings that Envoy meets are generous")
  func settings() {
    let client = InMemoryClient.scripted()
    client.exchange()
    let streams = client.frames(NGHTTP2_SETTINGS, on: 0).first {
      UInt32($0.flags) & NGHTTP2_FLAG_ACK.rawValue == 0
    }
    #expect(streams?.length == 18)
    #expect(HTTP2Limits().concurrentStreamsMax >= 1024)
    #expect(HTTP2Limits().streamWindowBytes >= 1 << 20)
    #expect(HTTP2Limits().connectionWindowBytes >= 16 << 20)
  }

  @Test("a client that speaks HTTP/1.1 gets a GOAWAY and the connection ends")
  func wrongPreface() {
    let client = InMemoryClient.scripted()
    client.feed(Array("GET / HTTP/1.1\r\nhost: a\r\n\r\n".utf8))
    #expect(client.serverError?.code == NGHTTP2_ERR_BAD_CLIENT_MAGIC.rawValue)
    client.toClient()
    #expect(client.goAways.map(\.errorCode) == [NGHTTP2_PROTOCOL_ERROR.rawValue])
    #expect(client.server.isFinished)
  }

  @Test(
    "garbage after a good start ends the connection with a GOAWAY", arguments: [0x00, 0x41, 0xff] as [UInt8])
  func garbage(byte: UInt8) {
    let client = InMemoryClient.scripted()
    client.exchange()
    client.feed([UInt8](repeating: byte, count: 70_000))
    client.toClient()
    #expect(client.goAways.count == 1)
    #expect(client.goAways.first?.errorCode != 0)
    #expect(client.server.isFinished)
  }

  @Test(
    "any authority is taken: Envoy sends its cluster's name there",
    arguments: [
      "outbound|50051||swiftformations.default.svc.cluster.local", "kube_a/b_8080", "my cluster", "", "[::1",
      "a@b", "\u{e4}", "%zz", "a\tb",
    ])
  func authority(name: String) {
    let client = InMemoryClient.scripted()
    let id = client.open(authority: name)
    client.send(id, "hello", end: true)
    client.exchange()
    #expect(client.texts(id) == ["hello"])
    #expect(client[id].grpcStatus == "0")
    #expect(client.refusals.isEmpty && client.resets.isEmpty)
  }

  @Test(
    "pseudo-headers that leave open what is called are refused with a status, and that is told",
    arguments: [
      [(":path", "/other")], [(":method", "GET")], [(":authority", "b")], [(":scheme", "https")],
      [(":protocol", "websocket")], [("x", "1"), (":status", "200")], [(":", "")],
    ])
  func pseudoHeaders(further: [(String, String)]) {
    let client = InMemoryClient.scripted()
    let id = client.open(headers: further)
    client.exchange()
    #expect(client[id].grpcStatus == "13")
    #expect(client[id].grpcMessage?.hasPrefix("malformed request: a pseudo-header ") == true)
    #expect(client.state.counts == CallCounts(started: 1, succeeded: 0, failed: 1, cancelled: 0))
    #expect(client.refusals.map(\.reason) == ["grpc_status_13"])
  }

  @Test("a stream that nghttp2 refuses is told, and failed, not cancelled")
  func refusedByLibrary() {
    var limits = GRPCLimits()
    limits.http2.concurrentStreamsMax = 1
    let client = InMemoryClient.scripted(limits: limits)
    // Before the client has heard of the limit.
    let ids = (0..<3).map { _ in client.open() }
    client.exchange()
    #expect(ids.compactMap { client[$0].closeCode } == [7, 7])
    #expect(client.resets.map(\.name) == ["REFUSED_STREAM", "REFUSED_STREAM"])
  }

  @Test("a second head that does not end the stream resets it, and it counts as failed")
  func secondHead() {
    let client = InMemoryClient.scripted()
    let id = client.open()
    client.exchange()
    // HEADERS, END_HEADERS, one literal field "a: b".
    client.feed([0, 0, 5, 1, 4, 0, 0, 0, UInt8(id), 0, 1, 97, 1, 98])
    client.exchange()
    #expect(client[id].closeCode == NGHTTP2_PROTOCOL_ERROR.rawValue)
    #expect(client.state.counts == CallCounts(started: 1, succeeded: 0, failed: 1, cancelled: 0))
    #expect(client.resets.map(\.name) == ["PROTOCOL_ERROR"])
  }

  @Test("a peer that overruns a stream's window is reset, and that is told")
  func windowOverrun() {
    var limits = GRPCLimits()
    limits.http2.streamWindowBytes = 1_000
    let client = InMemoryClient.scripted(limits: limits)
    let id = client.open()
    client.exchange()
    // DATA of 2,000 bytes.
    client.feed([0, 0x07, 0xD0, 0, 0, 0, 0, 0, UInt8(id)] + [UInt8](repeating: 0, count: 2_000))
    client.exchange()
    #expect(Set(client.resets.map(\.name)) == ["FLOW_CONTROL_ERROR"])
    #expect(client.state.counts.cancelled == 0)
  }

  @Test("a connection that breaks takes its streams with it, and each is counted")
  func brokenConnection() {
    let client = InMemoryClient.scripted()
    for _ in 0..<3 { _ = client.open() }
    client.exchange()
    // A WINDOW_UPDATE of the connection that adds nothing (RFC 9113 section 6.9).
    client.feed([0, 0, 4, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0])
    client.toClient()
    client.server.abandon()
    #expect(client.resets.map(\.name) == ["PROTOCOL_ERROR"])
    #expect(client.resets.map(\.scope) == [.connection(streams: 3)])
    #expect(client.state.counts == CallCounts(started: 3, succeeded: 0, failed: 3, cancelled: 0))
  }

  @Test("2,000 streams that are reset in every state leave the connection alive")
  func resets() {
    let service = ScriptedHandler.Service()
    let client = InMemoryClient.scripted(service: service)
    for round in 0..<2_000 {
      let id = client.open()
      if round % 4 > 0 { client.send(id, "hello") }
      if round % 4 > 1 { client.exchange() }
      if round % 4 > 2 { client.send(id, [0, 0, 0, 0, 9, 1]) }
      client.toServer()
      client.reset(id, errorCode: round % 2 == 0 ? 0 : NGHTTP2_INTERNAL_ERROR.rawValue)
      client.exchange()
    }
    #expect(client.goAways.isEmpty)
    #expect(client.state.counts == CallCounts(started: 2_000, succeeded: 0, failed: 0, cancelled: 2_000))
    let id = client.open()
    client.send(id, "still here", end: true)
    client.exchange()
    #expect(client.texts(id) == ["still here"])
    #expect(service.live.load(ordering: .relaxed) == 0)
  }

  @Test("a large body is let in, with few WINDOW_UPDATE frames")
  func largeBody() {
    let client = InMemoryClient.scripted()
    client.exchange()
    let id = client.open()
    let message = [UInt8](repeating: 7, count: 20 << 20)
    client.send(id, messages: [message], end: true)
    client.exchange()
    #expect(client[id].messages == [message])
    let updates = client.frames.count { $0.type == NGHTTP2_WINDOW_UPDATE.rawValue }
    #expect(updates < 20)
  }

  @Test("answers that the peer does not take hold back its stream, and only that")
  func withheldWindow() {
    var limits = GRPCLimits()
    limits.http2.streamWindowBytes = 100_000
    limits.http2.unsentBytesMax = 50_000
    let client = InMemoryClient.scripted(limits: limits, windowBytes: 0)
    client.exchange()
    let slow = client.open()
    for _ in 0..<40 { client.send(slow, [UInt8](InMemoryClient.frame([UInt8](repeating: 1, count: 10_000)))) }
    client.exchange()
    #expect(client.server.open.first?.unsentBytes ?? 0 < 200_000)
    #expect(client.frames(NGHTTP2_WINDOW_UPDATE, on: slow).isEmpty)
    let other = client.open()
    client.send(other, "hello", end: true)
    client.exchange()
    #expect(client[other].head[":status"] == "200")
  }

  @Test("what all streams together hold is bounded, and a stream too many is reset")
  func unsentOnConnection() {
    var limits = GRPCLimits()
    limits.http2.connectionUnsentBytesMax = 100_000
    let client = InMemoryClient.scripted(limits: limits, windowBytes: 0)
    client.exchange()
    let ids = (0..<20).map { _ in client.open() }
    for id in ids { client.send(id, messages: [[UInt8](repeating: 1, count: 10_000)]) }
    client.exchange()
    #expect(client.server.unsentBytes <= 100_000)
    #expect(client.server.unsentBytes > 80_000)
    #expect(client.server.open.count < 20)
    for id in ids { client.reset(id) }
    client.exchange()
    #expect(client.server.unsentBytes == 0)
    #expect(client.server.open.isEmpty)
  }

  @Test("what was held back flows again when the peer takes its answers")
  func releasedWindow() {
    var limits = GRPCLimits()
    limits.http2.streamWindowBytes = 100_000
    limits.http2.unsentBytesMax = 50_000
    let client = InMemoryClient.scripted(limits: limits, windowBytes: 20_000)
    client.exchange()
    let id = client.open()
    let message = [UInt8](repeating: 1, count: 10_000)
    for _ in 0..<100 { client.send(id, messages: [message]) }
    client.send(id, [], end: true)
    client.exchange()
    #expect(client[id].messages?.count == 100)
    #expect(client[id].grpcStatus == "0")
  }

  @Test("a full output buffer stops between frames and goes on in the next")
  func smallRoom() {
    let client = InMemoryClient.scripted()
    client.roomBytes = HTTP2Session.frameRoomBytes
    let ids = (0..<20).map { _ in client.open() }
    for id in ids { client.send(id, "large: 100000", end: true) }
    client.exchange()
    for id in ids { #expect(client[id].messages?.first?.count == 100_000) }
  }

  @Test("20,000 streams on one connection leave no objects and no memory behind")
  func leaks() {
    let service = ScriptedHandler.Service()
    let client = InMemoryClient.scripted(service: service)
    client.forgetsClosedStreams = true
    func run(_ count: Int) {
      for round in 0..<count {
        let id = client.open()
        client.send(id, "hello")
        client.exchange()
        if round % 2 == 0 { client.reset(id) } else { client.send(id, [], end: true) }
        client.exchange()
      }
    }
    run(1_000)
    let before = client.memory.bytesInUse
    run(20_000)
    let growth = client.memory.bytesInUse - before
    #expect(client.server.open.isEmpty)
    #expect(service.live.load(ordering: .relaxed) == 0)
    // What depends on timing is less than this; a byte a stream would be more.
    #expect(growth < 10_000)
    #expect(client.server.idleCount == 1, "one object serves one stream after the other")
    #expect(client.state.bufferedBytes < 20_000)
  }
}
