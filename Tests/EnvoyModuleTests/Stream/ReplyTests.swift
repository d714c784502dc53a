import Testing

@Suite("Answers in place of the upstream's")
struct ReplyTests {
  @Test("a body that is not JSON is refused with details", arguments: EnvoyLine.allCases)
  func notJSON(line: EnvoyLine) throws {
    for ending in ExchangeTests.endings {
      let run = try HostRun.module(line) {
        $0.config(Configurations.modelToHeader)
        $0.begin()
        $0.request(pieces: ["{oo", "ps"], ending)
        $0.finish()
        $0.command("stats")
      }
      let seen = try run.exchange()
      #expect(seen.upstream.end == "nothing")
      #expect(seen.client[":status"] == ["400"] && seen.client["content-type"] == ["application/json"])
      #expect(seen.client.body.hasPrefix(#"{"error":{"code":400,"type":"body_not_json","#))
      let details = "swiftformations{transformation=default,reason=body_not_json}"
      #expect(seen.details == (line.isFamilyA ? "dynamic_module" : details))
      #expect(run.stats["swiftformations.refusals reason=body_not_json"] == 1, "\(run.stats)")
      #expect(run.logs.count == 1)
    }
  }

  @Test("the module's own hooks see nothing of its answer", arguments: EnvoyLine.allCases)
  func ownHooks(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(
        #"{"request": {"body": {"parseAs": "AsJson"}}, "response": {"set": [{"name": "x-a", "value": "b"}]}}"#
      )
      $0.config(#"{"response": {"set": [{"name": "x-other", "value": "b"}]}}"#, as: "other")
      $0.exchange(chain: ["other", "c"], body: "{")
    }
    #expect(try run.exchange().client["x-a"] == [] && run.exchange().client["x-other"] == ["b"])
  }

  @Test("a response that cannot be transformed is replaced", arguments: EnvoyLine.allCases)
  func badResponse(line: EnvoyLine) throws {
    for ending in ExchangeTests.endings {
      let run = try HostRun.module(line) {
        $0.config(
          #"{"response": {"failurePolicy": {"parse": "Reject", "status": 502}, "body": {"parseAs": "AsJson", "value": "{{ a }}"}}}"#
        )
        $0.begin()
        $0.request("GET")
        $0.response(pieces: ["{oo", "ps"], ending)
        $0.finish()
      }
      #expect(try run.exchange().client[":status"] == ["502"], "\(run)")
      #expect(try run.exchange().client.body.contains("body_not_json"))
    }
  }

  @Test("the answers of others are transformed", arguments: EnvoyLine.allCases)
  func others(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(
        #"{"response": {"body": {"value": "<{{ body() }}>"}, "set": [{"name": "x-a", "value": "b"}]}}"#)
      $0.begin()
      $0.request("GET")
      $0.command("reply", "404", "no route", "route_not_found")
      $0.finish()
    }
    let seen = try run.exchange()
    #expect(
      seen.client[":status"] == ["404"] && seen.client["x-a"] == ["b"] && seen.client.body == "<no route>")
  }

  @Test("an answer may come before the request's headers did", arguments: EnvoyLine.allCases)
  func withoutRequest(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(
        #"{"response": {"body": {"value": "<{{ body() }}>"}, "set": [{"name": "x-a", "value": "b{{ request_header('x') }}"}]}}"#
      )
      $0.begin()
      $0.command("reply", "400", "missing host", "missing_host_header")
      $0.finish()
    }
    #expect(try run.exchange().client["x-a"] == ["b"])
    #expect(try run.exchange().client.end == "end")
  }

  @Test(
    "the answer of an earlier filter to HEAD gets no body, and one to GET does",
    arguments: EnvoyLine.allCases,
    ["new", "<{{ body() }}>"])
  func earlierFilter(line: EnvoyLine, body: String) throws {
    let run = try HostRun.module(line) {
      // This one answers every request.
      $0.config(
        #"{"request": {"failurePolicy": {"header": "Reject"}, "set": [{"name": "x-b", "value": "{{ header('x').a.b }}"}]}}"#,
        as: "earlier")
      $0.config(
        #"{"response": {"body": {"value": "BODY"}, "set": [{"name": "x-a", "value": "b"}]}}"#
          .replacing("BODY", with: body))
      for method in ["HEAD", "GET"] {
        $0.begin("\(method)-alone", ["earlier"])
        $0.request(method)
        $0.finish()
        $0.begin(method, ["earlier", "c"])
        $0.request(method)
        $0.finish()
      }
    }
    let alone = try run.exchange("HEAD-alone").client
    let head = try run.exchange("HEAD").client
    #expect(head[":status"] == ["500"] && head["x-a"] == ["b"] && head.end == "end", "\(run)")
    #expect(head.body.isEmpty)
    // It tells the length that the answer to GET would have had, as before.
    #expect(head["content-length"] == alone["content-length"] && head["content-length"] != [])
    let unchanged = try run.exchange("GET-alone").client.body
    #expect(unchanged.contains("rendering_failed"))
    #expect(try run.exchange("GET").client.body == (body == "new" ? body : "<\(unchanged)>"))
    #expect(try run.exchange("GET").upstream.end == "nothing")
  }

  @Test("Envoy's answer to a body over its limit passes as it is", arguments: EnvoyLine.allCases)
  func overLimit(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.command("limit", "8")
      $0.config(Configurations.bothBodies)
      $0.begin("request")
      $0.request(pieces: ["hello", "hello"])
      $0.finish()
      $0.begin("response")
      $0.request("GET")
      $0.response(pieces: ["hello", "hello"])
      $0.finish()
    }
    #expect(try run.exchange("request").client[":status"] == ["413"])
    #expect(try run.exchange("response").client[":status"] == ["500"])
  }

  @Test("a gRPC client hears of a refusal", arguments: EnvoyLine.families)
  func grpc(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(#"{"request":{"body":{"parseAs":"AsJson","value":"{{ model }}"}}}"#)
      $0.exchange(headers: [("content-type", "application/grpc")], body: "{")
    }
    #expect(try run.exchange().client["grpc-status"] == ["2"], "\(run)")
  }
}
