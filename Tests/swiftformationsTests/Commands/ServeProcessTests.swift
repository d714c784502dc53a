import Foundation
import Testing

@testable import swiftformations

#if canImport(Glibc)
  import Glibc
#endif

@Suite("serve, run as a process")
struct ServeProcessTests {
  @Test(
    "it says when it listens, is healthy, drains at the first signal and exits with 0",
    arguments: [SIGTERM, SIGINT])
  func drain(_ signal: Int32) throws {
    let server = try ServerProcess()
    #expect(try server.waitFor("listening").contains("unix:\(server.socket)"))
    let probe = ["healthcheck", "--connect", "unix:\(server.socket)", "--timeout-seconds", "30"]
    let health = try Environment.run(try Environment.binary, probe)
    #expect(health.status == 0 && health.output.isEmpty && health.error.isEmpty, "\(health)")
    kill(server.process.processIdentifier, signal)
    _ = try server.waitFor("draining for at most 30 s")
    #expect(try server.waitForExit() == 0)
    #expect(!FileManager.default.fileExists(atPath: server.socket))
    let gone = try Environment.run(try Environment.binary, probe)
    #expect(gone.status == 1)
    #expect(
      gone.error == "swiftformations: unix:\(server.socket): cannot connect: No such file or directory\n")
  }

  @Test("an exchange in flight holds the drain up, and a second signal ends it at once")
  func secondSignal() throws {
    let server = try ServerProcess()
    _ = try server.waitFor("listening")
    let stream = try OpenStream(socket: server.socket)
    kill(server.process.processIdentifier, SIGTERM)
    _ = try server.waitFor("draining for at most 30 s")
    #expect(server.process.isRunning)
    kill(server.process.processIdentifier, SIGTERM)
    #expect(try server.waitForExit() == 128 + SIGTERM)
    stream.close()
  }

  @Test("a new configuration that no file descriptor is left for is read when there is one")
  func noDescriptor() throws {
    let folder = ScratchFolder()
    let path = folder.path + "/chat.yaml"
    try Data("{}".utf8).write(to: URL(filePath: path))
    let server = try ServerProcess(configuration: path)
    _ = try server.waitFor("listening")
    try server.limitDescriptors(to: 0)
    try Data("request: {remove: [x-debug]}".utf8).write(to: URL(filePath: path), options: .atomic)
    _ = try server.waitFor("cannot be read: Too many open files")
    try server.limitDescriptors(to: 256)
    _ = try server.waitFor("configuration reloaded")
  }

  @Test("where it cannot listen it says so, with status 1")
  func cannotListen() throws {
    let outcome = try Environment.run(
      try Environment.binary, ["serve", "--config", "-", "--listen", "unix:/no/such/folder/s"], input: "{}")
    #expect(outcome.status == 1)
    #expect(outcome.error.contains("/no/such/folder"))
  }
}

/// `swiftformations serve` on a socket of its own.
private final class ServerProcess {
  let process = Process()
  let socket = "/tmp/sf-\(UUID().uuidString.prefix(8)).sock"
  private let files: StandardFiles

  init(configuration: String = "-") throws {
    files = try StandardFiles(input: "request: {remove: [x-debug]}")
    process.executableURL = try Environment.binary
    process.arguments = ["serve", "--config", configuration, "--listen", "unix:\(socket)", "--threads", "1"]
    try files.attach(to: process)
    try process.run()
  }

  deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

  /// The log line with `text`, once it is there.
  func waitFor(_ text: String) throws -> String {
    var line: Substring?
    try process.waitUntil("the log has '\(text)'") {
      line = files.error.split(separator: "\n").first { $0.contains(text) }
      return line != nil || !process.isRunning
    }
    return String(try #require(line, "the log ended without '\(text)': \(files.error)"))
  }

  /// Sets how many file descriptors it may open from now on; those that are open stay.
  func limitDescriptors(to count: Int) throws {
    let arguments = ["--pid", "\(process.processIdentifier)", "--nofile=\(count):"]
    let outcome = try Environment.run(URL(filePath: "/usr/bin/prlimit"), arguments)
    try #require(outcome.status == 0, "\(outcome)")
  }

  func waitForExit() throws -> Int32 {
    try process.waitForExit()
    return process.terminationStatus
  }
}

/// A gRPC call that was opened and stays open: HTTP/2 by hand (RFC 9113, RFC 7541).
private struct OpenStream {
  private let descriptor: Int32

  init(socket path: String) throws {
    descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(connected == 0, "connect: errno \(errno)")
    var bytes = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)
    bytes += OpenStream.frame(type: 4, flags: 0, stream: 0, [])
    // END_HEADERS; the stream stays open.
    bytes += OpenStream.frame(type: 1, flags: 4, stream: 1, OpenStream.headers)
    // Its acknowledgement tells that the frames before it were read.
    bytes += OpenStream.frame(type: 6, flags: 0, stream: 0, Array("12345678".utf8))
    try #require(write(descriptor, bytes, bytes.count) == bytes.count)
    try waitForPingAcknowledgement()
  }

  func close() { _ = Glibc.close(descriptor) }

  private static let headers: [UInt8] =
    // :method POST, :scheme http; then :path, :authority and content-type by the static table's indices, and te.
    [0x83, 0x86] + [0x04] + text("/envoy.service.ext_proc.v3.ExternalProcessor/Process") + [0x01]
    + text("test") + [0x0F, 0x10] + text("application/grpc") + [0x00] + text("te") + text("trailers")

  private static func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + text.utf8 }

  private static func frame(type: UInt8, flags: UInt8, stream: UInt8, _ payload: [UInt8]) -> [UInt8] {
    [0, 0, UInt8(payload.count), type, flags, 0, 0, 0, stream] + payload
  }

  private func waitForPingAcknowledgement() throws {
    while true {
      let head = try receive(9)
      let payload = try receive(Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2]))
      if head[3] == 6, head[4] == 1, payload == Array("12345678".utf8) { return }
    }
  }

  private func receive(_ count: Int) throws -> [UInt8] {
    var bytes: [UInt8] = []
    while bytes.count < count {
      var chunk = [UInt8](repeating: 0, count: count - bytes.count)
      let read = Glibc.read(descriptor, &chunk, chunk.count)
      try #require(read > 0, "the server closed the connection")
      bytes += chunk.prefix(read)
    }
    return bytes
  }
}
