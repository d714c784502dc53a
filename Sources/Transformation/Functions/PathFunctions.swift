internal import Template

/// What the request's `:path` says, percent-decoded (RFC 3986).
///
/// `query(name)`: the first query parameter of that name, or ""; `+` is a space, as HTML forms write it.
/// `path_segment(index)`: a segment of the path counted from 0, negative from the end, or ""; a slash at the end adds
/// no segment.
enum PathFunctions {
  static let all: [Function] = [
    .text("query", parameters: ["name"], reads: [.requestHeaderNamed(":path")]) {
      call, output throws(TemplateError) in
      let name = try call.bytes(0)
      try withTarget(&call) { target in
        name.withUnsafeBytes { appendParameter($0, of: target, to: &output) }
      }
    },
    .text("path_segment", parameters: ["index"], reads: [.requestHeaderNamed(":path")]) {
      call, output throws(TemplateError) in
      let index = try call.integer(0)
      try withTarget(&call) { target in appendSegment(index, of: target, to: &output) }
    },
  ]

  /// Lends the request's target. Counts the look-up, and of the target half of a step a byte.
  private static func withTarget(
    _ call: inout Function.Call, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(TemplateError) {
    guard let scope = HostFunctions.scope(call.context) else { return }
    try call.charge(scope.stepsOfLookup())
    var length = 0
    var isFirst = true
    scope.forEachRequestValue(of: ":path") { target in
      if isFirst { body(target) }
      isFirst = false
      length &+= target.count
    }
    try call.charge(length / 2)
  }

  static func appendParameter(
    _ name: UnsafeRawBufferPointer, of target: UnsafeRawBufferPointer, to output: inout [UInt8]
  ) {
    guard let question = target.firstIndex(of: UInt8(ascii: "?")) else { return }
    let query = target[(question + 1)...].prefix { $0 != UInt8(ascii: "#") }
    for parameter in query.split(separator: UInt8(ascii: "&")) {
      let equals = parameter.firstIndex(of: UInt8(ascii: "=")) ?? parameter.endIndex
      var decoded: [UInt8] = []
      PercentEncoding.appendDecoded(parameter[..<equals], plusIsSpace: true, to: &decoded)
      guard decoded.elementsEqual(name) else { continue }
      PercentEncoding.appendDecoded(parameter[equals...].dropFirst(), plusIsSpace: true, to: &output)
      return
    }
  }

  static func appendSegment(_ index: Int, of target: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    let slash = UInt8(ascii: "/")
    var path = target.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") }
    if path.first == slash { path.removeFirst() }
    if path.last == slash { path.removeLast() }
    if path.isEmpty { return }
    let segments = path.split(separator: slash, omittingEmptySubsequences: false)
    let position = index < 0 ? index &+ segments.count : index
    guard segments.indices.contains(position) else { return }
    PercentEncoding.appendDecoded(segments[position], plusIsSpace: false, to: &output)
  }
}

/// RFC 3986 section 2.1.
enum PercentEncoding {
  /// A percent sign without two hexadecimal digits stays as it is.
  static func appendDecoded(_ text: some Sequence<UInt8>, plusIsSpace: Bool, to output: inout [UInt8]) {
    var pending: [UInt8] = []
    for byte in text {
      if pending.isEmpty {
        if byte == UInt8(ascii: "%") {
          pending.append(byte)
        } else {
          output.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        }
        continue
      }
      guard let low = hexadecimal(byte) else {
        output.append(contentsOf: pending)
        pending.removeAll()
        if byte == UInt8(ascii: "%") {
          pending.append(byte)
        } else {
          output.append(plusIsSpace && byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
        }
        continue
      }
      if pending.count == 1 {
        pending.append(byte)
        continue
      }
      output.append((hexadecimal(pending[1]) ?? 0) << 4 | low)
      pending.removeAll()
    }
    output.append(contentsOf: pending)
  }

  static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    case UInt8(ascii: "A")...UInt8(ascii: "F"): byte - UInt8(ascii: "A") + 10
    default: nil
    }
  }
}
