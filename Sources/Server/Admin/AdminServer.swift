internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// The admin endpoint: plain HTTP/1.1 on a thread of its own, so that a scrape holds up no exchange.
package final class AdminServer: Sendable {
  /// For the whole of a connection: an answer takes milliseconds.
  package static let secondsMax: Int64 = 10
  /// Probes and scrapers are few.
  static let connectionsMax = 64
  /// Of a request's line and headers.
  static let headBytesMax = 16 << 10

  /// As asked for, but with the port that the system chose.
  package let address: ListenAddress
  private let group: MultiThreadedEventLoopGroup
  private let channel: any Channel

  /// Why the endpoint cannot be had.
  package struct BindError: Error, CustomStringConvertible {
    package let description: String
  }

  /// Binds `host:port` and answers until `stop()`.
  package init(host: String, port: Int, pages: AdminPages, secondsMax: Int64 = secondsMax) async throws {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let connections = Connections()
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
        }
      }
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          connections.admit(channel)
          try Self.addHandlers(to: channel, AdminHandler(pages: pages, secondsMax: secondsMax))
        }
      }
    do {
      channel = try await bootstrap.bind(host: host, port: port).get()
    } catch {
      try? await group.shutdownGracefully()
      throw BindError(
        description: "cannot listen on \(host):\(port) for --admin: \(socketErrorReason(error))")
    }
    self.group = group
    address = .tcp(host: host, port: channel.localAddress?.port ?? port)
  }

  package func stop() async {
    try? await channel.close()
    try? await group.shutdownGracefully()
  }

  private static func addHandlers(to channel: any Channel, _ handler: AdminHandler) throws {
    var limits = NIOHTTPDecoderLimitConfiguration()
    limits.maxHeaderFieldSize = headBytesMax
    limits.maxHeaderListSize = headBytesMax
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(HTTPResponseEncoder())
    try pipeline.addHandler(
      ByteToMessageHandler(
        HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes, limitConfiguration: limits)))
    try pipeline.addHandler(HTTPServerProtocolErrorHandler())
    try pipeline.addHandler(handler)
  }

  /// Those that are open, the oldest first. One too many ends the oldest: who holds connections and asks nothing keeps out
  /// no probe.
  private final class Connections: Sendable {
    private let open = Mutex<[any Channel]>([])

    func admit(_ channel: any Channel) {
      let oldest = open.withLock { open -> (any Channel)? in
        open.append(channel)
        return open.count > connectionsMax ? open.removeFirst() : nil
      }
      oldest?.close(promise: nil)
      channel.closeFuture.whenComplete { [self] _ in
        open.withLock { open in open.removeAll { $0 === channel } }
      }
    }
  }
}
