import Testing

@Suite("In the place of the Rust filter, the module never stops an update")
struct DropInTests {
  private static let faulty = #"""
    {"request": {"set": [{"name": "x-a", "value": "{{ nope() }}"}, {"name": "b c", "value": "d"},
                         {"name": "x-e", "value": "f"}]}}
    """#

  @Test(
    "a faulty rule is logged with its place, counted, and fails its own exchanges",
    arguments: EnvoyLine.allCases)
  func faultyRule(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(Configurations.setsHeader)
      $0.route(Self.faulty)
      $0.exchange("faulty", chain: ["c", "r"], headers: [("x-a", "1")])
      $0.exchange("other")
      $0.command("stats")
    }
    #expect(try run.exchange("faulty").upstream["x-a"] == [])
    #expect(try run.exchange("faulty").upstream["x-e"] == ["f"])
    #expect(try run.exchange("other").upstream["x-a"] == ["b"])
    let errors = run.logs.filter { $0.hasPrefix("error ") }
    #expect(errors.count == 3, "\(run)")
    #expect(
      errors[0].hasPrefix(
        "error swiftformations: per-route filter_config:1:51: error: unknown function `nope`"), "\(run)")
    #expect(errors[0].contains("^^^^") && errors[0].hasSuffix("= request.set[0].value"))
    #expect(errors[1].contains("`b c` is not a header name"))
    #expect(errors[2].contains("loaded with these 2 errors"))
    #expect(run.stats["swiftformations.configuration_faults"] == 2)
    #expect(run.stats["swiftformations.failures reason=rendering_failed"] == 1)
    #expect(run.stats["swiftformations.failures reason=faulty_configuration"] == 1)
  }

  @Test("a JSON field that nothing parses answers 400", arguments: EnvoyLine.allCases)
  func unparsedField(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(#"{"request": {"set": [{"name": "x-a", "value": "{{ model }}"}]}}"#)
      $0.config(
        #"{"response": {"set": [{"name": "x-a", "value": "{{ headers }}"}]}}"#, as: "response")
      $0.exchange("request", body: "{}")
      $0.exchange("response", chain: ["response"])
    }
    #expect(try run.exchange("request").client[":status"] == ["400"])
    #expect(try run.exchange("request").upstream.end == "nothing")
    #expect(try run.exchange("response").client[":status"] == ["400"])
    #expect(try run.exchange("response").client.body.contains("no_json_body"))
  }

  @Test(
    "a filter of kgateway's module that is not here does nothing; a route that asks for it is refused",
    arguments: EnvoyLine.allCases)
  func missingFilter(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(#"{"defaultAction":"allow"}"#, as: "acl", filter: "http-acl")
      $0.config(Configurations.setsHeader)
      $0.route(#"{"defaultAction":"deny","rules":[]}"#, as: "deny", filter: "http-acl")
      $0.route(#"{"defaultAction":"deny","rules":[]}"#, as: "again", filter: "http-acl")
      $0.route(#"{"request": {"set": [{"name": "x-a", "value": "route"}]}}"#, as: "own")
      $0.exchange("acl", chain: ["acl"], body: "hello")
      $0.exchange("both", chain: ["acl", "c"])
      $0.exchange("inert", chain: ["acl", "own"])
      for name in ["first", "second"] { $0.exchange(name, chain: ["acl", "deny"], body: "hello") }
      $0.begin("grpc", ["acl", "deny"])
      $0.headers(
        "request", [(":method", "POST"), (":path", "/s/m"), ("content-type", "application/grpc")], end: true)
      $0.finish()
      $0.exchange("ours", chain: ["c", "again"])
      $0.begin("local", ["acl", "deny"])
      $0.command("reply", "404", "no route", "route_not_found")
      $0.finish()
      $0.command("stats")
    }
    #expect(try run.exchange("acl").upstream.body == "hello")
    #expect(try run.exchange("both").upstream["x-a"] == ["b"])
    #expect(try run.exchange("inert").upstream["x-a"] == [])
    for name in ["first", "second", "ours"] {
      #expect(try run.exchange(name).client[":status"] == ["500"])
      #expect(try run.exchange(name).client.body.contains("missing_filter"))
      #expect(try run.exchange(name).upstream.end == "nothing")
    }
    // Without it Envoy tells a gRPC client that all is well.
    #expect(try run.exchange("grpc").client["grpc-status"] == ["2"])
    #expect(try run.exchange("local").client[":status"] == ["404"])
    #expect(run.stats["swiftformations.refusals reason=missing_filter"] == 4)
    #expect(run.logs.count { $0.contains("per_route_config_name: `http-acl`") } == 1, "\(run)")
    #expect(run.logs.count { $0.contains("filter_name: `http-acl`") } == 1, "\(run)")
    #expect(run.logs.count == 2, "\(run)")
  }

  @Test("other names are refused", arguments: EnvoyLine.families, ["", "acl", "http-acl2", "HTTP-ACL"])
  func unknownFilter(line: EnvoyLine, name: String) throws {
    let run = try HostRun.module(line) {
      $0.config("{}", as: "bad", filter: name)
      $0.route("{}", as: "bad", filter: name)
    }
    #expect(run.lines.contains("config bad rejected") && run.lines.contains("route bad rejected"), "\(run)")
  }

  @Test("a secret reaches the upstream and nothing else", arguments: EnvoyLine.families)
  func secret(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(
        #"""
        {"secrets":{"provider":{"token":"s3cret"}},"request":{"set":[
          {"name":"authorization","value":"Bearer {{ secret('provider', 'token') }}"},
          {"name":"x-a","value":"{{ secret('provider', 'other') }}"}]}}
        """#.split(separator: "\n").joined())
      $0.exchange()
    }
    #expect(try run.exchange().upstream["authorization"] == ["Bearer s3cret"])
    #expect(run.logs.contains { $0.contains("has no `other`") }, "\(run)")
    #expect(!run.logs.joined().contains("s3cret"), "\(run)")
  }
}
