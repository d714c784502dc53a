import Testing

@Suite("Exchanges through the module")
struct ExchangeTests {
  static let chat = #"{"model": "gpt-4o", "messages": []}"#

  /// The same bytes in one piece, in many, with empty ones between, and in none.
  static let pieces: [[String]] = [
    [chat], chat.map { String($0) }, ["", chat, ""], [String(chat.prefix(7)), "", String(chat.dropFirst(7))],
  ]
  static let endings: [HostScript.Ending] = [.withData, .emptyPiece, .trailers([("x-checksum", "42")])]

  @Test(
    "a field of the body becomes a header, and the body stays", arguments: EnvoyLine.allCases, pieces.indices)
  func fieldToHeader(line: EnvoyLine, index: Int) throws {
    for ending in Self.endings {
      let run = try HostRun.module(line) {
        $0.config(Configurations.modelToHeader)
        $0.begin()
        $0.request(pieces: Self.pieces[index], ending)
        $0.response()
        $0.finish()
      }
      let upstream = try run.exchange().upstream
      #expect(
        upstream["x-model"] == ["gpt-4o"] && upstream.body == Self.chat && upstream.end == "end", "\(run)")
      if case .trailers = ending { #expect(upstream.trailers == ["x-checksum: 42"]) }
    }
  }

  @Test(
    "both bodies are replaced, alone and between others that buffer", arguments: EnvoyLine.allCases,
    pieces.indices)
  func bothBodies(line: EnvoyLine, index: Int) throws {
    for ending in Self.endings {
      for chain in [["c"], ["buffer", "c"], ["c", "buffer"]] {
        let run = try HostRun.module(line) {
          $0.config(Configurations.bothBodies)
          $0.begin("1", chain)
          $0.request(pieces: Self.pieces[index], ending)
          $0.response(pieces: Self.pieces[index], ending)
          $0.finish()
        }
        let seen = try run.exchange()
        #expect(seen.upstream.body == "<\(Self.chat)>" && seen.upstream.end == "end", "\(chain) \(run)")
        #expect(seen.client.body == "[\(Self.chat)]" && seen.client.end == "end", "\(chain) \(run)")
      }
    }
  }

