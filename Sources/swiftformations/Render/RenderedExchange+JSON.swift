import JSON
import Transformation

extension RenderedExchange {
  /// One JSON object in one line:
  ///
  /// ```
  /// {"request": {"method", "path", "headers": [[name, value], …], "body"},
  ///  "response": {"status", "headers", "body"} or null,
  ///  "metadata": {namespace: {key: value}}, "clearRouteCache": true or false,
  ///  "reply": {"status", "headers", "body", "details"} or null, "errors": ["…"],
  ///  "rules": [{"place", "outcome", "value"}, …]}
  /// ```
  ///
  /// Headers are without pseudo-headers; `:authority` is `host`. Bytes that are not UTF-8 become U+FFFD.
  package var json: [UInt8] {
    var output = JSONText()
    output.raw(#"{"request":{"method":"#)
    output.string(request.first(":method") ?? "")
    output.raw(#","path":"#)
    output.string(request.first(":path") ?? "")
    output.message(request)
    output.raw(#","response":"#)
    if let response {
      output.raw(#"{"status":"#)
      output.number(response.first(":status"))
      output.message(response)
    } else {
      output.raw("null")
    }
    output.raw(#","metadata":"#)
    output.metadata(metadata)
    output.raw(#","clearRouteCache":\#(clearsRouteCache),"reply":"#)
    if let reply {
      output.raw(#"{"status":\#(reply.status)"#)
      output.content(HTTPMessage(reply))
      output.raw(#","details":"#)
      output.string(reply.details)
      output.raw("}")
    } else {
      output.raw("null")
    }
    output.raw(#","errors":"#)
    output.list(errors) { $0.string($1) }
    output.raw(#","rules":"#)
    output.list(rules) { output, rule in
      output.raw(#"{"place":"#)
      output.string(rule.place)
      output.raw(#","outcome":"\#(rule.word)","value":"#)
      output.string(rule.value)
      output.raw("}")
    }
    output.raw("}\n")
    return output.bytes
  }
}

private struct JSONText {
  var bytes: [UInt8] = []

  mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

  mutating func string(_ text: String) { JSONWriter.appendString(Array(text.utf8), to: &bytes) }

  mutating func string(_ text: [UInt8]) { string(String(decoding: text, as: UTF8.self)) }

  /// A status that a template made something else of is a string.
  mutating func number(_ text: String?) {
    if let number = text.flatMap({ Int($0) }) { raw(String(number)) } else { string(text ?? "") }
  }

  /// The end of a message.
  mutating func message(_ message: HTTPMessage) {
    content(message)
    raw("}")
  }

  /// Its headers and its body.
  mutating func content(_ message: HTTPMessage) {
    raw(#","headers":"#)
    let authority = message.headers.filter { $0.name == ":authority" }.map {
      HTTPMessage.Header("host", $0.value)
    }
    list(authority + message.headers.filter { !$0.isPseudoHeader }) { output, header in
      output.raw("[")
      output.string(header.name)
      output.raw(",")
      output.string(header.value)
      output.raw("]")
    }
    raw(#","body":"#)
    string(message.body)
  }

  mutating func metadata(_ entries: [RenderedExchange.Metadata]) {
    var namespaces: [String] = []
    for entry in entries where !namespaces.contains(entry.namespace) { namespaces.append(entry.namespace) }
    list(namespaces, "{", "}") { output, namespace in
      output.string(namespace)
      output.raw(":")
      output.list(entries.filter { $0.namespace == namespace }, "{", "}") { output, entry in
        output.string(entry.key)
        output.raw(":")
        output.string(entry.value)
      }
    }
  }

  mutating func list<Element>(
    _ elements: [Element], _ open: String = "[", _ close: String = "]",
    _ write: (inout JSONText, Element) -> Void
  ) {
    raw(open)
    for (position, element) in elements.enumerated() {
      if position > 0 { raw(",") }
      write(&self, element)
    }
    raw(close)
  }
}
