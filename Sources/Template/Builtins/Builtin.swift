/// A filter, test, function or method of the language itself.
final class Builtin: Sendable {
  enum Role: String, Sendable { case filter, test, function, method }

  /// What it does with each of its arguments, at most.
  enum Reading: Sendable {
    /// Looks what kind it is.
    case glanced
    case walked
    /// Takes it as what it prints.
    case printed
    case compared

    func steps(_ value: Value) -> Int {
      switch self {
      case .glanced: 1
      case .walked: value.weight
      case .printed: value.stepsOfPrinting
      case .compared: value.stepsOfComparing
      }
    }
  }

  let name: String
  let role: Role
  /// How many positional arguments there must be, and may be; nil for any number. The input of a filter or test
  /// counts.
  let minimum: Int
  let maximum: Int?
  /// Names of keyword arguments; `nil` for any.
  let keywords: [String]?
  let reading: Reading
  let body: @Sendable (inout BuiltinCall) throws(Fault) -> Value

  init(
    name: String, role: Role, minimum: Int, maximum: Int?, keywords: [String]?, reading: Reading = .walked,
    body: @escaping @Sendable (inout BuiltinCall) throws(Fault) -> Value
  ) {
    self.name = name
    self.role = role
    self.minimum = minimum
    self.maximum = maximum
    self.keywords = keywords
    self.reading = reading
    self.body = body
  }

  /// Refuses arguments of the wrong number or name. `count` has the input of a filter or test in it.
  func check(count: Int, keywords given: some Sequence<String>) throws(Fault) {
    let input = role == .function ? 0 : 1
    // By name it was given, which takes none.
    if count < minimum, let keyword = given.first(where: { keywords?.contains($0) == false }), keywords == []
    {
      throw .arguments("the \(role) `\(name)` takes no named arguments: give `\(keyword)` without its name")
    }
    if count < minimum {
      throw .arguments("the \(role) `\(name)` needs \(Self.counted(minimum - input)), not \(count - input)")
    }
    if let maximum, count > maximum {
      let allowed = maximum == input ? "no arguments" : Self.counted(maximum - input) + " at most"
      throw .arguments("the \(role) `\(name)` takes \(allowed), not \(count - input)")
    }
    guard let keywords else { return }
    for keyword in given where !keywords.contains(keyword) {
      let suggestion = NearestName.suggestion(for: keyword, among: keywords)
      throw .arguments("the \(role) `\(name)` has no keyword argument `\(keyword)`\(suggestion)")
    }
  }

  func check(count: Int, keywords: MapValue?) throws(Fault) {
    try check(
      count: count,
      keywords: (keywords?.entries ?? []).map { String(decoding: $0.key.textBytes, as: UTF8.self) })
  }

  static func counted(_ count: Int) -> String { count == 1 ? "1 argument" : "\(count) arguments" }
}

/// Built-ins by name.
struct BuiltinTable: Sendable {
  let entries: [Builtin]
  private let positions: [String: Int]

  init(_ entries: [Builtin]) {
    self.entries = entries
    positions = Dictionary(zip(entries.map(\.name), entries.indices), uniquingKeysWith: { first, _ in first })
  }

  func position(of name: String) -> Int? { positions[name] }
  var names: [String] { entries.map(\.name) }
}

/// All of the language's own filters, tests and functions.
enum Builtins {
  static let filters = BuiltinTable(
    [
      filterTable(of: stringFilters, reading: .printed), filterTable(of: numberFilters),
      filterTable(of: sequenceFilters), filterTable(of: selectionFilters), filterTable(of: mapFilters),
    ].flatMap { $0 })
  static let tests = BuiltinTable(testTable)
  static let functions = BuiltinTable(functionTable)

  /// A row of a table of filters. The counts are of arguments behind the input.
  typealias FilterRow = (
    names: [String], arguments: ClosedRange<Int>, keywords: [String]?,
    body: @Sendable (inout BuiltinCall) throws(Fault) -> Value
  )

  /// As many arguments as a call may have.
  static let many = TemplateLimits.standard.argumentsMax

  private static func filterTable(of rows: [FilterRow], reading: Builtin.Reading = .walked) -> [Builtin] {
    rows.flatMap { row in
      row.names.map { name in
        Builtin(
          name: name, role: .filter, minimum: row.arguments.lowerBound + 1,
          maximum: row.arguments.upperBound + 1,
          keywords: row.keywords, reading: reading, body: row.body)
      }
    }
  }
}
