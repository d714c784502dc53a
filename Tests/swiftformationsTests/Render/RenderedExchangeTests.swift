import Foundation
import Testing
import Transformation

@testable import swiftformations

@Suite("render drives an exchange without Envoy")
struct RenderedExchangeTests {
  private func json(_ rendered: RenderedExchange) throws -> NSDictionary {
    try #require(try JSONSerialization.jsonObject(with: Data(rendered.json)) as? NSDictionary)
  }

  private func expected(_ json: String) throws -> NSDictionary {
    try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? NSDictionary)
  }

  @Test("plain scalars that look like something else are text where text is asked for")
  func plainScalars() throws {
    let transformation = try Fixture.transformation(
      "request:\n  set: [{name: a, value: yes}, {name: b, value: 1.10}, {name: c, value: true}]\n")
    let rendered = RenderedExchange(transformation, request: HTTPMessage(headers: []), response: nil)
    #expect(rendered.request.headers == [.init("a", "yes"), .init("b", "1.10"), .init("c", "true")])
  }

  @Test("a request and its response, as JSON")
  func both() throws {
    let rules = #"""
      [{"place": "request.body", "outcome": "applied", "value": "{\"model\":\"m-1\",\"count\":1}"},
       {"place": "request.set[0]", "outcome": "applied", "value": "m-1"},
       {"place": "request.remove[0]", "outcome": "applied", "value": ""},
       {"place": "request.dynamicMetadata[0]", "outcome": "applied", "value": "ann"},
       {"place": "response.set[0]", "outcome": "applied", "value": "u1 for ann"}]
      """#
    let rendered = RenderedExchange(
      try Fixture.transformation(Fixture.chat, "chat"),
      request: Fixture.request(
        [.init("x-user", "ann"), .init("x-debug", "1"), .init("content-length", "30")], path: "/v1/chat",
        body: #"{"model":"m-1","messages":[1]}"#),
      response: HTTPMessage(
        headers: [.init(":status", "200"), .init("x-upstream", "u1")], body: Array("hello".utf8)))
    #expect(
      try json(rendered)
        == expected(
          #"""
          {"request": {"method": "POST", "path": "/v1/chat",
            "headers": [["host", "localhost"], ["x-user", "ann"], ["x-model", "m-1"], ["content-length", "25"]],
            "body": "{\"model\":\"m-1\",\"count\":1}"},
           "response": {"status": 200, "headers": [["x-upstream", "u1"], ["x-served-by", "u1 for ann"]],
            "body": "hello"},
           "metadata": {"com.example": {"user": "ann"}}, "clearRouteCache": false, "reply": null, "errors": [],
           "rules": RULES}
          """#.replacing("RULES", with: rules)))
  }

  @Test("without a response there is null")
  func requestOnly() throws {
    let rendered = RenderedExchange(
      try Fixture.transformation(
        "request: { clearRouteCache: true, set: [ { name: x-static, value: yes } ] }"),
      request: Fixture.request(method: "GET"), response: nil)
    #expect(rendered.isForwarded)
    #expect(
      try json(rendered)
        == expected(
          #"""
          {"request": {"method": "GET", "path": "/", "headers": [["host", "localhost"], ["x-static", "yes"]], "body": ""},
           "response": null, "metadata": {}, "clearRouteCache": true, "reply": null, "errors": [],
           "rules": [{"place": "request.set[0]", "outcome": "applied", "value": "yes"}]}
          """#))
  }

  @Test("a refused request: the reply, the request as it was, no response, an error")
  func refused() throws {
    let request = Fixture.request([.init("x-debug", "1")], body: "no json")
    let rendered = RenderedExchange(
      try Fixture.transformation(Fixture.chat, "chat"), request: request,
      response: HTTPMessage(headers: [.init(":status", "200")]))
    #expect(rendered.request == request)
    #expect(rendered.response == nil)
    #expect(!rendered.isForwarded)
    #expect(rendered.reply?.status == 400)
    #expect(rendered.errors.count == 1)
    let object = try json(rendered)
    #expect(object["response"] is NSNull)
    let reply = try #require(object["reply"] as? NSDictionary)
    #expect(Set(reply.allKeys.compactMap { $0 as? String }) == ["status", "headers", "body", "details"])
  }

  @Test("a refused response: the request went on, the client gets the reply")
  func refusedResponse() throws {
    let rendered = RenderedExchange(
      try Fixture.transformation("response: {body: {parseAs: AsJson, value: '{{ a }}'}}"),
      request: Fixture.request(),
      response: HTTPMessage(headers: [.init(":status", "200")], body: Array("no".utf8)))
    #expect(rendered.isForwarded)
    #expect(rendered.response == nil)
    #expect(rendered.reply != nil)
  }

  @Test("a header that fails is an error that names its place, and the request goes on")
  func failedHeader() throws {
    let rendered = RenderedExchange(
      try Fixture.transformation(
        "request: {body: {parseAs: AsJson}, set: [{name: x-a, value: '{{ nothing.at.all }}'}, {name: x-b, value: b}]}"
      ),
      request: Fixture.request(body: "{}"), response: nil)
    #expect(rendered.isForwarded)
    #expect(rendered.errors.count == 1)
    #expect(rendered.errors.first?.hasPrefix("request.set[0]: ") == true)
    #expect(rendered.request.first("x-b") == "b")
  }

  @Test("each rule has a line that says what came of it")
  func explained() throws {
    let rendered = RenderedExchange(
      try Fixture.transformation(
        """
        request:
          body: {parseAs: AsJson, value: "{{ a }}"}
          set: [{name: x-a, value: "v\u{e9}"}, {name: x-b, value: "{{ 'a' - 1 }}"}, {name: x-c, value: "{{ nothing }}"}]
          remove: [x-d]
          dynamicMetadata: [{namespace: n, key: k, value: "{{ 'v' * 300 }}"}]
        response:
          failurePolicy: {header: Reject}
          set: [{name: x-e, value: "{{ '\\n' }}"}]
        """),
      request: Fixture.request(), response: HTTPMessage(headers: [.init(":status", "200")]))
    let lines = rendered.rules.map(\.line)
    try #require(lines.count == 7, "\(lines)")
    #expect(lines[0] == "request.body: not applied: there is no body that it could read or replace")
    #expect(lines[1] == "request.set[0]: applied: v\u{e9}")
    #expect(lines[2].hasPrefix("request.set[1]: failed, header removed: line 1, column "))
    #expect(lines[3] == "request.set[2]: rendered nothing")
    #expect(lines[4] == "request.remove[0]: applied")
    #expect(
      lines[5].hasPrefix("request.dynamicMetadata[0]: applied: vvv") && lines[5].hasSuffix("… (300 bytes)"))
    #expect(
      lines[6].hasPrefix("response.set[0]: failed, answered with 500: the value rendered for x-e holds"))
  }

  @Test("what a template makes of method, path, authority and status is in their fields")
  func pseudoHeaders() throws {
    let rendered = RenderedExchange(
      try Fixture.transformation(
        """
        request: {set: [{name: ":path", value: /new}, {name: ":method", value: PUT}, {name: ":authority", value: up}]}
        response: {set: [{name: ":status", value: "404"}]}
        """),
      request: Fixture.request(), response: HTTPMessage(headers: [.init(":status", "200")]))
    let object = try json(rendered)
    let request = try #require(object["request"] as? NSDictionary)
    #expect(request["method"] as? String == "PUT")
    #expect(request["path"] as? String == "/new")
    #expect(request["headers"] as? [[String]] == [["host", "up"]])
    #expect((object["response"] as? NSDictionary)?["status"] as? Int == 404)
  }
}
