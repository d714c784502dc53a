import CNghttp2
import TestPeers
import Testing

@testable import GRPC
@testable import HTTP2

@Suite struct GRPCCallTests {
  // MARK: Calls that go well

  @Test("messages are answered one by one, and the end with status 0")
  func echo() {
    let client = InMemoryClient.scripted()
    let id = client.open()
    client.send(id, "one")
    client.exchange()
    #expect(client.texts(id) == ["one"])
    #expect(!client[id].isEnded)
    client.send(id, "two", end: true)
    client.exchange()
    #expect(client.texts(id) == ["one", "two"])
    #expect(client[id].head == [":status": "200", "content-type": "application/grpc"])
    #expect(client[id].trailers == ["grpc-status": "0"])
    #expect(client[id].closeCode == 0)
    #expect(client.state.counts == CallCounts(started: 1, succeeded: 1, failed: 0, cancelled: 0))
  }

  @Test("many messages in one DATA frame are answered in one DATA frame")
  func manyMessages() {
    let client = InMemoryClient.scripted()
    let id = client.open()
    let messages = (0..<100).map { Array("message \($0)".utf8) }
    client.send(id, messages: messages)
    client.exchange()
    #expect(client[id].messages == messages)
    #expect(client.frames(NGHTTP2_DATA, on: id).count == 1)
  }

  @Test("a message is whole wherever DATA frames cut it")
  func everySplit() {
    let client = InMemoryClient.scripted()
    let bytes = InMemoryClient.frame(Array("first".utf8)) + InMemoryClient.frame(Array("second one".utf8))
    for cut in 0...bytes.count {
      let id = client.open()
      client.send(id, Array(bytes[..<cut]))
      client.send(id, Array(bytes[cut...]), end: true)
      client.exchange()
      #expect(client.texts(id) == ["first", "second one"], "cut at \(cut)")
      #expect(client[id].grpcStatus == "0")
    }
  }

  @Test("a message is whole when every byte comes in a frame of its own, and every frame in bytes")
  func everyByte() {
    let client = InMemoryClient.scripted()
    let id = client.open()
    for byte in InMemoryClient.frame(Array("byte by byte".utf8)) + InMemoryClient.frame([]) {
      client.send(id, [byte])
    }
    client.send(id, [], end: true)
    client.exchange(pieceBytes: 1)
    #expect(client.texts(id) == ["byte by byte", ""])
    #expect(client[id].grpcStatus == "0")
  }

  @Test("no empty DATA frame is sent, not even before the trailers")
  func noEmptyFrames() {
    let client = InMemoryClient.scripted()
    for delay in [false, true] {
      let id = client.open()
      client.send(id, "one")
      if delay { client.exchange() }
      client.send(id, "silent", end: true)
      client.exchange()
      #expect(client.frames(NGHTTP2_DATA, on: id).map(\.length) == [8])
      #expect(client[id].grpcStatus == "0")
    }
  }

  @Test("a call without messages ends with status 0 in one HEADERS frame")
  func noMessages() {
    let client = InMemoryClient.scripted()
    let ids = [client.open(end: true), client.open()]
    client.send(ids[1], [], end: true)
    client.exchange()
    for id in ids {
      #expect(client[id].head["grpc-status"] == "0")
      #expect(client.frames(NGHTTP2_HEADERS, on: id).count == 1)
    }
  }

  @Test("the fields that a method names reach its handler, the last of each")
  func fields() {
    let client = InMemoryClient.scripted()
    let long = String(repeating: "{\"request\":{}}", count: 2_000)
    let id = client.open(headers: [
      ("x-other", "z"), ("x-first", "early"), ("x-first", "chat"), ("x-second", long),
    ])
    client.send(id, "fields", end: true)
    client.exchange()
    #expect(client.texts(id) == ["chat \(long)"])
    let bare = client.open()
    client.send(bare, "fields", end: true)
    client.exchange()
    #expect(client.texts(bare) == ["- -"], "an object that is used again starts anew")
  }

  @Test(
    "the content types of gRPC with protobuf are accepted",
    arguments: ["application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"])
  func contentTypes(contentType: String) {
    let client = InMemoryClient.scripted()
    let id = client.open(contentType: contentType, end: true)
    client.exchange()
    #expect(client[id].grpcStatus == "0")
  }

  // MARK: Calls that are refused

