import Testing

@Suite("What the module asks of Envoy, and tells it")
struct ConnectionTests {
  private static let names = [
    "id", "mtls", "tls_version", "requested_server_name", "subject_local_certificate",
    "subject_peer_certificate",
    "dns_san_local_certificate", "dns_san_peer_certificate", "uri_san_local_certificate",
    "uri_san_peer_certificate",
    "sha256_peer_certificate_digest", "transport_failure_reason", "termination_details",
  ]
  /// By Envoy's numbers.
  private static let attributes: [(Int, String, String)] = [
    (28, "int", "7"), (29, "bool", "true"), (30, "string", "sni"), (31, "string", "TLSv1.3"),
    (32, "string", "local"),
    (33, "string", "peer"), (34, "string", "dns-local"), (35, "string", "dns-peer"),
    (36, "string", "uri-local"),
    (37, "string", "uri-peer"), (38, "string", "digest"), (39, "string", "failure"),
    (40, "string", "details"),
  ]
  private static let configuration =
    "{\"request\": {\"set\": ["
    + names.map { "{\"name\": \"x-\($0)\", \"value\": \"{{ connection.\($0) }}\"}" }.joined(separator: ", ")
    + "]}}"

  /// The host takes it for a fault when an Envoy is asked for what it does not know.
  @Test("attributes are those that the Envoy knows", arguments: EnvoyLine.allCases)
  func attributes(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      for (id, type, value) in Self.attributes { $0.command("attribute", "\(id)", type, value) }
      $0.config(Self.configuration)
      $0.exchange()
    }
    let seen = try run.exchange().upstream
    #expect(seen["x-id"] == ["7"] && seen["x-mtls"] == ["true"] && seen["x-tls_version"] == ["TLSv1.3"])
    #expect(
      seen["x-subject_peer_certificate"] == ["peer"] && seen["x-uri_san_local_certificate"] == ["uri-local"])
    #expect(seen["x-requested_server_name"] == (line.rawValue >= 13900 ? ["sni"] : []))
  }

  @Test("what is not known of a plain connection is empty", arguments: EnvoyLine.allCases)
  func plain(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(Self.configuration)
      $0.exchange()
    }
    let seen = try run.exchange().upstream
    #expect(seen["x-mtls"] == ["false"] && seen["x-tls_version"] == [])
  }

  @Test("metadata is set in both directions", arguments: EnvoyLine.allCases)
  func metadata(line: EnvoyLine) throws {
    let entry =
      #""dynamicMetadata": [{"namespace": "com.example", "key": "KEY", "value": {"stringValue": "{{ header('x-user') }}ü"}}]"#
    let run = try HostRun.module(line) {
      $0.config("{\"request\": {\(entry)}, \"response\": {\(entry.replacing("KEY", with: "second"))}}")
      $0.begin()
      $0.request("GET", headers: [("x-user", "Ann")])
      $0.response(headers: [("x-user", "Bob")])
      $0.finish()
    }
    #expect(try run.exchange().metadata == ["com.example KEY Annü", "com.example second Bobü"])
  }

  @Test("statistics count messages, failures and refusals", arguments: EnvoyLine.allCases)
  func stats(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(
        #"{"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-a", "value": "{{ a.b }}"}]}, "response": {"set": [{"name": "x-a", "value": "b"}]}}"#
      )
      $0.exchange("good", body: #"{"a": {"b": 1}}"#)
      $0.exchange("failing", body: "{}")
      $0.exchange("refused", body: "{")
      $0.command("stats")
    }
    #expect(
      run.stats == [
        "swiftformations.requests_transformed": 2, "swiftformations.responses_transformed": 2,
        "swiftformations.duration_us": 4, "swiftformations.failures reason=rendering_failed": 1,
        "swiftformations.failures reason=body_not_json": 1,
        "swiftformations.refusals reason=body_not_json": 1,
      ], "\(run)")
  }

  @Test("a failure of every request is one line a second in the log", arguments: EnvoyLine.families)
  func logIsBounded(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(#"{"request": {"set": [{"name": "x-a", "value": "{{ header('x').y.z }}"}]}}"#)
      $0.command("quiet")
      $0.block("repeat", 2000) { $0.exchange() }
    }
    #expect((1...20).contains(run.logs.count))
    #expect(
      run.logs.allSatisfy { $0.hasPrefix("warn swiftformations: exchange failed: request.set[0]: ") },
      "\(run)")
  }
}
