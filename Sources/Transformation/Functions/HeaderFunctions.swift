internal import Template

/// `header(name)` and `request_header(name)`: the value, or "". A repeated header is one list: its values joined
/// with `,`, and `cookie` with `; ` (RFC 9110 section 5.3, RFC 9113 section 8.2.3).
enum HeaderFunctions {
  static let all: [Function] = [
    .text("header", parameters: ["name"]) { call, output throws(TemplateError) in
      try append(&call, ofRequest: false, to: &output)
    },
    .text("request_header", parameters: ["name"]) { call, output throws(TemplateError) in
      try append(&call, ofRequest: true, to: &output)
    },
  ]

  private static func append(
    _ call: inout Function.Call, ofRequest: Bool, to output: inout [UInt8]
  ) throws(TemplateError) {
    guard let scope = HostFunctions.scope(call.context) else { return }
    try call.withText(0) { (name) throws(TemplateError) in
      if name.contains(where: { HeaderName.lowercase($0) != $0 }) {
        let lowercased = name.map(HeaderName.lowercase)
        lowercased.withUnsafeBytes { append($0, scope, ofRequest: ofRequest, to: &output) }
      } else {
        append(name, scope, ofRequest: ofRequest, to: &output)
      }
    }
  }

  private static func append(
    _ name: UnsafeRawBufferPointer, _ scope: PhaseScope, ofRequest: Bool, to output: inout [UInt8]
  ) {
    if ofRequest, scope.direction == .response {
      for (index, value) in scope.keptRequestHeaders.values(name).enumerated() {
        if index > 0 { appendSeparator(of: name, to: &output) }
        output.append(contentsOf: value)
      }
      return
    }
    guard let source = scope.source else { return }
    var count = 0
    var index = 0
    while let value = source.header(name, at: index, count: &count) {
      if index > 0 { appendSeparator(of: name, to: &output) }
      output.append(contentsOf: value)
      index += 1
      if index >= count { return }
    }
  }

  private static func appendSeparator(of name: UnsafeRawBufferPointer, to output: inout [UInt8]) {
    output.append(contentsOf: name.elementsEqual("cookie".utf8) ? "; ".utf8 : ",".utf8)
  }
}
