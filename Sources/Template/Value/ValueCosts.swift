import JSON

/// What work costs, in steps, where it is more than a step for each element or each 16 bytes. A step stands for some ten
/// nanoseconds; `make bench-steps` measures which way of using up a budget takes the longest.
enum StepCosts {
  /// A call of a built-in, its arguments and its result besides.
  static let call = 6
  /// A call of a function of the host.
  static let hostCall = 8
  /// A list or a map that is made, beside others.
  static let list = 8
  /// An entry that is put into a map.
  static let entry = 20
  /// A key of the body that is compared with those beside it.
  static let key = 4
  /// Applying a filter or test to one of many elements.
  static let application = 20
  /// An element of a list or a map that is printed or written as JSON.
  static let printed = 12
  /// 16 bytes of text in a list or map that is printed, of which nobody knows how much has escapes.
  static let printedText = 2
  /// A float, or an integer beyond 64 bits, that is printed.
  static let printedNumber = 16
  /// An element of a list or a map that is compared or hashed.
  static let compared = 10
  /// A part that a text is cut into, or a place where something is put in.
  static let part = 6
  /// 16 bytes that something is looked for in.
  static let searched = 4
  /// 16 bytes whose characters are looked at: plain ones, and those that are not ASCII.
  static let characters = 12
  static let otherCharacters = 64
  /// 16 bytes of a text that is cut by the count of its characters: plain ones, and others.
  static let counted = 4
  static let otherCounted = 24
  /// The same where letters are changed, and each becomes a text.
  static let letters = 3
  static let otherLetters = 64
  static let titleLetters = 64
}

extension Value {
  /// Of a string.
  var isASCII: Bool { withStringBytes { $0.allSatisfy { $0 < 0x80 } } ?? true }

  /// What it costs to count its characters, or to walk over it.
  var stepsOfCounting: Int {
    guard kind == .string else { return weight }
    return weight &* (isASCII ? StepCosts.counted : StepCosts.otherCounted)
  }

  /// What it costs to print it.
  var stepsOfPrinting: Int {
    switch self {
    case .string, .safeString, .undefined, .none, .bool, .int: weight
    case .float, .wide: StepCosts.printedNumber
    case .list(let list): list.holdsObjects ? weight &* StepCosts.printed : list.stepsOfPrinting
    case .map(let map): map.holdsObjects ? weight &* StepCosts.printed : map.stepsOfPrinting
    case .object: weight &* StepCosts.printed
    case .json(let json):
      switch json.kind {
      case .null, .true, .false, .number: weight
      case .string: json.hasEscapes ? weight &+ json.escapeCount : weight
      case .array, .object:
        json.textWeight &+ (weight &- json.textWeight) &* StepCosts.printed
          &+ json.escapeCount
      }
    }
  }

  /// What it costs to compare it with something or to make a key of it.
  var stepsOfComparing: Int {
    switch self {
    case .string, .safeString, .undefined, .none, .bool, .int, .float, .wide: weight
    case .list, .map: weight &* StepCosts.compared
    // Only itself is equal to it, but that a map may be, too.
    case .object: weight &* StepCosts.compared
    case .json(let json):
      switch json.kind {
      case .null, .true, .false: 1
      case .string: json.hasEscapes ? weight &* 8 : weight
      case .number, .array, .object: weight &* StepCosts.compared
      }
    }
  }
}
