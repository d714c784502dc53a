import Foundation
import Synchronization

/// A running sidecar on a Unix socket.
final class Sidecar: Sendable {
  let socketPath: String
  private let current: Mutex<ChildProcess>
  private let configurationFile: String
  private let logFile: String

  /// - Parameter configuration: the text of its configuration file.
  init(configuration: String, in folder: TemporaryFolder) throws {
    socketPath = folder.file("sidecar.sock")
    configurationFile = try folder.write("transformations.yaml", configuration)
    logFile = folder.file("sidecar.log")
    current = Mutex(
      try Self.start(socketPath: socketPath, configurationFile: configurationFile, logFile: logFile))
  }

  var process: ChildProcess { current.withLock { $0 } }

  /// Ends it without a chance to say good-bye; the socket file stays.
  func crash() { process.stop(with: SIGKILL) }

  /// Starts it anew on the same socket.
  func restart() throws {
    let process = try Self.start(
      socketPath: socketPath, configurationFile: configurationFile, logFile: logFile)
    current.withLock { $0 = process }
  }

  private static func start(socketPath: String, configurationFile: String, logFile: String) throws
    -> ChildProcess
  {
    let process = try ChildProcess(
      "swiftformations", Programs.swiftformations,
      ["serve", "--config", configurationFile, "--listen", "unix:\(socketPath)"], logFile: logFile)
    // The file can be one that a crash left behind; only a connection shows that somebody listens.
    try process.waitUntil("listens") { try? HTTPConnection(unixSocket: socketPath) }
    return process
  }
}
