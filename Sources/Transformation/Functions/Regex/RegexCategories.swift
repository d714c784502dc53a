internal import Template

/// Unicode's general categories, as `\p{L}` and `\P{Nd}` name them.
struct RegexCategories: Sendable {
  private let mask: UInt32
  private let isNegated: Bool
  /// A scalar counts, too, when one that differs from it only in case does.
  let ignoresCase: Bool

  init(mask: UInt32, isNegated: Bool, ignoresCase: Bool) {
    self.mask = mask
    self.isNegated = isNegated
    self.ignoresCase = ignoresCase
  }

  func contains(_ scalar: UInt32) -> Bool { isAmong(scalar) != isNegated }

  private func isAmong(_ scalar: UInt32) -> Bool {
    if has(scalar) { return true }
    guard ignoresCase else { return false }
    var other = CaseFolding.next(scalar)
    while other != scalar {
      if has(other) { return true }
      other = CaseFolding.next(other)
    }
    return false
  }

  private func has(_ scalar: UInt32) -> Bool {
    guard let category = Unicode.Scalar(scalar)?.properties.generalCategory else { return false }
    return mask >> category.number & 1 == 1
  }
}

/// The groups that `\p{…}` knows: those of RE2.
enum UnicodeGroups {
  /// By `GeneralCategory.number`. What is not assigned has no name.
  private static let categories = [
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf",
    "Po",
    "Sm", "Sc", "Sk", "So", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co",
  ]

  static func group(_ name: String) -> RegexGroup? {
    if name == "Any" { return .ranges([0...RegexSet.last]) }
    var mask: UInt32 = 0
    for (number, category) in categories.enumerated()
    where category == name || category.prefix(1) == name { mask |= 1 << UInt32(number) }
    if mask != 0 { return .categories(mask) }
    return ScriptTable.ranges(name).map { .script($0) }
  }

  /// `; did you mean …?`, or nothing.
  static func suggestion(for name: String) -> String {
    NearestName.suggestion(for: name, among: ["Any"] + categories + ScriptTable.names)
  }
}

extension Unicode.GeneralCategory {
  fileprivate var number: UInt32 {
    switch self {
    case .uppercaseLetter: 0
    case .lowercaseLetter: 1
    case .titlecaseLetter: 2
    case .modifierLetter: 3
    case .otherLetter: 4
    case .nonspacingMark: 5
    case .spacingMark: 6
    case .enclosingMark: 7
    case .decimalNumber: 8
    case .letterNumber: 9
    case .otherNumber: 10
    case .connectorPunctuation: 11
    case .dashPunctuation: 12
    case .openPunctuation: 13
    case .closePunctuation: 14
    case .initialPunctuation: 15
    case .finalPunctuation: 16
    case .otherPunctuation: 17
    case .mathSymbol: 18
    case .currencySymbol: 19
    case .modifierSymbol: 20
    case .otherSymbol: 21
    case .spaceSeparator: 22
    case .lineSeparator: 23
    case .paragraphSeparator: 24
    case .control: 25
    case .format: 26
    case .surrogate: 27
    case .privateUse: 28
    case .unassigned: 29
    @unknown default: 29
    }
  }
}
