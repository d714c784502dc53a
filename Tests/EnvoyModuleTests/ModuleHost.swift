import Foundation
import Synchronization
import Testing

/// A generation of Envoy that the host can be, by its version.
enum EnvoyLine: Int, CaseIterable, CustomTestStringConvertible {
  case v1_36 = 13604
  case v1_37 = 13700
  case v1_38 = 13803
  case v1_39 = 13903
  case v1_40 = 14000

  /// One of each family, where the lines between do not differ.
  static let families: [EnvoyLine] = [.v1_36, .v1_40]

  /// `add` and empty values came and went with 1.37.
  var isFamilyA: Bool { self == .v1_36 }
  var testDescription: String { "Envoy 1.\(rawValue / 100 % 100)" }
}

/// The fake Envoys of Tests/ModuleHost, and the module that they run.
///
/// `MODULE_HOST_FOLDER` and `MODULE_UNDER_TEST` name others than those beside the tests: `make module-asan` uses it.
enum ModuleHost {
  static let testFolder = URL(filePath: #filePath).deletingLastPathComponent()
  private static let hostFolder = testFolder.deletingLastPathComponent().appending(path: "ModuleHost")

  /// Built once for all tests, in the folder of the tests' own binaries.
  private static let programs = Result { try build() }

  static func host(_ number: Int) throws -> URL { try programs.get().appending(path: "host-\(number)") }
  static func probe(_ number: Int) throws -> URL { try programs.get().appending(path: "probe-\(number).so") }

  static var module: URL {
    get throws {
      if let path = ProcessInfo.processInfo.environment["MODULE_UNDER_TEST"] { return URL(filePath: path) }
      let module = try binaries.appending(path: "libEnvoyModule.so")
      try #require(
        FileManager.default.fileExists(atPath: module.path),
        "no module at \(module.path): swift build --build-tests makes it")
      return module
    }
  }

  /// The folder that the tests were built into.
  private static var binaries: URL {
    get throws {
      for start in [
        URL(filePath: CommandLine.arguments[0]).deletingLastPathComponent(), Bundle.main.bundleURL,
      ] {
        for folder in [start, start.deletingLastPathComponent()]
        where FileManager.default.fileExists(atPath: folder.appending(path: "EnvoyModuleTests.build").path) {
          return folder
        }
      }
      return try #require(nil as URL?, "the tests are in no build folder: \(CommandLine.arguments[0])")
    }
  }

  private static func build() throws -> URL {
    if let path = ProcessInfo.processInfo.environment["MODULE_HOST_FOLDER"] { return URL(filePath: path) }
    let folder = try binaries.appending(path: "module-host")
    let compiler = try Program.run(
      URL(filePath: "/bin/bash"), [hostFolder.appending(path: "build.sh").path, folder.path], seconds: 300)
    try #require(compiler.status == 0, "the host does not compile: \(compiler.error)")
    return folder
  }
}
