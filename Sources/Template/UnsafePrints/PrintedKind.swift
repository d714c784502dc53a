internal import JSON

/// What is known of the text that a value prints.
struct PrintedKind: OptionSet {
  let rawValue: UInt8

  /// It is a JSON value.
  static let json = PrintedKind(rawValue: 1)
  /// It ends no JSON string that it stands in, and is no fault in it.
  static let inner = PrintedKind(rawValue: 2)
  /// Each part of it is so, too, and what letters become in upper or lower case.
  static let plain = PrintedKind(rawValue: 4)

  /// As JSON it has no quotes.
  static let unquoted = PrintedKind(rawValue: 8)

  static let unknown: PrintedKind = []
  /// Digits, letters and what else means nothing to JSON.
  static let word: PrintedKind = [.inner, .plain]
  /// A number or a boolean.
  static let number: PrintedKind = [.json, .inner, .plain, .unquoted]
  /// Whoever wrote the configuration gave it.
  static let trusted: PrintedKind = [.json, .inner, .plain]

}

extension PrintedKind {
  /// Of a value that stands in the template.
  init(_ value: Value) {
    var text: [UInt8] = []
    value.appendText(to: &text)
    let isPlain = !text.contains { $0 < 0x20 || $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "\\") }
    self = isPlain ? .word : .unknown
    guard text.withUnsafeBytes({ JSONDocument.fault(in: $0) }) == nil else { return }
    insert(value.kind == .number || value.kind == .bool ? [.json, .unquoted] : .json)
  }
}

/// The same of a value and of the elements that it has, if it is a list.
struct PrintedValue {
  var kind: PrintedKind
  var elements: PrintedKind

  static let unknown = PrintedValue(.unknown)

  init(_ kind: PrintedKind, elements: PrintedKind = .unknown) {
    self.kind = kind
    self.elements = elements
  }

  /// Of a value that stands in the template.
  init(constant: Value) {
    kind = PrintedKind(constant)
    elements = .unknown
    if case .list(let list) = constant {
      elements = list.elements.reduce(.number) { $0.intersection(PrintedKind($1)) }
    } else if kind.contains(.plain) {
      elements = .word
    }
  }

  /// One of two, and it is not known which.
  func or(_ other: PrintedValue) -> PrintedValue {
    PrintedValue(kind.intersection(other.kind), elements: elements.intersection(other.elements))
  }
}
