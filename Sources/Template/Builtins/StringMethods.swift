extension Methods {
  /// Places are counted in characters (Unicode scalars), as Python counts them.
  static let strings: [Row] = [
    ("upper", 0...0, [], Builtins.upper),
    ("lower", 0...0, [], Builtins.lower),
    (
      "title", 0...0, [],
      { (call) throws(Fault) in
        try call.charge(call.input.weight, times: StepCosts.titleLetters)
        return .string(LetterCase.titleAsInPython(call.input.textBytes))
      }
    ),
    (
      "capitalize", 0...0, [],
      { (call) throws(Fault) in
        try call.chargeLetters(of: call.input)
        return .string(LetterCase.capitalizedAsInPython(call.input.textBytes))
      }
    ),
    ("strip", 0...1, [], { (call) throws(Fault) in try strip(&call, start: true, end: true) }),
    ("lstrip", 0...1, [], { (call) throws(Fault) in try strip(&call, start: true, end: false) }),
    ("rstrip", 0...1, [], { (call) throws(Fault) in try strip(&call, start: false, end: true) }),
    ("removeprefix", 1...1, [], { (call) throws(Fault) in try remove(&call, atEnd: false) }),
    ("removesuffix", 1...1, [], { (call) throws(Fault) in try remove(&call, atEnd: true) }),
    ("replace", 2...3, ["count"], replace),
    ("split", 0...2, ["sep", "maxsplit"], { (call) throws(Fault) in try split(&call, fromEnd: false) }),
    ("rsplit", 0...2, ["sep", "maxsplit"], { (call) throws(Fault) in try split(&call, fromEnd: true) }),
    ("splitlines", 0...1, ["keepends"], splitlines),
    ("join", 1...1, [], join),
    ("startswith", 1...1, [], { (call) throws(Fault) in try affix(&call, atEnd: false) }),
    ("endswith", 1...1, [], { (call) throws(Fault) in try affix(&call, atEnd: true) }),
    ("find", 1...1, [], { (call) throws(Fault) in .int(Int64(try place(&call, last: false) ?? -1)) }),
    ("rfind", 1...1, [], { (call) throws(Fault) in .int(Int64(try place(&call, last: true) ?? -1)) }),
    ("count", 1...1, [], count),
    ("format", 0...Builtins.many, nil, { (call) throws(Fault) in try BraceFormat.format(&call) }),
    (
      "isdigit", 0...0, [],
      { (call) throws(Fault) in try all(&call) { $0.isDigit } }
    ),
    (
      "isdecimal", 0...0, [],
      { (call) throws(Fault) in try all(&call) { $0.isDecimal } }
    ),
    ("isnumeric", 0...0, [], { (call) throws(Fault) in try all(&call) { $0.isNumeric } }),
    ("isalpha", 0...0, [], { (call) throws(Fault) in try all(&call) { $0.isAlphabetic } }),
    (
      "isalnum", 0...0, [],
      { (call) throws(Fault) in
        try all(&call) { $0.isAlphabetic || $0.isNumeric }
      }
    ),
    ("isspace", 0...0, [], { (call) throws(Fault) in try all(&call) { Text.isWhitespace($0) } }),
    ("isascii", 0...0, [], { call in .bool(Text.isASCII(call.input.textBytes)) }),
    ("isupper", 0...0, [], { (call) throws(Fault) in try isCased(&call) { !$0.isLowercase } }),
    ("islower", 0...0, [], { (call) throws(Fault) in try isCased(&call) { !$0.isUppercase } }),
  ]

  // MARK: - Cutting

  private static func strip(_ call: inout BuiltinCall, start: Bool, end: Bool) throws(Fault) -> Value {
    let text = call.input.textBytes
    guard call.optional(1) != nil else {
      let range = Text.trimmed(text, in: text.indices, start: start, end: end, where: Text.isWhitespace)
      try call.chargeTrimmed(text.count - range.count)
      return .string(Array(text[range]))
    }
    var scalars: Set<Unicode.Scalar> = []
    try call.chargeCharacters(of: call.argument(1))
    Text.forEachScalar(in: try call.string(1)) { scalar, _ in
      if let scalar { scalars.insert(scalar) }
    }
    let range = Text.trimmed(text, in: text.indices, start: start, end: end) {
      $0.map { scalars.contains($0) } ?? false
    }
    try call.chargeTrimmed(text.count - range.count)
    return .string(Array(text[range]))
  }

  private static func remove(_ call: inout BuiltinCall, atEnd: Bool) throws(Fault) -> Value {
    let text = call.input.textBytes
    let affix = try call.string(1)
    guard has(text, affix, atEnd: atEnd) else { return .string(text) }
    return .string(Array(atEnd ? text.dropLast(affix.count) : text.dropFirst(affix.count)))
  }

  private static func has(_ text: [UInt8], _ affix: [UInt8], atEnd: Bool) -> Bool {
    text.count >= affix.count
      && (atEnd ? text.suffix(affix.count) : text.prefix(affix.count)).elementsEqual(affix)
  }

  /// `startswith("a")`, `startswith(["a", "b"])`
  private static func affix(_ call: inout BuiltinCall, atEnd: Bool) throws(Fault) -> Value {
    let text = call.input.textBytes
    let argument = call.argument(1)
    guard argument.kind == .sequence || argument.kind == .iterator else {
      return .bool(has(text, try call.string(1), atEnd: atEnd))
    }
    for element in argument.elements ?? [] {
      guard let affix = element.stringBytes else {
        throw call.wrong("an element of argument 1", "a string", element)
      }
      if has(text, affix, atEnd: atEnd) { return .bool(true) }
    }
    return .bool(false)
  }

  // MARK: - Parts

  private static func replace(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let text = call.input.textBytes
    let (what, by) = (try call.string(1), try call.string(2))
    let most = try call.most(3, "count")
    var result: [UInt8] = []
    if what.isEmpty { try call.chargeReading() }
    let work = try call.forEachPart(of: text, separatedBy: what, most: most) { (part, isLast) throws(Fault) in
      result.append(contentsOf: text[part])
      if !isLast { result.append(contentsOf: by) }
      try call.limits.checkLength(result.count)
    }
    try call.charge(work)
    return .string(result)
  }

  /// At white space, or at a separator; at most so many times, from the start or the end.
  private static func split(_ call: inout BuiltinCall, fromEnd: Bool) throws(Fault) -> Value {
    let text = call.input.textBytes
    let most = try call.most(2, "maxsplit")
    var parts: [Range<Int>] = []
    if call.optional(1) == nil, call.keyword("sep") == nil {
      try call.chargeReading()
      parts = words(of: text, most: most, fromEnd: fromEnd)
    } else {
      let separator = try call.optional(1) == nil ? call.keywordString("sep") ?? [] : call.string(1)
      if separator.isEmpty { throw .arguments("the separator of \(call.title) must not be empty") }
      let work = try call.forEachPart(of: text, separatedBy: separator, most: fromEnd ? .max : most) {
        (part, _) throws(Fault) in
        parts.append(part)
      }
      try call.charge(work)
      if fromEnd, parts.count - 1 > most {
        let joined = parts.count - most
        parts = [0..<parts[joined - 1].upperBound] + parts[joined...]
      }
    }
    return try .list(parts.map { .string(Array(text[$0])) })
  }

  private static func words(of text: [UInt8], most: Int, fromEnd: Bool) -> [Range<Int>] {
    var words: [Range<Int>] = []
    var start: Int?
    Text.forEachScalar(in: text) { scalar, range in
      if Text.isWhitespace(scalar) {
        if let first = start { words.append(first..<range.lowerBound) }
        start = nil
      } else if start == nil {
        start = range.lowerBound
      }
    }
    if let start { words.append(start..<text.count) }
    guard words.count > most else { return words }
    // The rest keeps its white space, but for the outer end.
    if fromEnd {
      let kept = words.suffix(most)
      return [0..<words[words.count - most - 1].upperBound] + kept
    }
    return words.prefix(most) + [words[most].lowerBound..<text.count]
  }

  private static func splitlines(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let text = call.input.textBytes
    let given = try call.optionalFlag(1)
    let named = try call.keywordFlag("keepends")
    let keepsEnds = given ?? named ?? false
    var lines: [Value] = []
    var start = 0
    while start < text.count {
      let end =
        text[start...].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? text.count
      var next = min(end + 1, text.count)
      if end < text.count, text[end] == UInt8(ascii: "\r"), next < text.count,
        text[next] == UInt8(ascii: "\n")
      {
        next += 1
      }
      try call.charge(StepCosts.part)
      lines.append(.string(Array(text[start..<(keepsEnds ? next : end)])))
      start = next
    }
    return try .list(lines)
  }

  private static func join(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let separator = call.input.textBytes
    guard let elements = try call.elements(of: call.argument(1)) else {
      throw call.wrong("argument 1", "something to loop over", call.argument(1))
    }
    var result: [UInt8] = []
    for (position, element) in elements.enumerated() {
      try call.charge(element.stepsOfPrinting &+ separator.count >> 4)
      if position > 0 { result.append(contentsOf: separator) }
      element.appendText(to: &result)
      try call.limits.checkLength(result.count)
    }
    return .string(result)
  }

  // MARK: - Looking

  /// Where the argument is, in characters from the start.
  private static func place(_ call: inout BuiltinCall, last: Bool) throws(Fault) -> Int? {
    let text = call.input.textBytes
    let what = try call.string(1)
    if what.count > text.count { return nil }
    try call.charge(text.count >> 4, times: StepCosts.searched)
    if what.isEmpty { return last ? text.withUnsafeBytes { Text.count($0) } : 0 }
    let reversed = last ? Array(what.reversed()) : what
    let searched = last ? Array(text.reversed()) : text
    let found = reversed.withUnsafeBytes { needle in
      searched.withUnsafeBytes { ByteSearch(needle).first(in: $0, from: 0) }
    }
    guard let found else { return nil }
    let offset = last ? text.count - found - what.count : found
    return text.withUnsafeBytes { Text.count(UnsafeRawBufferPointer(rebasing: $0[..<offset])) }
  }

  /// Without overlaps; nothing is before and behind each character.
  private static func count(_ call: inout BuiltinCall) throws(Fault) -> Value {
    var count: Int64 = -1
    let what = try call.string(1)
    if what.isEmpty { try call.chargeReading() }
    let work = try call.forEachPart(of: call.input.textBytes, separatedBy: what) { (_, _) throws(Fault) in
      count += 1
    }
    try call.charge(work)
    return .int(count)
  }

  private static func all(
    _ call: inout BuiltinCall, _ holds: (Unicode.Scalar) -> Bool
  ) throws(Fault) -> Value {
    try call.chargeReading()
    let text = call.input.textBytes
    var result = !text.isEmpty
    Text.forEachScalar(in: text) { scalar, _ in
      if !(scalar.map(holds) ?? false) { result = false }
    }
    return .bool(result)
  }

  /// There is a letter with a case, and it holds for all of those.
  private static func isCased(
    _ call: inout BuiltinCall, _ holds: (Unicode.Scalar) -> Bool
  ) throws(Fault) -> Value {
    try call.chargeReading()
    var isAny = false
    var result = true
    Text.forEachScalar(in: call.input.textBytes) { scalar, _ in
      guard let scalar, scalar.isLowercase || scalar.isUppercase else { return }
      isAny = true
      if !holds(scalar) { result = false }
    }
    return .bool(isAny && result)
  }
}