  @Test("two filters in a row transform one after the other", arguments: EnvoyLine.allCases)
  func twice(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(Configurations.bothBodies)
      $0.begin("1", ["c", "c"])
      $0.request(pieces: ["a", "b"])
      $0.response(pieces: ["c", "d"])
      $0.finish()
    }
    #expect(try run.exchange().upstream.body == "<<ab>>")
    #expect(try run.exchange().client.body == "[[cd]]")
  }

  @Test("a body without bytes is a body", arguments: EnvoyLine.allCases)
  func emptyBody(line: EnvoyLine) throws {
    for pieces in [[], [""], ["", ""]] {
      let run = try HostRun.module(line) {
        $0.config(Configurations.bothBodies)
        $0.begin()
        $0.request(pieces: pieces)
        $0.response(pieces: pieces)
        $0.finish()
      }
      #expect(try run.exchange().upstream.body == "<>")
      #expect(try run.exchange().client.body == "[]")
    }
  }

  @Test("a body that shrinks to nothing leaves no wrong length", arguments: EnvoyLine.allCases)
  func toNothing(line: EnvoyLine) throws {
    for ending in Self.endings {
      let run = try HostRun.module(line) {
        $0.config(#"{"request": {"body": {"value": "{% if body() == 'bye' %}kept{% endif %}"}}}"#)
        $0.begin()
        $0.request(pieces: ["hel", "lo"], ending)
        $0.response()
        $0.finish()
      }
      #expect(try run.exchange().upstream.body == "" && run.exchange().upstream.end == "end")
    }
  }

  @Test("a message without a body gets one", arguments: EnvoyLine.allCases)
  func fromNothing(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(#"{"request": {"body": {"value": "in"}}, "response": {"body": {"value": "out"}}}"#)
      $0.exchange()
    }
    #expect(try run.exchange().upstream.body == "in" && run.exchange().client.body == "out")
    #expect(try run.exchange().upstream.end == "end" && run.exchange().client.end == "end")
  }

  @Test(
    "a body that no template reads is replaced as it comes, and never held", arguments: EnvoyLine.allCases)
  func replacedUnread(line: EnvoyLine) throws {
    for ending in Self.endings {
      let run = try HostRun.module(line) {
        $0.command("limit", "10")
        $0.config(#"{"request": {"body": {"value": "new"}}}"#)
        $0.begin()
        $0.request(pieces: ["long enough to go", "over the limit"], ending)
        $0.response()
        $0.finish()
      }
      #expect(try run.exchange().upstream.body == "new", "\(run)")
    }
  }

  @Test("a body that nothing reads passes piece by piece", arguments: EnvoyLine.allCases)
  func streams(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(#"{"response": {"set": [{"name": "x-a", "value": "b"}]}}"#)
      $0.begin("half")
      $0.request("GET")
      $0.headers("response", [(":status", "200")], end: false)
      $0.data("response", "first")
      $0.finish()
    }
    let client = try run.exchange("half").client
    #expect(client.body == "first" && client.end == "incomplete" && client["x-a"] == ["b"])
  }

  @Test("answers without a body get headers only", arguments: EnvoyLine.allCases, ["HEAD", "204", "304"])
  func bodyless(line: EnvoyLine, what: String) throws {
    let run = try HostRun.module(line) {
      $0.config(#"{"response": {"body": {"value": "a body"}, "set": [{"name": "x-a", "value": "b"}]}}"#)
      $0.begin()
      $0.request(what == "HEAD" ? "HEAD" : "GET")
      $0.response(Int(what) ?? 200, headers: what == "HEAD" ? [("content-length", "100")] : [])
      $0.finish()
    }
    let client = try run.exchange().client
    #expect(client["x-a"] == ["b"] && client.body == "" && client.end == "end")
  }

  @Test("tunnels get headers only", arguments: EnvoyLine.allCases, ["CONNECT", "websocket"])
  func tunnel(line: EnvoyLine, kind: String) throws {
    let run = try HostRun.module(line) {
      $0.config(
        #"{"request": {"body": {"value": "{{ body() }}!"}, "set": [{"name": "x-a", "value": "b"}]}, "response": {"body": {"value": "{{ body() }}!"}}}"#
      )
      $0.begin()
      let isConnect = kind == "CONNECT"
      let upgrade = isConnect ? [] : [("connection", "upgrade"), ("upgrade", "WebSocket")]
      $0.headers(
        "request", [(":method", isConnect ? "CONNECT" : "GET"), (":path", "/")] + upgrade, end: false)
      $0.data("request", "ping")
      $0.headers("response", [(":status", isConnect ? "200" : "101")], end: false)
      $0.data("response", "pong")
      $0.finish()
    }
    let seen = try run.exchange()
    #expect(seen.upstream["x-a"] == ["b"] && seen.upstream.body == "ping" && seen.client.body == "pong")
  }

  @Test("a large body of many pieces is rewritten", arguments: EnvoyLine.families)
  func large(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(#"{"request": {"body": {"parseAs": "AsJson", "value": "{{ text | length }}"}}}"#)
      $0.begin()
      $0.headers("request", [(":method", "POST"), (":path", "/")], end: false)
      $0.data("request", #"{"text": ""#)
      for _ in 0..<50 { $0.data("request", String(repeating: "0123456789", count: 1000)) }
      $0.data("request", #""}"#, end: true)
      $0.response()
      $0.finish()
    }
    #expect(try run.exchange().upstream.body == "500000")
  }

  @Test("an exchange may end at any point", arguments: EnvoyLine.allCases)
  func abandoned(line: EnvoyLine) throws {
    var whole = HostScript()
    whole.request(pieces: ["hel", "lo"], .trailers([("x-t", "1")]))
    whole.response(pieces: ["wor", "ld"], .trailers([("x-t", "1")]))
    let steps = whole.text.split(separator: "\n")
    let run = try HostRun.module(line) {
      $0.config(Configurations.bothBodies)
      for count in 0...steps.count {
        $0.begin("\(count)")
        $0.append(steps.prefix(count))
        $0.finish()
      }
    }
    #expect(try run.exchange("0").client.end == "nothing")
    #expect(try run.exchange("\(steps.count)").client.body == "[world]")
  }
}
