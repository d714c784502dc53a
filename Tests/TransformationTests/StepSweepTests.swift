import Foundation
import JSON
import Testing

@testable import Template
@testable import Transformation

/// What everything that has a name charges for the worst that it can be given: `Tests/Fixtures/steps.txt` tells what that
/// is, and how many steps more each 16 bytes or each element more must cost. `make bench-steps` measures the time.
@Suite("Steps of all filters, tests, functions and methods")
struct StepSweepTests {
  /// A line of the file.
  struct Row: Sendable, CustomTestStringConvertible {
    let kind: String
    let name: String
    /// What the text is made of.
    let piece: String
    let steps: Int
    let expression: String

    var testDescription: String { "\(kind) \(name): \(expression)" }

    init?(_ line: Substring) {
      let parts = line.split(separator: " ", maxSplits: 4)
      guard parts.count == 5, let steps = Int(parts[3]) else { return nil }
      kind = String(parts[0])
      name = String(parts[1])
      let scalar = parts[2].hasPrefix("U+") ? UInt32(parts[2].dropFirst(2), radix: 16) : nil
      piece = scalar.flatMap(Unicode.Scalar.init).map { String($0) } ?? String(parts[2])
      self.steps = steps
      expression = String(parts[4])
    }
  }

  private static let lines: [Substring] = {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let text = try? String(contentsOf: tests.appending(path: "Fixtures/steps.txt"), encoding: .utf8)
    return (text ?? "").split(separator: "\n").filter { !$0.hasPrefix("#") }
  }()
  static let rows = lines.compactMap(Row.init)

  private static let tables: [(kind: String, names: [String])] = [
    ("filter", Builtins.filters.names), ("test", Builtins.tests.names),
    ("function", Builtins.functions.names + HostFunctions.table.functions.map(\.name)),
    ("string", Methods.ofStrings.names), ("list", Methods.ofLists.names), ("map", Methods.ofMaps.names),
  ]

  @Test("each has a worst input, and nothing else has")
  func complete() {
    #expect(Self.lines.count == Self.rows.count)
    for (kind, names) in Self.tables {
      let swept = Set(Self.rows.filter { $0.kind == kind }.map(\.name))
      #expect(swept == Set(names), "\(kind): \(swept.symmetricDifference(names).sorted())")
    }
  }

  @Test("charges at least so much more for an input that is larger", arguments: rows)
  func growth(_ row: Row) throws {
    let (small, large) = (256, 1024)
    let more = try steps(row, units: large) - steps(row, units: small)
    #expect(more >= row.steps * (large - small), "\(more / (large - small)) steps")
  }

  /// What asking for it takes, on inputs of so many elements, or 16 times as many bytes.
  private func steps(_ row: Row, units: Int) throws -> Int {
    func list(_ element: (Int) -> String) -> String { (0..<units).map(element).joined(separator: ", ") }
    let text = String(repeating: row.piece, count: units * 16 / row.piece.utf8.count)
    let body = """
      {"s": "\(text)", "numbers": [\(list { "\($0)" })], "floats": [\(list { "\($0).5" })],
      "strings": [\(list { "\"\($0)\"" })], "maps": [\(list { "{\"k1\": \($0)}" })],
      "wide": {\(list { "\"k\($0)\": \($0)" })}, "json": "\(String(repeating: "[1],", count: units * 4))"}
      """
    let headers = [
      ("x-long", text), ("cookie", (0..<units).map { "c\($0)=aaaaaaaaaaa" }.joined(separator: "; ")),
      (
        ":path",
        String(repeating: "/a%41", count: units * 3) + "?"
          + (0..<units).map { "q\($0)=a%41" }.joined(separator: "&")
      ),
    ]
    let worst = try #require(WorstBody(body, headers: headers))
    let (used, outcome) = worst.stepsUsed("{% if \(row.expression) %}{% endif %}")
    // What charges nothing may fail, too: there is no secret, for one.
    #expect(outcome == "" || row.steps == 0, "\(outcome)")
    return used
  }
}
