internal import CEnvoyModule
internal import Transformation

/// What an exchange can look up in one direction: Envoy's header map, and the connection. Nothing is copied.
final class EnvoySource: ExchangeSource {
  private var stream: EnvoyStream?
  private var map = ENVOY_REQUEST_HEADERS

  /// Looks into the headers of a direction from now on, until `close()`: both within one hook.
  func open(_ stream: EnvoyStream, _ direction: Direction) {
    self.stream = stream
    map = direction.headers
  }

  /// Nothing is found any more.
  func close() { stream = nil }

  func header(
    _ name: UnsafeRawBufferPointer, at index: Int, count: inout Int
  ) -> UnsafeRawBufferPointer? {
    count = 0
    guard let stream, !name.isEmpty, index >= 0 else { return nil }
    var value = EnvoyBuffer(start: nil, count: 0)
    guard envoy_get_header(stream, map, EnvoyBuffer(name), index, &value, &count) else { return nil }
    return value.bytes
  }

  func forEachHeader(_ body: (_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) -> Void) {
    guard let stream else { return }
    let count = envoy_headers_count(stream, map)
    guard count > 0 else { return }
    withUnsafeTemporaryAllocation(of: EnvoyHeader.self, capacity: count) { headers in
      guard let start = headers.baseAddress, envoy_headers(stream, map, start) else { return }
      for header in headers {
        body(
          UnsafeRawBufferPointer(start: header.name, count: header.name == nil ? 0 : header.name_count),
          UnsafeRawBufferPointer(start: header.value, count: header.value == nil ? 0 : header.value_count))
      }
    }
  }

  var requestID: [UInt8]? { stream.flatMap { EnvoySource.requestID(of: $0) } }

  var keepsRequest: Bool { true }
  /// For refusals: it is another object.
  var requestSource: (any ExchangeSource)? {
    guard let stream else { return nil }
    let source = EnvoySource()
    source.open(stream, .request)
    return source
  }

  static func requestID(of stream: EnvoyStream) -> [UInt8]? {
    var value = EnvoyBuffer(start: nil, count: 0)
    var count = 0
    let name = EnvoyBuffer("x-request-id" as StaticString)
    guard envoy_get_header(stream, ENVOY_REQUEST_HEADERS, name, 0, &value, &count) else { return nil }
    return Array(value.bytes)
  }

  func attribute(_ attribute: ConnectionAttribute) -> AttributeValue? {
    guard let stream else { return nil }
    return EnvoyAttribute.connection(attribute, of: stream)
  }
}

extension Direction {
  var headers: EnvoyHeaderMap {
    switch self {
    case .request: ENVOY_REQUEST_HEADERS
    case .response: ENVOY_RESPONSE_HEADERS
    }
  }
}
