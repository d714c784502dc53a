import Foundation
import NIOCore
import NIOHTTP1

/// Collects a request, has it answered and sends the answer. The pipeline in front lets the next request of a
/// connection in only when this one is answered.
final class ConnectionHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let recorder: Recorder?
  private var request: Request?

  init(recorder: Recorder?) {
    self.recorder = recorder
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head):
      request = Request(head: head, body: ByteBuffer())
      if head.headers[canonicalForm: "expect"].contains("100-continue") {
        context.writeAndFlush(
          wrapOutboundOut(.head(HTTPResponseHead(version: head.version, status: .continue))), promise: nil)
      }
    case .body(let bytes):
      request?.body.writeImmutableBuffer(bytes)
      if let size = request?.body.readableBytes, size > Request.bodyBytesMax {
        context.close(promise: nil)
      }
    case .end(let trailers):
      guard var request else { return }
      self.request = nil
      request.trailers = trailers
      answer(request, context: context)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // A client that is gone or that speaks no HTTP; the pipeline has answered 400 where that was possible.
    context.close(promise: nil)
  }

  private func answer(_ request: Request, context: ChannelHandlerContext) {
    let reply = Router.answer(request)
    if reply.delay == .zero {
      send(reply, to: request, context: context)
    } else {
      context.eventLoop.assumeIsolated().scheduleTask(in: reply.delay) {
        self.send(reply, to: request, context: context)
      }
    }
  }

  private func send(_ reply: Reply, to request: Request, context: ChannelHandlerContext) {
    let head = responseHead(reply, to: request)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    let pieces: [ByteBuffer]
    let interval: TimeAmount
    switch reply.body {
    case .whole(let bytes): (pieces, interval) = (bytes.readableBytes > 0 ? [bytes] : [], .zero)
    case .pieces(let list, let between): (pieces, interval) = (list, between)
    }
    recorder?.record(request, head, body: pieces, trailers: reply.trailers)
    let bodyless = request.head.method == .HEAD || !head.status.mayHaveResponseBody
    let closes = !request.head.isKeepAlive
    sendBody(bodyless ? [] : pieces[...], every: interval, context: context) { [trailers = reply.trailers] in
      let end = context.writeAndFlush(self.wrapOutboundOut(.end(bodyless ? nil : trailers)))
      if closes {
        end.assumeIsolated().whenComplete { _ in context.close(promise: nil) }
      }
    }
  }

  /// Sends the first piece now and the others later, each flushed by itself.
  private func sendBody(
    _ pieces: ArraySlice<ByteBuffer>, every interval: TimeAmount, context: ChannelHandlerContext,
    then finish: @escaping () -> Void
  ) {
    guard let first = pieces.first, context.channel.isActive else { return finish() }
    context.write(wrapOutboundOut(.body(.byteBuffer(first))), promise: nil)
    let rest = pieces.dropFirst()
    if rest.isEmpty { return finish() }
    context.flush()
    context.eventLoop.assumeIsolated().scheduleTask(in: interval) {
      self.sendBody(rest, every: interval, context: context, then: finish)
    }
  }

  private func responseHead(_ reply: Reply, to request: Request) -> HTTPResponseHead {
    var headers = HTTPHeaders([("server", "mock-llm"), ("date", Self.date(.now))])
    headers.add(contentsOf: reply.headers)
    if reply.status.mayHaveResponseBody {
      if case .whole(let bytes) = reply.body, reply.trailers == nil {
        headers.add(name: "content-length", value: String(bytes.readableBytes))
      } else {
        headers.add(name: "transfer-encoding", value: "chunked")
      }
    }
    if !request.head.isKeepAlive {
      headers.add(name: "connection", value: "close")
    }
    return HTTPResponseHead(version: .http1_1, status: reply.status, headers: headers)
  }

  /// RFC 9110 section 5.6.7, IMF-fixdate. Without it Envoy would add a date of its own.
  private static func date(_ moment: Date) -> String {
    var seconds = time_t(moment.timeIntervalSince1970)
    var fields = tm()
    gmtime_r(&seconds, &fields)
    let days = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    return String(
      format: "%@, %02d %@ %04d %02d:%02d:%02d GMT", days[Int(fields.tm_wday)], fields.tm_mday,
      months[Int(fields.tm_mon)], fields.tm_year + 1900, fields.tm_hour, fields.tm_min, fields.tm_sec)
  }
}
