import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#endif

/// What the tests need of the machine: the package's folder, its binary, a real Envoy.
enum Environment {
  static let testFolder = URL(filePath: #filePath).deletingLastPathComponent()
  static let packageFolder = testFolder.deletingLastPathComponent().deletingLastPathComponent()

  /// The binary that was built beside the tests.
  static var binary: URL {
    get throws {
      let folder = URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent()
      for candidate in [folder, Bundle.main.bundleURL, Bundle.main.bundleURL.deletingLastPathComponent()] {
        let binary = candidate.appending(path: "swiftformations")
        if FileManager.default.isExecutableFile(atPath: binary.path) { return binary }
      }
      return try #require(nil as URL?, "no swiftformations beside the tests in \(folder.path)")
    }
  }

  /// Checks a bootstrap with Envoy 1.36.4; its absence is a failure.
  static func validate(_ bootstrap: String) throws -> Outcome {
    let envoy = packageFolder.appending(path: ".envoy/1.36.4/envoy")
    try #require(
      FileManager.default.isExecutableFile(atPath: envoy.path),
      "no Envoy at \(envoy.path): make test installs it")
    let file = FileManager.default.temporaryDirectory.appending(
      path: "swiftformations-\(UUID().uuidString).yaml")
    try Data(bootstrap.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    return try run(envoy, ["--mode", "validate", "-l", "error", "-c", file.path])
  }

  struct Outcome {
    let status: Int32
    let output: String
    let error: String
  }

  /// Runs a program to its end, at most half a minute. Through files, not pipes: the end of a pipe that another
  /// process happened to inherit never comes.
  static func run(_ executable: URL, _ arguments: [String], input: String = "") throws -> Outcome {
    let files = try StandardFiles(input: input)
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    try files.attach(to: process)
    try process.run()
    try process.waitForExit()
    return Outcome(status: process.terminationStatus, output: files.output, error: files.error)
  }
}

/// A process's standard input, output and error, as files that go with this object.
final class StandardFiles {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "sf-\(UUID().uuidString)")
  private let input: FileHandle
  private let outputs: [FileHandle]

  init(input text: String) throws {
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: folder.appending(path: "input"))
    input = try FileHandle(forReadingFrom: folder.appending(path: "input"))
    outputs = try ["output", "error"].map { [folder] name in
      try Data().write(to: folder.appending(path: name))
      return try FileHandle(forWritingTo: folder.appending(path: name))
    }
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  func attach(to process: Process) throws {
    process.standardInput = input
    process.standardOutput = outputs[0]
    process.standardError = outputs[1]
  }

  var output: String { text("output") }
  var error: String { text("error") }

  private func text(_ name: String) -> String {
    (try? Data(contentsOf: folder.appending(path: name))).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }
}

extension Process {
  /// Waits half a minute at most; then the process is killed, and the test has failed.
  func waitForExit() throws {
    try waitUntil("\(executableURL?.lastPathComponent ?? "the process") ends") { !isRunning }
  }

  /// Looks again every few milliseconds whether something has happened; for half a minute at most.
  func waitUntil(_ what: String, _ condition: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while try !condition() {
      guard ContinuousClock.now < deadline else {
        kill(processIdentifier, SIGKILL)
        struct TooLate: Error { let description: String }
        throw TooLate(description: "30 s have passed: \(what)")
      }
      Thread.sleep(forTimeInterval: 0.005)
    }
  }
}
