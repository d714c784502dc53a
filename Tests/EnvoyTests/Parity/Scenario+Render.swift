import ConfigurationFiles
import Transformation

@testable import swiftformations

extension Scenario {
  /// The outcome as `swiftformations render` has it. It knows no trailers and no tunnels: they pass.
  func rendered() throws -> ScenarioOutcome {
    let text = perRoute[routeName] ?? configuration
    let file = ConfigurationFile(name: name, bytes: Array(text.utf8))
    guard let configuration = file.configuration else { throw Failure(file.report()) }
    guard let transformation = configuration.routes[routeName] ?? configuration.fallback else {
      return ScenarioOutcome(upstream: request, client: response)
    }
    let rendered = RenderedExchange(
      transformation, request: HTTPMessage(request), response: HTTPMessage(response))
    var outcome = ScenarioOutcome(upstream: nil, client: response)
    let expected = self.outcome(in: .render)
    if rendered.isForwarded {
      outcome.upstream = try ScenarioMessage(
        rendered.request, sent: request, framing: expected.upstream?.framing)
    }
    if let reply = rendered.reply {
      outcome.client = ScenarioMessage(start: [":status": "\(reply.status)"])
      outcome.client.headers = reply.headers.map {
        .init($0.name, String(decoding: $0.value, as: UTF8.self))
      }
      outcome.client.body = reply.body
      outcome.client.framing = .length
      outcome.details = reply.details
    } else if let response = rendered.response {
      outcome.client = try ScenarioMessage(
        response, sent: self.response, framing: expected.client.framing)
    }
    for entry in rendered.metadata {
      outcome.metadata[entry.namespace, default: [:]][entry.key] = entry.value
    }
    return outcome
  }
}

extension HTTPMessage {
  fileprivate init(_ message: ScenarioMessage) {
    var headers = [":authority", ":path", ":method", ":status"].compactMap { name in
      message.start[name].map { Header(name, $0) }
    }
    if message.start[":method"] != nil { headers.append(Header(":scheme", "http")) }
    headers += message.headers.map { Header($0.name, $0.value) }
    if message.framing == .length { headers.append(Header("content-length", String(message.body.count))) }
    self.init(headers: headers, body: message.body)
  }
}

extension ScenarioMessage {
  /// - Parameters:
  ///   - sent: what became `message`.
  ///   - framing: what is expected. `render` sends nothing; it has just the `content-length`, which must fit.
  fileprivate init(_ message: HTTPMessage, sent: ScenarioMessage, framing: Framing?) throws {
    self.init(start: [:])
    body = message.body
    trailers = sent.trailers
    self.framing = framing ?? .none
    for header in message.headers {
      if header.isPseudoHeader {
        if header.name != ":scheme" { start[header.name] = header.text }
      } else if header.name == "content-length", sent.framing == .length {
        guard header.text == String(body.count) else {
          throw Failure("\(header.text) for \(body.count) bytes")
        }
      } else {
        headers.append(Line(name: header.name, value: header.value))
      }
    }
  }
}
