import Testing

@testable import Transformation

@Suite("Worst cases: numbers, widths and patterns")
struct WorstNumberTests {
  private static let most = "170141183460469231731687303715884105727"
  private static let least = "(-170141183460469231731687303715884105727 - 1)"

  @Test(
    "a range without end",
    arguments: [
      "range(100001)", "range(9223372036854775807)", "range(-9223372036854775807, 9223372036854775807)",
      "range(9223372036854775807, -9223372036854775807, -1)", "range(0, 9223372036854775807, 3)",
    ])
  func ranges(_ range: String) {
    #expect(outcome("{{ \(range) }}") == "limit: `range` has 100000 elements at most (limits.rangeElements)")
  }

  @Test("ranges at the ends of the integers")
  func rangeEnds() {
    #expect(
      outcome("{{ range(9223372036854775805, 9223372036854775807)|list }}")
        == "[9223372036854775805, 9223372036854775806]")
    #expect(outcome("{{ range(0, 9223372036854775807, 9223372036854775807)|list }}") == "[0]")
    #expect(
      outcome("{{ range(-9223372036854775807, 9223372036854775807, 9223372036854775807)|list }}")
        == "[-9223372036854775807, 0]")
    #expect(outcome("{{ range(1, 2, 0) }}").hasPrefix("badArguments: "))
    #expect(outcome("{{ range(\(Self.most)) }}").hasPrefix("badArguments: "))
  }

  @Test(
    "arithmetic at the ends of 128 bits",
    arguments: [
      "\(most) + 1", "\(least) - 1", "\(most) * 2", "\(least) * -1", "\(least) // -1",
      "10 ** 39", "2 ** 127", "1 // 0", "1 % 0", "(-2) ** 1000", "\(most) ** \(most)", "\(least) % -1",
      "1 ** \(most)", "-\(least) + 1",
    ])
  func overflow(_ expression: String) {
    #expect(outcome("{{ \(expression) }}").hasPrefix("invalidOperation: "))
  }

  @Test(
    "what fits at the ends of 128 bits",
    arguments: [
      ("\(least)", "-170141183460469231731687303715884105728"),
      ("-\(least)", "170141183460469231731687303715884105728"),
      ("\(least)|abs", "170141183460469231731687303715884105728"),
      ("\(most) // -1", "-\(most)"),
      ("-9223372036854775807 - 1", "-9223372036854775808"),
      ("(-9223372036854775807 - 1) // -1", "9223372036854775808"),
      ("(-9223372036854775807 - 1)|abs", "9223372036854775808"), ("(-9223372036854775807 - 1) % -1", "0"),
      ("(-9223372036854775807 - 1) * -1", "9223372036854775808"),
      ("2 ** 126", "85070591730234615865843651857942052864"),
      ("\(most) == \(most)", "true"),
      ("[\(most), \(least)]|sort|first", "-170141183460469231731687303715884105728"),
      ("1e308 * 10", "inf"),
    ])
  func extremes(_ expression: String, _ expected: String) {
    #expect(outcome("{{ \(expression) }}") == expected)
  }

  @Test(
    "slices and indices far outside",
    arguments: [
      ("[1, 2, 3][9223372036854775807:]", "[]"), ("[1, 2, 3][-9223372036854775807 - 1:]", "[1, 2, 3]"),
      ("[1, 2, 3][:9223372036854775807]", "[1, 2, 3]"), ("[1, 2, 3][::9223372036854775807]", "[1]"),
      ("[1, 2, 3][::-9223372036854775807]", "[3]"), ("[1, 2, 3][::-9223372036854775807 - 1]", "[3]"),
      ("'abc'[9223372036854775807:-9223372036854775807:-9223372036854775807]", "c"),
      ("'abc'[-9223372036854775807:9223372036854775807:9223372036854775807]", "a"),
      ("[1][9223372036854775807] is undefined", "true"),
      ("[1][-9223372036854775807 - 1] is undefined", "true"),
      ("[1][\(most)] is undefined", "true"),
      ("substring('abc', 9223372036854775807, 9223372036854775807)", ""),
      ("substring('abc', 1, 9223372036854775807)", "bc"), ("path_segment(-9223372036854775807 - 1)", ""),
    ])
  func slices(_ expression: String, _ expected: String) {
    #expect(outcome("{{ \(expression) }}") == expected)
  }

  @Test(
    "widths and precisions beyond all measure",
    arguments: [
      "'%1001d'|format(1)", "'%99999999999999999999999d'|format(1)", "'%.1001f'|format(1)",
      "'%-99999999999999999999s'|format('a')", "'a\\nb'|indent(9223372036854775807)",
      "'a'|indent(10**15, true)",
      "'a'|center(9223372036854775807)", "'a'.ljust(9223372036854775807)", "'1'.zfill(9223372036854775807)",
      "[1]|batch(9223372036854775807, 0)", "[1]|slice(9223372036854775807)", "{'a': 1}|tojson(indent=1001)",
      "'a'.center(9223372036854775807)",
    ])
  func widths(_ expression: String) {
    let result = outcome("{{ \(expression) }}")
    #expect(
      result.hasPrefix("limit: ") || result.hasPrefix("badArguments: ") || result.hasPrefix("unknownName: "),
      "\(result.prefix(200))")
  }

  @Test("the widest that is allowed")
  func widest() {
    #expect(outcome("{{ '%1000d'|format(1)|length }}") == "1000")
    #expect(outcome("{{ '%.1000f'|format(1e308)|length }}") == "1310")
    #expect(outcome("{{ '%1000.1000f'|format(-1e308)|length }}") == "1311")
  }

  @Test("rounding to any number of digits leaves a number")
  func rounding() {
    #expect(
      outcome("{{ 1.5|round(2147483647) }} {{ 1.5|round(-2147483648) }}") == "1.5 1.5")
    for digits in ["2147483648", "-2147483649", "9223372036854775807", "(-9223372036854775807 - 1)"] {
      #expect(
        outcome("{{ 1.5|round(\(digits)) }}") == "badArguments: argument 1 of the filter `round` is too large"
      )
    }
    #expect(outcome("{{ 1e308|round(400) == 1e308 }} {{ 1e-308|round(400) == 1e-308 }}") == "true true")
    #expect(outcome("{{ 1e308|round(400)|string|length }}") == "311")
    #expect(outcome("{{ 1|round(\(Self.most)) }}").hasPrefix("badArguments: "))
  }

  @Test(
    "patterns that make other engines run away",
    arguments: [
      ("(a*)*b", "false"), ("(a|a)*b", "false"), ("(a|aa)+b", "false"), ("^(a+)+$", "true"),
      ("(.*)*x", "false"),
      ("((a?){1,20}){1,20}b", "false"), ("(a?){1000}b", "false"),
    ])
  func patterns(_ pattern: String, _ expected: String) {
    let result = outcome("{{ regex_match('a' * 500, '\(pattern)') }}")
    #expect(result == expected || result.hasPrefix("limit: the rendering took"), "\(result.prefix(200))")
  }

  @Test(
    "patterns too large to be compiled are refused",
    arguments: [
      "(x{1000}){1000}", "a{0,1000}{0,1000}", "((((a{100}){100}){100}){100})", "a{1001}",
      "a{99999999999999999999}",
      String(repeating: "(", count: 10_000),
      String(repeating: "(", count: 10_000) + String(repeating: ")", count: 10_000),
      String(repeating: "a|", count: 100_000), String(repeating: "a*", count: 5_000),
      String(repeating: "[", count: 10_000),
      "[" + String(repeating: "a-z", count: 10_000) + "]",
    ])
  func largePatterns(_ pattern: String) {
    #expect(
      outcome("{{ regex_match('a', '\(pattern)') }}").hasPrefix(
        "badArguments: the regular expression is wrong"))
    #expect(
      outcome("{% set p = '\(pattern)' %}{{ regex_match('a', p) }}").hasPrefix(
        "badArguments: the regular expression is wrong"))
  }
}
