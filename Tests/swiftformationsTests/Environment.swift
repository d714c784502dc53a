import Foundation
import Testing

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

  static func run(_ executable: URL, _ arguments: [String], input: String = "") throws -> Outcome {
    let process = Process()
    process.executableURL = executable
    process.arguments = arguments
    let (standardInput, output, error) = (Pipe(), Pipe(), Pipe())
    process.standardInput = standardInput
    process.standardOutput = output
    process.standardError = error
    // Read beside each other, so that neither pipe can fill up while the other is waited for.
    let errorText = BackgroundText(error)
    try process.run()
    standardInput.fileHandleForWriting.write(Data(input.utf8))
    try standardInput.fileHandleForWriting.close()
    let outputData = output.fileHandleForReading.readDataToEndOfFile()
    let errorResult = errorText.wait()
    process.waitUntilExit()
    return Outcome(
      status: process.terminationStatus, output: String(decoding: outputData, as: UTF8.self),
      error: errorResult)
  }
}

/// Reads a pipe to its end on a thread of its own.
private final class BackgroundText: @unchecked Sendable {
  // Written by the thread before it leaves the group, read after waiting for the group.
  private var text = ""
  private let group = DispatchGroup()

  init(_ pipe: Pipe) {
    let handle = pipe.fileHandleForReading
    group.enter()
    Thread.detachNewThread { [self] in
      text = String(decoding: handle.readDataToEndOfFile(), as: UTF8.self)
      group.leave()
    }
  }

  func wait() -> String {
    group.wait()
    return text
  }
}
