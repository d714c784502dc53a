extension Builtins {
  /// Filters on text. What is no string is taken as what it prints, but for those that say otherwise.
  static let stringFilters: [FilterRow] = [
    (["upper"], 0...0, [], upper),
    (["lower"], 0...0, [], lower),
    (["title"], 0...0, [], title),
    (["capitalize"], 0...0, [], capitalize),
    (["trim"], 0...1, [], trim),
    (["replace"], 2...2, [], replace),
    (["split"], 0...2, [], split),
    (["lines"], 0...0, [], lines),
    (["indent"], 1...3, [], indent),
    (["format"], 0...many, nil, { (call) throws(Fault) in try FormatString.format(&call) }),
    (
      ["string"], 0...0, [],
      { call in call.input.kind == .string ? call.input : .string(call.input.textBytes) }
    ),
    (["escape", "e"], 0...0, [], escape),
    (["safe"], 0...0, [], { call in .safeString(call.input.textBytes) }),
    (["urlencode"], 0...0, [], urlencode),
    (["tojson"], 0...1, ["indent"], tojson),
    (["pprint"], 0...0, [], pprint),
  ]

  static func upper(_ call: inout BuiltinCall) throws(Fault) -> Value {
    try call.chargeLetters(of: call.input)
    return .string(LetterCase.upper(call.input.textBytes))
  }

  static func lower(_ call: inout BuiltinCall) throws(Fault) -> Value {
    try call.chargeLetters(of: call.input)
    return .string(LetterCase.lower(call.input.textBytes))
  }

  static func title(_ call: inout BuiltinCall) throws(Fault) -> Value {
    try call.charge(call.input.weight, times: StepCosts.titleLetters)
    return .string(LetterCase.title(call.input.textBytes))
  }

  static func capitalize(_ call: inout BuiltinCall) throws(Fault) -> Value {
    try call.chargeLetters(of: call.input)
    return .string(LetterCase.capitalized(call.input.textBytes))
  }

  private static func pprint(_ call: inout BuiltinCall) throws(Fault) -> Value {
    try call.chargeReading()
    let result = printed(call.input)
    try call.charge(result.count >> 1)
    return .string(result)
  }

  /// `trim("xy")` takes those characters off both ends, `trim` white space.
  private static func trim(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let bytes = call.input.textBytes
    guard let set = call.optional(1)?.textBytes else {
      let range = Text.trimmed(bytes, in: bytes.indices, where: Text.isWhitespace)
      try call.chargeTrimmed(bytes.count - range.count)
      return .string(Array(bytes[range]))
    }
    try call.charge(set.count, times: 3)
    var scalars: Set<Unicode.Scalar> = []
    Text.forEachScalar(in: set) { scalar, _ in
      if let scalar { scalars.insert(scalar) }
    }
    let range = Text.trimmed(bytes, in: bytes.indices) { $0.map { scalars.contains($0) } ?? false }
    try call.chargeTrimmed(bytes.count - range.count)
    return .string(Array(bytes[range]))
  }

  private static func replace(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let text = call.input.textBytes
    let (what, by) = (call.argument(1).textBytes, call.argument(2).textBytes)
    var result: [UInt8] = []
    if what.isEmpty { try call.chargeReading() }
    let work = try call.forEachPart(of: text, separatedBy: what) { (part, isLast) throws(Fault) in
      result.append(contentsOf: text[part])
      if !isLast { result.append(contentsOf: by) }
      try call.limits.checkLength(result.count)
    }
    try call.charge(work)
    return .string(result)
  }

  /// `split`, at white space; `split(separator, most)`.
  private static func split(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let text = try call.inputString()
    let most = try call.optionalInteger(2).flatMap { $0 < 0 ? nil : $0 } ?? .max
    var parts: [Value] = []
    guard let separator = call.optional(1) else {
      try call.chargeReading()
      for range in words(of: text, most: most) { parts.append(.string(Array(text[range]))) }
      return try .list(parts, isSequence: false)
    }
    guard let separator = separator.stringBytes else { throw call.wrong("argument 1", "a string", separator) }
    if separator.isEmpty { try call.chargeReading() }
    let work = try call.forEachPart(of: text, separatedBy: separator, most: most) { (part, _) throws(Fault) in
      parts.append(.string(Array(text[part])))
    }
    try call.charge(work)
    return try .list(parts, isSequence: false)
  }

  /// Runs without white space; after `most` of them the rest, white space at its end included.
  private static func words(of text: [UInt8], most: Int) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    Text.forEachScalar(in: text) { scalar, range in
      if words.count >= most, start != nil { return }
      if !Text.isWhitespace(scalar) {
        if start == nil { start = range.lowerBound }
      } else if let first = start {
        words.append(first..<range.lowerBound)
        start = nil
      }
    }
    if let start { words.append(start..<text.count) }
    return words
  }

  private static func lines(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let text = try call.inputString()
    var lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    if lines.last?.isEmpty == true { lines.removeLast() }
    try call.charge(lines.count, times: StepCosts.part)
    return try .list(
      lines.map { line in .string(Array(line.last == UInt8(ascii: "\r") ? line.dropLast() : line)) })
  }

  /// `indent(width, first, blank)`: the first line and blank lines only when asked.
  private static func indent(_ call: inout BuiltinCall) throws(Fault) -> Value {
    var text = call.input.textBytes
    if text.last == UInt8(ascii: "\n") { text.removeLast() }
    if text.last == UInt8(ascii: "\r") { text.removeLast() }
    let width = try call.size(1)
    let first = try call.optionalFlag(2) ?? false
    let blank = try call.optionalFlag(3) ?? false
    var result: [UInt8] = []
    let lines = text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    try call.charge(lines.count, times: StepCosts.part)
    for (number, line) in lines.enumerated() {
      if number > 0 { result.append(UInt8(ascii: "\n")) }
      if number == 0 ? first && (!line.isEmpty || blank) : !line.isEmpty || blank {
        try call.limits.checkLength(result.count, plus: width)
        result.append(contentsOf: repeatElement(UInt8(ascii: " "), count: width))
      }
      result.append(contentsOf: line)
    }
    return .string(result)
  }

  /// Escapes for HTML, or for JSON where that is what is escaped for.
  private static func escape(_ call: inout BuiltinCall) throws(Fault) -> Value {
    if case .safeString = call.input { return call.input }
    var result: [UInt8] = []
    try (call.escaping == .json ? Escaping.json : .html).append(
      call.input, limits: call.limits, to: &result)
    try call.charge(result.count >> 2)
    return .safeString(result)
  }

  /// Percent signs; a map becomes `a=1&b=2`, without what is none or undefined.
  private static func urlencode(_ call: inout BuiltinCall) throws(Fault) -> Value {
    var result: [UInt8] = []
    switch call.input.kind {
    case .undefined, .none: break
    case .map:
      call.input.forEachPair { key, value in
        if value.isUndefined || value.isNone { return }
        if !result.isEmpty { result.append(UInt8(ascii: "&")) }
        appendPercentEncoded(key.textBytes, to: &result)
        result.append(UInt8(ascii: "="))
        appendPercentEncoded(value.textBytes, to: &result)
      }
    default: appendPercentEncoded(call.input.textBytes, to: &result)
    }
    try call.charge(result.count >> 2)
    return .string(result)
  }

  private static func appendPercentEncoded(_ bytes: [UInt8], to output: inout [UInt8]) {
    let digits: StaticString = "0123456789ABCDEF"
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."), UInt8(ascii: "-"),
        UInt8(ascii: "_"):
        output.append(byte)
      default:
        output.append(UInt8(ascii: "%"))
        output.append(digits.utf8Start[Int(byte >> 4)])
        output.append(digits.utf8Start[Int(byte & 15)])
      }
    }
  }

  /// JSON that is safe inside of HTML too: `<`, `>`, `&` and `'` are written as escapes.
  private static func tojson(_ call: inout BuiltinCall) throws(Fault) -> Value {
    var indent: Int?
    if let value = call.optional(1) ?? call.keyword("indent") {
      if case .bool(let isIndented) = value.native {
        indent = isIndented ? 2 : nil
      } else if let width = value.int, width >= 0, width <= 1000 {
        indent = width
      } else {
        throw call.wrong("the argument `indent`", "true, false, or a number of spaces up to 1000", value)
      }
    }
    var json: [UInt8] = []
    try JSONText.append(call.input, indent: indent, limits: call.limits, to: &json)
    let result = json.withUnsafeBytes { withoutMarkup($0) }
    try call.charge(result.count >> 3)
    return .safeString(result)
  }

  private static func withoutMarkup(_ json: UnsafeRawBufferPointer) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(json.count)
    var start = 0
    for (position, byte) in json.enumerated() {
      let escape: StaticString
      switch byte {
      case UInt8(ascii: "<"): escape = "\\u003c"
      case UInt8(ascii: ">"): escape = "\\u003e"
      case UInt8(ascii: "&"): escape = "\\u0026"
      case UInt8(ascii: "'"): escape = "\\u0027"
      default: continue
      }
      result.append(contentsOf: json[start..<position])
      result.append(escape)
      start = position &+ 1
    }
    result.append(contentsOf: json[start...])
    return result
  }

  /// A value as a programmer would write it, one element a line.
  static func printed(_ value: Value) -> [UInt8] {
    var printer = ValuePrinter(isIndented: true)
    printer.append(value)
    return printer.output
  }
}

extension BuiltinCall {
  /// The parts of a text between the places where the separator is; an empty separator is before and behind each
  /// character. At most `most` separators count. Returns what it took, in steps, to be charged.
  func forEachPart(
    of text: [UInt8], separatedBy separator: [UInt8], most: Int = .max,
    _ body: (_ part: Range<Int>, _ isLast: Bool) throws(Fault) -> Void
  ) throws(Fault) -> Int {
    var start = 0
    var found = 0
    var work = text.count >> 4 &* StepCosts.searched
    if separator.isEmpty {
      for boundary in Text.boundaries(text) where found < most {
        try body(start..<boundary, false)
        start = boundary
        found += 1
      }
      work &+= found &* StepCosts.part
    } else {
      try separator.withBytes { (needle) throws(Fault) in
        try text.withBytes { (haystack) throws(Fault) in
          let search = ByteSearch(needle)
          while found < most, let position = search.first(in: haystack, from: start) {
            try body(start..<position, false)
            start = position + needle.count
            found += 1
            work &+= StepCosts.part
            if work > stepsLeft { throw .tooManySteps(limits) }
          }
        }
      }
    }
    try body(start..<text.count, true)
    return work
  }
}
