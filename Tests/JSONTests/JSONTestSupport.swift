import JSON

/// The document of a text that the test expects to be valid.
func document(_ text: String, limits: JSONLimits = .standard) throws -> JSONDocument {
  try JSONDocument.index(owning: Array(text.utf8), limits: limits)
}

/// Why a text is refused; nil when it is not.
func refusal(_ text: [UInt8], limits: JSONLimits = .standard) -> JSONError? {
  do {
    _ = try JSONDocument.index(owning: text, limits: limits)
    return nil
  } catch {
    return error
  }
}

func refusal(_ text: String, limits: JSONLimits = .standard) -> JSONError? {
  refusal(Array(text.utf8), limits: limits)
}

extension JSONValue {
  /// A string's text.
  var text: String? { string.map { String(decoding: $0, as: UTF8.self) } }
  /// The spelling in the document.
  var spelling: String { String(decoding: source, as: UTF8.self) }
  var compact: String {
    var output: [UInt8] = []
    JSONWriter.appendCompact(self, to: &output)
    return String(decoding: output, as: UTF8.self)
  }
  var pretty: String {
    var output: [UInt8] = []
    JSONWriter.appendPretty(self, to: &output)
    return String(decoding: output, as: UTF8.self)
  }
}

/// What a test writes with `JSONWriter`.
func written(_ write: (inout [UInt8]) -> Void) -> String {
  var output: [UInt8] = []
  write(&output)
  return String(decoding: output, as: UTF8.self)
}

/// The same numbers on every run (SplitMix64), so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ mixed &>> 30) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ mixed &>> 27) &* 0x94d0_49bb_1331_11eb
    return mixed ^ mixed &>> 31
  }
}
