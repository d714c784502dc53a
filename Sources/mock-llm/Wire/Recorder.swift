import Foundation
import NIOCore
import NIOHTTP1

/// Writes the last exchange to two files, as it was on the wire but for chunking: start line, headers in their order
/// and spelling, an empty line, the body.
///
/// Each file is replaced atomically; `response` is written after `request`, so who sees the new response also sees
/// the new request.
struct Recorder: Sendable {
  private let requestFile: URL
  private let responseFile: URL

  init(folder: String) throws {
    let folder = URL(fileURLWithPath: folder, isDirectory: true)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    requestFile = folder.appendingPathComponent("request")
    responseFile = folder.appendingPathComponent("response")
  }

  func record(_ request: Request, _ head: HTTPResponseHead, body: [ByteBuffer], trailers: HTTPHeaders?) {
    let requestLine = "\(request.head.method.rawValue) \(request.head.uri) \(request.head.version)"
    let statusLine = "\(head.version) \(head.status.code) \(head.status.reasonPhrase)"
    do {
      try Self.message(requestLine, request.head.headers, [request.body], request.trailers)
        .write(to: requestFile, options: .atomic)
      try Self.message(statusLine, head.headers, body, trailers).write(to: responseFile, options: .atomic)
    } catch {
      FileHandle.standardError.write(Data("mock-llm: recording failed: \(error)\n".utf8))
    }
  }

  private static func message(
    _ startLine: String, _ headers: HTTPHeaders, _ body: [ByteBuffer], _ trailers: HTTPHeaders?
  ) -> Data {
    var message = Data("\(startLine)\r\n".utf8)
    for (name, value) in headers {
      message.append(contentsOf: "\(name): \(value)\r\n".utf8)
    }
    message.append(contentsOf: "\r\n".utf8)
    for piece in body {
      message.append(contentsOf: piece.readableBytesView)
    }
    for (name, value) in trailers ?? [:] {
      message.append(contentsOf: "\r\n\(name): \(value)".utf8)
    }
    return message
  }
}
