import Foundation

/// Runs programs to their end.
enum Program {
  struct Outcome {
    /// The exit status; negative: the number of the signal that ended it.
    let status: Int32
    let output: String
    let error: String
  }

  /// Through files, not pipes: the end of a pipe that another process happened to inherit never comes.
  static func run(_ program: URL, _ arguments: [String], seconds: Double) throws -> Outcome {
    let folder = FileManager.default.temporaryDirectory.appending(path: "module-host-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let files = ["output", "error"].map { folder.appending(path: $0) }
    for file in files { try Data().write(to: file) }

    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try FileHandle(forWritingTo: files[0])
    process.standardError = try FileHandle(forWritingTo: files[1])
    let end = DispatchSemaphore(value: 0)
    process.terminationHandler = { _ in end.signal() }
    try process.run()
    if end.wait(timeout: .now() + seconds) == .timedOut {
      kill(process.processIdentifier, SIGKILL)
      throw TooLate(description: "\(program.lastPathComponent) ran for more than \(seconds) s")
    }
    let texts = try files.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
    let wasKilled = process.terminationReason == .uncaughtSignal
    return Outcome(
      status: wasKilled ? -process.terminationStatus : process.terminationStatus, output: texts[0],
      error: texts[1])
  }

  struct TooLate: Error, CustomStringConvertible {
    let description: String
  }
}
