/// Header lines in their order, repeated names and all. Names match without regard to case.
struct Headers: Sendable, Equatable, ExpressibleByDictionaryLiteral, CustomStringConvertible {
  struct Line: Sendable, Equatable {
    var name: String
    var value: String
  }

  var lines: [Line] = []

  init(_ lines: [Line] = []) { self.lines = lines }

  init(dictionaryLiteral elements: (String, String)...) {
    lines = elements.map { Line(name: $0.0, value: $0.1) }
  }

  /// All values of a name in their order; empty when there is none.
  subscript(name: String) -> [String] {
    lines.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }

  var names: [String] { lines.map { $0.name.lowercased() } }

  mutating func add(_ name: String, _ value: String) {
    lines.append(Line(name: name, value: value))
  }

  var description: String { lines.map { "\($0.name): \($0.value)" }.joined(separator: "\n") }
}
