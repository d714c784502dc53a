import Foundation

/// A request as a test writes it.
struct HTTPRequest: Sendable {
  var method: String
  var path: String
  var headers: Headers
  /// Sent with a content-length, or chunked when there are `trailers` or `chunkSize` is set. No body: no framing
  /// header at all.
  var body: [UInt8]?
  var chunkSize: Int?
  var trailers: Headers?

  static func get(_ path: String, headers: Headers = [:]) -> HTTPRequest {
    HTTPRequest(method: "GET", path: path, headers: headers)
  }

  static func post(_ path: String, _ body: String, headers: Headers = [:]) -> HTTPRequest {
    HTTPRequest(method: "POST", path: path, headers: headers, body: Array(body.utf8))
  }

  /// A POST with `content-type: application/json`.
  static func post(_ path: String, json: String, headers: Headers = [:]) -> HTTPRequest {
    var request = post(path, json, headers: headers)
    request.headers.add("content-type", "application/json")
    return request
  }

  /// The bytes on the wire.
  func serialized() -> [UInt8] {
    var text = "\(method) \(path) HTTP/1.1\r\n"
    if headers["host"].isEmpty { text += "host: test\r\n" }
    for line in headers.lines { text += "\(line.name): \(line.value)\r\n" }
    guard let body else { return Array((text + "\r\n").utf8) }
    if chunkSize == nil && trailers == nil {
      if headers["content-length"].isEmpty { text += "content-length: \(body.count)\r\n" }
      return Array((text + "\r\n").utf8) + body
    }
    var bytes = Array((text + "transfer-encoding: chunked\r\n\r\n").utf8)
    var rest = body[...]
    while !rest.isEmpty {
      let chunk = rest.prefix(chunkSize ?? rest.count)
      rest = rest.dropFirst(chunk.count)
      bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8)
    }
    let trailerLines = (trailers ?? [:]).lines.map { "\($0.name): \($0.value)\r\n" }.joined()
    return bytes + Array("0\r\n\(trailerLines)\r\n".utf8)
  }
}

/// A response as the client got it, unframed.
struct HTTPResponse: Sendable {
  var status: Int
  var headers: Headers
  var body: [UInt8] = []
  var trailers: Headers = [:]

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The body as JSON, as Foundation reads it: independent of our own reader.
  func json() throws -> NSDictionary {
    guard let object = try? JSONSerialization.jsonObject(with: Data(body)) as? NSDictionary else {
      throw Failure("not a JSON object: \(status) \(text)")
    }
    return object
  }

  /// The request as the mock LLM saw it, from an answer of `/anything`.
  func upstream() throws -> UpstreamView {
    try UpstreamView(self)
  }
}

/// The request as it arrived at the mock LLM.
struct UpstreamView {
  var method: String
  /// Path and query.
  var path: String
  var headers: Headers
  /// None of the tests repeats one.
  var trailers: [String: String]?
  /// The body as text.
  var body: String

  init(_ response: HTTPResponse) throws {
    let json = try response.json()
    guard let method = json["method"] as? String, let url = json["url"] as? String,
      let lines = json["headerLines"] as? [[String]], let body = json["data"] as? String
    else { throw Failure("not an answer of /anything: \(response.status) \(response.text)") }
    self.method = method
    let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    path = parts.count > 3 ? "/\(parts[3])" : "/"
    headers = Headers(lines.map { Headers.Line(name: $0[0], value: $0[1]) })
    trailers = json["trailers"] as? [String: String]
    self.body = body
  }
}
