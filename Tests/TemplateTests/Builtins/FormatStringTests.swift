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
      ("'100%%' | format", "100%"), ("'%e %E' | format(1.5, 12345.678)", "1.500000e+00 1.234568E+04"),
      ("'%g %G %g %.3g' | format(0.00001, 1e20, 100000.0, 1234.5)", "1e-05 1E+20 100000 1.23e+03"),
      ("'%#g %#.0f %#e' | format(1.0, 1.0, 0)", "1.00000 1. 0.000000e+00"),
      ("'%.0e' | format(12345.0)", "1e+04"),
      ("'%c%c|%5c|' | format(65, 'é', 128512)", "Aé|    😀|"), ("'%r %r' | format('a', none)", "\"a\" none"),
      ("'%#x %#X %#o %#010x %+x' | format(255, 255, 8, 255, -255)", "0xff 0XFF 0o10 0x000000ff -ff"),
      ("'%.5d %+.3d %ld %i %u' | format(42, -5, 5, 3.99, 7)", "00042 -005 5 3 7"),
      ("'%*d|%-*d|%*d|' | format(5, 42, 5, 42, -5, 42)", "   42|42   |42   |"),
      ("'%.*f %*.*f' | format(2, 3.14159, 8, 2, 3.14159)", "3.14     3.14"),
      ("'%(name)s is %(age)d, %(name)s' | format(name='Ada', age=36, other=1)", "Ada is 36, Ada"),
      ("'%F %E %g' | format(1e999, -1e999, 1e999)", "INF -INF inf"), ("'%05f' | format(1e999)", "00inf"),
      ("'%.1000f' | format(0.5)|length", "1002"), ("('%.3f' | format(1e308))|length", "313"),
    ])
  func directives(_ source: String, _ expected: String) { #expect(render("{{ (\(source)) }}") == expected) }

  @Test(
    "refuses what does not fit",
    arguments: [
      "'%d' | format", "'a' | format(1)", "'%d' | format('a')", "'%' | format(1)", "'%q' | format(1)",
      "5 | format",
      "'%9999d' | format(1)", "'%d' | format(1e300)", "'%*d' | format(1001, 1)", "'%*d' | format('a', 1)",
      "'%*d' | format(1)", "'%*d' | format(-9223372036854775807 - 1, 1)", "'%c' | format(1114112)",
      "'%c' | format(55296)",
      "'%c' | format('ab')", "'%c' | format(-1)", "'%(a)s' | format(1)", "'%(a)s' | format(b=1)",
      "'%(a)s' | format(1, a=1)", "'%(a' | format(a=1)", "'%(a)' | format(a=1)", "'%s' | format(a=1)",
      "'%5' | format(1)",
      "'%.' | format(1)", "'%a' | format(1)",
    ])
  func errors(_ source: String) throws {
    #expect(try failure("{{ \(source) }}") != nil)
    // The same where the text is no literal.
    let parts = source.split(separator: "'", omittingEmptySubsequences: false)
    guard parts.count > 2 else { return }
    let rest = parts[2...].joined(separator: "'")
    #expect(try failure("{{ ('\(parts[1])' ~ '')\(rest) }}") != nil)
  }

  @Test(
    "refuses a literal that nothing can fill in when the template is loaded",
    arguments: [
      ("'%q' | format(1)", "1:18: `%q` is no directive of `format`; a percent sign is written twice"),
      ("'%d %d' | format(1)", "1:18: the filter `format` has fewer arguments than the text needs"),
      ("'%d' | format(1, 2)", "1:18: the filter `format` has more arguments than the text needs"),
      ("'%(a)s' | format(b=1)", "1:18: the filter `format` has no argument `a`"),
      ("'%*d' | format(1)", "1:18: the filter `format` has fewer arguments than the text needs"),
    ])
  func literals(_ source: String, _ expected: String) {
    let text = render("{% if false %}{{ \(source) }}{% endif %}")
    #expect(text.hasPrefix("template:\(expected)"), "\(text)")
    #expect(render("{% if false %}{{ '%q' | format(*[1]) }}{{ ('%q' ~ '') | format }}{% endif %}") == "")
  }
}
