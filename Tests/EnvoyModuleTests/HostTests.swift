import Testing

/// The host itself, with a module that does right or wrong as its configuration says.
@Suite("The module host")
struct HostTests {
  private func run(_ line: EnvoyLine, _ build: (inout HostScript) -> Void) throws -> HostRun {
    var script = HostScript()
    build(&script)
    return try HostRun(line.rawValue, library: ModuleHost.probe(line.rawValue), script)
  }

  @Test(
    "what a module must not do is reported", arguments: EnvoyLine.allCases,
    [
      ("stale after set", "bytes that were not valid any more"), ("bad value", "invalid value"),
      ("wrong length", "content-length is 5, the body has 8 bytes"), ("unknown attribute", "attribute 12"),
      ("one by one", "of a header by itself"), ("late metric", "and not in config_new"),
      ("another stream", "for something else"),
      ("null filter", "filter_new returned null"), ("no buffer", "StopIterationNoBuffer and left data"),
    ])
  func faults(line: EnvoyLine, wrong: (behaviour: String, fault: String)) throws {
    let run = try run(line) {
      $0.config(wrong.behaviour)
      for id in ["1", "2"] {
        $0.begin(id)
        $0.request(pieces: ["hello"])
        $0.response()
      }
    }
    // AddressSanitizer, where it is there, finds some first, and ends the host.
    let isFound =
      run.error.contains("heap-use-after-free") || run.faults.contains { $0.contains(wrong.fault) }
    #expect(isFound && run.status != 0, "\(run)")
  }

  @Test("a leak shows in the count of memory", arguments: EnvoyLine.families)
  func leak(line: EnvoyLine) throws {
    for (behaviour, isLeak) in [("leak", true), ("set", false)] {
      let run = try run(line) {
        $0.config(behaviour)
        for _ in 1...2 {
          $0.exchange()
          $0.command("memory")
        }
      }
      #expect((run.memory[0] < run.memory[1]) == isLeak, "\(run)")
    }
  }

  @Test("an empty value is stored up to 1.36, and removes later", arguments: EnvoyLine.allCases)
  func emptyValue(line: EnvoyLine) throws {
    let run = try run(line) {
      $0.config("set empty")
      $0.exchange(headers: [("x-probe", "old")])
    }
    #expect(try run.exchange().upstream["x-probe"] == (line.isFamilyA ? [""] : []))
  }

  @Test("a body is held and replaced, however it ends", arguments: EnvoyLine.allCases)
  func replaced(line: EnvoyLine) throws {
    let endings: [HostScript.Ending] = [.withData, .emptyPiece, .trailers([("x-t", "1")])]
    for ending in endings {
      for chain in [["c"], ["buffer", "c"], ["c", "buffer"], ["c", "c"]] {
        let run = try run(line) {
          $0.config("replace")
          $0.begin("1", chain)
          $0.request(pieces: ["hel", "lo"], ending)
          $0.response()
          $0.finish()
        }
        #expect(try run.exchange().upstream.body == "replaced", "\(chain) \(run)")
        #expect(run.faults.isEmpty, "\(run)")
      }
    }
  }

  @Test(
    "a body that is added where there is none is sent, and one that is added too early is lost",
    arguments: EnvoyLine.families)
  func injected(line: EnvoyLine) throws {
    let run = try run(line) {
      $0.config("inject")
      $0.exchange("late")
      $0.config("inject early")
      $0.exchange("early", body: "hello")
    }
    #expect(try run.exchange("late").upstream.body == "injected")
    #expect(try run.exchange("early").upstream.body == "hello")
  }

  @Test("its own reply passes by the filter that sent it, and through others", arguments: EnvoyLine.allCases)
  func ownReply(line: EnvoyLine) throws {
    let run = try run(line) {
      $0.config("refuse")
      $0.config("set", as: "other")
      $0.exchange("alone")
      $0.exchange("with", chain: ["other", "c"])
    }
    let alone = try run.exchange("alone")
    let other = try run.exchange("with")
    #expect(alone.upstream.end == "nothing")
    #expect(
      alone.client[":status"] == ["403"] && alone.client.body == "refused" && alone.client["x-seen"] == [])
    #expect(alone.details == (line.isFamilyA ? "dynamic_module" : "probe"))
    #expect(other.client["x-seen"] == ["yes"])
  }

  @Test("a reply to gRPC is trailers only", arguments: EnvoyLine.families)
  func grpcReply(line: EnvoyLine) throws {
    let run = try run(line) {
      $0.config("refuse")
      $0.exchange(headers: [("content-type", "application/grpc")])
    }
    let client = try run.exchange().client
    #expect(
      client[":status"] == ["200"] && client["grpc-status"] == ["0"] && client["grpc-message"] == ["refused"])
  }

  @Test("from 1.38 on a filter can make a reset of a reply", arguments: EnvoyLine.allCases)
  func reset(line: EnvoyLine) throws {
    let run = try run(line) {
      $0.config("reset")
      $0.begin()
      $0.request("GET")
      $0.command("reply", "404", "none", "route_not_found")
      $0.finish()
    }
    #expect(try run.exchange().client.end == (line.rawValue < 13800 ? "end" : "reset"))
  }

  @Test("a response whose hook refuses it is replaced", arguments: EnvoyLine.families)
  func refusedResponse(line: EnvoyLine) throws {
    let run = try run(line) {
      $0.config("refuse response")
      $0.exchange()
    }
    #expect(try run.exchange().client[":status"] == ["502"])
  }

  @Test("a body over the limit is answered by Envoy", arguments: EnvoyLine.families)
  func limit(line: EnvoyLine) throws {
    let run = try run(line) {
      $0.command("limit", "4")
      $0.config("replace")
      $0.begin("request")
      $0.request(pieces: ["hello"])
      $0.finish()
      $0.config("buffer response")
      $0.begin("response")
      $0.request("GET")
      $0.response(pieces: ["hello"])
      $0.finish()
    }
    #expect(try run.exchange("request").client[":status"] == ["413"])
    // The headers had gone on.
    #expect(try run.exchange("response").client.end == "reset")
  }

  @Test("a body behind a response without one is reported", arguments: EnvoyLine.families)
  func bodyOfNoContent(line: EnvoyLine) throws {
    let run = try run(line) {
      $0.config("append to response")
      $0.begin()
      $0.request("GET")
      $0.response(204, pieces: [""])
    }
    #expect(run.faults.contains { $0.contains("where no body may be") }, "\(run)")
  }
}
