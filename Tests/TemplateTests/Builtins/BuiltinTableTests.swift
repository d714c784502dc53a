import Testing

@testable import Template

@Suite("The tables of built-ins")
struct BuiltinTableTests {
  @Test("have minijinja's names")
  func names() {
    let filters = [
      "abs", "attr", "batch", "bool", "capitalize", "chain", "count", "d", "default", "dictsort", "e",
      "escape", "first",
      "float", "groupby", "indent", "int", "items", "join", "last", "length", "lines", "list", "lower", "map",
      "max",
      "min", "pprint", "reject", "rejectattr", "replace", "reverse", "round", "safe", "select", "selectattr",
      "slice",
      "sort", "split", "string", "sum", "title", "tojson", "trim", "unique", "upper", "urlencode", "zip",
    ]
    #expect(Set(Builtins.filters.names) == Set(filters + ["format"]))
    let tests = [
      "!=", "<", "<=", "==", ">", ">=", "boolean", "defined", "divisibleby", "endingwith", "eq", "equalto",
      "escaped",
      "even", "false", "filter", "float", "ge", "greaterthan", "gt", "in", "int", "integer", "iterable", "le",
      "lessthan",
      "lower", "lt", "mapping", "ne", "none", "number", "odd", "safe", "sameas", "sequence", "startingwith",
      "string",
      "test", "true", "undefined", "upper",
    ]
    #expect(Set(Builtins.tests.names) == Set(tests))
    #expect(Set(Builtins.functions.names) == ["range", "dict", "namespace", "debug"])
  }

  @Test("have no name twice", arguments: [Builtins.filters, Builtins.tests, Builtins.functions])
  func duplicates(_ table: BuiltinTable) {
    #expect(Set(table.names).count == table.names.count)
    for (position, name) in table.names.enumerated() { #expect(table.position(of: name) == position) }
  }

  @Test("fail in order whatever they are applied to")
  func anything() {
    let values = [
      "undefined", "none", "true", "0", "-1", "1.5", "1e300", "''", "'é'", "[]", "[[]]", "{}", "{'a': 1}",
      "field", "ns",
      "m", "9223372036854775807", "170141183460469231731687303715884105727", "[1, 'a', none]",
    ]
    for filter in Builtins.filters.entries {
      for value in values {
        for count in max(0, filter.minimum - 1)...min(filter.maximum ?? 3, 3) {
          for argument in ["none", "2", "'a'", "[1]"] {
            let arguments = (0..<count).map { _ in argument }.joined(separator: ", ")
            _ = render(
              "{% set ns = namespace() %}{% macro m() %}{% endmacro %}{{ (\(value))|\(filter.name)(\(arguments)) }}",
              #"{"field": {"a": [1, 2.50, "x\n"]}}"#)
          }
        }
      }
    }
    for test in Builtins.tests.entries where test.name.utf8.allSatisfy({ $0 >= 0x61 }) {
      for value in values {
        for argument in values {
          let arguments = test.maximum == 2 ? "(\(argument))" : ""
          _ = render(
            "{% set ns = namespace() %}{% macro m() %}{% endmacro %}{{ (\(value)) is \(test.name)\(arguments) }}",
            #"{"field": {"a": [1, 2.50, "x\n"]}}"#)
        }
      }
    }
  }
}
