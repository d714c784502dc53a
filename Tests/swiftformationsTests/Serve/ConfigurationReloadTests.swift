import ConfigurationFiles
import Foundation
import Logging
import Synchronization
import Testing
import Transformation

@testable import swiftformations

@Suite("the configuration's file, while it is served")
struct ConfigurationReloadTests {
  @Test("a file that was written is taken when two looks find it the same")
  func written() throws {
    let file = try ServedFile()
    try file.write("request: { set: [ { name: x-two, value: two } ] }")
    file.reload.look()
    #expect(file.applied == 0)
    file.reload.look()
    #expect(file.applied == 1)
    #expect(file.reload.status.loads == 2)
    #expect(file.reload.inForce.text.contains("x-two"))
    file.reload.look()
    #expect(file.applied == 1)
  }

  @Test("a file that is written in two steps is not taken in between")
  func twoSteps() throws {
    let file = try ServedFile()
    let handle = try #require(FileHandle(forWritingAtPath: file.path))
    try handle.truncate(atOffset: 0)
    file.reload.look()
    try handle.write(contentsOf: Data("request:\n".utf8))
    file.reload.look()
    try handle.write(contentsOf: Data("  remove: [x-three]\n".utf8))
    file.reload.look()
    #expect(file.applied == 0)
    file.reload.look()
    #expect(file.applied == 1)
    #expect(file.reload.inForce.text == "request:\n  remove: [x-three]\n")
    #expect(file.reload.status.refusals == 0)
  }

  @Test("the same text in another file is no change")
  func sameText() throws {
    let file = try ServedFile()
    try file.write(ServedFile.first)
    for _ in 0..<3 { file.reload.look() }
    #expect(file.applied == 0)
    #expect(file.lines == [])
  }

  @Test("a ConfigMap's link that is swapped for one to another folder brings the other file")
  func configMap() throws {
    let folder = ScratchFolder()
    try folder.makeConfigMap(["chat.yaml": ServedFile.first])
    let file = try ServedFile(path: folder.path + "/chat.yaml", folder: folder)
    for round in 1...3 {
      try folder.makeConfigMap(["chat.yaml": "request: { remove: [x-round-\(round)] }"])
      file.reload.look()
      file.reload.look()
      #expect(file.applied == round)
      #expect(file.reload.inForce.text.contains("x-round-\(round)"))
    }
  }

  @Test("a file that is away for a moment is no fault; one that stays away is, until it is back")
  func missing() throws {
    let file = try ServedFile()
    try FileManager.default.removeItem(atPath: file.path)
    for _ in 1..<FileWatch.absencesMax { file.reload.look() }
    #expect(file.reload.status.fault == nil)
    for _ in 0..<5 { file.reload.look() }
    #expect(file.reload.status.fault?.lines == ["\(file.path): error: the file is missing"])
    #expect(file.reload.status.refusals == 1)
    #expect(file.lines.count == 1)
    try file.write(ServedFile.first)
    file.reload.look()
    file.reload.look()
    #expect(file.reload.status.fault == nil)
    #expect(file.applied == 0)
  }

  @Test("a wrong file is refused with its place, once, and the next right one is taken")
  func wrong() throws {
    let file = try ServedFile()
    let version = file.reload.status.version
    for _ in 0..<2 {
      try file.write("request:\n  set: 1\n  add: 2\n")
      for _ in 0..<3 { file.reload.look() }
    }
    #expect(file.applied == 0)
    #expect(file.reload.status.version == version)
    #expect(file.reload.status.refusals == 1)
    #expect(file.reload.status.fault?.lines.first?.hasPrefix("\(file.path):2:8: error: ") == true)
    #expect(file.reload.status.fault?.summary.hasSuffix("(and 1 more)") == true)
    #expect(file.lines.count == 1)
    #expect(file.lines.first?.contains("2:8") == true)
    try file.write("request: { remove: [x-right] }")
    file.reload.look()
    file.reload.look()
    #expect(file.applied == 1)
    #expect(file.reload.status.fault == nil)
    #expect(file.reload.status.version != version)
  }

  @Test("a file that was emptied is refused, and what its lines hold is not repeated")
  func empty() throws {
    let file = try ServedFile()
    try file.write(" \n")
    file.reload.reload()
    #expect(file.reload.status.fault?.summary.contains("the file is empty") == true)
    for other in ["# nothing\n", "apiVersion: v1\nkind: Secret\ndata: { a: secret }\n", "requset: {}\n"] {
      try file.write(other)
      file.reload.reload()
      #expect(file.reload.status.fault?.lines.first?.contains(": error: ") == true)
      #expect(file.reload.status.fault?.lines.first?.contains("secret") == false)
    }
    try file.write("request: { set: [ { name: authorization, value: 'Bearer secret {{' } ] }")
    file.reload.reload()
    let fault = try #require(file.reload.status.fault)
    #expect(fault.lines.allSatisfy { !$0.contains("secret") })
    #expect(file.lines.allSatisfy { !$0.contains("secret") })
    #expect(file.applied == 0)
  }

