import Logging
import TestPeers
import Testing

@testable import ExtProc
@testable import GRPC
@testable import HTTP2
@testable import Transformation

/// The method behind the transport.
@Suite struct ProcessMethodTests {
  private func makeClient() -> InMemoryClient {
    let service = ProcessService(
      configuration: .empty, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    return InMemoryClient(methods: [.process(service, metrics: LoopMetrics())])
  }

  /// `ProcessingRequest.request_headers` and `.response_headers`, empty.
  private static let requestHeaders: [UInt8] = [0x12, 0]
  private static let responseHeaders: [UInt8] = [0x1a, 0]

  @Test("each message is answered with one of its own kind")
  func answers() {
    let client = makeClient()
    let id = client.open()
    client.send(id, messages: [Self.requestHeaders])
    client.exchange()
    client.send(id, messages: [Self.responseHeaders], end: true)
    client.exchange()
    // Fields 1 and 2 of `ProcessingResponse`.
    #expect(client[id].messages?.map(\.first) == [0x0a, 0x12])
    #expect(client[id].grpcStatus == "0")
  }

  @Test(
    "a call's headers choose the transformation",
    arguments: [
      ("x-swiftformations-transformation", "none", "5"), ("x-swiftformations-config", "no JSON", "3"),
      ("x-swiftformations-config", "{\"request\": {}}", "0"), ("x-other", "none", "0"),
    ])
  func selection(header: String, value: String, status: String) {
    let client = makeClient()
    let id = client.open(headers: [(header, value)])
    client.send(id, messages: [Self.requestHeaders], end: true)
    client.exchange()
    #expect(client[id].grpcStatus == status)
  }

  @Test("a message that cannot be decoded ends its stream with INTERNAL, and no other")
  func undecodable() {
    let client = makeClient()
    let healthy = client.open()
    let broken = client.open()
    client.send(broken, messages: [[0x12, 200, 1]])
    client.send(healthy, messages: [Self.requestHeaders], end: true)
    client.exchange()
    #expect(client[broken].grpcStatus == "13")
    #expect(client[healthy].grpcStatus == "0")
  }
}
