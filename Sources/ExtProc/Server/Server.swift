package import Logging
internal import NIOCore
internal import NIOPosix

/// The sidecar's gRPC server.
package final class Server: Sendable {
  package struct Options: Sendable {
    package var listen: [ListenAddress]
    /// Event loops; 0 is one for each core, at most `threadsMax`. Envoy opens a connection for each of its workers,
    /// and a connection stays on one event loop.
    package var threads = 0
    package var socketMode: UInt16 = 0o660
    /// How long streams in flight may take after a SIGTERM.
    package var drainSeconds = 30
    package var limits = TransportLimits()
    package init(listen: [ListenAddress]) { self.listen = listen }
  }

  private struct TooManyConnections: Error {}

  /// A sidecar shares its machine with Envoy and more: many cores do not make it take them all by itself.
  private static let threadsMax = 4

  private let options: Options
  private let calls: CallFactory
  private let logger: Logger
  private let health = HealthService()
  private let registry: ConnectionRegistry
  private let shutdownRequests: AsyncStream<Never>
  private let shutdownRequest: AsyncStream<Never>.Continuation

  package convenience init(options: Options, service: ProcessService, logger: Logger) {
    self.init(options: options, calls: CallFactory(ProcessStream.self, service: service), logger: logger)
  }

  /// A server whose `Process` calls go elsewhere.
  package init(options: Options, calls: CallFactory, logger: Logger) {
    self.options = options
    self.calls = calls
    self.logger = logger
    self.registry = ConnectionRegistry(connectionsMax: options.limits.connectionsMax)
    (shutdownRequests, shutdownRequest) = AsyncStream.makeStream(of: Never.self)
  }

  /// Binds all listeners, logs one line for each, serves until `shutdown()`; throws when a listener cannot be bound.
  /// To be called once.
  package func run() async throws {
    let threads = options.threads > 0 ? options.threads : min(System.coreCount, Self.threadsMax)
    let group = MultiThreadedEventLoopGroup(numberOfThreads: threads)
    do {
      try await serve(on: group)
    } catch {
      try? await group.shutdownGracefully()
      throw error
    }
    try await group.shutdownGracefully()
  }

  /// Drains (GOAWAY, streams in flight finish or the deadline passes) and lets `run` return. May be called from
  /// anywhere, before `run` too, and more than once.
  package func shutdown() {
    shutdownRequest.finish()
  }

  private func serve(on group: MultiThreadedEventLoopGroup) async throws {
    let listeners = try await bindAll(group)
    for listener in listeners {
      logger.info("listening", metadata: ["address": "\(listener.address)"])
    }
    for await _ in shutdownRequests {}
    logger.info("draining", metadata: ["connections": "\(registry.connections.count)"])
    health.drain()
    for listener in listeners { await listener.close() }
    await drainConnections(on: group.any())
  }

  /// All or none.
  private func bindAll(_ group: MultiThreadedEventLoopGroup) async throws -> [Listener] {
    let bootstrap = makeBootstrap(group)
    var listeners: [Listener] = []
    do {
      for address in options.listen {
        listeners.append(try await Listener.bind(address, bootstrap, options))
      }
    } catch {
      for listener in listeners { await listener.close() }
      throw error
    }
    return listeners
  }

  private func makeBootstrap(_ group: MultiThreadedEventLoopGroup) -> ServerBootstrap {
    let limits = options.limits
    return ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: limits.acceptBacklog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture { try admit(channel) }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(
          minimum: 4 << 10, initial: 16 << 10, maximum: limits.readBytesMax)
      )
      .childChannelOption(
        .writeBufferWaterMark,
        value: ChannelOptions.Types.WriteBufferWaterMark(
          low: limits.unwrittenBytesMax / 2, high: limits.unwrittenBytesMax))
  }

  private func admit(_ channel: any Channel) throws {
    switch registry.admit(channel) {
    case .refuse:
      logger.warning("too many connections", metadata: ["limit": "\(options.limits.connectionsMax)"])
      throw TooManyConnections()
    case .serve:
      try addHandler(to: channel)
    case .drain:
      try addHandler(to: channel)
      channel.eventLoop.execute {
        channel.pipeline.fireUserInboundEventTriggered(ConnectionHandler.Event.drain)
      }
    }
  }

  private func addHandler(to channel: any Channel) throws {
    let handler = ConnectionHandler(
      calls: calls, state: ConnectionState(limits: options.limits, health: health),
      allocator: channel.allocator, logger: logger)
    try channel.pipeline.syncOperations.addHandler(handler)
  }

  private func drainConnections(on eventLoop: any EventLoop) async {
    let connections = registry.beginDrain()
    for channel in connections {
      channel.pipeline.fireUserInboundEventTriggered(ConnectionHandler.Event.drain)
    }
    let deadline = eventLoop.scheduleTask(in: .seconds(Int64(options.drainSeconds))) { [registry, logger] in
      let late = registry.connections
      logger.warning("closing connections that did not finish", metadata: ["connections": "\(late.count)"])
      for channel in late { channel.close(promise: nil) }
    }
    while let channel = registry.connections.first {
      try? await channel.closeFuture.get()
    }
    deadline.cancel()
  }
}
