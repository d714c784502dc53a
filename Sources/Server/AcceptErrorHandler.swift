internal import NIOCore

/// Hears why a listener could not accept a connection. NIO's `AcceptBackoffHandler`, before it, waits and tries again.
final class AcceptErrorHandler: ChannelInboundHandler {
  typealias InboundIn = any Channel

  private let report: (any Error) -> Void

  init(report: @escaping (any Error) -> Void) { self.report = report }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { report(error) }
}
