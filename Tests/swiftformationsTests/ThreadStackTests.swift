import ConfigurationFiles
import Foundation
import Template
import Testing
import Transformation

@testable import swiftformations

/// The deepest inputs that are let in, made of the limits themselves: whoever raises one has to prove it here.
@Suite("Stacks", .serialized)
struct ThreadStackTests {
  /// What is behind the commands, the event loops and SwiftNIO takes some of the rest, and all of it is more in this build than in
  /// that of a release.
  private static let proven = ThreadStack.bytes / 2

  private static let nesting = TemplateLimits().nestingDepthMax
  private static let chain = TemplateLimits().chainLengthMax
  private static let values = TemplateLimits.valueDepthMax
  private static let json = TransformationLimits.configurationDepthMax

  @Test(
    "hold the deepest templates",
    arguments: [
      ("(", "1", ")"), ("[", "1", "]"), ("{'a': ", "1", "}"), ("not ", "1", ""), ("-", "1", ""),
      ("[0][", "0", "]"),
      ("1 if 1 else ", "1", ""), ("range(", "1", ")"), ("'a'[1:", "2", "]"), ("1 ** ", "1", ""),
      ("a|default(", "1", ")"),
      ("dict(b=", "1", ")"),
    ])
  func expressions(_ open: String, _ inner: String, _ close: String) {
    let template = deepest { "{{ \(nested(open, inner, close, $0)) }}" }
    expectProven(template) { transform(template) }
  }

  @Test(
    "hold the longest chains in the deepest blocks",
    arguments: [
      "{% for x in [1] %}|{% endfor %}", "{% macro m() %}|{% endmacro %}", "{% call m() %}|{% endcall %}",
    ], [("1", " and 1"), ("'a'", ".upper()")])
  func blocks(_ block: String, _ link: (first: String, next: String)) {
    let parts = block.split(separator: "|").map(String.init)
    let chain = deepest(Self.chain) { "{{ \(link.first)\(String(repeating: link.next, count: $0)) }}" }
    let template = deepest { nested(parts[0], chain, parts[1], $0) }
    expectProven(template) { transform(template) }
  }

  @Test(
    "hold the deepest values",
    arguments: [
      "b|tojson", "b|pprint", "b == from_json(to_json(context()))", "[b, b]|unique", "[b, b]|sort",
      "to_json(b)",
    ], [("[", "]"), ("{'k': ", "}")])
  func values(_ use: String, _ brackets: (open: String, close: String)) {
    let half = nested(brackets.open, "context()", brackets.close, Self.values / 2 - 2)
    let template =
      "{% set a = \(half) %}{% set b = \(half.replacingOccurrences(of: "context()", with: "a")) %}{{ \(use) }}"
    let body = nested(brackets.open.replacingOccurrences(of: "'", with: "\""), "1", brackets.close, Self.json)
    expectProven(template) { transform(template, body) }
  }

  @Test("hold loops and macros as deep as may be configured, however they end", arguments: ["1", "x.y.z"])
  func recursion(_ end: String) {
    let macros =
      "{% macro m(n, f) %}{% macro g() %}{{ f is defined }}{% endmacro %}{% if n %}{{ m(n - 1, g) }}{% else %}{{ \(end) }}{% endif %}"
      + "{% endmacro %}{{ m(9000) }}"
    expectProven(macros) { transform(macros) }
    for use in ["loop|tojson", "{loop: 1}", "[loop]|unique", "loop|string"] {
      let loops =
        "{% for x in [1, 2] recursive %}{% if loop.depth < 900 %}{{ loop([loop, loop]) }}{% else %}{{ \(use) ~ \(end) }}{% endif %}{% endfor %}"
      expectProven(loops) { transform(loops) }
    }
  }

  @Test(
    "hold the deepest regular expressions",
    arguments: [("(?:", ")"), ("(?:", ")?"), ("(?:", "|b)"), ("(", ")*")])
  func regularExpressions(_ open: String, _ close: String) {
    let template = deepest(100) { "{{ regex_match('a', '\(nested(open, "a", close, $0))') }}" }
    expectProven(template) { transform(template) }
  }

