import Foundation
import Testing

@Suite("Refusals through Envoy")
struct RefusalTests {
  private static let readsModel = """
    {"request": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-model", "value": "{{ model }}"}]}}
    """

  @Test(
    "a body that is not JSON is refused, and the details say why", arguments: EnvoyVersion.allCases,
    BodyTests.collecting)
  func notJSON(version: EnvoyVersion, profile: Profile) throws {
    let path = "/anything/not-json-\(profile)"
    let gateway = try Gateway.shared(version)
    let response = try gateway.exchange(
      .post(path, "{not JSON"), through: profile, transforming: Self.readsModel)
    #expect(response.status == 400)
    let error = try #require(try response.json()["error"] as? NSDictionary)
    #expect(error["type"] as? String == "body_not_json")
    let entry = try gateway.envoy.accessLogEntry(path: path)
    #expect(entry.details == "swiftformations{transformation=default,reason=body_not_json}")
  }

  @Test(
    "a response that is not JSON is refused before the client sees any of it",
    arguments: EnvoyVersion.allCases)
  func responseNotJSON(version: EnvoyVersion) throws {
    let response = try Gateway.shared(version).exchange(
      .get("/bytes/100"),
      transforming: #"{"response": {"body": {"parseAs": "AsJson", "value": "{{ id }}"}}}"#)
    #expect(response.status == 502)
    #expect(response.headers["x-should-retry"] == ["false"])
    #expect(try response.json()["error"] != nil)
  }

  @Test("a response that is not JSON passes where it is only read", arguments: EnvoyVersion.allCases)
  func responseOnlyRead(version: EnvoyVersion) throws {
    let response = try Gateway.shared(version).exchange(.get("/bytes/100"), transforming: Self.readsID)
    #expect(response.status == 200 && response.body.count == 100)
  }

  @Test("a body that is not JSON passes when the policy says so", arguments: EnvoyVersion.allCases)
  func policyContinue(version: EnvoyVersion) throws {
    let seen = try Gateway.shared(version).exchange(
      .post("/anything", "{not JSON"),
      transforming: """
        {"request": {"body": {"parseAs": "AsJson"}, "failurePolicy": {"parse": "Continue"},
                     "set": [{"name": "x-a", "value": "b"}]}}
        """
    ).upstream()
    #expect(seen.body == "{not JSON")
    #expect(seen.headers["x-a"] == ["b"])
  }

  @Test(
    "a request of trailers without a body does not pass untransformed", arguments: EnvoyVersion.allCases,
    [
      Profile.buffered, .withoutTrailers,
    ])
  func trailersOnly(version: EnvoyVersion, profile: Profile) throws {
    var request = HTTPRequest.post("/anything", "")
    request.trailers = ["x-checksum": "42"]
    let response = try Gateway.shared(version).exchange(
      request, through: profile, transforming: #"{"request": {"body": {"value": "[{{ body() }}]"}}}"#)
    #expect(response.status == 500)
    #expect(response.text.contains("request_body_not_sent"))
  }

  private static let readsID = """
    {"response": {"body": {"parseAs": "AsJson"}, "set": [{"name": "x-id", "value": "{{ id }}"}]}}
    """

  @Test(
    "an upstream's answer without a body keeps its status", arguments: EnvoyVersion.allCases,
    [200, 204, 304, 503])
  func emptyResponse(version: EnvoyVersion, status: Int) throws {
    let response = try Gateway.shared(version).exchange(.get("/status/\(status)"), transforming: Self.readsID)
    #expect(response.status == status)
    #expect(response.headers["x-id"].isEmpty)
  }

  @Test(
    "headers that would be more than Envoy takes are refused with our own details",
    arguments: EnvoyVersion.allCases)
  func headersTooLarge(version: EnvoyVersion) throws {
    let response = try Gateway.shared(version).exchange(
      .post("/anything/too-large", json: #"{"model": "\#(String(repeating: "m", count: 70_000))"}"#),
      transforming: Self.readsModel)
    #expect(response.status == 500)
    #expect(try response.json()["error"] != nil)
    let entry = try Gateway.shared(version).envoy.accessLogEntry(path: "/anything/too-large")
    #expect(entry.details?.contains("headers_too_large") == true)
  }

  @Test(
    "a body of which Envoy sends a part passes where it is only read", arguments: EnvoyVersion.allCases)
  func partOnlyRead(version: EnvoyVersion) throws {
    let body = #"{"model": ""# + String(repeating: "x", count: 1_000_000) + #""}"#
    let seen = try Gateway.shared(version).exchange(
      .post("/anything", json: body, headers: ["x-model": "the client's"]), through: .smallPartialBuffer,
      transforming: Self.readsModel
    ).upstream()
    #expect(seen.body == body)
    #expect(seen.headers["x-model"].isEmpty)
  }

  @Test("a body of which Envoy sends a part is a 413 where it is rewritten", arguments: EnvoyVersion.allCases)
  func partRewritten(version: EnvoyVersion) throws {
    let body = #"{"model": ""# + String(repeating: "x", count: 1_000_000) + #""}"#
    let response = try Gateway.shared(version).exchange(
      .post("/anything", json: body), through: .smallPartialBuffer,
      transforming: #"{"request": {"body": {"parseAs": "AsJson", "value": "{{ model }}"}}}"#)
    #expect(response.status == 413)
  }

  @Test("a body over Envoy's buffer limit is a 413", arguments: EnvoyVersion.allCases)
  func tooLarge(version: EnvoyVersion) throws {
    let profile = Profile.smallBuffer
    let connection = try HTTPConnection(port: Gateway.shared(version).envoy.port(of: profile.rawValue))
    // The rest of the body never comes: whoever answers does so for what is too much already.
    try connection.send(
      .post(
        "/anything", String(repeating: "x", count: 2 * Profile.smallBufferBytes),
        headers: ["content-length": "1000000", Route.configurationHeader: Self.readsModel]))
    let response = try connection.receive()
    #expect(response.status == 413)
  }

  @Test(
    "a small body passes under the same limit", arguments: EnvoyVersion.allCases,
    [
      Profile.smallBuffer, .smallPartialBuffer,
    ])
  func smallEnough(version: EnvoyVersion, profile: Profile) throws {
    let seen = try Gateway.shared(version).exchange(
      .post("/anything", json: #"{"model": "m"}"#), through: profile, transforming: Self.readsModel
    ).upstream()
    #expect(seen.headers["x-model"] == ["m"])
  }

  @Test(
    "an upstream that cannot be reached is Envoy's 503, and the sidecar does not hide it",
    arguments: EnvoyVersion.allCases)
  func noUpstream(version: EnvoyVersion) throws {
    let gateway = try Gateway(
      version, listeners: [.init(name: "buffered", filter: ExtProcFilter())],
      transformations: """
        request: { set: [ { name: x-a, value: b } ] }
        response: { body: { parseAs: AsJson }, set: [ { name: x-id, value: "{{ id }}" } ] }
        """)
    gateway.mockLLM.process.stop(with: SIGKILL)
    #expect(try gateway.exchange(.get("/anything")).status == 503)
  }
}
