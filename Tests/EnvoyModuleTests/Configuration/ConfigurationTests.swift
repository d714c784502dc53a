import Testing

@Suite("Configurations of the module")
struct ConfigurationTests {
  private static let inRequest = #"{"request": {"set": [{"name": "x-a", "value": "VALUE"}]}}"#

  /// What is wrong, and what the log must say of it.
  static let wrong: [(text: [UInt8], word: String)] = [
    (Array(#"{"request": "#.utf8) + [0xFF, 0xFE] + Array("}".utf8), "UTF-8"),
    (Array(#"{"request": {"#.utf8), "error"),
    (Array("[]".utf8), "error"),
    (Array("request: {}".utf8), "JSON"),
    (Array(inRequest.replacing("VALUE", with: "{{ a").utf8), "request.set[0]"),
    (Array(inRequest.replacing("VALUE", with: "{% for %}").utf8), "request.set[0]"),
    (Array(inRequest.replacing("VALUE", with: "{% nosuchstatement %}").utf8), "nosuchstatement"),
    (Array(#"{"request": {"set": [{"name": 1, "value": "c"}]}}"#.utf8), "a number"),
    (Array(#"{"request": {"body": {"parseAs": "AsXml"}}}"#.utf8), "AsXml"),
    (Array(String(repeating: "[", count: 100_000).utf8), "error"),
  ]

  @Test(
    "a wrong one is rejected, and the log says what and where", arguments: EnvoyLine.families, wrong.indices)
  func rejected(line: EnvoyLine, index: Int) throws {
    let (text, word) = Self.wrong[index]
    let run = try HostRun.module(line) {
      $0.config(bytes: text)
      $0.command("config", "good", "transformation", Configurations.setsHeader)
      $0.exchange(chain: ["good"])
    }
    #expect(run.lines.contains("config c rejected"), "\(run)")
    #expect(
      run.logs.contains { $0.hasPrefix("error ") && $0.lowercased().contains(word.lowercased()) }, "\(run)")
    #expect(try run.exchange().upstream["x-a"] == ["b"])
  }

  @Test("a huge one is rejected with a short log", arguments: EnvoyLine.families)
  func huge(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.append(["config c transformation \" \"*\(17 << 20)"])
    }
    #expect(run.lines.contains("config c rejected"))
    #expect(run.logs.joined().utf8.count < 2000)
    #expect(run.logs.joined().contains("MiB"), "\(run)")
  }

  @Test("nothing, and an empty object, do nothing", arguments: EnvoyLine.allCases, ["", "{}", " \n{}\n"])
  func empty(line: EnvoyLine, text: String) throws {
    let run = try HostRun.module(line) {
      $0.config(text)
      $0.exchange(body: "hello")
    }
    let seen = try run.exchange()
    #expect(seen.upstream.body == "hello" && seen.upstream.end == "end" && seen.client.end == "end")
    #expect(run.stats.isEmpty)
  }

  @Test("a Struct as Envoy 1.36 and 1.37 send it is read", arguments: EnvoyLine.allCases)
  func structMessage(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(bytes: Self.message.serialized)
      $0.command("route", "r", "transformation", Configurations.setsHeader)
      $0.exchange()
    }
    #expect(try run.exchange().upstream["x-a"] == ["b"])
  }

  @Test(
    "a Struct that ends too early, or is bent, is rejected or read, and never more",
    arguments: EnvoyLine.families)
  func hostileStruct(line: EnvoyLine) throws {
    let bytes = Self.message.serialized
    var hostile = (0..<bytes.count).map { Array(bytes.prefix($0)) }
    for (position, value) in zip(bytes.indices, [0x00, 0x01, 0x7F, 0x80, 0xFF, 0x0A].cycled(bytes.count)) {
      var bent = bytes
      bent[position] = UInt8(value)
      hostile.append(bent)
    }
    hostile.append([0x0A, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0x7F])
    hostile.append([0x0A] + [UInt8](repeating: 0x80, count: 40))
    hostile.append(ProtobufValue.nested(depth: 200).serialized)
    let run = try HostRun.module(line) { script in
      for text in hostile { script.config(bytes: text) }
      script.config(bytes: bytes, as: "good")
      script.exchange(chain: ["good"])
    }
    #expect(run.lines.filter { $0.hasPrefix("config c ") }.count >= hostile.count)
    #expect(run.lines.contains("config c rejected"))
    #expect(try run.exchange().upstream["x-a"] == ["b"])
  }

  @Test("a configuration of the route takes the place of the filter's", arguments: EnvoyLine.allCases)
  func route(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(#"{"request": {"set": [{"name": "x-a", "value": "filter"}, {"name": "x-f", "value": "1"}]}}"#)
      $0.route(#"{"request": {"set": [{"name": "x-a", "value": "route"}]}}"#)
      $0.exchange("with", chain: ["c", "r"])
      $0.exchange("without")
    }
    #expect(try run.exchange("with").upstream["x-a"] == ["route"])
    #expect(try run.exchange("with").upstream["x-f"] == [])
    #expect(try run.exchange("without").upstream["x-a"] == ["filter"])
  }

  @Test("an exchange keeps its transformation when the route changes under it", arguments: EnvoyLine.families)
  func routeChanges(line: EnvoyLine) throws {
    let both =
      #"{"request": {"set": [{"name": "x-a", "value": "N"}]}, "response": {"set": [{"name": "x-a", "value": "N"}]}}"#
    let run = try HostRun.module(line) {
      $0.config("{}")
      $0.route(both.replacing("N", with: "old"))
      $0.begin("1", ["c", "r"])
      $0.request("GET")
      $0.route(both.replacing("N", with: "new"))
      $0.response()
      $0.finish()
    }
    #expect(try run.exchange().upstream["x-a"] == ["old"])
    #expect(try run.exchange().client["x-a"] == ["old"])
  }

  /// What another module may have made of a route: an object (the host's), or any number.
  static let foreign = [
    "0", "1", "8", "0x1001", "0x7fffffffffff", "0x8000000000000000", "0xffffffffffffffff",
  ]

  @Test("a route's configuration of another module is refused", arguments: EnvoyLine.allCases)
  func foreignRoute(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(Configurations.setsHeader)
      $0.route(#"{"request": {"set": [{"name": "x-a", "value": "route"}]}}"#, as: "own")
      for (number, address) in Self.foreign.enumerated() {
        $0.command("foreign-route", "r", address)
        $0.exchange("\(number)", chain: ["c", "r"])
      }
      $0.exchange("own", chain: ["c", "own"])
      $0.command("stats")
    }
    for number in Self.foreign.indices {
      #expect(try run.exchange("\(number)").client[":status"] == ["500"])
      #expect(try run.exchange("\(number)").upstream.end == "nothing")
    }
    #expect(run.stats["swiftformations.refusals reason=foreign_route_config"] == Self.foreign.count)
    // One line a second.
    #expect((1...2).contains(run.logs.count), "\(run.logs)")
    #expect(try run.exchange("own").upstream["x-a"] == ["route"])
  }

  @Test(
    "each of many routes has its own configuration, also after others came and went",
    arguments: EnvoyLine.families)
  func manyRoutes(line: EnvoyLine) throws {
    func setting(_ value: String) -> String {
      #"{"request": {"set": [{"name": "x-a", "value": "\#(value)"}]}}"#
    }
    let numbers = Array(0..<400)
    let run = try HostRun.module(line) { script in
      script.config("{}")
      for number in numbers { script.route(setting("old \(number)"), as: "r\(number)") }
      for number in numbers where number % 3 == 0 { script.command("drop", "r\(number)") }
      for number in numbers where number % 6 == 0 { script.route(setting("new \(number)"), as: "r\(number)") }
      for number in numbers where number % 6 != 3 {
        script.exchange("\(number)", chain: ["c", "r\(number)"])
      }
    }
    for number in numbers where number % 6 != 3 {
      let value = "\(number % 6 == 0 ? "new" : "old") \(number)"
      #expect(try run.exchange("\(number)").upstream["x-a"] == [value])
    }
  }

  @Test("the route's name chooses a transformation", arguments: EnvoyLine.allCases)
  func routeName(line: EnvoyLine) throws {
    let run = try HostRun.module(line) {
      $0.config(
        #"{"transformations": {"default": {"request": {"set": [{"name": "x-a", "value": "default"}]}},"#
          + #" "chat": {"request": {"set": [{"name": "x-a", "value": "chat"}]}}}, "routes": {"chat-route": "chat"}}"#
      )
      $0.exchange("plain")
      $0.command("attribute", "61", "string", "chat-route")
      $0.exchange("chat")
    }
    #expect(try run.exchange("plain").upstream["x-a"] == ["default"])
    #expect(try run.exchange("chat").upstream["x-a"] == ["chat"])
  }

  /// `{"request": {"set": [{"name": "x-a", "value": "b"}]}, "n": 1.5, "flag": true, "none": null}`
  private static let message = ProtobufValue.object([
    ("request", .object([("set", .list([.object([("name", .string("x-a")), ("value", .string("b"))])]))])),
    ("n", .number(1.5)), ("flag", .bool(true)), ("none", .null),
  ])
}

extension Array {
  /// Its elements again and again.
  fileprivate func cycled(_ count: Int) -> [Element] { (0..<count).map { self[$0 % self.count] } }
}
