/// An Envoy with a mock LLM behind it and, when there are transformations, a sidecar beside it.
final class Gateway: Sendable {
  let envoy: Envoy
  let mockLLM: MockLLM
  /// The sidecar's socket and its process; nil without transformations.
  let sidecar: Sidecar?
  private let folder: TemporaryFolder

  /// - Parameters:
  ///   - transformations: the text of the sidecar's configuration file.
  ///   - options: further options of `swiftformations serve`.
  init(
    _ version: EnvoyVersion, listeners: [EnvoyConfiguration.Listener], transformations: String? = nil,
    options: [String] = []
  ) throws {
    folder = try TemporaryFolder()
    mockLLM = try MockLLM(in: folder)
    sidecar = try transformations.map { [folder] in
      try Sidecar(configuration: $0, options: options, in: folder)
    }
    let configuration = EnvoyConfiguration(
      upstreamPort: mockLLM.port, sidecarSocket: sidecar?.socketPath, listeners: listeners)
    envoy = try Envoy(version, configuration, in: folder)
  }

  /// Sends a request on a connection of its own.
  ///
  /// - Parameters:
  ///   - transforming: the configuration that the route hands to the sidecar, as JSON.
  ///   - transformation: the name of the transformation that the route hands to the sidecar.
  func exchange(
    _ request: HTTPRequest, through listener: String, transforming configuration: String? = nil,
    by transformation: String? = nil
  ) throws -> HTTPResponse {
    var request = request
    if let configuration {
      request.headers.add(
        Route.configurationHeader, configuration.split(separator: "\n").joined(separator: " "))
    }
    if let transformation { request.headers.add(Route.transformationHeader, transformation) }
    return try HTTPConnection(port: envoy.port(of: listener)).exchange(request)
  }
}
