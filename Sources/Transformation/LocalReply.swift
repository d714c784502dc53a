internal import JSON

/// An answer of ours in place of the upstream's. Goes with `content-type: application/json`.
package struct LocalReply: Sendable, Equatable {
  /// 400 to 599.
  package let status: Int
  /// `{"error":{"code":…,"type":…,"message":…}}`, the shape that clients of language models read. Valid UTF-8.
  package let body: [UInt8]
  /// For `%RESPONSE_CODE_DETAILS%`: names the transformation and the reason; no white space.
  package let details: String

  package init(status: Int, transformation: String, reason: String, message: String) {
    self.status = status
    let name = String(transformation.map { $0.isWhitespace ? "_" : $0 })
    details = "swiftformations{transformation=\(name),reason=\(reason)}"
    var body: [UInt8] = []
    body.append(contentsOf: #"{"error":{"code":"#.utf8)
    body.append(contentsOf: String(status).utf8)
    body.append(contentsOf: #","type":"#.utf8)
    JSONWriter.appendString(Array(reason.utf8), to: &body)
    body.append(contentsOf: #","message":"#.utf8)
    JSONWriter.appendString(Array(message.utf8), to: &body)
    body.append(contentsOf: "}}".utf8)
    self.body = body
  }
}
