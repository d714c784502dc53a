internal import NIOCore
internal import NIOTLS

/// Waits for the handshake: only then, and only to who speaks HTTP/2, is anything said. Who takes too long, or is not
/// trusted, is cut off.
final class TLSHandshakeHandler: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  /// HTTP/2's name in ALPN (RFC 9113 section 3.2).
  static let applicationProtocol = "h2"

  private let seconds: Int64
  /// Puts what serves the connection behind this handler.
  private let accept: (any Channel) throws -> Void
  private let fail: (String) -> Void
  private var deadline: Scheduled<Void>?
  private var isOver = false

  init(seconds: Int64, accept: @escaping (any Channel) throws -> Void, fail: @escaping (String) -> Void) {
    self.seconds = seconds
    self.accept = accept
    self.fail = fail
  }

  func handlerAdded(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    deadline = context.eventLoop.scheduleTask(in: .seconds(seconds)) {
      let (handler, context) = bound.value
      handler.end(context, "no handshake within \(handler.seconds) s")
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) { deadline?.cancel() }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case TLSUserEvent.handshakeCompleted(Self.applicationProtocol):
      deadline?.cancel()
      isOver = true
      do {
        try accept(context.channel)
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
      } catch {
        context.close(promise: nil)
      }
    case TLSUserEvent.handshakeCompleted(let name):
      end(context, "the client speaks \(name ?? "no protocol that it names"), not h2 (ALPN)")
    case ConnectionHandler.Event.drain:
      context.close(promise: nil)
    default:
      context.fireUserInboundEventTriggered(event)
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    end(context, TLSHandshakeHandler.reason("\(error)"))
  }

  /// BoringSSL's name for what was wrong, `CERTIFICATE_VERIFY_FAILED`: its own text has places in its source.
  static func reason(_ text: String) -> String {
    let marker = "OPENSSL_internal:"
    guard let start = text.indices.first(where: { text[$0...].hasPrefix(marker) }) else { return text }
    let name = text[start...].dropFirst(marker.count).prefix { $0.isLetter || $0.isNumber || $0 == "_" }
    return name.isEmpty ? text : String(name)
  }

  func channelInactive(context: ChannelHandlerContext) {
    isOver = true
    deadline?.cancel()
    context.fireChannelInactive()
  }

  private func end(_ context: ChannelHandlerContext, _ reason: String) {
    guard !isOver else { return context.close(promise: nil) }
    isOver = true
    fail(reason)
    context.close(promise: nil)
  }
}
