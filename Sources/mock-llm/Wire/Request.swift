import Foundation
import NIOCore
import NIOHTTP1

/// One request, complete.
struct Request {
  var head: HTTPRequestHead
  var body: ByteBuffer
  var trailers: HTTPHeaders?

  /// The most that a request body may have, in bytes: more than any test sends.
  static let bodyBytesMax = 256 << 20

  /// The path without its query, percent-escapes as they came.
  var path: Substring { head.uri.prefix { $0 != "?" } }

  /// The query's fields in their order, percent-escapes and `+` decoded. A field without `=` has the value "".
  var query: [(name: String, value: String)] {
    let text = head.uri.dropFirst(path.count + 1)
    return text.split(separator: "&").map { field in
      let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      return (Self.decode(parts[0]), parts.count > 1 ? Self.decode(parts[1]) : "")
    }
  }

  private static func decode(_ text: Substring) -> String {
    let spaced = text.replacing("+", with: " ")
    return String(spaced).removingPercentEncoding ?? String(spaced)
  }
}
