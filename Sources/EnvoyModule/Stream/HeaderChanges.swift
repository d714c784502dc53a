internal import CEnvoyModule
internal import Transformation

/// Puts mutations into a header map of Envoy, in their order.
///
/// What Envoy never does for an ext_proc server is not done here either: a pseudo-header or `host` is not removed, and
/// `host` is not appended to.
struct HeaderChanges {
  let stream: EnvoyStream
  let map: EnvoyHeaderMap
  /// Values that could not be added: 1.36 cannot have two lines of `set-cookie` made.
  private(set) var cookiesLeftOut = 0

  init(_ stream: EnvoyStream, _ direction: Direction) {
    self.stream = stream
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
          case .remove: remove(name)
          }
        }
      }
    }
  }

  func setContentLength(_ byteCount: Int) {
    // The most digits of an Int.
    withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { digits in
      var start = digits.count
      var rest = byteCount.magnitude
      repeat {
        start &-= 1
        digits[start] = UInt8(truncatingIfNeeded: rest % 10) &+ UInt8(ascii: "0")
        rest /= 10
      } while rest > 0 && start > 0
      let text = UnsafeRawBufferPointer(rebasing: digits[start...])
      _ = envoy_set_header(stream, map, EnvoyBuffer("content-length" as StaticString), EnvoyBuffer(text))
    }
  }

  func removeContentLength() {
    _ = envoy_remove_header(stream, map, EnvoyBuffer("content-length" as StaticString))
  }

  private func remove(_ name: UnsafeRawBufferPointer) {
    guard name.first != UInt8(ascii: ":"), !name.elementsEqual("host".utf8) else { return }
    _ = envoy_remove_header(stream, map, EnvoyBuffer(name))
  }

  private mutating func append(_ name: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer) {
    guard !name.elementsEqual("host".utf8) else { return }
    guard !envoy_can_add_header() else {
      _ = envoy_add_header(stream, map, EnvoyBuffer(name), EnvoyBuffer(value))
      return
    }
    var joined: [UInt8] = []
    let separator = name.elementsEqual("cookie".utf8) ? "; ".utf8 : ",".utf8
    var index = 0
    var count = 0
    var held = EnvoyBuffer(start: nil, count: 0)
    while envoy_get_header(stream, map, EnvoyBuffer(name), index, &held, &count) {
      joined.append(contentsOf: held.bytes)
      joined.append(contentsOf: separator)
      index &+= 1
    }
    // RFC 6265 section 3: joined by commas, cookies mean something else.
    guard index == 0 || !name.elementsEqual("set-cookie".utf8) else {
      cookiesLeftOut &+= 1
      return
    }
    joined.append(contentsOf: value)
    joined.withUnsafeBytes { _ = envoy_set_header(stream, map, EnvoyBuffer(name), EnvoyBuffer($0)) }
  }
}
