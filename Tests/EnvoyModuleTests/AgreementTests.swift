import Testing

@Suite("All generations of Envoy")
struct AgreementTests {
  /// What the generations differ in on purpose is not among it: `add`, and the details of local replies.
  private static let configurations = [
    Configurations.bothBodies, Configurations.modelToHeader,
    #"{"request": {"body": {"value": "new"}}, "response": {"set": [{"name": "x-a", "value": "{{ request_header('x-user') }}"}]}}"#,
    #"{"request": {"remove": ["x-user"]}, "response": {"body": {"parseAs": "AsJson", "value": "{{ model }}"}}}"#,
    "{}",
  ]

  @Test("any exchange comes out the same on each", arguments: 1...8)
  func anyExchange(seed: UInt64) throws {
    var script = HostScript()
    var generator = SeededGenerator(state: seed)
    for (number, configuration) in Self.configurations.enumerated() {
      script.config(configuration, as: "c\(number)")
    }
    for number in 0..<60 { Self.exchange("\(number)", &script, &generator) }
    let runs = try EnvoyLine.allCases.map { line in
      let run = try HostRun.module(line) { $0 = script }
      return run.lines.filter { !["module", "log", "details"].contains($0.prefix { $0 != " " }) }
    }
    for run in runs.dropFirst() { #expect(run == runs[0]) }
    #expect(runs[0].count > 300)
  }

  private static func exchange(_ id: String, _ script: inout HostScript, _ generator: inout SeededGenerator) {
    let filters = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
      "c\(Int.random(in: 0..<configurations.count, using: &generator))"
    }
    script.begin(id, filters + (Bool.random(using: &generator) ? ["buffer"] : []))
    if Int.random(in: 0..<10, using: &generator) == 0 {
      script.command("reply", "404", "no route", "route_not_found")
    } else {
      script.request(headers: [("x-user", "Ann")], pieces: pieces(&generator), ending(&generator))
      script.response(pieces: pieces(&generator), ending(&generator))
    }
    script.finish()
  }

  /// A body that is JSON or not, cut anywhere; or none.
  private static func pieces(_ generator: inout SeededGenerator) -> [String]? {
    let texts = [nil, "", #"{"model": "m", "n": [1, 2]}"#, "{oops", "text"]
    guard let text = texts[Int.random(in: 0..<texts.count, using: &generator)] else { return nil }
    var rest = Substring(text)
    var pieces: [String] = []
    while !rest.isEmpty, pieces.count < 6 {
      let size = Int.random(in: 0...rest.count, using: &generator)
      pieces.append(String(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return pieces + [String(rest)]
  }

  private static func ending(_ generator: inout SeededGenerator) -> HostScript.Ending {
    switch Int.random(in: 0..<3, using: &generator) {
    case 0: .withData
    case 1: .emptyPiece
    default: .trailers([("x-t", "1")])
    }
  }
}

/// SplitMix64: the same seed gives the same numbers.
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
