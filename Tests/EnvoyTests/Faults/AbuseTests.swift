import Foundation
import Testing

/// What a peer does to the sidecar's socket while Envoy goes on.
@Suite("A peer that keeps no rules", .serialized)
struct AbuseTests {
  /// Of a debug build, whose start takes 40 MiB.
  private static let residentBytesMax = 300 << 20

  /// Runs an abuse under load: all requests are served, and memory stays within its bound.
  private func underLoad(_ abuse: (FaultSetup) throws -> Void) throws {
    let setup = try FaultSetup()
    let load = try setup.gateway.load(through: "closed", threads: 2)
    try load.wait(for: FaultSetup.good)
    try abuse(setup)
    #expect(setup.sidecar.residentBytes < Self.residentBytesMax)
    try load.waitForMore(50)
    #expect(Set(try load.stop().keys) == [FaultSetup.good])
    #expect(setup.sidecar.process.isRunning)
  }

  @Test("garbage, HTTP/1.1 and TLS are cut off")
  func garbage() throws {
    try underLoad { setup in
      var generator = SystemRandomNumberGenerator()
      let random = (0..<4096).map { _ in UInt8.random(in: 0...255, using: &generator) }
      for bytes in [
        random, Array("GET / HTTP/1.1\r\nhost: a\r\n\r\n".utf8), [0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3],
      ] {
        let peer = try RawHTTP2(unixSocket: setup.socket)
        peer.add(bytes + [UInt8](repeating: 0, count: 64))
        peer.flush()
        try peer.waitForClose()
      }
      let peer = try RawHTTP2(unixSocket: setup.socket)
      peer.start()
      peer.add(random + random)
      peer.flush()
      try peer.waitForClose()
    }
  }

  @Test("those that say nothing, or half a preface, are closed after a while")
  func silence() throws {
    try underLoad { setup in
      let peers = try (0..<100).map { number in
        let peer = try RawHTTP2(unixSocket: setup.socket)
        peer.add(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8.prefix(number % 25)))
        peer.flush()
        return peer
      }
      for peer in peers { try peer.waitForClose(seconds: 40) }
    }
  }

  @Test("ten thousand streams at once, with and without a message, from one that never reads")
  func manyStreams() throws {
    try underLoad { setup in
      let idle = try RawHTTP2(unixSocket: setup.socket)
      idle.start()
      for number in 0..<10_000 { idle.addCall(UInt32(2 * number + 1)) }
      #expect(idle.flush(patienceMilliseconds: 10_000))
      let deaf = try RawHTTP2(unixSocket: setup.socket)
      deaf.start(windowBytes: 0)
      for number in 0..<10_000 {
        deaf.addCall(UInt32(2 * number + 1))
        deaf.addMessage(UInt32(2 * number + 1), RawHTTP2.requestHeaders)
      }
      deaf.flush(patienceMilliseconds: 3_000)
      // Both are still there, and both hold what they have.
      #expect(setup.sidecar.residentBytes < Self.residentBytesMax)
      idle.add(.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8])
      idle.flush()
      idle.drop()
    }
  }

  @Test("a message that comes a byte at a time")
  func tinyFrames() throws {
    try underLoad { setup in
      let peer = try RawHTTP2(unixSocket: setup.socket)
      peer.start()
      peer.addCall(1)
      peer.addMessage(1, [], announcing: 60 << 20)
      for _ in 0..<100_000 { peer.add(.data, stream: 1, payload: [0]) }
      #expect(peer.flush(patienceMilliseconds: 10_000))
    }
  }

  @Test("messages that are begun on many streams, and never ended")
  func incompleteMessages() throws {
    try underLoad { setup in
      let peer = try RawHTTP2(unixSocket: setup.socket)
      peer.start()
      for number in 0..<1_000 {
        let stream = UInt32(2 * number + 1)
        peer.addCall(stream)
        peer.addMessage(stream, [UInt8](repeating: 0, count: 10_000), announcing: 60 << 20)
      }
      #expect(peer.flush(patienceMilliseconds: 10_000))
    }
  }

  @Test(
    "floods of PING, SETTINGS, RST_STREAM, WINDOW_UPDATE and PRIORITY, whether or not it reads the answers",
    arguments: [true, false])
  func floods(reads: Bool) throws {
    try underLoad { setup in
      let floods: [(RawHTTP2, Int) -> Void] = [
        { peer, _ in peer.add(.ping, payload: [0, 0, 0, 0, 0, 0, 0, 0]) },
        { peer, _ in peer.add(.settings, payload: [0, 4, 0, 0, 0, 1]) },
        { peer, round in
          peer.addCall(UInt32(2 * round + 1))
          peer.add(.reset, stream: UInt32(2 * round + 1), payload: [0, 0, 0, 8])
        },
        { peer, _ in peer.add(.windowUpdate, payload: [0, 0, 0, 1]) },
        { peer, round in peer.add(.priority, stream: UInt32(2 * round + 1), payload: [0, 0, 0, 0, 16]) },
      ]
      for flood in floods {
        let peer = try RawHTTP2(unixSocket: setup.socket)
        peer.start()
        for round in 0..<30_000 {
          flood(peer, round)
          guard round % 1_000 == 999 else { continue }
          if !peer.flush(patienceMilliseconds: 1_000) { break }
          if reads { peer.drop() }
        }
        #expect(setup.sidecar.residentBytes < Self.residentBytesMax)
      }
    }
  }

  @Test("header blocks without end")
  func continuations() throws {
    try underLoad { setup in
      let peer = try RawHTTP2(unixSocket: setup.socket)
      peer.start()
      peer.add(.headers, stream: 1, payload: [0x82])
      for _ in 0..<2_000 {
        peer.add(.continuation, stream: 1, payload: [UInt8](repeating: 0x82, count: 16_000))
      }
      peer.flush(patienceMilliseconds: 3_000)
      try peer.waitForClose()
    }
  }
}
