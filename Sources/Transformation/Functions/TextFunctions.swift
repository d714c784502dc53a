internal import JSON
internal import Template

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// `env`, `substring`, `replace_with_string` and `raw_string`.
enum TextFunctions {
  static let all = [
    Function("env", parameters: ["name"]) { call throws(TemplateError) in
      try call.withText(0) { (name) throws(TemplateError) in .string(environmentVariable(Array(name))) }
    },
    Function("substring", parameters: ["s", "start", "len"], required: 2) { call throws(TemplateError) in
      let start = try call.integer(1)
      let length = call.argumentCount > 2 ? try call.integer(2) : nil
      return try call.withText(0) { (text) throws(TemplateError) in
        .string(substring(text, start: start, length: length))
      }
    },
    Function("replace_with_string", parameters: ["s", "what", "by"]) { call throws(TemplateError) in
      let by = try call.withText(2) { (by) throws(TemplateError) in Array(by) }
      return .string(try replace(&call, by: by))
    },
    Function(
      "raw_string", parameters: ["s"],
      emit: { call, output throws(TemplateError) in
        try call.withText(0) { (text) throws(TemplateError) in JSONWriter.appendEscaped(text, to: &output) }
      }
    ) { call throws(TemplateError) in
      var output: [UInt8] = []
      try call.withText(0) { (text) throws(TemplateError) in JSONWriter.appendEscaped(text, to: &output) }
      return .string(output)
    },
  ]

  /// Every occurrence of argument 1 in argument 0 replaced.
  static func replace(_ call: inout Function.Call, by: [UInt8]) throws(TemplateError) -> [UInt8] {
    let what = try call.withText(1) { (what) throws(TemplateError) in Array(what) }
    return try call.withText(0) { (text) throws(TemplateError) in replace(text, what, by: by) }
  }

  /// From left to right, without overlaps. An empty `what` occurs nowhere.
  static func replace(_ text: UnsafeRawBufferPointer, _ what: [UInt8], by: [UInt8]) -> [UInt8] {
    guard let first = what.first, what.count <= text.count else { return Array(text) }
    var output: [UInt8] = []
    output.reserveCapacity(text.count)
    var position = 0
    while position < text.count {
      if text[position] == first, position + what.count <= text.count,
        text[position..<position + what.count].elementsEqual(what)
      {
        output.append(contentsOf: by)
        position += what.count
      } else {
        output.append(text[position])
        position += 1
      }
    }
    return output
  }

  /// In characters (Unicode scalars), never inside one. A negative `start` is 0, a negative or absent `length` is all
  /// that is left.
  static func substring(_ text: UnsafeRawBufferPointer, start: Int, length: Int?) -> [UInt8] {
    let from = byteOffset(of: max(0, start), in: text, from: 0)
    guard let length, length >= 0 else { return Array(text[from...]) }
    let to = byteOffset(of: length, in: text, from: from)
    return Array(text[from..<to])
  }

  /// Where the character number `scalar`, counted from `from`, begins; the end of the text when there are fewer.
  private static func byteOffset(of scalar: Int, in text: UnsafeRawBufferPointer, from: Int) -> Int {
    var position = from
    var left = scalar
    while left > 0, position < text.count {
      position += 1
      while position < text.count, text[position] & 0xC0 == 0x80 { position += 1 }
      left -= 1
    }
    return position
  }

  private static func environmentVariable(_ name: [UInt8]) -> [UInt8] {
    guard !name.contains(0) else { return [] }
    return (name + [0]).withUnsafeBytes { bytes in
      guard let name = bytes.baseAddress?.assumingMemoryBound(to: CChar.self), let value = getenv(name) else {
        return []
      }
      return Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
    }
  }
}
