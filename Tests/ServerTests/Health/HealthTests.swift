import CNghttp2
import TestPeers
import Testing

@testable import HTTP2
@testable import Server

@Suite struct HealthTests {
  private static let check = "/grpc.health.v1.Health/Check"
  private static let watch = "/grpc.health.v1.Health/Watch"
  private static func request(_ service: String) -> [UInt8] {
    service.isEmpty ? [] : [0x0a, UInt8(service.utf8.count)] + Array(service.utf8)
  }
  private static let serving: [UInt8] = [8, 1]
  private static let notServing: [UInt8] = [8, 2]
  private static let serviceUnknown: [UInt8] = [8, 3]

  @Test(
    "Check says that each service of the server is served",
    arguments: ["", "envoy.service.ext_proc.v3.ExternalProcessor", "grpc.health.v1.Health"])
  func serving(service: String) {
    let client = InMemoryClient(methods: HealthService().methods)
    let id = client.open(Self.check)
    client.send(id, messages: [Self.request(service)], end: true)
    client.exchange()
    #expect(client[id].messages == [Self.serving])
    #expect(client[id].trailers["grpc-status"] == "0")
  }

  @Test("Check of an unknown service is NOT_FOUND")
  func unknown() {
    let client = InMemoryClient(methods: HealthService().methods)
    let id = client.open(Self.check)
    client.send(id, messages: [Self.request("other")], end: true)
    client.exchange()
    #expect(client[id].grpcStatus == "5")
  }

  @Test("Check says that a server that drains does not serve")
  func draining() {
    let health = HealthService()
    let client = InMemoryClient(methods: health.methods)
    client.exchange()
    health.drain()
    let id = client.open(Self.check)
    client.send(id, messages: [[]], end: true)
    client.exchange()
    #expect(client[id].messages == [Self.notServing])
  }

  @Test(
    "a request that cannot be decoded, that is missing, or that comes twice, is INTERNAL",
    arguments: [
      [[0x0a, 5, 1]], [[UInt8](repeating: 0x10, count: 5_000)], [[0xff]],
      [[0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1]], [],
      [[], []],
    ]
      as [[[UInt8]]])
  func malformed(messages: [[UInt8]]) {
    let client = InMemoryClient(methods: HealthService().methods)
    for path in [Self.check, Self.watch] {
      let id = client.open(path)
      client.send(id, messages: messages, end: true)
      client.exchange()
      #expect(client[id].grpcStatus == "13")
    }
  }

  @Test("unknown fields of a request are passed over")
  func unknownFields() {
    let client = InMemoryClient(methods: HealthService().methods)
    let id = client.open(Self.check)
    let unknown: [UInt8] = [0x10, 0x80, 1, 0x19, 1, 2, 3, 4, 5, 6, 7, 8, 0x22, 1, 9, 0x2d, 1, 2, 3, 4]
    client.send(id, messages: [unknown + Self.request("grpc.health.v1.Health") + unknown], end: true)
    client.exchange()
    #expect(client[id].messages == [Self.serving])
  }

  @Test("Watch tells the status at once and stays open")
  func watching() {
    let client = InMemoryClient(methods: HealthService().methods)
    let id = client.open(Self.watch)
    client.send(id, messages: [[]], end: true)
    client.exchange()
    #expect(client[id].messages == [Self.serving])
    #expect(!client[id].isEnded)
  }

  @Test("Watch of an unknown service says SERVICE_UNKNOWN and stays open")
  func watchingUnknown() {
    let client = InMemoryClient(methods: HealthService().methods)
    let id = client.open(Self.watch)
    client.send(id, messages: [Self.request("other")])
    client.exchange()
    #expect(client[id].messages == [Self.serviceUnknown])
    #expect(!client[id].isEnded)
  }

  @Test("a drain tells those who watch, and ends the watch")
  func watchedDrain() {
    let client = InMemoryClient(methods: HealthService().methods)
    let id = client.open(Self.watch)
    client.send(id, messages: [[]], end: true)
    client.exchange()
    client.server.drain()
    client.exchange()
    #expect(client[id].messages == [Self.serving, Self.notServing])
    #expect(client[id].grpcStatus == "14")
    #expect(client.server.isFinished)
  }

  @Test("those who watch hear at once that nothing is served any more, and once")
  func watchedChange() {
    let health = HealthService()
    let client = InMemoryClient(methods: health.methods)
    let ids = ["", "other"].map { service in
      let id = client.open(Self.watch)
      client.send(id, messages: [Self.request(service)], end: true)
      return id
    }
    client.exchange()
    #expect(health.watchCount == 1, "an unknown service stays unknown")
    health.drain()
    client.exchange()
    #expect(client[ids[0]].messages == [Self.serving, Self.notServing])
    #expect(client[ids[1]].messages == [Self.serviceUnknown])
    #expect(!client[ids[0]].isEnded)
    let late = client.open(Self.watch)
    client.send(late, messages: [[]], end: true)
    client.exchange()
    #expect(client[late].messages == [Self.notServing])
    client.server.drain()
    client.exchange()
    #expect(client[ids[0]].messages == [Self.serving, Self.notServing], "that is no news")
    #expect(client[ids[0]].grpcStatus == "14")
    #expect(health.watchCount == 0)
  }

  @Test("a watch that its client has ended is forgotten")
  func endedWatch() {
    let health = HealthService()
    let client = InMemoryClient(methods: health.methods)
    let id = client.open(Self.watch)
    client.send(id, messages: [[]], end: true)
    client.exchange()
    client.reset(id)
    client.exchange()
    #expect(health.watchCount == 0)
    health.drain()
    client.exchange()
    #expect(client[id].messages == [Self.serving])
  }
}
