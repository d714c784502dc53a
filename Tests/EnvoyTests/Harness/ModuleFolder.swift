import Foundation

/// A folder with the dynamic module in it, under the names by which configurations ask for it.
final class ModuleFolder: Sendable {
  /// Our own, and that of the Rust filter.
  static let libraries = ["swiftformations", "rust_module"]

  /// The one that all tests share.
  static var all: ModuleFolder { get throws { try shared.get() } }
  private static let shared = Result { try ModuleFolder() }

  private let folder: TemporaryFolder

  var path: String { folder.path }

  private init() throws {
    folder = try TemporaryFolder()
    guard FileManager.default.fileExists(atPath: Programs.module) else {
      throw Failure("\(Programs.module) is missing: `make test` builds it")
    }
    for library in Self.libraries {
      try FileManager.default.createSymbolicLink(
        atPath: folder.file("lib\(library).so"), withDestinationPath: Programs.module)
    }
  }
}
