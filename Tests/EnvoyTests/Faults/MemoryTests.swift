import Foundation
import Testing

/// What peers make the sidecar hold is in one account: whatever it is that they do, memory stays below the limit and what the
/// process takes by itself, and comes back.
@Suite("Peers that make the sidecar hold memory", .serialized)
struct MemoryTests {
  private static let limits = [16, 64]
  /// Beyond the limit, and what a debug build takes at its start.
  private static let slackBytes = 27 << 20

  /// `ServerLimits` has it.
  private static let connectionsAlwaysAdmitted = 128

  private static let reading = """
    request: { body: { parseAs: AsJson }, set: [ { name: x-m, value: "{{ model }}" } ] }
    """

  /// A sidecar to which a number of peers do the same, one after the other.
  ///
  /// - Parameter keeps: what was made of it may stay when they are gone.
  private func run(
    _ limit: Int, _ configuration: String, peers count: Int, window: UInt32 = 65_535,
    keeps: Bool = false, _ abuse: (RawHTTP2, Int) -> Void
  ) throws {
    let folder = try TemporaryFolder()
    let socket = folder.file("s")
    let sidecar = try SidecarProcess.listening(
      "sidecar", configuration: try folder.write("c.yaml", configuration), listen: "unix:\(socket)",
      options: ["--buffer-mib-max", String(limit), "--threads", "2"], in: folder)
    let before = sidecar.residentBytes
    sidecar.forgetPeak()
    var peers: [RawHTTP2] = []
    for number in 0..<count {
      // One that is refused is gone at once.
      guard let peer = try? RawHTTP2(unixSocket: socket) else { continue }
      peer.start(windowBytes: window)
      peer.flush()
      guard peer.receive()?.isEmpty == false else { continue }
      peer.add(.settings, flags: 1)
      abuse(peer, number)
      peer.flush()
      peers.append(peer)
    }
    #expect(!peers.isEmpty)
    if count < Self.connectionsAlwaysAdmitted {
      // It still answers who asks for nothing much.
      let quiet = try RawHTTP2(unixSocket: socket)
      quiet.start()
      quiet.flush()
      #expect(quiet.receive()?.isEmpty == false)
    }
    let growth = sidecar.peakBytes - before
    #expect(growth < limit << 20 + Self.slackBytes, "\(growth >> 20) MiB")
    peers = []
    if growth > 16 << 20, !keeps {
      try waitFor("memory goes back to the system") {
        sidecar.residentBytes - before < growth / 2 ? true : nil
      }
    }
    #expect(sidecar.process.isRunning)
  }

  /// Calls of one message each, which stay open.
  private func open(_ count: Int, _ message: [UInt8], _ peer: RawHTTP2) {
    for call in 0..<count {
      peer.addCall(UInt32(2 * call + 1))
      peer.addMessage(UInt32(2 * call + 1), message)
      if call % 100 == 99 { peer.flush() }
    }
  }

  @Test("headers that are held while their body is awaited", arguments: limits)
  func heldHeaders(limit: Int) throws {
    let map = Wire.headers((0..<58).map { ("h\($0)", String(repeating: "v", count: 60_000)) })
    try run(limit, Self.reading, peers: 8) { peer, _ in
      for call in 0..<5 {
        peer.addCall(UInt32(2 * call + 1))
        peer.addMessage(UInt32(2 * call + 1), Wire.buffered + Wire.requestHeaders(map))
        peer.flush()
      }
    }
  }

  @Test("headers of two bytes, which take eighteen times as much", arguments: limits)
  func tinyHeaders(limit: Int) throws {
    let map = [UInt8](repeatElement([0x0a, 0], count: 32_000).joined())
    try run(limit, Self.reading, peers: 4) { peer, _ in
      open(40, Wire.buffered + Wire.requestHeaders(map), peer)
    }
  }

  @Test("request headers that are kept for the response", arguments: limits)
  func keptHeaders(limit: Int) throws {
    let map = Wire.headers((0..<100).map { ("x-h\($0)", String(repeating: "v", count: 400)) })
    let configuration =
      "response: { set: [ { name: x-m, value: \"{{ request_header('x-' ~ header('a')) }}\" } ] }"
    try run(limit, configuration, peers: 8) { peer, _ in
      open(400, Wire.buffered + Wire.requestHeaders(map, endOfStream: true), peer)
    }
  }

  @Test("two thousand slow uploads with ordinary headers", arguments: limits)
  func slowUploads(limit: Int) throws {
    let map = Wire.headers((0..<50).map { ("x-h\($0)", String(repeating: "v", count: 1_000)) })
    try run(limit, Self.reading, peers: 2) { peer, _ in
      open(1_000, Wire.buffered + Wire.requestHeaders(map), peer)
    }
  }

