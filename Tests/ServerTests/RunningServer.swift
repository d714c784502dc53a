import Glibc
import Logging
import Synchronization
import TestPeers

@testable import HTTP2
@testable import Server

/// A server of scripts that runs while a test looks at it.
struct RunningServer {
  let server: Server
  let log: LogRecorder
  private let task: Task<Void, any Error>

  /// Starts a server and waits until it has said that all listeners are ready.
  init(
    _ options: Server.Options, service: ScriptedHandler.Service = ScriptedHandler.Service()
  ) async throws {
    let log = LogRecorder()
    self.log = log
    let server = Server(options: options, logger: Logger(label: "test") { _ in log }) {
      service.method
    }
    self.server = server
    let count = options.listen.count
    task = Task(executorPreference: ThreadExecutor.servers) {
      do { try await server.run() } catch {
        log.end()
        throw error
      }
      log.end()
    }
    var ready = 0
    for await message in log.messages where message == "listening" {
      ready += 1
      if ready == count { return }
    }
    try await task.value
  }

  /// Waits until `run` returns.
  func ended() async throws { try await task.value }

  func stop() async throws {
    server.shutdown()
    try await ended()
  }

  /// The addresses in the log lines, in their order.
  var addresses: [String] { log.all.filter { $0.message == "listening" }.compactMap { $0.address } }
}

/// Keeps what is logged, and tells who waits for it.
struct LogRecorder: LogHandler {
  struct Entry: Sendable {
    let level: Logger.Level
    let message: String
    let address: String?
  }

  private final class Storage: Sendable { let entries = Mutex<[Entry]>([]) }
  private let storage = Storage()
  /// Every message as it comes; for one reader.
  let messages: AsyncStream<String>
  private let continuation: AsyncStream<String>.Continuation
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.debug

  init() { (messages, continuation) = AsyncStream.makeStream(of: String.self) }

  var all: [Entry] { storage.entries.withLock { $0 } }
  func end() { continuation.finish() }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let entry = Entry(
      level: event.level, message: "\(event.message)", address: event.metadata?["address"].map { "\($0)" })
    storage.entries.withLock { $0.append(entry) }
    continuation.yield(entry.message)
  }
}

/// A directory of its own for a test; removed at the end.
final class TemporaryDirectory {
  let path: String
  init() {
    var template = Array("/tmp/swiftformations-test-XXXXXX".utf8CString)
    path = template.withUnsafeMutableBufferPointer { String(cString: mkdtemp($0.baseAddress!)) }
  }
  deinit {
    for name in names { unlink("\(path)/\(name)") }
    rmdir(path)
  }

  var names: [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  func status(_ name: String) -> stat {
    var status = stat()
    lstat("\(path)/\(name)", &status)
    return status
  }
}
