import Testing

/// The buffer that all filters of a direction and the router share.
@Suite("A body beside others that keep it")
struct SharedBufferTests {
  private static let neighbours = [
    ["c"], ["c", "retry"], ["c", "buffer"], ["buffer", "c"], ["buffer", "c", "retry"],
    ["c", "buffer", "retry"],
  ]

  /// With a length, and without one, as HTTP/2 may come.
  private static func send(
    _ script: inout HostScript, _ direction: String, _ pieces: [String], _ ending: HostScript.Ending,
    declares: Bool, type: String = "text/plain"
  ) {
    var headers = direction == "request" ? [(":method", "POST"), (":path", "/")] : [(":status", "200")]
    headers.append(("content-type", type))
    if declares { headers.append(("content-length", "\(pieces.reduce(0) { $0 + $1.utf8.count })")) }
    script.message(direction, headers, pieces: pieces, ending)
  }

  @Test(
    "a body that is replaced without being read goes on once, with its length, and can be sent again",
    arguments: EnvoyLine.allCases, neighbours)
  func replacedUnread(line: EnvoyLine, chain: [String]) throws {
    for ending in ExchangeTests.endings {
      for declares in [true, false] {
        let run = try HostRun.module(line) {
          $0.config(#"{"request": {"body": {"value": "new"}}, "response": {"body": {"value": "answer"}}}"#)
          $0.begin("1", chain)
          Self.send(&$0, "request", ["first ", "second"], ending, declares: declares)
          Self.send(&$0, "response", ["one ", "two"], ending, declares: declares)
          $0.finish()
        }
        let seen = try run.exchange()
        #expect(seen.upstream.body == "new" && seen.upstream.end == "end", "\(run)")
        #expect(seen.bodyAgain == (chain.contains("retry") ? "new" : nil), "\(run)")
        #expect(seen.client.body == "answer" && seen.client.end == "end", "\(run)")
        if case .trailers = ending, !declares {
          #expect(seen.upstream["content-length"] == [], "HTTP/1 has no trailers behind a length")
        } else {
          #expect(
            seen.upstream["content-length"] == ["3"] && seen.client["content-length"] == ["6"], "\(run)")
        }
      }
    }
  }

  @Test("nothing of a replaced body goes on before it has ended", arguments: EnvoyLine.families)
  func replacedIsHeld(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(#"{"request": {"body": {"value": "new"}}}"#)
      $0.begin()
      $0.headers("request", [(":method", "POST"), (":path", "/")], end: false)
      $0.data("request", "first")
      $0.finish()
    }
    #expect(try run.exchange().upstream.end == "nothing")
  }

