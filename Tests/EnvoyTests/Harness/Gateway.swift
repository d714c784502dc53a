/// An Envoy with a mock LLM behind it and a sidecar beside it.
final class Gateway: Sendable {
  let envoy: Envoy
  let mockLLM: MockLLM
  private let folder: TemporaryFolder

  /// A gateway of its own for a test, without a sidecar.
  init(_ version: EnvoyVersion, listeners: [EnvoyConfiguration.Listener]) throws {
    folder = try TemporaryFolder()
    mockLLM = try MockLLM(in: folder)
    envoy = try Envoy(
      version, EnvoyConfiguration(upstreamPort: mockLLM.port, listeners: listeners), in: folder)
  }

  /// Sends a request on a connection of its own.
  func exchange(_ request: HTTPRequest, through listener: String) throws -> HTTPResponse {
    try HTTPConnection(port: envoy.port(of: listener)).exchange(request)
  }
}
