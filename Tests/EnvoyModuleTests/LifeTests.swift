import Testing

@Suite("The life of the module")
struct LifeTests {
  @Test(
    "500 new configurations with exchanges under way leave no memory behind", arguments: EnvoyLine.allCases)
  func reloads(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.command("quiet")
      $0.config(Configurations.bothBodies)
      $0.route(Configurations.modelToHeader)
      for _ in 0..<4 {
        $0.block("repeat", 125) {
          $0.begin("old")
          $0.request(pieces: ["hel", "lo"])
          $0.begin("route", ["c", "r"])
          $0.headers("request", [(":method", "POST"), (":path", "/")], end: false)
          $0.config(Configurations.bothBodies)
          $0.route(Configurations.modelToHeader)
          $0.config("{", as: "c")
          $0.exchange("new", body: "hello")
          $0.command("use", "old")
          $0.response(pieces: ["wor", "ld"])
          $0.finish()
          $0.command("use", "route")
          $0.data("request", #"{"model": "m"}"#, end: true)
          $0.finish()
        }
        $0.command("loud")
        $0.command("memory")
        $0.command("quiet")
      }
    }
    // The first round fills caches and pools.
    try #require(run.memory.count == 4)
    #expect(Set(run.memory.dropFirst()).count == 1, "\(run.memory)")
    #expect(run.logs.allSatisfy { $0.hasPrefix("error ") })
  }

  @Test("two threads share a configuration, and replace it meanwhile", arguments: EnvoyLine.families)
  func threads(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(Configurations.bothBodies)
      $0.command("quiet")
      $0.block("threads", 2) {
        $0.block("repeat", 200) {
          $0.begin("under")
          $0.request(pieces: ["hel", "lo"])
          $0.config(Configurations.bothBodies)
          $0.exchange("whole", body: "hello")
          $0.command("use", "under")
          $0.response(pieces: ["wor", "ld"])
          $0.finish()
        }
        $0.exchange("last", body: "hello")
      }
      $0.command("loud")
      $0.command("stats")
      $0.exchange("after", body: "hello")
    }
    #expect(run.stats["swiftformations.requests_transformed"] == 2 * (2 * 200 + 1))
    #expect(run.stats["swiftformations.responses_transformed"] == 2 * (2 * 200 + 1))
    #expect(try run.exchange("after").upstream.body == "<hello>")
  }

  @Test("two threads make, use and replace configurations of routes", arguments: EnvoyLine.families)
  func routesOfThreads(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config("{}")
      $0.command("quiet")
      $0.block("threads", 2) {
        $0.block("repeat", 200) {
          for number in 0..<5 {
            $0.route(Configurations.setsHeader, as: "r\(number)")
            $0.exchange(chain: ["c", "r\(number)"])
          }
        }
      }
      $0.command("loud")
      $0.command("stats")
    }
    #expect(run.stats["swiftformations.requests_transformed"] == 2 * 200 * 5, "\(run)")
  }

  @Test("hooks in any order neither crash nor keep memory", arguments: EnvoyLine.allCases, [1, 2, 3])
  func randomHooks(line: EnvoyLine, seed: Int) throws {
    let configurations = [
      Configurations.bothBodies, Configurations.modelToHeader,
      #"{"request": {"body": {"value": "x"}, "add": [{"name": "x-a", "value": "{{ header('x-b') }}"}]}, "response": {"body": {"parseAs": "AsJson", "value": "{{ model }}{{ request_header('x-a') }}"}, "add": [{"name": "set-cookie", "value": "a=b"}], "dynamicMetadata": [{"namespace": "n", "key": "k", "value": {"stringValue": "{{ body() }}"}}]}}"#,
    ]
    let run = try HostRun.module(line) {
      $0.command("level", "off")
      $0.route(Configurations.modelToHeader)
      for (number, configuration) in configurations.enumerated() {
        $0.config(configuration, as: "c\(number)")
        for _ in 0..<3 {
          $0.command("random", "\(seed)", "1000", "c\(number)", "r")
          $0.command("memory")
        }
      }
    }
    try #require(run.memory.count == 9)
    for number in 0..<3 { #expect(run.memory[number * 3 + 1] == run.memory[number * 3 + 2], "\(run.memory)") }
  }
}
