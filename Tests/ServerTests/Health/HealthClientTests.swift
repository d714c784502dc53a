import Glibc
import Testing

@testable import Server

@Suite("The health check of probes", .blocking)
struct HealthClientTests {
  @Test("a server that runs serves, on a Unix socket and on TCP")
  func serving() async throws {
    let directory = TemporaryDirectory()
    let running = try await RunningServer(
      .init(listen: [.unix(path: "\(directory.path)/s"), .tcp(host: "127.0.0.1", port: 0)]))
    for address in running.addresses {
      try HealthClient.check(ListenAddress(address), seconds: 10)
    }
    try await running.stop()
    let failure = try #require(throws: HealthClient.Failure.self) {
      try HealthClient.check(.unix(path: "\(directory.path)/s"), seconds: 10)
    }
    #expect(
      "\(failure)" == "unix:\(directory.path)/s: cannot connect: No such file or directory")
  }

  @Test("a host that does not exist is told")
  func noHost() throws {
    let failure = try #require(throws: HealthClient.Failure.self) {
      try HealthClient.check(.tcp(host: "no host", port: 1), seconds: 10)
    }
    #expect(failure.reason.hasPrefix("no such host: "))
  }

  @Test("a server that never answers is given up")
  func silence() throws {
    let server = try ForeignServer()
    let failure = try #require(throws: HealthClient.Failure.self) {
      try HealthClient.check(server.address, seconds: 1)
    }
    #expect(failure.reason == "no answer in time")
  }

  @Test(
    "what is no HTTP/2 server is told",
    arguments: [
      ("HTTP/1.1 400 Bad Request\r\n\r\n", "no HTTP/2 without TLS there: "),
      ("", "the connection ended before the answer"),
    ])
  func otherProtocols(_ answer: String, _ reason: String) async throws {
    let server = try ForeignServer()
    async let answered: Void = server.answer(answer)
    let failure = try #require(throws: HealthClient.Failure.self) {
      try HealthClient.check(server.address, seconds: 10)
    }
    await answered
    #expect(failure.reason.hasPrefix(reason), "\(failure)")
  }
}

/// A TCP server of one connection that speaks no HTTP/2; until it is told to answer, it does not even accept.
private final class ForeignServer: Sendable {
  let address: ListenAddress
  private let descriptor: CInt

  init() throws {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    self.descriptor = descriptor
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let bound = withUnsafeMutableBytes(of: &name) { bytes in
      let pointer = bytes.baseAddress!.assumingMemoryBound(to: sockaddr.self)
      return bind(descriptor, pointer, size) == 0 && listen(descriptor, 1) == 0
        && getsockname(descriptor, pointer, &size) == 0
    }
    try #require(bound, "errno \(errno)")
    address = .tcp(host: "127.0.0.1", port: Int(UInt16(bigEndian: name.sin_port)))
  }

  deinit { close(descriptor) }

  /// Accepts the connection, reads the client's preface, sends `text` and closes.
  func answer(_ text: String) async {
    let connection = accept(descriptor, nil, nil)
    // The 24 bytes of the preface come in one piece with the first frames; unread ones would make a reset of the end.
    var preface = [UInt8](repeating: 0, count: 4096)
    _ = recv(connection, &preface, preface.count, 0)
    _ = send(connection, Array(text.utf8), text.utf8.count, CInt(MSG_NOSIGNAL))
    close(connection)
  }
}
