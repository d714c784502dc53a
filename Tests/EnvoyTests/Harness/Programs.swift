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

  /// As `make module` links it: what is tested is what is shipped.
  static let module = packageRoot.appendingPathComponent(".build/module/libswiftformations.so").path

  static func envoy(_ version: EnvoyVersion) -> String {
    packageRoot.appendingPathComponent(".envoy/\(version.rawValue)/envoy").path
  }
}

/// The Envoys that tests run against: most of them against the oldest and the newest.
enum EnvoyVersion: String, CaseIterable, Sendable, CustomTestStringConvertible {
  case oldest = "1.36.4"
  case v1_37 = "1.37.0"
  case v1_38 = "1.38.3"
  case v1_39 = "1.39.3"
  case newest = "1.40.0"

  static let allCases: [EnvoyVersion] = [.oldest, .newest]
  /// One of each line that the module supports, from the oldest on.
  static let everyLine: [EnvoyVersion] = [.oldest, .v1_37, .v1_38, .v1_39, .newest]

  var testDescription: String { "Envoy \(rawValue)" }
}
