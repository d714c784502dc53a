internal import CEnvoyModule
internal import Transformation

/// Puts mutations into a header map of Envoy, in their order.
struct HeaderChanges {
  private let stream: EnvoyStream
  private let direction: Direction
  private let map: EnvoyHeaderMap
  /// Values that could not be added: 1.36 cannot have two lines of `set-cookie` made.
  private(set) var cookiesLeftOut = 0

  init(_ stream: EnvoyStream, _ direction: Direction) {
    self.stream = stream
    self.direction = direction
    map = direction.headers
  }

  mutating func apply(_ mutations: Mutations) {
    mutations.bytes.withUnsafeBytes { bytes in
      for header in mutations.headers {
        header.name.bytes.withUnsafeBytes { name in
          let value = UnsafeRawBufferPointer(rebasing: bytes[header.value])
          switch header.operation {
          case .set: _ = envoy_set_header(stream, map, EnvoyBuffer(name), EnvoyBuffer(value))
          case .append: append(name, value)
          case .remove: _ = envoy_remove_header(stream, map, EnvoyBuffer(name))
          }
        }
      }
    }
  }

  /// Of a new body. Where one follows the headers, its length is told when it goes on.
  func applyLength(_ length: BodyLength, of byteCount: Int, in phase: MessagePhase) {
    if case .headers(endOfStream: false) = phase { return }
    switch length {
    case .state: setContentLength(byteCount)
    case .keep: break
    case .drop: _ = envoy_remove_header(stream, map, EnvoyBuffer("content-length" as StaticString))
    }
  }

  private func setContentLength(_ byteCount: Int) {
    withUnsafeTemporaryAllocation(byteCount: ContentLength.roomBytes, alignment: 1) { room in
      let text = ContentLength.spell(byteCount, in: room)
      _ = envoy_set_header(stream, map, EnvoyBuffer("content-length" as StaticString), EnvoyBuffer(text))
    }
  }

  /// 1.36 can only set: all values become one.
  private mutating func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    guard !envoy_can_add_header() else {
      _ = envoy_add_header(stream, map, EnvoyBuffer(name), EnvoyBuffer(value))
      return
    }
    let separator = HeaderRules.separator(of: name)
    var joined: [UInt8] = []
    var hasValue = false
    let source = EnvoySource()
    source.open(stream, direction)
    source.forEachValue(of: name) { held in
      hasValue = true
      joined.append(contentsOf: held)
      guard let separator else { return }
      joined.append(
        contentsOf: UnsafeBufferPointer(start: separator.utf8Start, count: separator.utf8CodeUnitCount))
    }
    guard !hasValue || separator != nil else {
      cookiesLeftOut &+= 1
      return
    }
    joined.append(contentsOf: value)
    joined.withUnsafeBytes { _ = envoy_set_header(stream, map, EnvoyBuffer(name), EnvoyBuffer($0)) }
  }
}
