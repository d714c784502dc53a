/// What `{{ }}` does to values before they are written.
enum Escaping {
  case none, html, json

  /// The mode that `{% autoescape value %}` asks for.
  init(_ value: Value) throws(Fault) {
    switch value {
    case _ where value.isString("html"): self = .html
    case _ where value.isString("json"): self = .json
    case _ where value.isString("none"): self = .none
    case _ where value.kind == .string || value.kind == .sequence || value.kind == .map:
      throw .invalid("`autoescape` takes true, false, \"html\", \"json\" or \"none\"")
    default: self = value.isTrue ? .html : .none
    }
  }

  func append(_ value: Value, limits: TemplateLimits, to output: inout [UInt8]) throws(Fault) {
    if case .safeString(let bytes) = value {
      output.append(contentsOf: bytes)
      return
    }
    switch self {
    case .none: value.appendText(to: &output)
    case .json: try JSONText.append(value, limits: limits, to: &output)
    case .html:
      switch value.kind {
      case .undefined, .none, .bool, .number: value.appendText(to: &output)
      default: Self.appendHTML(value.textBytes, to: &output)
      }
    }
  }

  static func appendHTML(_ bytes: [UInt8], to output: inout [UInt8]) {
    output.reserveCapacity(output.count + bytes.count)
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "<"): output.append("&lt;")
      case UInt8(ascii: ">"): output.append("&gt;")
      case UInt8(ascii: "&"): output.append("&amp;")
      case UInt8(ascii: "\""): output.append("&quot;")
      case UInt8(ascii: "'"): output.append("&#x27;")
      case UInt8(ascii: "/"): output.append("&#x2f;")
      default: output.append(byte)
      }
    }
  }
}

extension Value {
  func isString(_ text: StaticString) -> Bool {
    isString(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }
}
