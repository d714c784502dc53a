import Foundation
import Testing

@testable import ConfigurationFiles
@testable import swiftformations

@Suite("the configuration that the admin endpoint shows")
struct RedactedConfigurationTests {
  private func shown(_ yaml: String) throws -> String {
    String(decoding: RedactedConfiguration(try YAMLReader.read(yaml)).json, as: UTF8.self)
  }

  @Test("it is the file as JSON, order and numbers kept")
  func plain() throws {
    #expect(
      try shown("b: 1.10\na: [yes, true, ~, '{{ model }}']\nroutes: {}")
        == #"{"b":1.10,"a":["yes",true,null,"{{ model }}"],"routes":{}}"#)
  }

  @Test("what stands below `secrets` is hidden, its names are not")
  func secrets() throws {
    #expect(
      try shown("transformations: { a: { secrets: { b: { c: d, n: 1, t: true } } } }")
        == #"{"transformations":{"a":{"secrets":{"b":{"c":"[redacted]","n":"[redacted]","t":"[redacted]"}}}}}"#
    )
  }

  @Test(
    "values of headers whose names speak of credentials are hidden",
    arguments: [
      "authorization", "Proxy-Authorization", "cookie", "set-cookie", "x-api-key", "x-goog-apikey",
      "x-auth-token",
      "x-client-secret",
    ])
  func credentialHeaders(_ name: String) throws {
    let json = try shown("request: { set: [ { name: \(name), value: 'sk-12345' } ] }")
    #expect(json == #"{"request":{"set":[{"name":"\#(name)","value":"[redacted]"}]}}"#)
    #expect(try shown("request: { set: [ { value: 12345, name: \(name) } ] }").contains("12345") == false)
  }

  @Test(
    "texts that hold a key are hidden wherever they stand",
    arguments: [
      "{{ hmac_sha256('my-key', body()) }}", "{% set k = 'my-key' %}{{ hmac_sha256(k, body()) }}",
      "Bearer my-key", #"{"api_key": "my-key", "model": "{{ model }}"}"#, "/v1?key=my-key",
      "user:password:my-key", "sk-my-key", "x sk_my-key", "'xoxb-my-key'",
    ])
  func secretTexts(_ text: String) throws {
    let quoted = text.replacingOccurrences(of: "'", with: "''")
    for yaml in [
      "request: { set: [ { name: x-a, value: '\(quoted)' } ] }", "request: { body: { value: '\(quoted)' } }",
      "request: { dynamicMetadata: [ { namespace: a, key: b, value: { stringValue: '\(quoted)' } } ] }",
    ] {
      let json = try shown(yaml)
      #expect(!json.contains("my-key"))
      #expect(json.contains(RedactedConfiguration.replacement))
    }
  }

  @Test("names of headers to remove, and words that only look a little like keys, are shown")
  func names() throws {
    #expect(
      try shown("request: { remove: [authorization, cookie] }")
        == #"{"request":{"remove":["authorization","cookie"]}}"#)
    #expect(try shown("a: 'ask-me, risk-1, sk-'") == #"{"a":"ask-me, risk-1, sk-"}"#)
  }

  @Test("metadata with such a key is hidden, and its key is shown")
  func metadata() throws {
    let json = try shown(
      "dynamicMetadata: [ { namespace: n, key: session_token, value: { stringValue: abc } } ]")
    #expect(!json.contains("abc"))
    #expect(json.contains("session_token"))
  }

  @Test("a template that only calls env is shown, and never what env brings")
  func environment() throws {
    #expect(try shown("value: '{{ env(\"HOME\") }}'") == #"{"value":"{{ env(\"HOME\") }}"}"#)
  }
}