  @Test(
    "another content type is answered with 415",
    arguments: ["application/json", "application/grpc-web", "application/grpc+json", "text/html", nil])
  func wrongContentType(contentType: String?) {
    let client = InMemoryClient.scripted()
    let id = client.open(contentType: contentType)
    client.send(id, "hello", end: true)
    client.exchange()
    #expect(client[id].head[":status"] == "415")
    #expect(client[id].isEnded)
  }

  @Test("another HTTP method is answered with 405")
  func wrongMethod() {
    let client = InMemoryClient.scripted()
    let id = client.open(method: "GET", end: true)
    client.exchange()
    #expect(client[id].head[":status"] == "405")
  }

  @Test(
    "an unknown method is answered with UNIMPLEMENTED, before its messages",
    arguments: ["/", "/envoy.service.ext_proc.v3.ExternalProcessor/Other", "/grpc.health.v1.Health/List"])
  func unknownMethod(path: String) {
    let client = InMemoryClient.scripted()
    let id = client.open(path)
    client.exchange()
    #expect(client[id].head[":status"] == "200")
    #expect(client[id].head["grpc-status"] == "12")
    #expect(client[id].grpcMessage == "no such method: \(path)")
    #expect(client.state.counts.failed == 1)
  }

  @Test("headers over the limit are answered with RESOURCE_EXHAUSTED")
  func largeHeaders() {
    var limits = GRPCLimits()
    limits.http2.headerListBytesMax = 4_000
    let client = InMemoryClient.scripted(limits: limits)
    let id = client.open(headers: [("x-large", String(repeating: "a", count: 5_000))], end: true)
    client.exchange()
    #expect(client[id].grpcStatus == "8")
  }

  // MARK: Messages that are refused

  @Test("a compressed message is answered with UNIMPLEMENTED and the encodings that are accepted")
  func compressed() {
    let client = InMemoryClient.scripted()
    let id = client.open(headers: [("grpc-encoding", "gzip")])
    client.send(id, [1, 0, 0, 0, 1, 7])
    client.exchange()
    #expect(client[id].grpcStatus == "12")
    #expect(client[id].head["grpc-accept-encoding"] == "identity")
  }

  @Test("a message that is flagged as compressed without an encoding is answered with INTERNAL")
  func compressedWithoutEncoding() {
    let client = InMemoryClient.scripted()
    for headers in [[], [("grpc-encoding", "identity")]] {
      let id = client.open(headers: headers)
      client.send(id, [1, 0, 0, 0, 1, 7])
      client.exchange()
      #expect(client[id].grpcStatus == "13")
    }
  }

  @Test("a message over the limit is answered with RESOURCE_EXHAUSTED as soon as its length is known")
  func tooLarge() {
    var limits = GRPCLimits()
    limits.messageBytesMax = 1_000
    let client = InMemoryClient.scripted(limits: limits)
    let largest = client.open()
    client.send(largest, messages: [[UInt8](repeating: 1, count: 1_000)], end: true)
    let id = client.open()
    client.send(id, Array(InMemoryClient.frame([UInt8](repeating: 1, count: 1_001)).prefix(5)))
    client.exchange()
    #expect(client[largest].grpcStatus == "0")
    #expect(client[id].grpcStatus == "8")
    #expect(client[id].grpcMessage == "a message of 1001 bytes is larger than the limit of 1000")
  }

  @Test("a length of 4 GiB does not cost memory")
  func hugeLength() {
    var limits = GRPCLimits()
    limits.messageBytesMax = .max
    let client = InMemoryClient.scripted(limits: limits)
    let id = client.open()
    client.send(id, [0, 255, 255, 255, 255, 1, 2, 3])
    client.exchange()
    #expect(client[id].grpcStatus == nil)
    #expect(client.state.bufferedBytes < 10_000)
  }

