import NIOCore
import NIOHTTP1

/// The small endpoints, each of which shows one property of a response.
enum Primitives {
  /// The longest `/delay`, in seconds.
  private static let delaySecondsMax = 10.0
  /// The largest `/bytes`, in bytes.
  private static let bytesMax = 64 << 20

  /// `/echo[?status=N]`: the request's body and content-type come back, with the status that was asked for.
  static func echo(_ request: Request) -> Reply {
    var reply = Reply(body: .whole(request.body))
    if let type = request.head.headers.first(name: "content-type") {
      reply.headers.add(name: "content-type", value: type)
    }
    if let text = request.query.last(where: { $0.name == "status" })?.value {
      guard let status = parseStatus(text) else { return badStatus(text) }
      reply.status = status
    }
    return reply
  }

  /// `/status/N`: that status and no body.
  static func status(_ text: Substring) -> Reply {
    guard let status = parseStatus(text) else { return badStatus(text) }
    return Reply(status: status)
  }

  private static func parseStatus(_ text: some StringProtocol) -> HTTPResponseStatus? {
    guard let code = Int(text), (200...599).contains(code) else { return nil }
    return HTTPResponseStatus(statusCode: code)
  }

  private static func badStatus(_ text: some StringProtocol) -> Reply {
    .openAIError("'\(text)' is not a status from 200 to 599.", parameter: "status")
  }

  /// `/delay/SECONDS`: what `/anything` says, late. Fractions are allowed; more than ten seconds become ten.
  static func delay(_ text: Substring, _ request: Request) -> Reply {
    guard let seconds = Double(text), seconds >= 0 else {
      return .openAIError("'\(text)' is not a number of seconds.", parameter: "delay")
    }
    var reply = Anything.answer(request)
    reply.delay = .milliseconds(Int64(min(seconds, delaySecondsMax) * 1000))
    return reply
  }

  /// `/bytes/N`: N bytes, counting up from 0 and over again after 255.
  static func bytes(_ text: Substring) -> Reply {
    guard let count = Int(text), (0...bytesMax).contains(count) else {
      return .openAIError("'\(text)' is not a number of bytes from 0 to \(bytesMax).", parameter: "bytes")
    }
    return .bytes((0..<count).map { UInt8(truncatingIfNeeded: $0) }, type: "application/octet-stream")
  }

  /// `/gzip`: what `/anything` says, with `content-encoding: gzip`.
  static func gzip(_ request: Request) -> Reply {
    let text = Anything.description(of: request).text
    var reply = Reply.bytes(Gzip.stored(Array(text.utf8)), type: "application/json")
    reply.headers.add(name: "content-encoding", value: "gzip")
    return reply
  }

  /// `/response-headers?name=value`: each field of the query is a header of the response, repeated ones too; the
  /// body says the same as JSON.
  static func responseHeaders(_ request: Request) -> Reply {
    let fields = request.query
    var reply = Reply.json(.list(fields.map { .list([JSONText($0.name), JSONText($0.value)]) }))
    for field in fields {
      if field.name.lowercased() == "content-type" { reply.headers.remove(name: "content-type") }
      reply.headers.add(name: field.name, value: field.value)
    }
    return reply
  }

  /// `/trailers?name=value`: the same as trailers, after a chunked body.
  static func trailers(_ request: Request) -> Reply {
    let fields = request.query
    var reply = Reply.json(.list(fields.map { .list([JSONText($0.name), JSONText($0.value)]) }))
    reply.trailers = HTTPHeaders(fields.map { ($0.name, $0.value) })
    return reply
  }
}
