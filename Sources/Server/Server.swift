package import ExtProc
package import GRPC
package import Logging
internal import NIOCore
internal import NIOPosix
internal import Synchronization
package import Transformation

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
    /// How long to go on as before after a SIGTERM, but for health checks, which say no: time for Envoy's health checks
    /// to notice, and for new requests to go elsewhere.
    package var drainDelaySeconds = 0
    package var limits = ServerLimits()
    /// Of all TCP listeners; nil is plain text.
    package var tls: TLSIdentity?
    package init(listen: [ListenAddress]) { self.listen = listen }
  }

  package enum Phase: UInt8, Sendable {
    /// Not all addresses are bound.
    case starting
    case serving
    /// Asked to end: no more connections are taken.
    case draining
  }

  /// A sidecar shares its machine with Envoy and more: many cores do not make it take them all by itself.
  private static let threadsMax = 4

  let options: Options
  private let makeProcess: @Sendable () -> GRPCMethod
  let logger: Logger
  let health = HealthService()
  let registry: ConnectionRegistry
  package let metrics = ServerMetrics()
  let logLimiter: LogLimiter
  let held: HeldMemory
  let refusals: StreamRefusals
  private let phase = Atomic(Phase.starting.rawValue)
  private let shutdownRequests: AsyncStream<Never>
  private let shutdownRequest: AsyncStream<Never>.Continuation

  /// What the connections of one event loop share.
  struct Loop: Sendable {
    let counters: ConnectionCounters
    let methods: MethodTable
    /// Made with the first connection.
    let turn: NIOLoopBoundBox<LoopTurn?>
  }

  package convenience init(options: Options, service: ProcessService, logger: Logger) {
    self.init(options: options, held: service.held, logLimiter: service.logLimiter, logger: logger) {
      .process(service, metrics: service.metrics.addLoop())
    }
  }

  /// - Parameters:
  ///   - held: what its connections are counted in.
  ///   - makeProcess: makes the method that is served beside health checks, for one event loop.
  package init(
    options: Options, held: HeldMemory = HeldMemory(), logLimiter: LogLimiter = LogLimiter(), logger: Logger,
    makeProcess: @escaping @Sendable () -> GRPCMethod
  ) {
    self.logLimiter = logLimiter
    self.options = options
    self.makeProcess = makeProcess
    self.held = held
    self.logger = logger
    refusals = StreamRefusals(counts: metrics.refusedStreams, limiter: logLimiter, logger: logger)
    self.registry = ConnectionRegistry(connectionsMax: options.limits.connectionsMax)
    (shutdownRequests, shutdownRequest) = AsyncStream.makeStream(of: Never.self)
  }

  package var currentPhase: Phase { Phase(rawValue: phase.load(ordering: .relaxed)) ?? .starting }

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
    phase.store(Phase.serving.rawValue, ordering: .relaxed)
    for await _ in shutdownRequests {}
    phase.store(Phase.draining.rawValue, ordering: .relaxed)
    health.drain()
    if options.drainDelaySeconds > 0 {
      try? await group.any().scheduleTask(in: .seconds(Int64(options.drainDelaySeconds))) {}.futureResult
        .get()
    }
    logger.info("draining", metadata: ["connections": "\(registry.connections.count)"])
    for listener in listeners { await listener.close() }
    await drainConnections(on: group.any())
  }

  /// All or none.
  private func bindAll(_ group: MultiThreadedEventLoopGroup) async throws -> [Listener] {
    var loops: [ObjectIdentifier: Loop] = [:]
    for loop in group.makeIterator() { loops[ObjectIdentifier(loop)] = makeLoop(loop) }
    let listenerLoops = loops
    var listeners: [Listener] = []
    do {
      for address in options.listen {
        let bootstrap = makeBootstrap(group, listenerLoops, for: address)
        listeners.append(try await Listener.bind(address, bootstrap, options))
      }
    } catch {
      for listener in listeners { await listener.close() }
      throw error
    }
    return listeners
  }

  func makeLoop(_ eventLoop: any EventLoop) -> Loop {
    Loop(
      counters: metrics.addLoop(), methods: MethodTable([makeProcess()] + health.methods),
      turn: .makeEmptyBox(valueType: LoopTurn.self, eventLoop: eventLoop))
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
