import Foundation
import Testing

/// What the host printed.
struct HostRun {
  let status: Int32
  let lines: [String]
  let error: String

  /// Runs `script` with the module; the host must find no fault.
  static func module(_ line: EnvoyLine, _ build: (inout HostScript) -> Void) throws -> HostRun {
    var script = HostScript()
    build(&script)
    let run = try HostRun(line.rawValue, library: ModuleHost.module, script)
    try #require(run.faults.isEmpty && run.status == 0, "\(run)")
    return run
  }

  init(_ number: Int, library: URL, _ script: HostScript) throws {
    let file = FileManager.default.temporaryDirectory.appending(path: "module-script-\(UUID().uuidString)")
    try Data(script.text.utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    let outcome = try Program.run(ModuleHost.host(number), [library.path, file.path], seconds: 120)
    status = outcome.status
    lines = outcome.output.split(separator: "\n").map(String.init)
    error = outcome.error
  }

  var faults: [String] { lines.filter { $0.hasPrefix("FAULT ") } }

  /// Messages of what the module logged, with their level: `warn swiftformations: …`. Without those of level info.
  var logs: [String] { allLogs.filter { !$0.hasPrefix("info ") } }

  var allLogs: [String] {
    lines.filter { $0.hasPrefix("log ") }.map { Self.unquoted($0.dropFirst(4)) }
  }

  /// Counters and gauges by their names, and the numbers of histograms' samples.
  var stats: [String: Int] {
    var stats: [String: Int] = [:]
    for line in lines where line.hasPrefix("counter ") || line.hasPrefix("histogram ") {
      let words = line.split(separator: " ")
      stats[words[1..<(words.count - 1)].joined(separator: " ")] = Int(words[words.count - 1])
    }
    return stats
  }

  /// Of each `memory` command.
  var memory: [Int] { lines.filter { $0.hasPrefix("memory ") }.compactMap { Int($0.dropFirst(7)) } }

  /// Of the first exchange of that name.
  func exchange(_ id: String = "1") throws -> ExchangeView {
    let start = try #require(lines.firstIndex(of: "exchange \(id)"), "no exchange \(id): \(self)")
    return ExchangeView(lines[(start + 1)...].prefix { !$0.hasPrefix("exchange ") })
  }

  /// The words behind the first one, of which the last is in quotes.
  fileprivate static func unquoted(_ line: Substring) -> String {
    guard let quote = line.firstIndex(of: "\"") else { return String(line) }
    return String(line[..<quote]) + unescaped(line[line.index(after: quote)...].dropLast())
  }

  fileprivate static func unescaped(_ text: Substring) -> String {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "\\"), let next = rest.popFirst() else {
        bytes.append(byte)
        continue
      }
      switch next {
      case UInt8(ascii: "n"): bytes.append(UInt8(ascii: "\n"))
      case UInt8(ascii: "x"):
        bytes.append(UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
      default: bytes.append(next)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension HostRun: CustomStringConvertible {
  var description: String {
    "status \(status)\n\(lines.joined(separator: "\n").prefix(8000))\n\(error.suffix(8000))"
  }
}

/// What the two sides of an exchange saw.
struct ExchangeView {
  struct Side: Equatable {
    /// `name: value`, in their order.
    var headers: [String] = []
    var trailers: [String] = []
    var body = ""
    /// `end`, `incomplete`, `reset` or `nothing`.
    var end = ""

    subscript(_ name: String) -> [String] {
      headers.filter { $0.hasPrefix(name + ": ") }.map { String($0.dropFirst(name.utf8.count + 2)) }
    }
  }

  var upstream = Side()
  var client = Side()
  /// The body that another try would send; nil when the router keeps none.
  var bodyAgain: String?
  /// Of a local reply.
  var details: String?
  /// `namespace key value`.
  var metadata: [String] = []

  init(_ lines: some Sequence<String>) {
    for line in lines {
      let words = line.split(separator: " ", maxSplits: 1)
      guard words.count == 2 else { continue }
      switch words[0] {
      case "upstream": Self.read(words[1], into: &upstream)
      case "client": Self.read(words[1], into: &client)
      case "again": bodyAgain = Self.strings(words[1]).joined()
      case "details": details = String(words[1])
      case "metadata": metadata.append(Self.strings(words[1]).joined(separator: " "))
      default: break
      }
    }
  }

  private static func read(_ rest: Substring, into side: inout Side) {
    let values = strings(rest)
    if rest.hasPrefix("header ") {
      side.headers.append(values.joined(separator: ": "))
    } else if rest.hasPrefix("trailer ") {
      side.trailers.append(values.joined(separator: ": "))
    } else if rest.hasPrefix("body ") {
      side.body = values.joined()
    } else {
      side.end = String(rest)
    }
  }

  /// The quoted words of a line.
  private static func strings(_ line: Substring) -> [String] {
    var found: [String] = []
    var rest = line
    while let start = rest.firstIndex(of: "\"") {
      rest = rest[rest.index(after: start)...]
      var end = rest.startIndex
      while end < rest.endIndex, rest[end] != "\"" {
        if rest[end] == "\\" { end = rest.index(after: end) }
        if end < rest.endIndex { end = rest.index(after: end) }
      }
      found.append(HostRun.unescaped(rest[..<end]))
      rest = end < rest.endIndex ? rest[rest.index(after: end)...] : ""
    }
    return found
  }
}
