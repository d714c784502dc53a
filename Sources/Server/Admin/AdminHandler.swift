internal import NIOCore
internal import NIOHTTP1

/// One connection of the admin endpoint: one request, one answer, and the end. Who takes longer than
/// `secondsMax` for both is cut off.
final class AdminHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias OutboundOut = HTTPServerResponsePart

  private let pages: AdminPages
  private var isAnswered = false
  private var deadline: Scheduled<Void>?

  private let secondsMax: Int64

  init(pages: AdminPages, secondsMax: Int64) {
    self.pages = pages
    self.secondsMax = secondsMax
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let channel = context.channel
    deadline = context.eventLoop.scheduleTask(in: .seconds(secondsMax)) {
      channel.close(promise: nil)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    deadline?.cancel()
    context.fireChannelInactive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    // A body, and requests that follow, are read past.
    guard case .head(let request) = unwrapInboundIn(data), !isAnswered else { return }
    isAnswered = true
    let response = pages.response(
      method: request.method.rawValue, uri: request.uri,
      isLocal: context.channel.remoteAddress?.ipAddress.map(ListenAddress.isLoopback) ?? false,
      host: request.headers.first(name: "host"))
    var headers = HTTPHeaders([
      ("content-type", response.contentType), ("content-length", "\(response.body.count)"),
      ("cache-control", "no-store"), ("x-content-type-options", "nosniff"), ("connection", "close"),
    ])
    if let allow = response.allow { headers.add(name: "allow", value: allow) }
    let head = HTTPResponseHead(
      version: .http1_1, status: HTTPResponseStatus(statusCode: response.status), headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if request.method != .HEAD {
      context.write(
        wrapOutboundOut(.body(.byteBuffer(context.channel.allocator.buffer(bytes: response.body)))),
        promise: nil)
    }
    let written = context.eventLoop.makePromise(of: Void.self)
    let channel = context.channel
    // First our side only: a request's body that still comes would else reset what was written.
    written.futureResult.whenComplete { _ in channel.close(mode: .output, promise: nil) }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed = event { context.close(promise: nil) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
