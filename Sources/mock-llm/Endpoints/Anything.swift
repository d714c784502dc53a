import Foundation
import NIOCore
import NIOHTTP1

/// `/anything`: the request as JSON, in the manner of httpbin and httpbun.
enum Anything {
  static func answer(_ request: Request) -> Reply {
    .json(description(of: request))
  }

  static func description(of request: Request) -> JSONText {
    let body = Array(request.body.readableBytesView)
    let host = request.head.headers.first(name: "host") ?? ""
    var members: [(String, JSONText)] = [
      ("method", JSONText(request.head.method.rawValue)),
      ("url", JSONText("http://\(host)\(request.head.uri)")),
      ("args", grouped(request.query)),
      ("headers", grouped(request.head.headers.map { ($0.name, $0.value) })),
      ("headerLines", lines(request.head.headers)),
      ("data", data(body)),
      ("json", JSONText(validating: body) ?? .null),
    ]
    if let trailers = request.trailers {
      members.append(("trailers", grouped(trailers.map { ($0.name, $0.value) })))
    }
    return .object(members)
  }

  /// Name to value, or to the list of its values when it came more than once; in the order of first appearance.
  private static func grouped(_ fields: [(name: String, value: String)]) -> JSONText {
    var order: [String] = []
    var values: [String: [String]] = [:]
    for (name, value) in fields {
      if values[name.lowercased()] == nil { order.append(name) }
      values[name.lowercased(), default: []].append(value)
    }
    return .object(
      order.map { name in
        let list = (values[name.lowercased()] ?? []).map { JSONText($0) }
        return (name, list.count == 1 ? list[0] : .list(list))
      })
  }

  /// Each header line as it came: `[name, value]`.
  private static func lines(_ headers: HTTPHeaders) -> JSONText {
    .list(headers.map { .list([JSONText($0.name), JSONText($0.value)]) })
  }

  /// The body as text, or as a data URL when it is not UTF-8.
  private static func data(_ body: [UInt8]) -> JSONText {
    if let text = String(validating: body, as: UTF8.self) { return JSONText(text) }
    return JSONText("data:application/octet-stream;base64,\(Data(body).base64EncodedString())")
  }
}