extension BuiltinCall {
  fileprivate func string(_ position: Int) throws(Fault) -> [UInt8] {
    guard let bytes = argument(position).stringBytes else {
      throw wrong("argument \(position)", "a string", argument(position))
    }
    return bytes
  }

  /// How often something may happen; without the argument, or below 0, without end.
  fileprivate func most(_ position: Int, _ name: String) throws(Fault) -> Int {
    if let most = try optionalInteger(position) { return most < 0 ? .max : most }
    guard let value = keyword(name) else { return .max }
    guard let most = value.int else { throw wrong("the argument `\(name)`", "a whole number", value) }
    return most < 0 ? .max : most
  }
}

/// The method `format`: `{}`, `{0}` and `{name}` in a text are arguments; `{{` and `}}` are braces.
enum BraceFormat {
  static func format(_ call: inout BuiltinCall) throws(Fault) -> Value {
    let text = call.input.textBytes
    try call.charge(text.count >> 2)
    let (open, close) = (UInt8(ascii: "{"), UInt8(ascii: "}"))
    var result: [UInt8] = []
    var next = 1
    var rest = text[...]
    while let byte = rest.popFirst() {
      guard byte == open || byte == close else {
        result.append(byte)
        continue
      }
      if rest.first == byte {
        rest.removeFirst()
        result.append(byte)
        continue
      }
      guard byte == open, let end = rest.firstIndex(of: close) else {
        throw .arguments("the text of \(call.title) has a single brace; a brace is written twice")
      }
      let name = String(decoding: rest[..<end], as: UTF8.self)
      rest = rest[(end + 1)...]
      let value = try argument(name, &next, call)
      try call.charge(value.stepsOfPrinting &+ StepCosts.part)
      value.appendText(to: &result)
      try call.limits.checkLength(result.count)
    }
    return .string(result)
  }

  private static func argument(_ name: String, _ next: inout Int, _ call: BuiltinCall) throws(Fault) -> Value
  {
    if name.isEmpty || Int(name) != nil {
      let (position, overflow) = name.isEmpty ? (next, false) : (Int(name) ?? 0).addingReportingOverflow(1)
      next += 1
      guard !overflow, position > 0, position < call.count else {
        throw .arguments("\(call.title) has fewer arguments than the text needs")
      }
      return call.argument(position)
    }
    if name.unicodeScalars.contains(where: { $0 == ":" || $0 == "!" || $0 == "." || $0 == "[" }) {
      throw .arguments(
        "\(call.title) knows `{}`, `{0}` and `{name}`; widths and precisions have the filter `format`")
    }
    guard call.hasKeyword(name), let value = call.keywordMap?.value(for: Value(name)) else {
      throw .arguments("\(call.title) has no argument `\(name)`")
    }
    return value
  }
}
