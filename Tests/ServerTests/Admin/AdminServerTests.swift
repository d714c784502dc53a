import Glibc
import Testing

@testable import Server

@Suite(.blocking) struct AdminServerTests {
  private static let pages = AdminPages(
    ready: { (true, "ready") }, metrics: { "a 1\n" }, configuration: { Array("{}".utf8) })

  private func serve(_ pages: AdminPages = pages, secondsMax: Int64 = 10) async throws -> (AdminServer, Int) {
    let server = try await AdminServer(host: "127.0.0.1", port: 0, pages: pages, secondsMax: secondsMax)
    guard case .tcp(_, let port) = server.address else { return (server, 0) }
    return (server, port)
  }

  @Test(
    "each path has its answer, and all others none",
    arguments: [
      ("GET /healthz", "200 OK", "ok\n"), ("GET /readyz", "200 OK", "ready\n"),
      ("GET /metrics", "200 OK", "a 1\n"),
      ("GET /config?pretty", "200 OK", "{}"), ("HEAD /metrics", "200 OK", ""),
      ("POST /metrics", "405 Method", "only"),
      ("DELETE /config", "405 Method", "only"), ("GET /", "404 Not", "not found"),
      ("GET /healthz/", "404 Not", "not"),
      ("POST /other", "404 Not", "not found"), ("GET http://x/healthz", "404 Not", "not"),
    ])
  func paths(request: String, status: String, body: String) async throws {
    let (server, port) = try await serve()
    let answer = try PlainClient(port: port).exchange("\(request) HTTP/1.1\r\nhost: localhost\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 \(status)"))
    let parts = answer.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
    #expect(parts.last?.hasPrefix(body) == true)
    if body.isEmpty { #expect(parts.last == "") }
    await server.stop()
  }

  @Test("not being ready is 503 with the reason")
  func notReady() async throws {
    var pages = Self.pages
    pages.ready = { (false, "draining") }
    let (server, port) = try await serve(pages)
    let answer = try PlainClient(port: port).exchange("GET /readyz HTTP/1.0\r\n\r\n")
    #expect(answer.contains(" 503 ") && answer.hasSuffix("draining\n"))
    await server.stop()
  }

  /// What a client sends first. Some are long, so the test's name has the start alone.
  struct Head: Sendable, CustomTestStringConvertible {
    let text: String
    init(_ text: String) { self.text = text }
    var testDescription: String { String(text.debugDescription.prefix(40)) }
  }

  @Test(
    "garbage and heads that are too large end their connection, and others are served",
    arguments: [
      Head("\u{16}\u{3}\u{1}garbage\r\n\r\n"), Head("GET\r\n\r\n"), Head("GET /healthz HTTP/9.9\r\n\r\n"),
      Head("GET /healthz HTTP/1.1\r\nx: " + String(repeating: "a", count: 100_000) + "\r\n\r\n"),
      Head("GET /" + String(repeating: "a", count: 1_000_000) + " HTTP/1.1\r\n\r\n"),
      Head("GET / HTTP/1.1\r\n" + String(repeating: "a: b\r\n", count: 100_000) + "\r\n"),
      Head("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ])
  func garbage(request: Head) async throws {
    let (server, port) = try await serve()
    let answer = try PlainClient(port: port).exchange(request.text)
    #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 4"))
    #expect(try PlainClient(port: port).exchange("GET /healthz HTTP/1.1\r\n\r\n").hasSuffix("ok\n"))
    await server.stop()
  }

  @Test("a request that comes too slowly is cut off, and a body is read past")
  func slow() async throws {
    let (server, port) = try await serve(secondsMax: 1)
    let slow = try PlainClient(port: port)
    slow.send("GET /healthz HT")
    #expect(slow.receiveAll() == "")
    let withBody = try PlainClient(port: port)
    let body = String(repeating: "x", count: 1_000_000)
    #expect(
      try withBody.exchange("POST /config HTTP/1.1\r\ncontent-length: 1000000\r\n\r\n\(body)").contains(
        " 405 "))
    await server.stop()
  }

  @Test("who holds all connections and asks nothing keeps nobody out")
  func connections() async throws {
    let (server, port) = try await serve()
    let clients = try (0..<2 * AdminServer.connectionsMax).map { _ in try PlainClient(port: port) }
    for _ in 0..<10 {
      #expect(try PlainClient(port: port).exchange("GET /healthz HTTP/1.1\r\n\r\n").hasSuffix("ok\n"))
    }
    #expect(clients[0].receiveAll() == "", "the oldest was closed")
    await server.stop()
  }

  @Test("the configuration is shown to no page of another name, whatever address that resolves to")
  func reboundName() {
    func status(_ uri: String, _ host: String?) -> Int {
      Self.pages.response(method: "GET", uri: uri, isLocal: true, host: host).status
    }
    for host in ["localhost", "LOCALHOST:1", "127.0.0.1:9902", "[::1]:9902", "127.1.2.3", nil] {
      #expect(status("/config", host) == 200, "\(host ?? "none")")
    }
    for host in [
      "evil.test", "evil.test:9902", "localhost.evil.test", "127.0.0.1.evil.test", "", ":1", "[::2]",
    ] {
      #expect(status("/config", host) == 403, "\(host)")
      #expect(status("/metrics", host) == 200)
    }
  }

  @Test("the configuration is shown on the machine itself, and to nobody else")
  func localConfiguration() throws {
    #expect(
      Self.pages.response(method: "GET", uri: "/config", isLocal: true, host: "localhost:9902").status == 200)
    #expect(
      Self.pages.response(method: "GET", uri: "/config", isLocal: false, host: "localhost:9902").status == 403
    )
    #expect(
      Self.pages.response(method: "GET", uri: "/metrics", isLocal: false, host: "localhost:9902").status
        == 200)
    for (address, isLoopback) in [
      ("127.0.0.1", true), ("127.9.0.1", true), ("::1", true), ("::ffff:127.0.0.1", true),
      ("10.127.0.1", false),
      ("::ffff:10.0.0.1", false), ("fe80::1", false),
    ] {
      #expect(ListenAddress.isLoopback(host: address) == isLoopback, "\(address)")
    }
  }

  @Test("an address that cannot be had is named")
  func taken() async throws {
    let (server, port) = try await serve()
    let error = await #expect(throws: AdminServer.BindError.self) {
      _ = try await AdminServer(host: "127.0.0.1", port: port, pages: Self.pages)
    }
    #expect(error?.description.contains("127.0.0.1:\(port)") == true)
    await server.stop()
  }
}

/// A socket to a port of this machine, for text.
private final class PlainClient {
  private let descriptor: CInt

  struct ConnectError: Error { let code: CInt }

  init(port: Int) throws {
    descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var timeout = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, socklen_t(MemoryLayout<timeval>.size))
    let result = withUnsafeBytes(of: &address) {
      connect(descriptor, $0.baseAddress!.assumingMemoryBound(to: sockaddr.self), socklen_t($0.count))
    }
    guard result == 0 else { throw ConnectError(code: errno) }
  }

  deinit { close(descriptor) }

  /// Sends text and receives until the server closes.
  func exchange(_ text: String) throws -> String {
    send(text)
    return receiveAll()
  }

  func send(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      rest = rest.dropFirst(count)
    }
  }

  func receiveAll() -> String {
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = recv(descriptor, &chunk, chunk.count, 0)
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk.prefix(count)
    }
  }
}
