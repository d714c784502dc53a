import Testing

@Suite("Dynamic metadata through Envoy")
struct MetadataTests {
  @Test("it is written for the access log", arguments: EnvoyVersion.allCases, BodyTests.collecting)
  func written(version: EnvoyVersion, profile: Profile) throws {
    let path = "/anything/metadata-\(profile)"
    let gateway = try Gateway.shared(version)
    let response = try gateway.exchange(
      .post(path, json: #"{"model": "m"}"#, headers: ["x-user": "Ann"]), through: profile,
      transforming: """
        {"request": {"body": {"parseAs": "AsJson"}, "dynamicMetadata": [
          {"namespace": "com.example", "key": "user", "value": {"stringValue": "{{ header('x-user') }}"}},
          {"namespace": "com.example", "key": "model", "value": {"stringValue": "{{ model }}"}},
          {"namespace": "com.elsewhere", "key": "user", "value": {"stringValue": "not received"}}]}}
        """)
    #expect(response.status == 200)
    let entry = try gateway.envoy.accessLogEntry(path: path)
    #expect(entry.metadata == ["user": .string("Ann"), "model": .string("m")])
  }

  @Test("a response writes it too", arguments: EnvoyVersion.allCases)
  func response(version: EnvoyVersion) throws {
    let gateway = try Gateway.shared(version)
    let request = HTTPRequest.post(
      "/v1/chat/completions?metadata",
      json: #"{"model": "m", "messages": [{"role": "user", "content": "one two three"}]}"#)
    let response = try gateway.exchange(
      request,
      transforming: """
        {"response": {"body": {"parseAs": "AsJson"}, "dynamicMetadata": [
          {"namespace": "com.example", "key": "tokens", "value": {"stringValue": "{{ usage.prompt_tokens }}"}}]}}
        """)
    #expect(response.status == 200)
    #expect(try gateway.envoy.accessLogEntry(path: request.path).metadata == ["tokens": .string("3")])
  }
}
