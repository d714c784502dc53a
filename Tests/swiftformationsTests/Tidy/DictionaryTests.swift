import Foundation
import Testing

@testable import Template
@testable import Transformation

/// The last words of each dictionary of the fuzzer are those that the code knows; `UPDATE_GOLDEN=1` writes them anew.
@Suite("the fuzzer's dictionaries have the names of the code")
struct DictionaryTests {
  private static let heading = "# Of the code: a test writes them with UPDATE_GOLDEN=1."

  @Test("fields and their choices")
  func configuration() throws {
    try check("configuration", Self.words(below: .object(.configuration)))
  }

  @Test(
    "functions, filters, tests, methods and what their arguments are called",
    arguments: ["template", "render"])
  func functions(_ name: String) throws {
    var words: [String] = []
    let builtins = [Builtins.filters, Builtins.tests, Builtins.functions]
    for builtin in (builtins + [Methods.ofStrings, Methods.ofLists, Methods.ofMaps]).flatMap(\.entries) {
      words.append(builtin.name)
      words += builtin.keywords ?? []
    }
    for function in HostFunctions.table.functions {
      words.append(function.name)
      words += function.parameters
    }
    for variable in HostFunctions.table.variables {
      words.append(variable.name)
      words += variable.attributes
    }
    try check(name, words)
  }

  private static func words(below type: FieldType) -> [String] {
    switch type {
    case .object(let object), .templateOr(let object):
      object.fields.flatMap { [$0.name] + words(below: $0.about.type) }
    case .list(let element): words(below: element)
    case .choice(let choices): choices
    // Transformations have nothing that the top has not.
    case .map, .text, .template, .name, .flag, .number, .status: []
    }
  }

  private func check(_ name: String, _ words: [String]) throws {
    let file = SourceTree.root.appending(path: "Tests/Fuzz/Dictionaries/\(name).dict")
    let entries = Set(words).sorted().map { "\"\($0)\"" }
    if ProcessInfo.processInfo.environment["UPDATE_GOLDEN"] == "1" {
      let others = try lines(of: file).prefix { $0 != Self.heading }.filter { !entries.contains($0) }
      let text = (others + [Self.heading] + entries).joined(separator: "\n") + "\n"
      try Data(text.utf8).write(to: file)
    }
    let lines = try lines(of: file)
    let others = lines.prefix { $0 != Self.heading }
    #expect(lines.dropFirst(others.count + 1) == entries[...])
    #expect(Set(others).intersection(entries) == [])
  }

  private func lines(of file: URL) throws -> [String] {
    try String(contentsOf: file, encoding: .utf8).split(separator: "\n").map(String.init)
  }
}