  @Test("asked for, it is read at once, and the answer is logged even where nothing changed")
  func asked() throws {
    let file = try ServedFile()
    file.reload.reload()
    #expect(file.lines.count == 1)
    try file.write("request: { remove: [x-now] }")
    file.reload.reload()
    #expect(file.applied == 1)
    for _ in 0..<3 { file.reload.look() }
    #expect(file.applied == 1)
    #expect(file.reload.status.loads == 2)
  }

  @Test("asked for, a file that is still wrong is told again, and counted once")
  func askedAgain() throws {
    let file = try ServedFile()
    try file.write("request: 1")
    for _ in 0..<2 { file.reload.reload() }
    #expect(file.lines.count == 2)
    #expect(file.lines.first == file.lines.last)
    #expect(file.reload.status.refusals == 1)
  }

  @Test("a pipe is read once, and never waited for")
  func pipe() throws {
    let folder = ScratchFolder()
    let path = folder.path + "/pipe"
    try #require(mkfifo(path, 0o600) == 0)
    #expect(FileIdentity(path: path) == nil)
    let log = RecordedLog()
    let reload = ConfigurationReload(
      path: path, file: ConfigurationFile(name: path, bytes: Array("{}".utf8)),
      known: FileIdentity(path: path),
      logger: Logger(label: "test") { _ in log }
    ) { _ in }
    for _ in 0..<10 { reload.look() }
    #expect(log.lines == [])
    reload.reload()
    #expect(log.lines.count == 1)
    #expect(reload.status.fault == nil)
  }

  @Test("a new file may set as many headers as the sidecar was told that Envoy takes")
  func headersOfEnvoy() throws {
    var limits = HeaderLimits()
    limits.headersMax = 1
    let file = try ServedFile(headerLimits: limits)
    try file.write("request: { set: [ { name: x-one, value: one }, { name: x-two, value: two } ] }")
    file.reload.reload()
    #expect(file.applied == 0)
    #expect(file.reload.status.fault?.summary.contains("at most 1 headers") == true)
    try file.write("request: { set: [ { name: x-one, value: one } ] }")
    file.reload.reload()
    #expect(file.applied == 1)
  }

  @Test("the version is the text's SHA-256, as sha256sum prints it")
  func version() {
    let file = ConfigurationFile(name: "x", bytes: Array("{}\n".utf8))
    #expect(file.version == "ca3d163bab055381827226140568f3bef7eaac187cebd76878e0b63e9e442356")
  }
}

/// A folder of its own for a test.
final class ScratchFolder: Sendable {
  let path = FileManager.default.temporaryDirectory.appending(path: "sf-\(UUID().uuidString)").path

  init() { try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Lays the files out as the kubelet does, and swaps the link to them, as it does when the ConfigMap changes.
  func makeConfigMap(_ files: [String: String]) throws {
    let manager = FileManager.default
    let version = "..\(UUID().uuidString)"
    let before = try? manager.destinationOfSymbolicLink(atPath: "\(path)/..data")
    try manager.createDirectory(atPath: "\(path)/\(version)", withIntermediateDirectories: false)
    for (name, text) in files {
      try Data(text.utf8).write(to: URL(filePath: "\(path)/\(version)/\(name)"))
    }
    try manager.createSymbolicLink(atPath: "\(path)/..data_tmp", withDestinationPath: version)
    try #require(rename("\(path)/..data_tmp", "\(path)/..data") == 0)
    for name in files.keys where !manager.fileExists(atPath: "\(path)/\(name)") {
      try manager.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: "..data/\(name)")
    }
    if let before { try manager.removeItem(atPath: "\(path)/\(before)") }
  }
}

/// A configuration's file that is being served, as far as the reload knows.
private final class ServedFile {
  static let first = "request: { remove: [x-first] }"

  let path: String
  let reload: ConfigurationReload
  private let folder: ScratchFolder
  private let log = RecordedLog()
  private let count: Counter

  private final class Counter: Sendable { let value = Atomic(0) }

  convenience init(headerLimits: HeaderLimits = HeaderLimits()) throws {
    let folder = ScratchFolder()
    let path = folder.path + "/chat.yaml"
    try Data(Self.first.utf8).write(to: URL(filePath: path))
    try self.init(path: path, folder: folder, headerLimits: headerLimits)
  }

  init(path: String, folder: ScratchFolder, headerLimits: HeaderLimits = HeaderLimits()) throws {
    self.folder = folder
    self.path = path
    let count = Counter()
    self.count = count
    let log = log
    reload = ConfigurationReload(
      path: path, file: try ConfigurationFile.load(path), known: FileIdentity(path: path),
      headerLimits: headerLimits, logger: Logger(label: "test") { _ in log }
    ) { _ in count.value.add(1, ordering: .relaxed) }
  }

  /// How many configurations were taken into force.
  var applied: Int { count.value.load(ordering: .relaxed) }
  /// What was logged, values included.
  var lines: [String] { log.lines }

  func write(_ text: String) throws { try Data(text.utf8).write(to: URL(filePath: path), options: .atomic) }
}

/// Keeps log lines, levels aside.
struct RecordedLog: LogHandler {
  private final class Storage: Sendable { let lines = Mutex<[String]>([]) }
  private let storage = Storage()
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.info

  var lines: [String] { storage.lines.withLock { $0 } }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let values = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    storage.lines.withLock { $0.append("\(event.level) \(event.message)\(values)") }
  }
}
