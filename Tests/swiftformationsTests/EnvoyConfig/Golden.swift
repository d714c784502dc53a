import Foundation
import Testing

/// Texts as they must be, in files; `UPDATE_GOLDEN=1` writes them anew, to be read before they are committed.
enum Golden {
  static func expect(_ name: String, _ text: String) throws {
    let golden = Environment.packageFolder.appending(path: "Tests/Fixtures/envoy-config/\(name)")
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" { try Data(text.utf8).write(to: golden) }
    #expect(try String(contentsOf: golden, encoding: .utf8) == text)
  }
}
