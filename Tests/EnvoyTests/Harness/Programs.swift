import Foundation
import Testing

/// Where the programs are that the tests run.
enum Programs {
  /// The folder of this test's own executable: the others of the package are built beside it.
  private static let products = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
  static let packageRoot = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  static let mockLLM = products.appendingPathComponent("mock-llm").path
  static let swiftformations = products.appendingPathComponent("swiftformations").path

  static func envoy(_ version: EnvoyVersion) -> String {
    packageRoot.appendingPathComponent(".envoy/\(version.rawValue)/envoy").path
  }
}

/// The Envoys that each test runs against.
enum EnvoyVersion: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case oldest = "1.36.4"
  case newest = "1.40.0"

  var testDescription: String { "Envoy \(rawValue)" }
}