  @Test("answers of a megabyte that are not read, neither at the socket nor by the window", arguments: limits)
  func unreadAnswers(limit: Int) throws {
    let configuration = "request: { body: { value: \"{{ '0123456789' * 100000 }}\" } }"
    let map = Wire.headers([(":path", "/")])
    for window: UInt32 in [0, 1 << 30] {
      try run(limit, configuration, peers: 15, window: window) { peer, _ in
        open(30, Wire.buffered + Wire.requestHeaders(map, endOfStream: true), peer)
      }
    }
  }

  @Test("four hundred sockets that are never read", arguments: limits)
  func unreadSockets(limit: Int) throws {
    try run(limit, Self.reading, peers: 400) { peer, _ in
      for _ in 0..<900 { peer.add(.ping, payload: [1, 2, 3, 4, 5, 6, 7, 8]) }
    }
  }

  @Test("attributes of many megabytes whose fields nobody knows", arguments: limits)
  func attributes(limit: Int) throws {
    let unknown = [UInt8](repeatElement([0x78, 1], count: 1_000_000).joined())
    let attributes = Wire.field(
      9,
      Wire.field(1, Array("envoy.filters.http.ext_proc".utf8))
        + Wire.field(2, Wire.field(1, Wire.field(1, Array("connection.id".utf8)) + Wire.field(2, unknown))))
    let configuration = "request: { set: [ { name: x-m, value: '{{ connection.id }}' } ] }"
    try run(limit, configuration, peers: 8) { peer, _ in
      peer.addCall(1)
      peer.addMessage(1, Wire.buffered + attributes + Wire.requestHeaders([]))
    }
  }

  @Test("attributes of a megabyte, which are kept for the response", arguments: limits)
  func longAttributes(limit: Int) throws {
    let text = Wire.field(3, [UInt8](repeating: 0x61, count: 1 << 20))
    let attributes = Wire.field(
      9,
      Wire.field(1, Array("envoy.filters.http.ext_proc".utf8))
        + Wire.field(
          2, Wire.field(1, Wire.field(1, Array("connection.tls_version".utf8)) + Wire.field(2, text))))
    let configuration = "response: { set: [ { name: x-m, value: '{{ connection.tls_version | length }}' } ] }"
    try run(limit, configuration, peers: 4) { peer, _ in
      open(25, Wire.buffered + attributes + Wire.requestHeaders([], endOfStream: true), peer)
    }
  }

  @Test("renderings that need much room for a moment, of many exchanges that are open", arguments: limits)
  func largeStacks(limit: Int) throws {
    let list = [String](repeating: "q", count: 20_000).joined(separator: ",")
    let configuration =
      "request: { set: [ { name: x-m, value: \"{% set q = 1 %}{{ [\(list)] | length }}\" } ] }"
    try run(limit, configuration, peers: 4) { peer, _ in
      open(100, Wire.buffered + Wire.requestHeaders([], endOfStream: true), peer)
    }
  }

  @Test("configurations in headers, each another one", arguments: limits)
  func configurations(limit: Int) throws {
    let map = Wire.headers([(":path", "/")])
    let lists = [String](repeating: "{}", count: 6_000).joined(separator: ",")
    try run(limit, Self.reading, peers: 1, keeps: true) { peer, _ in
      for call in 0..<24 {
        let text = #"{"request":{"set":[{"name":"x-\#(call)","value":"{{ [\#(lists)] }}"}]}}"#
        peer.addCall(UInt32(2 * call + 1), headers: [("x-swiftformations-config", text)])
        peer.addMessage(
          UInt32(2 * call + 1), Wire.buffered + Wire.requestHeaders(map, endOfStream: true))
        peer.add(.reset, stream: UInt32(2 * call + 1), payload: [0, 0, 0, 8])
        peer.flush(patienceMilliseconds: 10_000)
      }
    }
  }
}

/// `ProcessingRequest`s, serialized by hand.
private enum Wire {
  static func field(_ number: UInt8, _ content: [UInt8]) -> [UInt8] {
    var length = content.count
    var bytes = [number << 3 | 2]
    while length > 0x7f {
      bytes.append(UInt8(length & 0x7f) | 0x80)
      length >>= 7
    }
    return bytes + [UInt8(length)] + content
  }

  /// `protocol_config`: both bodies are `BUFFERED`.
  static let buffered = field(11, [8, 2, 16, 2])

  /// A `HeaderMap`.
  static func headers(_ headers: [(name: String, value: String)]) -> [UInt8] {
    headers.flatMap { field(1, field(1, Array($0.name.utf8)) + field(3, Array($0.value.utf8))) }
  }

  static func requestHeaders(_ map: [UInt8], endOfStream: Bool = false) -> [UInt8] {
    field(2, field(1, map) + (endOfStream ? [0x18, 1] : []))
  }
}
