import Testing

@testable import Transformation

@Suite("The limiter of log lines")
struct LogLimiterTests {
  private static let second: UInt64 = 1_000_000_000

  @Test("some lines of a reason pass in a second, and the others are told once", arguments: [1, 10])
  func lines(perSecond: Int) {
    let limiter = LogLimiter(linesPerSecond: perSecond)
    func passed(_ reason: String, at now: UInt64) -> Int {
      (0..<100).count { _ in limiter.admits(reason, now: now) }
    }
    #expect(passed("a", at: 5) == perSecond)
    #expect(passed("b", at: 5) == perSecond)
    #expect(passed("a", at: Self.second + 4) == 0)
    #expect(passed("a", at: Self.second + 5) == perSecond)
    #expect(limiter.leftOut == UInt64(400 - 3 * perSecond))

    #expect(limiter.takeLeftOut("b") == 100 - perSecond)
    #expect(limiter.takeLeftOut("b") == 0)
    #expect(limiter.takeLeftOut("c") == 0)
    let rest = limiter.takeLeftOut()
    #expect(rest.map(\.reason) == ["a"])
    #expect(rest.map(\.count) == [300 - 2 * perSecond])
    #expect(limiter.takeLeftOut().isEmpty)
  }

  @Test("a thread that comes late with an earlier time begins no new second")
  func threads() {
    let limiter = LogLimiter(linesPerSecond: 1)
    #expect(limiter.admits("a", now: Self.second))
    #expect(!limiter.admits("a", now: Self.second - 1))
    #expect(limiter.admits("a", now: 2 * Self.second))
  }
}
