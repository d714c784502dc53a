import Glibc
import Transformation

/// How much stack the deepest inputs need that are let in.
enum Stacks {
  /// One input, as a transformation of a request with a body.
  private struct Input {
    let name: String
    let template: String
    var body = "{}"
  }

  private static let bytes = 8 << 20
  private static let filling: UInt8 = 0xA5

  static func measure() {
    var loads: [(bytes: Int, name: String)] = []
    var exchanges: [(bytes: Int, name: String)] = []
    for input in inputs {
      let json = configuration(input.template)
      loads.append((needed { load(json) }, input.name))
      if let transformation = load(json) {
        exchanges.append((needed { run(transformation, input) }, input.name))
      }
    }
    for (open, inner, close) in [("{\"a\":", "1", "}"), ("[", "1", "]")] {
      loads.append(
        (needed { load(nested(open, inner, close, 127)) }, "127 × \(open)…\(close) as a configuration"))
    }
    report("to load a configuration", loads)
    report("for an exchange", exchanges)
  }

  private static func report(_ what: String, _ rows: [(bytes: Int, name: String)]) {
    print("stack \(what):")
    for row in rows.sorted(by: { $0.bytes > $1.bytes }).prefix(12) {
      print("\((row.bytes + 1023) >> 10) KiB\t\(row.name)")
    }
  }

  private static func nested(_ open: String, _ inner: String, _ close: String, _ times: Int) -> String {
    String(repeating: open, count: times) + inner + String(repeating: close, count: times)
  }

  private static var inputs: [Input] {
    var inputs: [Input] = []
    for (open, inner, close) in [
      ("(", "1", ")"), ("[", "1", "]"), ("{'a': ", "1", "}"), ("not ", "1", ""), ("-", "1", ""),
      ("[0][", "0", "]"),
      ("1 if 1 else ", "1", ""), ("range(", "1", ")"), ("'a'[1:", "2", "]"), ("1 ** ", "1", ""),
      ("a|default(", "1", ")"), ("dict(b=", "1", ")"),
    ] {
      // As deep as it compiles.
      for times in [149, 74, 49] where compiles("{{ \(nested(open, inner, close, times)) }}") {
        inputs.append(
          Input(name: "\(times) × \(open)…\(close)", template: "{{ \(nested(open, inner, close, times)) }}"))
        break
      }
    }
    for (first, link) in [
      ("1", " + 1"), ("'a'", " ~ 'a'"), ("a", "|default(1)"), ("1", " and 1"), ("1", " < 2"),
      ("1", " if 1 else 1"), ("'a'", ".upper()"),
    ] {
      for times in [399, 199, 140] {
        let template = "{{ \(first)\(String(repeating: link, count: times)) }}"
        guard compiles(template) else { continue }
        inputs.append(Input(name: "\(times) × …\(link)", template: template))
        break
      }
    }
    for (open, close) in [
      ("{% if 1 %}", "{% endif %}"), ("{% for x in [1] %}", "{% endfor %}"),
      ("{% with a = 1 %}", "{% endwith %}"), ("{% set a %}", "{% endset %}"),
      ("{% filter upper %}", "{% endfilter %}"), ("{% macro m() %}", "{% endmacro %}"),
      ("{% autoescape true %}", "{% endautoescape %}"),
      ("{% call m() %}", "{% endcall %}"),
    ] {
      for times in [149, 74] where compiles(nested(open, "x", close, times)) {
        inputs.append(Input(name: "\(times) × \(open)", template: nested(open, "x", close, times)))
        break
      }
    }
    let values = [
      "{% set a = \(nested("[", "context()", "]", 60)) %}{% set b = \(nested("[", "a", "]", 60)) %}",
      "{% set a = \(nested("{'k': ", "context()", "}", 60)) %}{% set b = \(nested("{'k': ", "a", "}", 60)) %}",
    ]
    let uses = [
      "b|tojson", "b|string", "b|pprint", "b == b ~ ''", "b < b", "b == from_json(to_json(context()))",
      "[b, b]|unique", "[b, b]|sort", "{b: 1}",
      "to_json(b)", "b|tojson(indent=2)", "b is eq b", "b|escape",
    ]
    for (number, value) in values.enumerated() {
      let body = number == 0 ? nested("[", "1", "]", 127) : nested("{\"k\":", "1", "}", 127)
      for use in uses {
        inputs.append(
          Input(name: "\(use), of a value as deep as can be", template: "\(value){{ \(use) }}", body: body))
      }
    }
    let chain = "{{ 1" + String(repeating: " + 1", count: 399) + " }}"
    inputs.append(
      Input(
        name: "149 × {% set a %}, 399 × … + 1", template: nested("{% set a %}", chain, "{% endset %}", 148)))
    let recursion = "{% for x in [1, 2, 3] recursive %}"
    for use in ["loop|tojson", "loop|string", "{loop: 1}", "[loop]|unique", "loop == loop", "loop|items"] {
      inputs.append(
        Input(
          name: "\(use), of loops beside loops",
          template:
            "{% set t = 1 %}\(recursion){% if loop.depth < 900 %}{{ loop([loop, loop, loop]) }}{% else %}{{ \(use) }}{% endif %}{% endfor %}"
        ))
    }
    inputs.append(
      Input(
        name: "macros in macros",
        template:
          "{% macro m(n, f) %}{% macro g() %}{{ n }}{{ f is defined }}{% endmacro %}{% if n %}{{ m(n - 1, g) }}{% else %}end{% endif %}{% endmacro %}{{ m(9000) }}"
      ))
    for pattern in [nested("(?:", "a", ")", 99), nested("(?:", "a", ")?", 99), nested("(?:", "a", "|b)", 99)]
    {
      inputs.append(
        Input(
          name: "the regular expression \(pattern.prefix(6))…",
          template: "{{ regex_match('a', '\(pattern)') }}"))
    }
    inputs.append(
      Input(
        name: "10,000 × elif",
        template: "{% if 0 %}a\(String(repeating: "{% elif 0 %}b", count: 10_000)){% endif %}"))
    return inputs
  }

