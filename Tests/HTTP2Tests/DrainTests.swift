import CNghttp2
import TestPeers
import Testing

@testable import GRPC
@testable import HTTP2

@Suite struct DrainTests {
  private static let anyStream = Int32.max

  @Test("a drain says so first, and names the last stream once the peer has heard it")
  func twoSteps() {
    let client = InMemoryClient.scripted()
    let id = client.open()
    client.send(id, "one")
    client.exchange()
    client.server.drain()
    client.toClient()
    #expect(client.goAways.map(\.lastStream) == [Self.anyStream])
    client.exchange()
    #expect(client.goAways.map(\.lastStream) == [Self.anyStream, id])
    #expect(client.goAways.allSatisfy { $0.errorCode == 0 })
    #expect(!client.server.isFinished)
  }

  @Test("a stream in flight finishes, and then the connection is done")
  func inFlight() {
    let client = InMemoryClient.scripted()
    let id = client.open()
    client.send(id, "one")
    client.exchange()
    client.server.drain()
    client.exchange()
    client.send(id, "two", end: true)
    client.exchange()
    #expect(client.texts(id) == ["one", "two"])
    #expect(client[id].grpcStatus == "0")
    #expect(client.server.isFinished)
  }

  @Test("a stream that the peer opened before it heard of the drain is served")
  func crossing() {
    let client = InMemoryClient.scripted()
    client.exchange()
    client.server.drain()
    let id = client.open()
    client.send(id, "late", end: true)
    client.toServer()
    client.exchange()
    #expect(client.texts(id) == ["late"])
    #expect(client.server.isFinished)
  }

  @Test("an idle connection is done after one round trip")
  func idle() {
    let client = InMemoryClient.scripted()
    client.exchange()
    client.server.drain()
    client.toClient()
    #expect(!client.server.isFinished)
    client.exchange()
    #expect(client.server.isFinished)
  }

  @Test("a peer that does not answer is done when the shell says so")
  func silentPeer() {
    let client = InMemoryClient.scripted()
    client.exchange()
    client.server.drain()
    client.toClient()
    client.server.finishDrain()
    client.toClient()
    #expect(client.server.isFinished)
  }

  @Test("a connection on which nothing was said is done at once")
  func unused() {
    let client = InMemoryClient.scripted()
    client.server.drain()
    client.toClient()
    #expect(client.server.isFinished)
  }
}
