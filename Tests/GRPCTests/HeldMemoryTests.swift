import CNghttp2
import TestPeers
import Testing

@testable import GRPC
@testable import HTTP2

@Suite struct HeldMemoryTests {
  @Test("shares are reserved in grains, and given back")
  func shares() {
    let held = HeldMemory(bytesMax: 1 << 20)
    do {
      var share = HeldMemory.Share(of: held)
      var fits = share.cover(1)
      #expect(fits)
      #expect(held.reservedBytes == 64 << 10)
      fits = share.cover(1 << 20)
      #expect(fits)
      #expect(held.reservedBytes == 1 << 20)
      fits = share.cover((1 << 20) + 1)
      #expect(!fits)
      #expect(held.reservedBytes == 1 << 20)
      var other = HeldMemory.Share(of: held)
      fits = other.cover(1)
      #expect(!fits)
      fits = share.cover(0)
      #expect(fits)
      #expect(held.reservedBytes == 0)
      fits = other.cover(1)
      #expect(fits)
    }
    #expect(held.reservedBytes == 0)
  }

  @Test("incomplete messages of many connections are bounded together, and the first are not hurt")
  func connections() {
    let held = HeldMemory(bytesMax: 3 << 19)
    let clients = (0..<10).map { _ in InMemoryClient.scripted(held: held) }
    let begun = InMemoryClient.frame([UInt8](repeating: 1, count: 200_000))
    let streams = clients.map { client in
      let id = client.open()
      client.send(id, Array(begun.prefix(150_000)))
      client.exchange()
      return id
    }
    #expect(held.reservedBytes <= 3 << 19)
    let refused = zip(clients, streams).count { $0[$1].grpcStatus == "8" }
    #expect((3...6).contains(refused))
    for (client, id) in zip(clients, streams) where client[id].grpcStatus == nil {
      client.send(id, Array(begun.dropFirst(150_000)), end: true)
      client.exchange()
      #expect(client[id].grpcStatus == "0")
    }
  }

  @Test("answers that are not taken count too")
  func answers() {
    let client = InMemoryClient.scripted(windowBytes: 0, held: HeldMemory(bytesMax: 1 << 20))
    let ids = (0..<30).map { _ in client.open() }
    for id in ids { client.send(id, "large: 100000") }
    client.exchange()
    #expect(client.server.unsentBytes <= (1 << 20) + 100_010)
    #expect(client.server.open.count < 30 || ids.contains { client[$0].grpcStatus == "8" })
  }
}
