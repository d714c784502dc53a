/// A compiled regular expression in the syntax of RE2, which Envoy uses too.
///
/// Matching takes time in proportion to the text's length times the pattern's size, whatever both are: the machine
/// walks over the text once with all possibilities at the same time. There are no back references and no look-around,
/// which cannot be had so.
final class RegularExpression: Sendable {
  let program: RegexProgram

  init(_ pattern: [UInt8]) throws(RegexError) {
    program = try RegexCompiler.compile(try RegexParser.parse(pattern))
  }

  /// The number of a group that is given by its number or its name; nil when there is no such group.
  func group(_ text: some Sequence<UInt8>) -> Int? {
    let name = String(decoding: Array(text), as: UTF8.self)
    if let number = Int(name) { return number >= 0 && number <= program.groupCount ? number : nil }
    return program.groupNames[name]
  }
}

/// What is wrong with a pattern.
struct RegexError: Error {
  let detail: String
  /// In characters (Unicode scalars) from the start of the pattern.
  let offset: Int

  static var tooLarge: RegexError {
    RegexError(
      detail: "the pattern is too large once its repetitions and classes are written out: more than"
        + " \(RegexLimits.instructionsMax) instructions", offset: 0)
  }
}

/// The bounds on patterns, which may come from a client. A pattern's memory and the time for each character of a text
/// grow with its program.
enum RegexLimits {
  static let patternBytesMax = 16 << 10
  /// Instructions of the program; `{m,n}` repeats them.
  static let instructionsMax = 4096
  /// What compiling one may take: its nodes, and what its classes are made of, in instructions.
  static let workMax = instructionsMax * 4
  /// How often `{m,n}` may ask for; RE2's limit.
  static let repetitionsMax = 1000
  /// The parser and the compiler recurse this deep.
  static let nestingDepthMax = 100
  static let groupsMax = 64
  /// Steps of the rendering's budget for one state that the machine visits: a state takes about 35 ns.
  static let stepsPerState = 3
  /// What a search costs before it begins, in steps: its lists are made.
  static let stepsPerSearch = 40
  /// The same for a node or an instruction of a pattern that is compiled, because a template computed it.
  static let stepsPerInstruction = 8
  /// Compiled patterns that are kept.
  static let patternsKept = 512
  /// Their nodes and instructions, about 40 bytes each, and what their classes are made of.
  static let workKept = 256 << 10
}
