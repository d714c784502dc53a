/// An HTTP message in lines, as HTTP/1.1 writes it (with line feeds only).
struct MessageText {
  let startLine: String
  /// `name: value`, `:authority` as `host`.
  let headers: [HTTPMessage.Header]
  let body: [UInt8]

  init(_ message: HTTPMessage) {
    if let status = message.first(":status") {
      let phrase = StatusPhrase.of(status)
      startLine = "HTTP/1.1 \(status)\(phrase.isEmpty ? "" : " \(phrase)")"
    } else {
      startLine = "\(message.first(":method") ?? "") \(message.first(":path") ?? "") HTTP/1.1"
    }
    let authority = message.headers.filter { $0.name == ":authority" }
    headers =
      authority.map { HTTPMessage.Header("host", $0.value) } + message.headers.filter { !$0.isPseudoHeader }
    body = message.body
  }

  /// Just the message: its lines, an empty line, the body. Ends in a line feed.
  var plain: [UInt8] {
    var output = Array(startLine.utf8) + [0x0A]
    for header in headers {
      output += header.name.utf8
      output += ": ".utf8
      output += header.value
      output.append(0x0A)
    }
    output.append(0x0A)
    output += body
    if !body.isEmpty, body.last != 0x0A { output.append(0x0A) }
    return output
  }
}
