import JSON
import Logging

extension LogLine {
  /// One JSON object:
  ///
  /// `{"time":"2026-01-31T12:00:00.123Z","level":"info","message":"listening","address":"unix:/run/x.sock"}`
  ///
  /// All values are strings. Metadata named as one of the first three is left out.
  var json: String {
    let first = [("time", time), ("level", level.rawValue), ("message", message)]
    let rest = metadata.filter { key, _ in !first.contains { $0.0 == key } }
    var line: [UInt8] = []
    for (key, value) in first + rest {
      line.append(UInt8(ascii: line.isEmpty ? "{" : ","))
      JSONWriter.appendString(key, to: &line)
      line.append(UInt8(ascii: ":"))
      JSONWriter.appendString(value, to: &line)
    }
    line.append(contentsOf: "}\n".utf8)
    return String(decoding: line, as: UTF8.self)
  }
}
