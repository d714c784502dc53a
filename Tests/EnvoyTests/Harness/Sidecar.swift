import Foundation
import Synchronization

/// A running sidecar on a Unix socket.
final class Sidecar: Sendable {
  let socketPath: String
  private let current: Mutex<ChildProcess>
  private let arguments: [String]
  private let logFile: String

  /// - Parameters:
  ///   - configuration: the text of its configuration file.
  ///   - options: further options of `serve`.
  init(configuration: String, options: [String] = [], in folder: TemporaryFolder) throws {
    socketPath = folder.file("sidecar.sock")
    let configurationFile = try folder.write("transformations.yaml", configuration)
    arguments = ["serve", "--config", configurationFile, "--listen", "unix:\(socketPath)"] + options
    logFile = folder.file("sidecar.log")
    current = Mutex(try Self.start(arguments, socketPath: socketPath, logFile: logFile))
  }

  var process: ChildProcess { current.withLock { $0 } }

  /// Ends it without a chance to say good-bye; the socket file stays.
  func crash() { process.stop(with: SIGKILL) }

  /// Starts it anew on the same socket.
  func restart() throws {
    let process = try Self.start(arguments, socketPath: socketPath, logFile: logFile)
    current.withLock { $0 = process }
  }

  private static func start(_ arguments: [String], socketPath: String, logFile: String) throws -> ChildProcess
  {
    let process = try ChildProcess("swiftformations", Programs.swiftformations, arguments, logFile: logFile)
    // The file can be one that a crash left behind; only a connection shows that somebody listens.
    try process.waitUntil("listens") { try? HTTPConnection(unixSocket: socketPath) }
    return process
  }
}
