import CNghttp2
import Synchronization
import TestPeers
import Testing

@testable import GRPC
@testable import HTTP2

/// Results that come to calls from elsewhere, at a connection in memory: its loop runs when the test says so.
@Suite struct CallHandleTests {
  private final class Payload: Sendable {
    let text: String
    init(_ text: String) { self.text = text }
  }

  /// Answers each result with its text; `end` ends the call, and a message makes it settled.
  private final class Waiting: ResultHandler {
    final class Service: Sendable {
      /// In the order of the calls.
      let handles = Mutex<[CallHandle<Waiting>]>([])
      let live = Atomic(0)

      var method: GRPCMethod {
        GRPCMethod(path: "/test/Wait") { [self] _, _, call in
          let handle = call.makeHandle(for: Waiting.self)
          handles.withLock { $0.append(handle) }
          return Waiting(self)
        }
      }

      subscript(index: Int) -> CallHandle<Waiting> { handles.withLock { $0[index] } }
    }

    private let service: Service
    private(set) var isSettled = false

    init(_ service: Service) {
      self.service = service
      service.live.add(1, ordering: .relaxed)
    }

    deinit { service.live.subtract(1, ordering: .relaxed) }

    func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus? {
      isSettled = true
      return nil
    }

    func receive(result: Payload, into answers: inout OutgoingMessages) -> GRPCStatus? {
      answers.appendMessage(byteCount: result.text.utf8.count) { $0.copyBytes(from: result.text.utf8) }
      return result.text == "end" ? GRPCStatus(.aborted, "as asked") : nil
    }
  }

  private let service = Waiting.Service()

  private func client(_ limits: GRPCLimits = GRPCLimits()) -> InMemoryClient {
    InMemoryClient(methods: [service.method], limits: limits)
  }

  private func open(_ client: InMemoryClient) -> Int32 {
    let id = client.open("/test/Wait")
    client.exchange()
    return id
  }

  @Test("a result of another thread is answered, though the client says nothing")
  func otherThread() async {
    let client = client()
    let id = open(client)
    let handle = service[0]
    #expect(await Task.detached { handle.deliver(Payload("one")) }.value)
    #expect(client.texts(id) == [], "only the connection's loop touches the call")
    client.exchange()
    #expect(client.texts(id) == ["one"])
    #expect(!client[id].isEnded)
  }

  @Test("two results come in their order, and leave in one frame")
  func twoResults() {
    let client = client()
    let id = open(client)
    #expect(service[0].deliver(Payload("one")))
    #expect(service[0].deliver(Payload("two")))
    client.exchange()
    #expect(client.texts(id) == ["one", "two"])
    #expect(service[0].deliver(Payload("three")), "the loop is woken anew")
    client.exchange()
    #expect(client.texts(id) == ["one", "two", "three"])
  }

  @Test("a result may end the call, and what comes behind it is dropped")
  func ends() {
    let client = client()
    let id = open(client)
    for text in ["end", "late"] { service[0].deliver(Payload(text)) }
    client.exchange()
    #expect(client.texts(id) == ["end"])
    #expect(client[id].grpcStatus == "10")
    service[0].deliver(Payload("later"))
    client.exchange()
    #expect(client.texts(id) == ["end"])
    #expect(client.state.counts == CallCounts(started: 1, succeeded: 0, failed: 1, cancelled: 0))
  }

  @Test("a result for a call that was cancelled is dropped and freed, on its way or not")
  func cancelled() {
    let client = client()
    let id = open(client)
    weak var onItsWay: Payload?
    weak var late: Payload?
    do {
      let payload = Payload("on its way")
      onItsWay = payload
      service[0].deliver(payload)
    }
    client.reset(id, errorCode: NGHTTP2_CANCEL.rawValue)
    client.toServer()
    #expect(service.live.load(ordering: .relaxed) == 0)
    do {
      let payload = Payload("late")
      late = payload
      service[0].deliver(payload)
    }
    client.exchange()
    #expect(onItsWay == nil)
    #expect(late == nil)
    #expect(client[id].body.isEmpty)
    #expect(client.state.counts.cancelled == 1)
  }

  @Test("a result does not reach the next call of the same object")
  func reused() {
    let client = client()
    let first = open(client)
    service[0].deliver(Payload("end"))
    client.exchange()
    client.reset(first)
    client.exchange()
    #expect(client.server.idleCount == 1)
    let second = open(client)
    #expect(client.server.idleCount == 0, "the object is used again")
    service[0].deliver(Payload("of the first"))
    client.exchange()
    #expect(client.texts(second) == [])
    service[1].deliver(Payload("of the second"))
    client.exchange()
    #expect(client.texts(second) == ["of the second"])
  }

  @Test("a connection that drains waits for results, and a call that is settled by one ends")
  func drain() {
    let client = client()
    let ids = [open(client), open(client)]
    client.server.drain()
    client.exchange()
    service[0].deliver(Payload("one"))
    client.exchange()
    #expect(client.texts(ids[0]) == ["one"])
    #expect(!client[ids[0]].isEnded)
    client.send(ids[0], messages: [[]])
    client.exchange()
    service[0].deliver(Payload("two"))
    service[1].deliver(Payload("end"))
    client.exchange()
    #expect(client.texts(ids[0]) == ["one", "two"])
    #expect(client[ids[0]].grpcStatus == "0")
    #expect(client[ids[1]].grpcStatus == "10")
    #expect(client.server.isFinished)
  }

  @Test("a connection that is over takes no results, and what was on its way is freed")
  func connectionOver() {
    let client = client()
    _ = open(client)
    weak var onItsWay: Payload?
    do {
      let payload = Payload("on its way")
      onItsWay = payload
      #expect(service[0].deliver(payload))
    }
    client.state.closeResults()
    client.server.abandon()
    #expect(onItsWay == nil)
    #expect(!service[0].deliver(Payload("late")))
    client.exchange()
  }

  @Test("a handle keeps neither its call nor the connection")
  func handleKeepsNothing() {
    weak var state: ConnectionState?
    do {
      let client = client()
      state = client.state
      _ = open(client)
      service[0].deliver(Payload("never taken"))
    }
    #expect(state == nil)
    #expect(service.live.load(ordering: .relaxed) == 0)
    #expect(service.handles.withLock { $0.count } == 1)
  }

  @Test("only so many results wait, and who brings one more is told")
  func bound() {
    var limits = GRPCLimits()
    limits.waitingResultsMax = 2
    let client = client(limits)
    let id = open(client)
    #expect(["one", "two", "three"].map { service[0].deliver(Payload($0)) } == [true, true, false])
    client.exchange()
    #expect(client.texts(id) == ["one", "two"])
    #expect(service[0].deliver(Payload("four")))
  }
}
