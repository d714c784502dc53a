import Foundation
import Logging
import Synchronization
import Testing

@testable import swiftformations

@Suite("log lines")
struct LineLogHandlerTests {
  private func lines(level: Logger.Level = .info, _ log: (Logger) -> Void) -> String {
    let output = Output()
    var time = timespec()
    time.tv_sec = 1_700_000_000
    time.tv_nsec = 7_999_999
    let fixed = time
    log(
      Logger(label: "test") { _ in
        LineLogHandler(
          level: level, format: .text, now: { fixed }, write: { line in output.text.withLock { $0 += line } })
      })
    return output.text.withLock { $0 }
  }

  private final class Output: Sendable {
    let text = Mutex("")
  }

  @Test("have a time in UTC, a level, the message and sorted metadata")
  func line() {
    #expect(
      lines { $0.warning("hello there", metadata: ["b": "x y", "a": "1", "c": ""]) }
        == "2023-11-14T22:13:20.007Z warning hello there a=1 b=\"x y\" c=\"\"\n")
  }

  @Test("are one line, whatever is logged")
  func oneLine() {
    #expect(
      lines { $0.info("a\nb\u{1B}", metadata: ["k": "x\r\ny"]) }
        == "2023-11-14T22:13:20.007Z info a\u{FFFD}b\u{FFFD} k=x\u{FFFD}\u{FFFD}y\n")
  }

  @Test("hold values that cannot end their quotes")
  func quotes() {
    #expect(
      lines { $0.info("m", metadata: ["k": #"a\" level=x"#, "p": #"C:\x"#]) }
        == #"2023-11-14T22:13:20.007Z info m k="a\\\" level=x" p=C:\x"# + "\n")
  }

  @Test("are left out below the level")
  func level() {
    #expect(lines(level: .error) { $0.warning("a") } == "")
  }
}