  // MARK: Work

  private static func escaped(_ text: String) -> String {
    var result = ""
    for scalar in text.unicodeScalars {
      if scalar == "\"" || scalar == "\\" { result += "\\" }
      result.unicodeScalars.append(scalar)
    }
    return result
  }

  private static func configuration(_ template: String) -> String {
    #"""
    {"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-out", "value": "\#(escaped(template))"}]},
     "limits": {"recursion": 10000, "steps": 1000000000}}
    """#
  }

  private static func compiles(_ template: String) -> Bool {
    Configuration.load(json: Array(configuration(template).utf8)).configuration != nil
  }

  @discardableResult
  private static func load(_ json: String) -> Transformation? {
    Configuration.load(json: Array(json.utf8)).configuration?.fallback
  }

  private static func run(_ transformation: Transformation, _ input: Input) {
    let message = Message()
    var mutations = Mutations()
    var exchange = Exchange(transformation)
    guard case .awaitBody = exchange.headers(.request, message, endOfStream: false, into: &mutations) else {
      return
    }
    Array(input.body.utf8).withUnsafeBytes {
      _ = exchange.body(.request, $0, isWhole: true, source: message, into: &mutations)
    }
    guard let failure = mutations.failures.last?.message, failure.contains("steps") else { return }
    print("\(input.name): \(failure)")
  }

  // MARK: Stacks

  /// Runs it on a stack that was filled, and looks how much of that is left.
  private static func needed(_ work: @escaping () -> Void) -> Int {
    guard let stack = mmap(nil, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      stack != MAP_FAILED
    else { return 0 }
    defer { munmap(stack, bytes) }
    memset(stack, Int32(filling), bytes)
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstack(&attributes, stack, bytes)
    let box = Unmanaged.passRetained(Work(work))
    var thread = pthread_t()
    pthread_create(
      &thread, &attributes,
      { argument in
        if let argument { Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, box.toOpaque())
    pthread_join(thread, nil)
    let left = UnsafeRawBufferPointer(start: stack, count: bytes).firstIndex { $0 != filling } ?? bytes
    return bytes - left
  }

  private final class Work {
    let run: () -> Void
    init(_ run: @escaping () -> Void) { self.run = run }
  }
}
