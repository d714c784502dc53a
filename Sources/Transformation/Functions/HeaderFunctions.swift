internal import Template

/// `header(name)` and `request_header(name)`: the value, or "". A repeated header is one list: its values joined
/// with `,`, and `cookie` with `; ` (RFC 9110 section 5.3, RFC 9113 section 8.2.3). Of `set-cookie`, which is no list, the
/// first.
///
/// `header_values(name)` and `request_header_values(name)`: the same values as a list, as they came.
enum HeaderFunctions {
  static let all: [Function] = [
    joined("header", ofRequest: false), joined("request_header", ofRequest: true),
    values("header_values", ofRequest: false), values("request_header_values", ofRequest: true),
  ]

  /// A header of many lines is as many values.
  private static let stepsOfValue = 6

  private static func joined(_ name: String, ofRequest: Bool) -> Function {
    .text(name, parameters: ["name"], reads: [ofRequest ? .requestHeader : .header]) {
      call, output throws(TemplateError) in
      guard let scope = HostFunctions.scope(call.context) else { return }
      try call.charge(scope.stepsOfLookup())
      var count = 0
      try withLowercasedName(&call) { name in
        scope.forEachValue(of: name, ofRequest: ofRequest) { value in
          count &+= 1
          if count > 1, !appendSeparator(of: name, to: &output) { return }
          output.append(contentsOf: value)
        }
      }
      try call.charge(count * stepsOfValue)
    }
  }

  private static func values(_ name: String, ofRequest: Bool) -> Function {
    Function(name, parameters: ["name"], reads: [ofRequest ? .requestHeader : .header]) {
      call throws(TemplateError) in
      var values: [Value] = []
      if let scope = HostFunctions.scope(call.context) {
        try call.charge(scope.stepsOfLookup())
        try withLowercasedName(&call) { name in
          scope.forEachValue(of: name, ofRequest: ofRequest) { values.append(.string(Array($0))) }
        }
      }
      try call.charge(values.count * stepsOfValue)
      return try call.list(values)
    }
  }

  private static func withLowercasedName(
    _ call: inout Function.Call, _ body: (UnsafeRawBufferPointer) -> Void
  ) throws(TemplateError) {
    try call.withText(0) { (name) throws(TemplateError) in
      if name.contains(where: { HeaderName.lowercase($0) != $0 }) {
        name.map(HeaderName.lowercase).withUnsafeBytes { body($0) }
      } else {
        body(name)
      }
    }
  }

  /// False where values cannot be joined.
  private static func appendSeparator(of name: UnsafeRawBufferPointer, to output: inout [UInt8]) -> Bool {
    guard let separator = HeaderRules.separator(of: name) else { return false }
    output.append(
      contentsOf: UnsafeBufferPointer(start: separator.utf8Start, count: separator.utf8CodeUnitCount))
    return true
  }
}

extension PhaseScope {
  /// Calls `body` with each value of a header, borrowed. `name` is in lower case. `ofRequest`: the request's header,
  /// in a response's templates too.
  func forEachValue(
    of name: UnsafeRawBufferPointer, ofRequest: Bool, _ body: (UnsafeRawBufferPointer) -> Void
  ) {
    let isOfRequest = ofRequest || direction == .request
    let name = isOfRequest ? HeaderRules.canonicalInRequest(name) : name
    if ofRequest, direction == .response {
      keptRequestHeaders.forEachValue(of: name, body)
      return
    }
    source?.forEachValue(of: name, body)
  }

  /// The same for a header of the request that is known by name.
  func forEachRequestValue(of name: StaticString, _ body: (UnsafeRawBufferPointer) -> Void) {
    forEachValue(
      of: UnsafeRawBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount), ofRequest: true, body)
  }
}