  @Test("hold the deepest configurations, and `/config` of them")
  func configurations() {
    for (open, close) in [("{\"a\": ", "}"), ("[", "]")] {
      let text = nested(open, "1", close, Self.json)
      expectProven("\(open) as JSON") { load(text) }
      expectProven("\(open) as YAML") { load("# YAML\n" + text) }
      expectProven("\(open) in a field") { load("{\"request\": \(nested(open, "1", close, Self.json - 1))}") }
    }
    let lines = (0..<100).map { String(repeating: " ", count: $0) + "a:\n" }.joined()
    expectProven("YAML in blocks") { load(lines) }
  }

  @Test("are as large where `ulimit -s` is small", arguments: [256, 512])
  func smallDefault(_ kibibytes: Int) throws {
    let chain = "{{ 1\(String(repeating: " + 1", count: 390)) }}"
    let text = nested("{% set a %}", chain, "{% endset %}", 140)
    let outcome = try Environment.run(
      URL(filePath: "/bin/sh"),
      ["-c", "ulimit -s \(kibibytes) && exec \"$0\" check -", try Environment.binary.path],
      input: #"{"request": {"set": [{"name": "x-a", "value": "\#(text)"}]}}"#)
    #expect(outcome.status == 0, "\(outcome.error.suffix(300))")
  }

  // MARK: Work

  private func nested(_ open: String, _ inner: String, _ close: String, _ times: Int) -> String {
    String(repeating: open, count: times) + inner + String(repeating: close, count: times)
  }

  /// The deepest of these templates that compiles.
  private func deepest(_ most: Int = ThreadStackTests.nesting, _ template: (Int) -> String) -> String {
    var (works, fails) = (0, most + 1)
    while fails - works > 1 {
      let middle = (works + fails) / 2
      if compiled(template(middle)) == nil { fails = middle } else { works = middle }
    }
    return template(works)
  }

  private func compiled(_ template: String) -> Transformation? {
    let text = String(decoding: (try? JSONEncoder().encode(template)) ?? Data(), as: UTF8.self)
    let json = #"""
      {"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-out", "value": \#(text)}]},
       "limits": {"recursion": 10000, "steps": 1000000000}}
      """#
    return Configuration.load(json: Array(json.utf8)).configuration?.fallback
  }

  private func transform(_ template: String, _ body: String = "{}") {
    guard let transformation = compiled(template) else { return }
    let source = MessageSource(HTTPMessage(headers: []))
    var mutations = Mutations()
    var exchange = Exchange(transformation)
    _ = exchange.headers(.request, source, endOfStream: false, into: &mutations)
    Array(body.utf8).withUnsafeBytes {
      _ = exchange.body(.request, $0, isWhole: true, source: source, into: &mutations)
    }
  }

  private func load(_ text: String) {
    let file = ConfigurationFile(name: "deep", bytes: Array(text.utf8))
    if let node = file.node { _ = RedactedConfiguration(node) }
  }

  // MARK: Stacks

  /// Runs it on a stack that was filled, and looks how much of that is left.
  private func expectProven(_ what: String, _ work: @escaping () -> Void) {
    let needed = FilledStack.bytesNeeded(by: work)
    #expect(needed <= Self.proven, "\(needed >> 10) KiB: \(what.prefix(80))")
  }
}

/// A stack that shows how much of it was used.
private enum FilledStack {
  private static let bytes = 2 * ThreadStack.bytes
  private static let filling: UInt8 = 0xA5

  static func bytesNeeded(by work: @escaping () -> Void) -> Int {
    let stack = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
    guard let stack, stack != MAP_FAILED else { return .max }
    defer { munmap(stack, bytes) }
    memset(stack, Int32(filling), bytes)
    let thread = Thread(work)
    thread.run(stack, bytes)
    let left = UnsafeRawBufferPointer(start: stack, count: bytes).firstIndex { $0 != filling } ?? bytes
    return bytes - left
  }

  private final class Thread {
    private let work: () -> Void
    init(_ work: @escaping () -> Void) { self.work = work }

    func run(_ stack: UnsafeMutableRawPointer, _ bytes: Int) {
      var attributes = pthread_attr_t()
      pthread_attr_init(&attributes)
      defer { pthread_attr_destroy(&attributes) }
      pthread_attr_setstack(&attributes, stack, bytes)
      var thread = pthread_t()
      pthread_create(
        &thread, &attributes,
        { argument in
          if let argument { Unmanaged<Thread>.fromOpaque(argument).takeUnretainedValue().work() }
          return nil
        }, Unmanaged.passUnretained(self).toOpaque())
      pthread_join(thread, nil)
    }
  }
}
