import Foundation
import Testing

@testable import swiftformations

@Suite("the command line, run as a process")
struct CommandTests {
  private func run(_ arguments: String..., input: String = Fixture.chat) throws -> Environment.Outcome {
    try Environment.run(try Environment.binary, arguments, input: input)
  }

  @Test("--version tells name and version")
  func version() throws {
    let outcome = try run("--version")
    #expect(outcome.status == 0)
    #expect(outcome.output == "swiftformations \(Swiftformations.version)\n")
  }

  @Test(
    "--help of every command shows an example",
    arguments: ["serve", "check", "render", "envoy-config", "healthcheck"])
  func help(_ command: String) throws {
    let outcome = try run(command, "--help")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("\n  swiftformations \(command) "))
  }

  @Test("check: status 0 and a table")
  func check() throws {
    let outcome = try run("check", "-")
    #expect(outcome.status == 0)
    #expect(
      outcome.error.hasPrefix(
        "<stdin>:4:21: note: x-static is set; routes that match it need clearRouteCache\n"))
    #expect(
      outcome.error.contains("note: x-model and metadata of com.example are set; routes that match them need")
    )
    #expect(!outcome.error.contains("warning") && !outcome.error.contains("error"))
    #expect(outcome.output == NeedsTable(configuration: try Fixture.configuration(Fixture.chat)).text)
  }

  @Test("check: status 1 and the errors on standard error, nothing else")
  func checkFails() throws {
    let outcome = try run("check", "-", input: "request: 1")
    #expect(outcome.status == 1)
    #expect(outcome.output == "")
    #expect(
      outcome.error
        == "<stdin>:1:10: error: expected an object, found a number\n  1 | request: 1\n    |          ^\n    = request\n"
    )
  }

  @Test("check: a warning goes with status 0")
  func checkWarns() throws {
    let outcome = try run("check", "-", input: "request: {sett: []}")
    #expect(outcome.status == 0)
    #expect(outcome.error.hasPrefix("<stdin>:1:11: warning: unknown field `sett`"))
  }

  @Test("check --strict: status 1 with a warning, and the last line says why; a note goes with 0")
  func checkStrict() throws {
    let warned = try run("check", "--strict", "-", input: "request: {sett: []}")
    #expect(warned.status == 1)
    #expect(warned.output == "")
    #expect(warned.error.hasSuffix("\n<stdin>: 1 warning, an error with --strict\n"))
    let noted = try run("check", "--strict", "-")
    #expect(noted.status == 0)
    #expect(noted.error.contains("note: "))
  }

  @Test("only check tells notes", arguments: ["render", "envoy-config"])
  func notes(_ command: String) throws {
    #expect(try run(command, "-").error == "")
  }

  @Test("check --envoy: the faults of a bootstrap at their places, with status 1")
  func checkEnvoy() throws {
    let folder = ScratchFolder()
    let bootstrap = folder.path + "/envoy.yaml"
    let good = try run("envoy-config", "-", "--full", "--transformation", "chat").output
    try Data(good.utf8).write(to: URL(filePath: bootstrap))
    #expect(try run("check", "-", "--envoy", bootstrap).status == 0)
    try Data(good.replacing("request_body_mode: BUFFERED", with: "request_body_mode: STREAMED").utf8).write(
      to: URL(filePath: bootstrap))
    let outcome = try run("check", "-", "--envoy", bootstrap)
    #expect(outcome.status == 1)
    #expect(outcome.output == "")
    #expect(outcome.error.contains("\n\(bootstrap):"))
    #expect(
      outcome.error.contains("error: `request_body_mode` is STREAMED, and `chat` needs the request's body"))
    let missing = try run("check", "-", "--envoy", "/no/such.yaml")
    #expect(missing.status == 1)
    #expect(missing.error.contains("/no/such.yaml: error: cannot be read"))
    #expect(try run("check", "-", "--envoy", "-").status == 64)
  }

  @Test(
    "serve and the others say what check says of a wrong file",
    arguments: ["serve", "render", "envoy-config"])
  func wrongFile(_ command: String) throws {
    let arguments = command == "serve" ? [command, "--config", "-"] : [command, "-"]
    let outcome = try Environment.run(try Environment.binary, arguments, input: "request: 1")
    #expect(outcome.status == 1)
    #expect(outcome.error == (try run("check", "-", input: "request: 1")).error)
    #expect(outcome.output == "")
  }

  @Test(
    "a file that holds no configuration is refused by all alike", arguments: ["check", "serve", "render"])
  func foreignFile(_ command: String) throws {
    let arguments = command == "serve" ? [command, "--config", "-"] : [command, "-"]
    for (input, expected) in [
      ("# nothing\n", "error: the file is empty"),
      ("apiVersion: v1\nkind: ConfigMap\n", "error: this is a Kubernetes manifest (ConfigMap of v1)"),
    ] {
      let outcome = try Environment.run(try Environment.binary, arguments, input: input)
      #expect(outcome.status == 1)
      #expect(outcome.error.contains(expected))
    }
  }

  @Test("a file that is not there: status 1, its name and the reason")
  func noFile() throws {
    let outcome = try run("check", "/no/such.yaml")
    #expect(outcome.status == 1)
    #expect(outcome.error == "/no/such.yaml: error: cannot be read: No such file or directory\n")
  }

  @Test("render: piped, just the messages")
  func render() throws {
    let outcome = try run(
      "render", "-", "--transformation", "chat", "-H", "X-User: ann", "-H", "content-length: 30", "-d",
      #"{"model":"m-1","messages":[]}"#, "--response-status", "201", "--response-header", "x-upstream: u",
      "--response-body", "hi", "/v1/chat")
    #expect(outcome.error == "")
    #expect(outcome.status == 0)
    #expect(
      outcome.output == """
        POST /v1/chat HTTP/1.1
        host: localhost
        x-user: ann
        x-model: m-1
        content-length: 25

        {"model":"m-1","count":0}

        HTTP/1.1 201 Created
        x-upstream: u
        x-served-by: u for ann

        hi

        """)
  }

  @Test("render: the method is GET, or POST with a body, or what -X says; a body may come from a file")
  func renderMethod() throws {
    #expect(try run("render", "-").output.hasPrefix("GET / HTTP/1.1\n"))
    #expect(try run("render", "-", "-d", "-1").output.hasPrefix("POST / HTTP/1.1\n"))
    #expect(try run("render", "-", "-X", "PUT", "-d", "x").output.hasPrefix("PUT / HTTP/1.1\n"))
    let file = FileManager.default.temporaryDirectory.appending(path: "swiftformations-\(UUID().uuidString)")
    try Data("from a file".utf8).write(to: file)
    defer { try? FileManager.default.removeItem(at: file) }
    #expect(try run("render", "-", "-d", "@\(file.path)").output.hasSuffix("\n\nfrom a file\n"))
    let missing = try run("render", "-", "-d", "@/no/such")
    #expect(missing.status != 0)
    #expect(missing.error.contains("/no/such: error: cannot be read"))
  }

  @Test("neither check nor render shows a secret")
  func secrets() throws {
    let text = """
      secrets: { provider: { token: s3cret } }
      request: { set: [ { name: authorization, value: "Bearer {{ secret('provider', 'token') }}" } ] }
      """
    let rendered = try run("render", "-", input: text)
    #expect(rendered.status == 0)
    #expect(rendered.output.contains("\nauthorization: Bearer ***\n"))
    let checked = try run("check", "-", input: text)
    #expect(checked.status == 0)
    let faulty = try run(
      "check", "-", input: #"{"secrets": {"a": {"k": "s3cret"}}, "request": {"set": [{"name": "a b"}]}}"#)
    #expect(faulty.status == 1 && faulty.error.contains("a b"))
    for outcome in [rendered, checked, faulty] {
      #expect(!outcome.output.contains("s3cret") && !outcome.error.contains("s3cret"))
    }
  }

  @Test("render --json: one object; a refusal is a reply, an error and status 1")
  func renderJSON() throws {
    let outcome = try run("render", "-", "--transformation", "chat", "--json", "-d", "no json")
    #expect(outcome.status == 1)
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "request", "response", "metadata", "clearRouteCache", "reply", "errors", "rules",
      ])
    #expect((object["reply"] as? [String: Any])?["status"] as? Int == 400)
    #expect((object["errors"] as? [String])?.count == 1)
  }

  @Test("render --explain: below the messages, what came of each rule")
  func renderExplained() throws {
    let outcome = try run("render", "-", "--transformation", "chat", "--explain", "-H", "x-user: ann")
    #expect(
      outcome.output == """
        GET / HTTP/1.1
        host: localhost
        x-user: ann


        request.body: not applied: there is no body that it could read or replace
        request.set[0]: rendered nothing
        request.remove[0]: applied
        request.dynamicMetadata[0]: applied: ann

        """)
  }

  @Test("render: a refusal prints the reply alone, and why on standard error")
  func renderRefused() throws {
    let outcome = try run("render", "-", "--transformation", "chat", "-d", "no json")
    #expect(outcome.status == 1)
    #expect(outcome.output.hasPrefix("HTTP/1.1 400 Bad Request\ncontent-type: application/json\n"))
    #expect(outcome.error.hasPrefix("error: request.body: "))
  }

  @Test("render: a transformation that is not there is told, with those that are")
  func renderUnknown() throws {
    let outcome = try run("render", "-", "--transformation", "nope")
    #expect(outcome.status == 64)
    #expect(outcome.error.contains("there is no transformation 'nope'; there are: chat, default"))
  }

  @Test("envoy-config: YAML on standard output")
  func envoyConfig() throws {
    let outcome = try run("envoy-config", "-", "--deployment", "sidecar", "--socket", "/tmp/x.sock")
    #expect(outcome.status == 0)
    #expect(outcome.output.contains("path: /tmp/x.sock\n"))
    #expect(try run("envoy-config", "-", "--socket", String(repeating: "x", count: 108)).status == 64)
    #expect(
      try run("envoy-config", "-", "--full", "--transformation", "chat").output.hasPrefix(
        "static_resources:\n"))
  }
}
