internal import JSON
internal import Template

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// `env`, `substring`, `replace_with_string`, `raw_string`, `trim` and `word_count`.
enum TextFunctions {
  static let all: [Function] = [
    .text("env", parameters: ["name", "required"], required: 1) { call, output throws(TemplateError) in
      // The environment is looked through.
      try call.charge(30)
      var isSet = false
      try call.withText(0) { (name) throws(TemplateError) in
        isSet = appendEnvironmentVariable(name, to: &output)
      }
      guard !isSet, call.argument(1).isTrue else { return }
      let name = String(decoding: try call.bytes(0), as: UTF8.self)
      throw call.error(.invalidOperation, "the environment variable `\(name)` is not set, and is required")
    },
    .text("substring", parameters: ["s", "start", "len"], required: 2, check: checkStart) {
      call, output throws(TemplateError) in
      let start = try call.integer(1)
      if start < 0 { throw call.error(.badArguments, negativeStart) }
      let length = call.argumentCount > 2 ? try call.integer(2) : nil
      var count = 0
      try call.withText(0) { (text) throws(TemplateError) in
        let part = substring(text, start: start, length: length)
        count = part.endIndex
        output.append(contentsOf: part)
      }
      try call.charge(count / 4)
    },
    .text("replace_with_string", parameters: ["s", "what", "by"]) { call, output throws(TemplateError) in
      let by = try call.withText(2) { (by) throws(TemplateError) in Array(by) }
      try replace(&call, by: by, to: &output)
    },
    .text("raw_string", parameters: ["s"]) { call, output throws(TemplateError) in
      let start = output.count
      try call.withText(0) { (text) throws(TemplateError) in JSONWriter.appendEscaped(text, to: &output) }
      try call.charge((output.count - start) / 4)
    },
    .text("trim", parameters: ["s"]) { call, output throws(TemplateError) in
      var trimmedCount = 0
      try call.withText(0) { (text) throws(TemplateError) in
        let rest = trimmed(text)
        trimmedCount = text.count - rest.count
        output.append(contentsOf: rest)
      }
      try call.charge(trimmedCount)
    },
    Function("word_count", parameters: ["s"]) { call throws(TemplateError) in
      let (words, bytes) = try call.withText(0) { (text) throws(TemplateError) in
        (wordCount(text), text.count)
      }
      try call.charge(bytes)
      return .int(Int64(words))
    },
  ]

  private static let stepsOfReplacement = 4

  private static let negativeStart = "the argument `start` of `substring` must not be negative"

  /// Asked when the template is compiled.
  @Sendable private static func checkStart(_ constants: [Value?]) -> String? {
    guard constants.count > 1, case .int(let start)? = constants[1], start < 0 else { return nil }
    return negativeStart
  }

  /// Without white space (Unicode's) at both ends.
  static func trimmed(_ text: UnsafeRawBufferPointer) -> Slice<UnsafeRawBufferPointer> {
    var start = 0
    while start < text.count {
      let (scalar, length) = UTF8Scalar.decode(text, at: start)
      guard UTF8Scalar.isWhitespace(scalar) else { break }
      start += length
    }
    var end = text.count
    while end > start {
      var last = end - 1
      while last > start, end - last < 4, text[last] & 0xC0 == 0x80 { last -= 1 }
      let (scalar, length) = UTF8Scalar.decode(text, at: last)
      guard last + length == end, UTF8Scalar.isWhitespace(scalar) else { break }
      end = last
    }
    return text[start..<end]
  }

  /// How many runs without white space.
  static func wordCount(_ text: UnsafeRawBufferPointer) -> Int {
    var count = 0
    var isInWord = false
    var position = 0
    while position < text.count {
      let (scalar, length) = UTF8Scalar.decode(text, at: position)
      position += length
      let isSpace = UTF8Scalar.isWhitespace(scalar)
      if !isSpace, !isInWord { count += 1 }
      isInWord = !isSpace
    }
    return count
  }

  /// Every occurrence of argument 1 in argument 0 replaced, from left to right, without overlaps. An empty argument 1
  /// occurs before each character and at the end, as it does for Rust's `str::replace`.
  static func replace(
    _ call: inout Function.Call, by: [UInt8], to output: inout [UInt8]
  ) throws(TemplateError) {
    let start = output.count
    var work = 0
    try replace(call, by: by, start, &work, to: &output)
    try call.charge(work)
  }

  /// Adds to `work` what it took, in steps.
  private static func replace(
    _ call: Function.Call, by: [UInt8], _ start: Int, _ work: inout Int, to output: inout [UInt8]
  ) throws(TemplateError) {
    let bytesMax = call.limits.stringBytesMax
    try call.withText(1) { (what) throws(TemplateError) in
      try call.withText(0) { (text) throws(TemplateError) in
        guard !what.isEmpty else { return try insert(call, by, text, start, &work, to: &output) }
        let search = ByteSearch(what)
        var copied = 0
        work = text.count / 4
        while let place = search.first(in: text, from: copied) {
          guard output.count - start + by.count + (place - copied) <= bytesMax else {
            throw call.stringTooLong
          }
          output.append(contentsOf: text[copied..<place])
          output.append(contentsOf: by)
          copied = place + what.count
          work += stepsOfReplacement
          guard work <= call.stepsLeft else { throw call.tooManySteps }
        }
        output.append(contentsOf: text[copied...])
      }
    }
  }

  /// Before each character, and at the end.
  private static func insert(
    _ call: Function.Call, _ by: [UInt8], _ text: UnsafeRawBufferPointer, _ start: Int, _ work: inout Int,
    to output: inout [UInt8]
  ) throws(TemplateError) {
    var position = 0
    work = text.count / 4
    while true {
      work += stepsOfReplacement
      guard work <= call.stepsLeft else { throw call.tooManySteps }
      guard output.count - start + by.count <= call.limits.stringBytesMax else { throw call.stringTooLong }
      output.append(contentsOf: by)
      guard position < text.count else { return }
      let next = byteOffset(of: 1, in: text, from: position)
      output.append(contentsOf: text[position..<next])
      position = next
    }
  }

  /// In characters (Unicode scalars), never inside one. A `length` that is absent, 0 or negative is all that is left.
  static func substring(
    _ text: UnsafeRawBufferPointer, start: Int, length: Int?
  ) -> Slice<UnsafeRawBufferPointer> {
    let from = byteOffset(of: start, in: text, from: 0)
    guard let length, length > 0 else { return text[from...] }
    return text[from..<byteOffset(of: length, in: text, from: from)]
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

  /// False when there is no such variable. An empty one is set.
  private static func appendEnvironmentVariable(
    _ name: UnsafeRawBufferPointer, to output: inout [UInt8]
  ) -> Bool {
    guard !name.contains(0) else { return false }
    return (Array(name) + [0]).withUnsafeBytes { bytes in
      guard let name = bytes.baseAddress?.assumingMemoryBound(to: CChar.self), let value = getenv(name) else {
        return false
      }
      output.append(contentsOf: UnsafeRawBufferPointer(start: value, count: strlen(value)))
      return true
    }
  }
}
