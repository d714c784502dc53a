import ArgumentParser
import ConfigurationFiles
import Transformation

struct Render: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Shows what a transformation makes of a request and a response, without Envoy.",
    discussion: """
      Give the request as to curl; prints it as the upstream would get it. With any --response option also \
      that response, as the client would get it. On a terminal changed lines are marked: + new, - gone, ~ \
      changed. Piped, there are just the messages. What went wrong goes to standard error, and the status is \
      1 then.

        swiftformations render chat.yaml -d '{"model": "gpt-4o"}' /v1/chat
        swiftformations render chat.yaml --transformation chat \\
            -H 'x-user: ann' --response-status 429 --response-body @limited.json
        swiftformations render chat.yaml --json -d @chat.json | jq .request
        swiftformations render chat.yaml --explain -d @chat.json

      --explain says below the messages what came of each rule: applied, and with what value; nothing rendered; not \
      applied, because there is no body; failed, and what followed.

      --json prints one object: {"request": {"method", "path", "headers": [[name, value], ...], "body"}, \
      "response": {"status", "headers", "body"} or null, "metadata": {namespace: {key: value}}, \
      "clearRouteCache": true or false, "reply": {"status", "headers", "body", "details"} or null, \
      "errors": ["..."], "rules": [{"place", "outcome", "value"}, ...]}. A reply is what the client gets in place of \
      the upstream's response, because the exchange was refused.

      secret() gives *** here, whatever the secret.

      No header is added but host: a content-length is there when you give one, and then follows the body.
      """)

  @Argument(help: "The configuration, YAML or JSON; - is standard input.", completion: .file())
  var file: String

  @Argument(help: "The request's path, with its query.")
  var path = "/"

  @Option(help: "The transformation to apply. (default: the one named default, or the only one)")
  var transformation: String?

  @Option(
    name: [.customShort("X"), .customLong("method")],
    help: "The request's method. (default: GET, with a body POST)")
  var method: String?

  @Option(
    name: [.customShort("H"), .customLong("header")], parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A header of the request; may be repeated.", valueName: "name: value"),
    transform: HeaderArgument.parse)
  var headers: [HTTPMessage.Header] = []

  @Option(
    name: [.customShort("d"), .customLong("data")], parsing: .unconditional,
    help: ArgumentHelp(
      "The request's body; @FILE reads it from a file, @- from standard input.", valueName: "body"))
  var body: String?

  @Option(help: "The response's status. (default: 200)")
  var responseStatus: Int?

  @Option(
    parsing: .unconditionalSingleValue,
    help: ArgumentHelp("A header of the response; may be repeated.", valueName: "name: value"),
    transform: HeaderArgument.parse)
  var responseHeader: [HTTPMessage.Header] = []

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The response's body; @FILE as above.", valueName: "body"))
  var responseBody: String?

  @Flag(help: "Print one JSON object, for tools.")
  var json = false

  @Flag(help: "Say what came of each rule.")
  var explain = false

  func validate() throws {
    guard path.hasPrefix("/") || path == "*" else {
      throw ValidationError("a path starts with '/': '\(path)'")
    }
    if let responseStatus, !(100...599).contains(responseStatus) {
      throw ValidationError("a status is 100 to 599, not \(responseStatus)")
    }
  }

  func run() throws {
    let request = try request()
    let response = try response()
    let (configuration, _) = try LoadedConfiguration.load(file, secrets: .masks)
    let rendered = RenderedExchange(
      try configuration.transformation(transformation), request: request, response: response)
    if json {
      Console.write(rendered.json)
    } else {
      show(rendered, request, response)
    }
    if !rendered.errors.isEmpty { throw ExitCode.failure }
  }

  // MARK: Messages

  private func request() throws -> HTTPMessage {
    let body = try bytes(self.body)
    var pseudoHeaders: [HTTPMessage.Header] = [
      .init(":authority", "localhost"), .init(":path", path),
      .init(":method", method ?? (body.isEmpty ? "GET" : "POST")), .init(":scheme", "http"),
    ]
    var others: [HTTPMessage.Header] = []
    for header in headers {
      if let index = pseudoHeaders.firstIndex(where: { $0.name == header.name }) {
        pseudoHeaders[index] = header
      } else {
        others.append(header)
      }
    }
    return HTTPMessage(headers: pseudoHeaders + others, body: body)
  }

  private func response() throws -> HTTPMessage? {
    guard responseStatus != nil || responseBody != nil || !responseHeader.isEmpty else { return nil }
    let status = HTTPMessage.Header(":status", String(responseStatus ?? 200))
    return HTTPMessage(headers: [status] + responseHeader, body: try bytes(responseBody))
  }

  /// The bytes that an option gives, from a file where it says so.
  private func bytes(_ argument: String?) throws -> [UInt8] {
    guard let argument else { return [] }
    guard argument.hasPrefix("@") else { return Array(argument.utf8) }
    do {
      return try FileContents.read(String(argument.dropFirst()), bytesMax: Render.bodyBytesMax)
    } catch {
      throw ValidationError("\(error)")
    }
  }

  private static let bodyBytesMax = 256 << 20

  // MARK: Output

  private func show(_ rendered: RenderedExchange, _ request: HTTPMessage, _ response: HTTPMessage?) {
    var messages: [(before: HTTPMessage, after: HTTPMessage)] = []
    if rendered.isForwarded { messages.append((request, rendered.request)) }
    if let reply = rendered.reply.map(HTTPMessage.init) {
      messages.append((reply, reply))
    } else if let before = response, let after = rendered.response {
      messages.append((before, after))
    }
    let isMarked = Console.Stream.output.isTerminal
    for (position, message) in messages.enumerated() {
      if position > 0 { Console.write("\n") }
      if isMarked {
        let marked = MarkedMessage(before: message.before, after: message.after)
        Console.write(marked.text(colour: Console.Stream.output.isColourful))
      } else {
        Console.write(MessageText(message.after).plain)
      }
    }
    if isMarked {
      if rendered.clearsRouteCache { Console.write("\nEnvoy chooses the route anew\n") }
      for entry in rendered.metadata {
        Console.write(
          "\nmetadata \(entry.namespace.printable): \(entry.key.printable) = \(entry.value.printable)\n")
      }
    }
    if explain {
      if !messages.isEmpty { Console.write("\n") }
      for rule in rendered.rules { Console.write("\(rule.line)\n") }
    }
    let colour = Console.Stream.error.isColourful
    for error in rendered.errors {
      Console.write("\(Style.red.apply("error:", enabled: colour)) \(error.printable)\n", to: .error)
    }
  }
}
