import Foundation
import Synchronization

/// A folder of its own for a test, removed with this object or when the test process ends.
///
/// Its path is short, because a Unix socket's path has room for 107 bytes.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    var template = Array("/tmp/swf-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure("mkdtemp: \(String(cString: strerror(errno)))") }
    path = template.withUnsafeBufferPointer { String(cString: $0.baseAddress!) }
    AtExit.folders.withLock { _ = $0.insert(path) }
    AtExit.register()
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    AtExit.folders.withLock { _ = $0.remove(path) }
  }

  /// The path of a file in it.
  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file; gives its path.
  func write(_ name: String, _ text: String) throws -> String {
    try text.write(toFile: file(name), atomically: true, encoding: .utf8)
    return file(name)
  }
}

/// What is shared by many tests lives until the process ends; Swift runs no deinitializers then.
private enum AtExit {
  static let folders = Mutex<Set<String>>([])

  static func register() { _ = registered }

  private static let registered: Void = {
    atexit {
      for folder in AtExit.folders.withLock({ $0 }) { try? FileManager.default.removeItem(atPath: folder) }
    }
  }()
}
