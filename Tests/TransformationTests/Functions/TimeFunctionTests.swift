import Testing

@testable import Transformation

@Suite("The time")
struct TimeFunctionTests {
  private func text(_ format: String, _ seconds: Int64, _ nanoseconds: Int = 0) throws -> String {
    var output: [UInt8] = []
    try TimeFormat.append(
      UTCTime(seconds: seconds, nanoseconds: nanoseconds), Array(format.utf8), to: &output)
    return String(decoding: output, as: UTF8.self)
  }

  @Test(
    "seconds since 1970 are a day of the calendar",
    arguments: [
      (0, "1970-01-01T00:00:00Z"), (951_782_399, "2000-02-28T23:59:59Z"),
      (951_782_400, "2000-02-29T00:00:00Z"),
      (951_868_800, "2000-03-01T00:00:00Z"), (1_704_067_199, "2023-12-31T23:59:59Z"),
      (4_107_542_400, "2100-03-01T00:00:00Z"), (-1, "1969-12-31T23:59:59Z"),
      (1_893_456_000, "2030-01-01T00:00:00Z"),
    ])
  func calendar(seconds: Int64, expected: String) throws {
    #expect(try text("%Y-%m-%dT%H:%M:%SZ", seconds) == expected)
  }

  @Test("directives are strftime's")
  func directives() throws {
    #expect(
      try text("%a %A %b %B %e %j %y %I %p %u %w %F %T %R %s %L %f %Z %z %%", 1_709_254_805, 12_345_678)
        == "Fri Friday Mar March  1 061 24 01 AM 5 5 2024-03-01 01:00:05 01:00 1709254805 012 012345 UTC +0000 %"
    )
    #expect(try text("%a, %d %b %Y %H:%M:%S GMT", 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
    #expect(try text("%I %p %w %u", 43_200) == "12 PM 4 4")
    #expect(try text("%j", 1_735_603_200) == "366")
    #expect(try text("%j", 1_735_689_600) == "001")
    #expect(try text("ü%Yü", 0) == "ü1970ü")
  }

  @Test("a moment beyond all calendars does not trap")
  func extremes() throws {
    for seconds in [Int64.min, .max, 1 << 41, -(1 << 41)] { #expect(try !text("%F %j %a", seconds).isEmpty) }
  }

  @Test("now() is in UTC, and not before this was written")
  func now() throws {
    let year = try #require(Int(try rendered("{{ now('%Y') }}")))
    #expect(year >= 2024)
    let now = try rendered("{{ now() }}")
    #expect(now.utf8.count == 20 && now.hasSuffix("Z") && now.contains("T"), "\(now)")
  }

  @Test("a wrong format is found when the configuration is loaded, and else an error of the rendering")
  func wrong() throws {
    let found = diagnostics(setting("{{ now('%Q') }}"))
    #expect(found.count == 1 && found[0].contains("`%Q` is no directive of a time's format"), "\(found)")
    #expect(diagnostics(setting("{{ now('%') }}")).first?.contains("ends in a `%`") == true)
    #expect(try rendered("{{ now(header('x-user') ~ '%') }}") == "failure: request.set[0] rendering_failed")
  }
}