  @Test("incomplete messages of a connection share one limit")
  func bufferedLimit() {
    var limits = GRPCLimits()
    limits.bufferedBytesMax = 300_000
    let client = InMemoryClient.scripted(limits: limits)
    let message = InMemoryClient.frame([UInt8](repeating: 1, count: 200_000))
    let ids = [client.open(), client.open(), client.open()]
    for id in ids { client.send(id, Array(message.dropLast())) }
    client.exchange()
    #expect(ids.contains { client[$0].grpcStatus == "8" })
    let survivors = ids.filter { client[$0].grpcStatus == nil }
    #expect(!survivors.isEmpty)
    for id in survivors { client.send(id, [1], end: true) }
    client.exchange()
    for id in survivors { #expect(client[id].messages?.first?.count == 200_000) }
    #expect(client.state.bufferedBytes < 100_000)
  }

  @Test("a stream that ends in the middle of a message is answered with INTERNAL")
  func truncated() {
    let client = InMemoryClient.scripted()
    let message = InMemoryClient.frame(Array("hello".utf8))
    for cut in 1..<message.count {
      let id = client.open()
      client.send(id, Array(message[..<cut]), end: true)
      client.exchange()
      #expect(client[id].grpcStatus == "13", "cut at \(cut)")
    }
  }

  @Test("a call that fails tells why, percent-encoded, behind the answers before")
  func failure() {
    let client = InMemoryClient.scripted()
    let alone = client.open()
    client.send(alone, "fail: 100% schlecht, größer\n")
    let half = client.open()
    client.send(half, "half: no")
    client.exchange()
    #expect(client[alone].head["grpc-status"] == "3")
    #expect(client[alone].grpcMessage == "100%25 schlecht, gr%C3%B6%C3%9Fer%0A")
    #expect(client.texts(half) == ["first"])
    #expect(client[half].trailers == ["grpc-status": "3", "grpc-message": "no"])
  }

  @Test("a call that fails while the peer still sends is reset without an error")
  func failureResets() {
    let client = InMemoryClient.scripted()
    let open = client.open()
    client.send(open, "fail: no")
    let ended = client.open()
    client.send(ended, "fail: no", end: true)
    client.exchange()
    #expect(client.frames(NGHTTP2_RST_STREAM, on: open).map(\.errorCode) == [0])
    #expect(client.frames(NGHTTP2_RST_STREAM, on: ended).isEmpty)
    #expect(client[open].grpcStatus == "3")
    #expect(client.server.open.isEmpty)
  }

  @Test("a long reason is cut")
  func longReason() {
    var limits = GRPCLimits()
    limits.statusMessageBytesMax = 10
    let client = InMemoryClient.scripted(limits: limits)
    let id = client.open()
    client.send(id, "fail: 12345678901234567890")
    client.exchange()
    #expect(client[id].grpcMessage == "1234567890")
  }

  @Test("one stream's failure leaves the others alone")
  func othersLive() {
    let client = InMemoryClient.scripted()
    let healthy = client.open()
    client.send(healthy, "one")
    client.exchange()
    let broken = [
      client.open(), client.open("/nothing"), client.open(contentType: "text/html"), client.open(),
    ]
    client.send(broken[0], "fail: no")
    client.send(broken[1], "x")
    client.send(broken[2], "x")
    client.send(broken[3], [9, 9, 9, 9, 9, 9])
    client.exchange()
    client.send(healthy, "two", end: true)
    client.exchange()
    #expect(client.texts(healthy) == ["one", "two"])
    #expect(client[healthy].grpcStatus == "0")
    #expect(client.goAways.isEmpty)
    #expect(client.state.counts == CallCounts(started: 5, succeeded: 1, failed: 4, cancelled: 0))
  }

  // MARK: Time

  @Test("a message whose rest does not come ends its call with DEADLINE_EXCEEDED, and no other")
  func incompleteMessage() {
    let client = InMemoryClient.scripted()
    let slow = client.open()
    let idle = client.open()
    client.send(slow, [0, 0, 0, 0, 9, 1])
    client.exchange()
    for seconds in [1, 30, 60] as [UInt64] { client.server.tick(now: seconds * 1_000_000_000) }
    client.exchange()
    #expect(client[slow].grpcStatus == nil)
    client.server.tick(now: 61_000_000_000)
    client.exchange()
    #expect(client[slow].grpcStatus == "4")
    client.send(idle, "hello", end: true)
    client.exchange()
    #expect(client[idle].grpcStatus == "0")
  }

  @Test("messages that come one after the other, each cut at a tick, are no slow one")
  func cutMessages() {
    let client = InMemoryClient.scripted()
    let id = client.open()
    let message = InMemoryClient.frame(Array("hello".utf8))
    client.send(id, Array(message.prefix(7)))
    for round in 1...200 as ClosedRange<UInt64> {
      client.exchange()
      client.server.tick(now: round * 1_000_000_000)
      client.send(id, Array(message.dropFirst(7)) + message.prefix(7))
    }
    client.exchange()
    #expect(client[id].grpcStatus == nil)
    #expect(client[id].messages?.count == 200)
  }
}
