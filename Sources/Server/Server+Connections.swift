internal import ExtProc
internal import GRPC
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Transformation

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#endif

/// From an accepted socket to a connection that is served.
extension Server {
  private struct TooManyConnections: Error {}

  func makeBootstrap(
    _ group: MultiThreadedEventLoopGroup, _ loops: [ObjectIdentifier: Loop], for address: ListenAddress
  ) -> ServerBootstrap {
    let limits = options.limits
    let isTCP = if case .tcp = address { true } else { false }
    let bootstrap = ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: limits.acceptBacklog)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .serverChannelInitializer { channel in
        // Without it, a server that has no file descriptor left would try to accept all the time.
        channel.eventLoop.makeCompletedFuture { [self] in
          try channel.pipeline.syncOperations.addHandler(AcceptBackoffHandler())
          try channel.pipeline.syncOperations.addHandler(AcceptErrorHandler { [self] in acceptFailed($0) })
        }
      }
      .childChannelInitializer { [self] channel in
        channel.eventLoop.makeCompletedFuture {
          let loop = loops[ObjectIdentifier(channel.eventLoop)] ?? makeLoop(channel.eventLoop)
          try admit(channel, loop, isTLS: isTCP && options.tls != nil)
        }
      }
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      // What is read while nothing may be looked at waits here: one read at most.
      .childChannelOption(.maxMessagesPerRead, value: 1)
      .childChannelOption(
        .recvAllocator,
        value: AdaptiveRecvByteBufferAllocator(
          minimum: 4 << 10, initial: 16 << 10, maximum: limits.readBytesMax)
      )
    guard isTCP else { return bootstrap }
    // A host that vanished, or a middlebox that forgot: else its connections would stay for ever.
    return
      bootstrap
      .childChannelOption(.socketOption(.so_keepalive), value: 1)
      .childChannelOption(.tcpOption(.init(rawValue: TCP_KEEPIDLE)), value: limits.keepaliveIdleSeconds)
      .childChannelOption(.tcpOption(.init(rawValue: TCP_KEEPINTVL)), value: limits.keepaliveIntervalSeconds)
      .childChannelOption(.tcpOption(.init(rawValue: TCP_KEEPCNT)), value: limits.keepaliveProbes)
  }

  private func acceptFailed(_ error: any Error) {
    metrics.countFailedAccept()
    guard logLimiter.admits("accept", now: MonotonicClock.nanoseconds()) else { return }
    logger.warning(
      "a connection cannot be accepted; trying again", metadata: ["reason": "\(socketErrorReason(error))"])
  }

  private func admit(_ channel: any Channel, _ loop: Loop, isTLS: Bool) throws {
    let admission = registry.admit(channel)
    guard admission != .refuse else {
      throw refused("too many connections", limit: "\(options.limits.connectionsMax)")
    }
    // From its first byte on a connection takes what is counted for it: a handshake needs as much.
    let state = ConnectionState(limits: options.limits.grpc, methods: loop.methods, held: held) {
      [refusals] in refusals.report($0)
    }
    guard state.isAdmitted() || registry.count <= options.limits.connectionsAlwaysAdmitted else {
      throw refused("no memory for one more connection", limit: "\(held.bytesMax >> 20) MiB")
    }
    if isTLS, let tls = options.tls {
      try addHandshake(to: channel, tls, loop, state)
    } else {
      try addHandler(to: channel, loop, state, isEncrypted: false)
    }
    guard admission == .drain else { return }
    channel.eventLoop.execute {
      channel.pipeline.fireUserInboundEventTriggered(ConnectionHandler.Event.drain)
    }
  }

  private func addHandshake(
    to channel: any Channel, _ tls: TLSIdentity, _ loop: Loop, _ state: ConnectionState
  ) throws {
    let pipeline = channel.pipeline.syncOperations
    try pipeline.addHandler(NIOSSLServerHandler(context: tls.context))
    try pipeline.addHandler(
      TLSHandshakeHandler(
        seconds: Int64(options.limits.startSeconds),
        accept: { [self] in try addHandler(to: $0, loop, state, isEncrypted: true) },
        fail: { [self] reason in
          metrics.countFailedHandshake()
          guard logLimiter.admits("TLS", now: MonotonicClock.nanoseconds()) else { return }
          let peer = channel.remoteAddress?.ipAddress ?? "unknown"
          logger.notice("TLS handshake failed", metadata: ["reason": "\(reason)", "peer": "\(peer)"])
        }))
  }

  private func refused(_ reason: String, limit: String) -> TooManyConnections {
    metrics.countRefusedConnection()
    if logLimiter.admits(reason, now: MonotonicClock.nanoseconds()) {
      logger.warning("\(reason)", metadata: ["limit": "\(limit)"])
    }
    return TooManyConnections()
  }

  private func addHandler(
    to channel: any Channel, _ loop: Loop, _ state: ConnectionState, isEncrypted: Bool
  ) throws {
    loop.counters.add(.connectionsOpened)
    let turn = loop.turn.value ?? LoopTurn(eventLoop: channel.eventLoop)
    loop.turn.value = turn
    let handler = ConnectionHandler(
      state: state, limits: options.limits, counters: loop.counters, turn: turn, refusals: refusals,
      isEncrypted: isEncrypted, logger: logger)
    try channel.pipeline.syncOperations.addHandler(handler)
  }
}
