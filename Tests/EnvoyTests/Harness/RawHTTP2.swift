import Foundation

/// An HTTP/2 client of raw frames that keeps no rules, for what a broken or hostile peer does to the sidecar.
final class RawHTTP2 {
  enum FrameType: UInt8 {
    case data, headers, priority, reset, settings, pushPromise, ping, goAway, windowUpdate, continuation
  }

  private let descriptor: CInt
  private var pending: [UInt8] = []

  /// Connects to a Unix socket. Nothing blocks.
  init(unixSocket path: String) throws {
    descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
    let result = withUnsafeBytes(of: &address) {
      connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    if result != 0 {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      throw Failure("connect to \(path): \(reason)")
    }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  deinit { close(descriptor) }

  /// The preface and the first SETTINGS.
  func start(windowBytes: UInt32 = 65_535) {
    add(Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8))
    add(.settings, payload: [0, 4] + Self.bigEndian(windowBytes))
  }

  func add(_ bytes: [UInt8]) { pending += bytes }

  func add(_ type: FrameType, flags: UInt8 = 0, stream: UInt32 = 0, payload: [UInt8] = []) {
    let count = payload.count
    pending += [UInt8(count >> 16), UInt8(count >> 8 & 255), UInt8(count & 255), type.rawValue, flags]
    pending += Self.bigEndian(stream)
    pending += payload
  }

  /// A HEADERS frame that opens a `Process` call, and what continues it.
  func addCall(_ stream: UInt32, headers: [(name: String, value: String)] = []) {
    let fields = headers.map { ScenarioMessage.Line(name: $0.name, value: Array($0.value.utf8)) }
    addInFrames(.headers, then: .continuation, stream: stream, Self.callHeaders + HeaderBlock.encoded(fields))
  }

  /// A message in as many DATA frames as it takes.
  func addMessage(_ stream: UInt32, _ message: [UInt8], announcing count: Int? = nil) {
    addInFrames(
      .data, then: .data, stream: stream, [0] + Self.bigEndian(UInt32(count ?? message.count)) + message)
  }

  private func addInFrames(_ first: FrameType, then next: FrameType, stream: UInt32, _ payload: [UInt8]) {
    var rest = payload[...]
    repeat {
      let part = Array(rest.prefix(16_384))
      rest = rest.dropFirst(part.count)
      let isFirst = part.count + rest.count == payload.count
      // END_HEADERS
      let flags: UInt8 = first == .headers && rest.isEmpty ? 4 : 0
      add(isFirst ? first : next, flags: flags, stream: stream, payload: part)
    } while !rest.isEmpty
  }

  /// A `ProcessingRequest` with empty `request_headers`.
  static let requestHeaders: [UInt8] = [0x12, 0]

  /// Sends what was added, until it is gone (true), or the peer has taken nothing for a while or has closed (false).
  @discardableResult
  func flush(patienceMilliseconds: CInt = 500) -> Bool {
    var rest = pending[...]
    defer { pending = Array(rest) }
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
      if count > 0 {
        rest = rest.dropFirst(count)
        continue
      }
      guard errno == EAGAIN else { return false }
      var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
      guard Glibc.poll(&poll, 1, patienceMilliseconds) > 0 else { return false }
    }
    return true
  }

  /// Reads and drops what has come; false when the peer has closed.
  @discardableResult
  func drop() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      if count > 0 { continue }
      return count < 0 && errno == EAGAIN
    }
  }

  /// Waits until something comes; nil when nothing does in time. Empty when the peer has closed.
  func receive(seconds: Double = 20) -> [UInt8]? {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    guard Glibc.poll(&poll, 1, CInt(seconds * 1_000)) > 0 else { return nil }
    var chunk = [UInt8](repeating: 0, count: 1 << 16)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    return Array(chunk.prefix(max(0, count)))
  }

  /// Waits until the peer closes.
  func waitForClose(seconds: Double = 20) throws {
    try waitFor("the sidecar closes the connection", seconds: seconds) { drop() ? nil : true }
  }

  static func bigEndian(_ number: UInt32) -> [UInt8] {
    [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
  }

  /// Literals without indexing (RFC 7541 section 6.2.2); all lengths fit in seven bits.
  private static let callHeaders: [UInt8] = {
    let fields: [(String, String)] = [
      (":method", "POST"), (":scheme", "http"),
      (":path", "/envoy.service.ext_proc.v3.ExternalProcessor/Process"), (":authority", "sidecar"),
      ("content-type", "application/grpc"), ("te", "trailers"),
    ]
    var block: [UInt8] = []
    for (name, value) in fields {
      block.append(0)
      for text in [name, value] {
        block.append(UInt8(text.utf8.count))
        block += Array(text.utf8)
      }
    }
    return block
  }()
}
