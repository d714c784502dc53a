import Dispatch
import Foundation
import Logging
import Synchronization
import Testing

@testable import swiftformations

@Suite("logs of the sidecar")
struct LogTests {
  private final class Output: Sendable {
    let text = Mutex("")
  }

  @Test("a JSON line is one object, whatever is logged")
  func json() throws {
    let output = Output()
    let logger = Logger(label: "test") { _ in
      LineLogHandler(level: .info, format: .json, write: { line in output.text.withLock { $0 += line } })
    }
    logger.warning("a \"quoted\"\nline\u{1B}", metadata: ["reason": "x\r\ny", "level": "mine", "n": "1"])
    logger.debug("not this")
    let text = output.text.withLock { $0 }
    #expect(text.hasSuffix("}\n") && text.count { $0.isNewline } == 1)
    let object = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String])
    #expect(object["message"] == "a \"quoted\"\nline\u{1B}")
    #expect(object["level"] == "warning")
    #expect(object["reason"] == "x\r\ny")
    #expect(object["time"]?.hasSuffix("Z") == true)
    #expect(object.count == 5)
  }

  @Test("who does not take the lines holds up nobody: what is too much is lost and told")
  func blocked() {
    let output = Output()
    let isOpen = DispatchSemaphore(value: 0)
    let writer = LogWriter { bytes in
      isOpen.wait()
      isOpen.signal()
      output.text.withLock { $0 += String(decoding: bytes, as: UTF8.self) }
    }
    let line = String(repeating: "x", count: 1023) + "\n"
    // The first may be on its way out already.
    for _ in 0..<3_000 { writer.write(line) }
    let kept = 3_000 - writer.lost
    #expect((1024...2048).contains(kept))
    #expect(writer.lost > 0)
    isOpen.signal()
    writer.flush()
    let text = output.text.withLock { $0 }
    let lines = text.split(separator: "\n")
    // Told with each piece that goes out: with the first, too, when that began late.
    let told = lines.filter { $0.hasSuffix(" log lines were lost: standard error was not read") }
    #expect(told.reduce(0) { $0 + (Int($1.prefix { $0 != " " }) ?? 0) } == writer.lost)
    #expect(lines.count == kept + told.count)
  }

  @Test("all that was written is out after a flush, in its order")
  func flush() {
    let output = Output()
    let writer = LogWriter { bytes in output.text.withLock { $0 += String(decoding: bytes, as: UTF8.self) } }
    for number in 0..<1_000 { writer.write("\(number)\n") }
    writer.flush()
    #expect(output.text.withLock { $0 } == (0..<1_000).map { "\($0)\n" }.joined())
  }

  @Test("the admin endpoint's address is HOST:PORT, or a port of the loopback interface")
  func adminAddress() {
    #expect(AdminAddress(argument: "9902")?.host == "127.0.0.1")
    #expect(AdminAddress(argument: "9902")?.port == 9902)
    #expect(AdminAddress(argument: "[::]:0")?.host == "::")
    #expect(AdminAddress(argument: "0.0.0.0:80")?.port == 80)
    for text in ["", "70000", "unix:/x", "host", ":1", "-1"] { #expect(AdminAddress(argument: text) == nil) }
  }
}
