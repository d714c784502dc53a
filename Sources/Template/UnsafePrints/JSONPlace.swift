/// Where in a JSON text a template's output has come to: only as much of JSON as tells strings from what is between them.
struct JSONPlace: Equatable {
  enum Context { case outside, string, escape }

  private(set) var context = Context.outside
  /// Something was written that is no white space.
  private(set) var hasBegun = false
  /// It began with `{` or `[`.
  private(set) var isJSON = false
  /// Between strings, it has what JSON has not.
  private(set) var isBroken = false

  var isInString: Bool { context != .outside }

  /// A value was printed, whatever it is.
  mutating func notePrint() {
    // What a value begins is that value's.
    hasBegun = true
    if context == .escape { context = .string }
  }

  mutating func read(_ text: [UInt8]) {
    var word: [UInt8] = []
    for byte in text {
      switch context {
      case .escape: context = .string
      case .string:
        if byte == UInt8(ascii: "\\") { context = .escape }
        if byte == UInt8(ascii: "\"") { context = .outside }
      case .outside:
        if Self.isLetter(byte) {
          word.append(byte)
        } else {
          finish(&word)
          readOutside(byte)
        }
      }
    }
    finish(&word)
  }

  private mutating func readOutside(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: " "), UInt8(ascii: "\n"), UInt8(ascii: "\r"), UInt8(ascii: "\t"): return
    case UInt8(ascii: "{"), UInt8(ascii: "["): if !hasBegun { isJSON = true }
    case UInt8(ascii: "\""): context = .string
    case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ":"), UInt8(ascii: "-"),
      UInt8(ascii: "+"), UInt8(ascii: "."), UInt8(ascii: "0")...UInt8(ascii: "9"):
      break
    default: isBroken = true
    }
    hasBegun = true
  }

  private mutating func finish(_ word: inout [UInt8]) {
    guard !word.isEmpty else { return }
    let isKnown = ["true", "false", "null", "e", "E"].contains { word.elementsEqual($0.utf8) }
    if !isKnown { isBroken = true }
    hasBegun = true
    word = []
  }

  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
