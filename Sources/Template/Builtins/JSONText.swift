import JSON

/// Writes values as JSON, numbers of the body in their own spelling.
enum JSONText {
  /// Appends a text of at most `limits.stringBytesMax`. `indent`: spaces a level, nil for one line.
  static func append(
    _ value: Value, indent: Int? = nil, limits: TemplateLimits, to output: inout [UInt8]
  ) throws(Fault) {
    try Writer(indent: indent, start: output.count, limits: limits).append(value, level: 0, to: &output)
  }
}

private struct Writer {
  /// Of lists and maps, and once more of the body's.
  private static let levelsMax = 2 * TemplateLimits.valueDepthMax

  let indent: Int?
  let start: Int
  let limits: TemplateLimits

  func append(_ value: Value, level: Int, to output: inout [UInt8]) throws(Fault) {
    // Deeper than any value is only what loops hold beside them.
    guard level <= Self.levelsMax else { throw .limit("loops that hold loops cannot be written as JSON") }
    switch value {
    case .undefined, .none: output.append("null")
    case .bool(let value): output.append(value ? "true" : "false")
    case .int(let value): output.append(decimal: value)
    case .wide(let value): output.append(text: value.description)
    case .float(let value): FloatText.append(value, style: .json, to: &output)
    case .string(let bytes), .safeString(let bytes): JSONWriter.appendString(bytes, to: &output)
    case .list(let list): try appendElements(list.elements, level, &output)
    case .map: try appendMembers(value, level, &output)
    case .object(let object):
      if object.kind == .map {
        try appendMembers(value, level, &output)
      } else {
        JSONWriter.appendString(value.textBytes, to: &output)
      }
    case .json(let json):
      switch json.kind {
      case .null, .true, .false, .number: output.append(contentsOf: json.source)
      case .string: JSONWriter.appendString(json.text, to: &output)
      case .array: try appendElements(value.elements ?? [], level, &output)
      case .object: try appendMembers(value, level, &output)
      }
    }
    try limits.checkLength(output.count &- start)
  }

  private func appendElements(
    _ elements: [Value], _ level: Int, _ output: inout [UInt8]
  ) throws(Fault) {
    output.append(UInt8(ascii: "["))
    for (position, element) in elements.enumerated() {
      if position > 0 { output.append(UInt8(ascii: ",")) }
      appendLine(level + 1, &output)
      try append(element, level: level + 1, to: &output)
    }
    if !elements.isEmpty { appendLine(level, &output) }
    output.append(UInt8(ascii: "]"))
  }

  private func appendMembers(_ value: Value, _ level: Int, _ output: inout [UInt8]) throws(Fault) {
    output.append(UInt8(ascii: "{"))
    var isFirst = true
    try value.forEachPair { (key, value) throws(Fault) in
      if !isFirst { output.append(UInt8(ascii: ",")) }
      isFirst = false
      appendLine(level + 1, &output)
      switch key.kind {
      case .string, .number, .bool: JSONWriter.appendString(key.textBytes, to: &output)
      default: throw .invalid("a value of type \(key.kind.name) cannot be a key in JSON")
      }
      output.append(UInt8(ascii: ":"))
      if indent != nil { output.append(UInt8(ascii: " ")) }
      try append(value, level: level + 1, to: &output)
    }
    if !isFirst { appendLine(level, &output) }
    output.append(UInt8(ascii: "}"))
  }

  private func appendLine(_ level: Int, _ output: inout [UInt8]) {
    guard let indent else { return }
    output.append(UInt8(ascii: "\n"))
    output.append(contentsOf: repeatElement(UInt8(ascii: " "), count: indent * level))
  }
}
