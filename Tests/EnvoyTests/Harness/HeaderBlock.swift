import CNghttp2

/// Header blocks of HTTP/2 as they are sent (RFC 7541): literals that nobody has to remember, section 6.2.2.
enum HeaderBlock {
  static func encoded(_ lines: [ScenarioMessage.Line]) -> [UInt8] {
    lines.flatMap { [0] + string(Array($0.name.utf8)) + string($0.value) }
  }

  private static func string(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 127 else { return [UInt8(bytes.count)] + bytes }
    var length: [UInt8] = [127]
    var rest = bytes.count - 127
    while rest >= 128 {
      length.append(UInt8(rest % 128) | 128)
      rest /= 128
    }
    return length + [UInt8(rest)] + bytes
  }
}

/// Reads header blocks of one peer, who may refer to those before.
final class HeaderInflater {
  private let inflater: OpaquePointer

  init() throws {
    var inflater: OpaquePointer?
    guard nghttp2_hd_inflate_new(&inflater) == 0, let inflater else { throw Failure("no header inflater") }
    self.inflater = inflater
  }

  deinit { nghttp2_hd_inflate_del(inflater) }

  /// - Parameter block: a whole one.
  func lines(_ block: [UInt8]) throws -> [ScenarioMessage.Line] {
    var lines: [ScenarioMessage.Line] = []
    try block.withUnsafeBufferPointer { block in
      var rest = block[...]
      while true {
        var line = nghttp2_nv()
        var flags: CInt = 0
        let count = nghttp2_hd_inflate_hd2(
          inflater, &line, &flags, UnsafeBufferPointer(rebasing: rest).baseAddress, rest.count, 1)
        guard count >= 0 else { throw Failure("not a header block: \(count)") }
        rest = rest.dropFirst(count)
        if UInt32(flags) & NGHTTP2_HD_INFLATE_EMIT.rawValue != 0 {
          let name = UnsafeBufferPointer(start: line.name, count: line.namelen)
          let value = UnsafeBufferPointer(start: line.value, count: line.valuelen)
          lines.append(.init(name: String(decoding: name, as: UTF8.self), value: Array(value)))
        }
        if UInt32(flags) & NGHTTP2_HD_INFLATE_FINAL.rawValue != 0 { break }
      }
    }
    nghttp2_hd_inflate_end_headers(inflater)
    return lines
  }
}
