import Testing
import Transformation

/// docs/configuration.md has a row for each field, which begins with the sentence of `Fields.swift` and may go on.
@Suite("the documentation's fields are those of the code")
struct FieldTableTests {
  private typealias Field = (name: String, about: FieldDescription)

  private static let page = DocumentationPage.named("configuration")

  /// Which object a table has, by its heading.
  private static let tables: [(heading: String, path: [String])] = [
    ("One transformation", ["request"]), ("Failure policy", ["request", "failurePolicy"]),
    ("Limits", ["limits"]),
  ]

  private static func fields(at path: [String]) -> [Field] {
    ConfigurationObject.configuration.object(at: path)?.fields ?? []
  }

  /// Those of an object that has no table of its own stand in that of the object around it: `body.value`.
  private static func rows(at path: [String]) -> [Field] {
    fields(at: path).flatMap { field -> [Field] in
      let inner = path + [field.name]
      guard case .object = field.about.type, !tables.contains(where: { $0.path == inner }) else {
        return [field]
      }
      return rows(at: inner).map { ("\(field.name).\($0.name)", $0.about) }
    }
  }

  @Test("tables", arguments: tables.map(\.heading))
  func table(_ heading: String) throws {
    let path = try #require(Self.tables.first { $0.heading == heading }).path
    let table = Self.page.table(under: heading)
    let rows = Self.rows(at: path)
    #expect(table.map { $0[0] } == rows.map { "`\($0.name)`" })
    for (cells, field) in zip(table, rows) {
      #expect(cells[1].hasPrefix(field.about.sentence), "\(field.name)")
      for value in Self.values(of: field.about.type) {
        #expect(cells.dropFirst().joined(separator: " ").contains(value), "\(field.name)")
      }
    }
  }

  /// As the page spells them.
  private static func values(of type: FieldType) -> [String] {
    switch type {
    case .choice(let choices): choices.map { "`\($0)`" }
    case .status(let bounds): ["\(bounds.lowerBound)", "\(bounds.upperBound)"]
    case .number(let bounds): [grouped(bounds.upperBound)]
    default: []
    }
  }

  /// `1,000,000`
  private static func grouped(_ number: Int) -> String {
    let digits = Array(String(number))
    return String(
      digits.indices.flatMap { index in
        index > 0 && (digits.count - index) % 3 == 0 ? [",", digits[index]] : [digits[index]]
      })
  }

  @Test("the page names all others")
  func others() {
    let text = Self.page.fenced + Self.page.quoted.joined(separator: " ")
    let words = Set(text.matches(of: /\w+/).map { String($0.0) })
    for path in [
      [], ["request"], ["request", "set", "0"], ["request", "dynamicMetadata", "0"],
      ["request", "dynamicMetadata", "0", "value"],
    ] {
      let names = Self.fields(at: path).map(\.name)
      #expect(!names.isEmpty)
      #expect(Set(names).subtracting(words) == [])
    }
  }
}
