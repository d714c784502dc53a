internal import ExtProc
internal import GRPC
internal import HTTP2
internal import Logging
internal import NIOCore

/// The thin shell around one connection's HTTP/2 session: what is read goes in, what comes out is written, all
/// frames of a read in one write.
///
/// Back-pressure: while the peer does not take what was written, no more frames are made and nothing more is read.
final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = Never
  typealias OutboundOut = ByteBuffer

  /// Sent through the pipeline to end the connection.
  enum Event: Sendable {
    /// Gracefully: calls in flight may end.
    case drain
  }

  private let session: HTTP2Session
  private let state: ConnectionState
  private let limits: ServerLimits
  private let counters: ConnectionCounters
  /// What `counters` has of the connection's calls.
  private var counted = CallCounts()
  private let logger: Logger
  /// Used again for each write that the kernel takes at once.
  private var output: ByteBuffer
  /// As the channel says, which is asked only when that changes: asking costs more than most of what happens here.
  private var isWritable = true
  private var isReadHeldBack = false
  private var isFlushing = false
  private var isClosing = false
  private var drainTimeout: Scheduled<Void>?
  private var ticks: RepeatedTask?
  private var secondsOpen: UInt64 = 0

  /// - Parameters:
  ///   - state: of this connection.
  ///   - counters: of its event loop.
  init(
    state: ConnectionState, limits: ServerLimits, counters: ConnectionCounters, refusals: StreamRefusals,
    allocator: ByteBufferAllocator, logger: Logger
  ) {
    self.state = state
    self.limits = limits
    self.counters = counters
    self.logger = logger
    self.output = allocator.buffer(capacity: Self.outputBytesMin)
    self.session = HTTP2Session(limits: state.limits.http2) { state.makeCall() }
    session.onReset = { refusals.report($0) }
  }

  /// Room for a frame of any size behind a few small ones.
  private static var outputBytesMin: Int { 2 * HTTP2Session.frameRoomBytes }
  private static var retainedBytesMax: Int { 2 * outputBytesMin }

  // MARK: Time

  func handlerAdded(context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    ticks = context.eventLoop.scheduleRepeatedTask(initialDelay: .seconds(1), delay: .seconds(1)) { _ in
      let (handler, context) = bound.value
      handler.tick(context)
    }
    // NIO's loops take tasks from any thread.
    let eventLoop = context.eventLoop
    state.openResults {
      eventLoop.execute {
        let (handler, context) = bound.value
        handler.deliverResults(context)
      }
    }
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    ticks?.cancel()
    state.closeResults()
  }

  /// Once a second: deadlines are few and far off, so that looking costs less than a timer for each.
  private func tick(_ context: ChannelHandlerContext) {
    secondsOpen &+= 1
    guard session.isEstablished || secondsOpen < limits.startSeconds else {
      logger.debug("connection error", metadata: ["reason": "no HTTP/2 within \(secondsOpen) s"])
      return context.close(promise: nil)
    }
    // Gives back what was reserved for a burst that is over.
    _ = state.hasRoom(unsentBytes: session.unsentBytes)
    guard !session.open.isEmpty else { return }
    session.tick(now: MonotonicClock.nanoseconds())
    flush(context)
  }

  /// Calls get what came for them from elsewhere; what they answer goes out as after a read.
  private func deliverResults(_ context: ChannelHandlerContext) {
    guard context.channel.isActive else { return }
    state.deliverResults()
    flush(context)
  }

  // MARK: Reading

  func channelActive(context: ChannelHandlerContext) {
    flush(context)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    counters.add(.bytesReceived, bytes.readableBytes)
    bytes.withUnsafeReadableBytes { bytes in
      do throws(HTTP2Error) {
        try session.receive(bytes)
      } catch {
        logger.debug("connection error", metadata: ["reason": "\(error)"])
      }
    }
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    flush(context)
  }

  func read(context: ChannelHandlerContext) {
    if isWritable { context.read() } else { isReadHeldBack = true }
  }

  // MARK: Writing

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    isWritable = context.channel.isWritable
    guard isWritable else { return }
    flush(context)
    guard isReadHeldBack, isWritable else { return }
    isReadHeldBack = false
    context.read()
  }

  private func flush(_ context: ChannelHandlerContext) {
    // A write that completes at once may call back.
    guard !isFlushing, !isClosing else { return }
    isFlushing = true
    defer { isFlushing = false }
    repeat {
      guard isWritable else { return }
      fillOutput()
      // Before a client can know of it.
      countCalls()
      if output.readableBytes > 0 {
        counters.add(.bytesSent, output.readableBytes)
        context.writeAndFlush(wrapOutboundOut(output), promise: nil)
      }
    } while session.hasMore
    // One large answer must not keep its room for ever.
    if output.capacity > Self.retainedBytesMax { output = ByteBuffer() }
    if session.isFinished { closeWhenWritten(context) }
  }

  private func fillOutput() {
    output.clear(minimumCapacity: Self.outputBytesMin)
    repeat {
      output.writeWithUnsafeMutableBytes(minimumWritableBytes: HTTP2Session.frameRoomBytes) { room in
        session.send(into: room)
      }
    } while session.hasMore && output.readableBytes < limits.writeBytesMax
  }

  private func countCalls() {
    // Few reads begin or end a call.
    guard state.hasNewCounts else { return }
    let counts = state.takeCounts()
    counters.add(counts, since: counted)
    counted = counts
  }

  private func closeWhenWritten(_ context: ChannelHandlerContext) {
    isClosing = true
    // Writes complete in order: an empty one is done when all before it are.
    let written = context.eventLoop.makePromise(of: Void.self)
    let channel = context.channel
    written.futureResult.whenComplete { _ in channel.close(promise: nil) }
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
  }

  // MARK: End

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    switch event {
    case Event.drain: drain(context)
    default: context.fireUserInboundEventTriggered(event)
    }
  }

  private func drain(_ context: ChannelHandlerContext) {
    guard session.drainPhase == .none else { return }
    session.drain()
    flush(context)
    guard context.channel.isActive else { return }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    drainTimeout = context.eventLoop.scheduleTask(in: .seconds(Int64(limits.drainRoundTripSeconds))) {
      let (handler, context) = bound.value
      handler.session.finishDrain()
      handler.flush(context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    drainTimeout?.cancel()
    state.closeResults()
    session.abandon()
    countCalls()
    counters.add(.connectionsClosed)
    let counts = state.counts
    logger.debug(
      "connection closed",
      metadata: [
        "started": "\(counts.started)", "succeeded": "\(counts.succeeded)", "failed": "\(counts.failed)",
        "cancelled": "\(counts.cancelled)", "open": "\(session.open.count)",
      ])
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    logger.debug("connection error", metadata: ["reason": "\(error)"])
    context.close(promise: nil)
  }
}
