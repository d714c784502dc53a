/// The listeners of the gateways that most tests share, named for how the filter gets bodies.
enum Profile: String, CaseIterable, Sendable, CustomStringConvertible {
  case buffered
  case bufferedPartial
  /// Neither body is sent.
  case headersOnly
  case streamed
  case fullDuplex
  /// As `buffered`, and the sidecar may ask for fewer phases.
  case overridable
  /// As `overridable`, and trailers are not sent unless the sidecar asks for them.
  case withoutTrailers
  /// As `buffered`, with room for `smallBufferBytes`.
  case smallBuffer
  /// As `bufferedPartial`, with room for `smallBufferBytes`.
  case smallPartialBuffer

  static let smallBufferBytes = 4096

  var description: String { rawValue }

  fileprivate var listener: EnvoyConfiguration.Listener {
    var filter = ExtProcFilter()
    var limit: Int?
    switch self {
    case .buffered: break
    case .bufferedPartial: (filter.requestBody, filter.responseBody) = (.bufferedPartial, .bufferedPartial)
    case .headersOnly: (filter.requestBody, filter.responseBody) = (.none, .none)
    case .streamed: (filter.requestBody, filter.responseBody) = (.streamed, .streamed)
    case .fullDuplex: (filter.requestBody, filter.responseBody) = (.fullDuplexStreamed, .fullDuplexStreamed)
    case .overridable: filter.allowModeOverride = true
    case .withoutTrailers: (filter.allowModeOverride, filter.trailers) = (true, false)
    case .smallBuffer: limit = Self.smallBufferBytes
    case .smallPartialBuffer:
      (filter.requestBody, filter.responseBody) = (.bufferedPartial, .bufferedPartial)
      limit = Self.smallBufferBytes
    }
    return .init(name: rawValue, filter: filter, bufferBytesMax: limit)
  }
}

extension Gateway {
  /// What the sidecar of the shared gateways applies when a test says nothing else: nothing, but on the named routes.
  private static let transformations = """
    transformations:
      first: { request: { set: [ { name: x-chosen, value: first } ] } }
      second: { request: { set: [ { name: x-chosen, value: second } ] } }
    routes:
      first-route: first
      second-route: second
    """

  private static let shared = Gateways { version in
    try Gateway(version, listeners: Profile.allCases.map(\.listener), transformations: transformations)
  }

  /// The gateway that most tests share: a test brings its own configuration with each request.
  static func shared(_ version: EnvoyVersion) throws -> Gateway { try shared[version] }

  func exchange(
    _ request: HTTPRequest, through profile: Profile = .buffered, transforming configuration: String? = nil,
    by transformation: String? = nil
  ) throws -> HTTPResponse {
    try exchange(request, through: profile.rawValue, transforming: configuration, by: transformation)
  }
}
