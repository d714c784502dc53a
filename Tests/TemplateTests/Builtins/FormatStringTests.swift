import Testing

@Suite("The filter `format`")
struct FormatStringTests {
  @Test(
    "writes what C does",
    arguments: [
      ("'%d' | format(42)", "42"), ("'%5d|' | format(42)", "   42|"), ("'%-5d|' | format(42)", "42   |"),
      ("'%05d' | format(-42)", "-0042"), ("'%+d' | format(42)", "+42"), ("'% d' | format(42)", " 42"),
      ("'%d' | format(3.99)", "3"), ("'%x %X %o' | format(255, 255, 8)", "ff FF 10"),
      ("'%s' | format([1])", "[1]"),
      ("'%.2s|' | format('éàü')", "éà|"), ("'%5s|' | format('é')", "    é|"),
      ("'%f' | format(1.5)", "1.500000"),
      ("'%.0f %.1f' | format(2.5, 0.25)", "2 0.2"), ("'%8.3f|' | format(-3.14159)", "  -3.142|"),
      ("'%.20f' | format(0.1)", "0.10000000000000000555"), ("'%f' | format(1e999)", "inf"),
      ("'100%%' | format", "100%"),
      ("'%.1000f' | format(0.5)|length", "1002"), ("('%.3f' | format(1e308))|length", "313"),
    ])
  func directives(_ source: String, _ expected: String) { #expect(render("{{ (\(source)) }}") == expected) }

  @Test(
    "refuses what does not fit",
    arguments: [
      "'%d' | format", "'a' | format(1)", "'%d' | format('a')", "'%' | format(1)", "'%q' | format(1)",
      "5 | format",
      "'%9999d' | format(1)", "'%d' | format(1e300)",
    ])
  func errors(_ source: String) throws { #expect(try failure("{{ \(source) }}") != nil) }
}