  @Test("a second filter reads what the first one put in place of a body", arguments: EnvoyLine.allCases)
  func second(line: EnvoyLine) throws {
    for ending in ExchangeTests.endings {
      let run = try HostRun.module(line) {
        $0.config(#"{"request": {"body": {"value": "new"}}, "response": {"body": {"value": "answer"}}}"#)
        $0.config(Configurations.bothBodies, as: "reads")
        for (id, chain) in [("behind", ["c", "reads", "retry"]), ("before", ["reads", "c", "retry"])] {
          $0.begin(id, chain)
          $0.request(pieces: ["first ", "second"], ending)
          $0.response(pieces: ["one ", "two"], ending)
          $0.finish()
        }
      }
      let behind = try run.exchange("behind")
      #expect(
        behind.upstream.body == "<new>" && behind.bodyAgain == "<new>" && behind.client.body == "answer",
        "\(run)")
      let before = try run.exchange("before")
      #expect(
        before.upstream.body == "new" && before.bodyAgain == "new" && before.client.body == "[answer]",
        "\(run)")
    }
  }

  @Test("a body that was read and rebuilt can be sent again", arguments: EnvoyLine.allCases, neighbours)
  func rebuilt(line: EnvoyLine, chain: [String]) throws {
    for ending in ExchangeTests.endings {
      let run = try HostRun.module(line) {
        $0.config(Configurations.bothBodies)
        $0.begin("1", chain)
        $0.request(pieces: ["first ", "second"], ending)
        $0.response(pieces: ["one ", "two"], ending)
        $0.finish()
      }
      let seen = try run.exchange()
      #expect(seen.upstream.body == "<first second>" && seen.client.body == "[one two]", "\(run)")
      #expect(seen.bodyAgain == (chain.contains("retry") ? "<first second>" : nil), "\(run)")
    }
  }

  @Test(
    "a body that passes goes on whole, and once, whatever others keep of it", arguments: EnvoyLine.allCases,
    neighbours)
  func passes(line: EnvoyLine, chain: [String]) throws {
    for ending in ExchangeTests.endings {
      for declares in [true, false] {
        for pieces in [
          ["first ", "second"], ["first ", "second ", "third"], ["only"], ["first ", "", "last"],
        ] {
          let run = try HostRun.module(line) {
            $0.config("{}")
            $0.begin("1", chain)
            Self.send(&$0, "request", pieces, ending, declares: declares)
            Self.send(&$0, "response", pieces, ending, declares: declares)
            $0.finish()
          }
          let seen = try run.exchange()
          #expect(seen.upstream.body == pieces.joined() && seen.upstream.end == "end", "\(run)")
          #expect(seen.bodyAgain == (chain.contains("retry") ? pieces.joined() : nil), "\(run)")
          #expect(seen.client.body == pieces.joined() && seen.client.end == "end", "\(run)")
        }
      }
    }
  }

  @Test(
    "what only reads a body lets one pass that is longer than Envoy's buffer", arguments: EnvoyLine.allCases,
    [["c"], ["c", "retry"]])
  func tooLong(line: EnvoyLine, chain: [String]) throws {
    let pieces = (0..<20).map { piece in (0..<10_000).map { "\(piece * 10_000 + $0) " }.joined() }
    for ending in ExchangeTests.endings {
      let run = try HostRun.module(line) {
        $0.config(
          #"{"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-model", "value": "{{ model | default('none') }}"}]}, "response": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-model", "value": "{{ model | default('none') }}"}]}}"#
        )
        $0.begin("1", chain)
        Self.send(&$0, "request", pieces, ending, declares: false, type: "application/json")
        Self.send(&$0, "response", pieces, ending, declares: false, type: "application/json")
        $0.finish()
      }
      let seen = try run.exchange()
      #expect(seen.upstream["x-model"] == ["none"] && seen.client["x-model"] == ["none"], "\(run.logs)")
      #expect(seen.upstream.body == pieces.joined() && seen.upstream.end == "end")
      #expect(seen.client.body == pieces.joined() && seen.client.end == "end")
      #expect(run.logs.isEmpty)
    }
  }

  /// gRPC messages of these texts.
  private static func messages(_ texts: [String]) -> String {
    texts.map { String(decoding: [0, 0, 0, 0, UInt8($0.utf8.count)], as: UTF8.self) + $0 }.joined()
  }

  @Test(
    "a body that passes beside a filter that has waited goes on whole, or not at all",
    arguments: EnvoyLine.allCases,
    [["wait", "c"], ["c", "wait"], ["wait", "c", "retry"], ["c", "wait", "retry"]])
  func waited(line: EnvoyLine, chain: [String]) throws {
    let text = Self.messages(["hello", "you", "there"])
    let cases: [(pieces: [String], declares: Bool, type: String, known: Bool)] = [
      (["first ", "second"], true, "text/plain", true),
      (["first ", "second"], false, "text/plain", false),
      (["first ", "second ", "third"], false, "text/plain", true),
      ([String(text.prefix(7)), String(text.dropFirst(7))], false, "application/grpc", true),
    ]
    for (pieces, declares, type, known) in cases {
      let run = try HostRun.module(line) {
        $0.config("{}")
        $0.begin("1", chain)
        $0.headers(
          "request",
          [(":method", "POST"), (":path", "/"), ("content-type", type)]
            + (declares ? [("content-length", "\(pieces.joined().utf8.count)")] : []), end: false)
        $0.data("request", pieces[0])
        $0.command("release")
        for piece in pieces.dropFirst().dropLast() { $0.data("request", piece) }
        $0.data("request", pieces[pieces.count - 1], end: true)
        // A refusal passes it too.
        $0.command("release")
        $0.finish()
      }
      let seen = try run.exchange()
      let isKnown = known || line.rawValue >= 13800 || chain.contains("retry")
      if isKnown {
        #expect(seen.upstream.body == pieces.joined() && seen.upstream.end == "end", "\(run)")
        #expect(seen.bodyAgain == (chain.contains("retry") ? pieces.joined() : nil), "\(run)")
      } else {
        #expect(seen.upstream.end == "incomplete" && seen.client[":status"] == ["500"], "\(run)")
        #expect(seen.client.body.contains("last_piece_unknown"))
      }
    }
  }

  @Test("a response that passes beside a filter that has waited goes on whole", arguments: EnvoyLine.allCases)
  func waitedResponse(line: EnvoyLine) throws {
    for chain in [["wait", "c"], ["c", "wait"]] {
      let run = try HostRun.module(line) {
        $0.config("{}")
        $0.begin("1", chain)
        $0.request("GET")
        $0.command("release")
        $0.headers("response", [(":status", "200"), ("content-length", "11")], end: false)
        $0.data("response", "first ")
        $0.command("release")
        $0.data("response", "later", end: true)
        $0.finish()
        $0.begin("chunked", chain)
        $0.request("GET")
        $0.command("release")
        $0.headers("response", [(":status", "200"), ("transfer-encoding", "chunked")], end: false)
        $0.data("response", "first ")
        $0.command("release")
        $0.data("response", "later")
        $0.data("response", "", end: true)
        $0.finish()
      }
      #expect(try run.exchange().client.body == "first later" && run.exchange().client.end == "end", "\(run)")
      #expect(try run.exchange("chunked").client.body == "first later", "\(run)")
    }
  }

  @Test(
    "trailers that Envoy's decompressor adds are the end of a body", arguments: EnvoyLine.allCases,
    ["bothBodies", "replaced", "passes"])
  func decompressor(line: EnvoyLine, what: String) throws {
    for ending in ExchangeTests.endings {
      for chain in [["c", "decompressor"], ["decompressor", "c"], ["decompressor", "c", "decompressor"]] {
        let run = try HostRun.module(line) {
          switch what {
          case "bothBodies": $0.config(Configurations.bothBodies)
          case "replaced":
            $0.config(#"{"request": {"body": {"value": "new"}}, "response": {"body": {"value": "new"}}}"#)
          default: $0.config("{}")
          }
          $0.begin("1", chain)
          // It takes the length away.
          Self.send(&$0, "request", ["first ", "second"], ending, declares: false)
          Self.send(&$0, "response", ["first ", "second"], ending, declares: false)
          $0.finish()
        }
        let seen = try run.exchange()
        let body = "first second"
        #expect(
          seen.upstream.body == (what == "bothBodies" ? "<\(body)>" : what == "replaced" ? "new" : body),
          "\(run)")
        #expect(
          seen.client.body == (what == "bothBodies" ? "[\(body)]" : what == "replaced" ? "new" : body),
          "\(run)")
        #expect(seen.upstream.end == "end" && seen.client.end == "end", "\(chain) \(run)")
        if case .trailers = ending {
          #expect(seen.client.trailers == ["x-checksum: 42"] && seen.upstream.trailers == ["x-checksum: 42"])
        } else {
          #expect(seen.client.trailers.count == 2 && seen.upstream.trailers.count == 2, "\(run)")
        }
      }
    }
  }

  @Test(
    "trailers that are there before the body has come are not its end", arguments: EnvoyLine.allCases,
    ["bothBodies", "replaced"])
  func trailersFirst(line: EnvoyLine, what: String) throws {
    let run = try HostRun.module(line) {
      $0.config(
        what == "bothBodies" ? Configurations.bothBodies : #"{"response": {"body": {"value": "new"}}}"#)
      $0.begin("1", ["c", "pieces"])
      $0.request("GET")
      Self.send(&$0, "response", ["one ", "two ", "three"], .trailers([("x-t", "1")]), declares: false)
      $0.command("release")
      $0.finish()
    }
    let client = try run.exchange().client
    #expect(client.body == (what == "bothBodies" ? "[one two three]" : "new"), "\(run)")
    #expect(client.trailers == ["x-t: 1"] && client.end == "end", "\(run)")
  }

  @Test(
    "trailers in the place of a body are an empty one, and pass; a call that failed is given no message",
    arguments: EnvoyLine.allCases)
  func trailersAlone(line: EnvoyLine) throws {
    let configurations = [
      (Configurations.bothBodies, "application/grpc", "<>", ""),
      (
        #"{"request": {"body": {"value": "new"}}, "response": {"body": {"value": "new"}}}"#,
        "application/grpc", "new", "new"
      ),
      (
        #"{"response": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-m", "value": "{{ m }}"}]}}"#,
        "application/grpc", "", ""
      ),
      (#"{"response": {"body": {"parseAs": "AsJson", "value": "{{ m }}"}}}"#, "application/json", "", ""),
    ]
    for (configuration, type, request, response) in configurations {
      let run = try HostRun.module(line) {
        $0.config(configuration)
        $0.begin()
        Self.send(&$0, "request", [], .trailers([("x-t", "1")]), declares: false, type: type)
        Self.send(&$0, "response", [], .trailers([("grpc-status", "7")]), declares: false, type: type)
        $0.finish()
      }
      let seen = try run.exchange()
      #expect(seen.upstream.body == request && seen.upstream.trailers == ["x-t: 1"], "\(run)")
      #expect(seen.client.body == response && seen.client.trailers == ["grpc-status: 7"], "\(run)")
      #expect(seen.client[":status"] == ["200"] && seen.details == nil)
    }
  }
}
