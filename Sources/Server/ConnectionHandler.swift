internal import ExtProc
internal import GRPC
internal import HTTP2
internal import Logging
internal import NIOCore

/// The thin shell around one connection's HTTP/2 session: what is read goes in, what comes out is written, all
/// frames of a read in one write.
///
/// Back-pressure: while the kernel does not take what was written, no more frames are made and nothing more is read. What was
/// read is looked at as long as the loop's turn lasts (`LoopTurn`), and the rest at a later one.
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
  private let turn: LoopTurn
  /// What `counters` has of the connection's calls.
  private var counted = CallCounts()
  private let refusals: StreamRefusals
  private let logger: Logger
  /// Read, and not looked at yet; nil where all was.
  private var input: ByteBuffer?
  /// `turn` will say when that is looked at.
  private var isInTurn = false
  private var output: ConnectionOutput
  private var isReadHeldBack = false
  private var isFlushing = false
  private var isClosing = false
  private var drainTimeout: Scheduled<Void>?
  private var ticks: RepeatedTask?
  private var secondsOpen: UInt64 = 0
  private var stall = Stall()

  /// - Parameters:
  ///   - state: of this connection.
  ///   - counters: of its event loop.
  ///   - turn: of its event loop.
  ///   - isEncrypted: TLS lies between this and the channel.
  init(
    state: ConnectionState, limits: ServerLimits, counters: ConnectionCounters, turn: LoopTurn,
    refusals: StreamRefusals, isEncrypted: Bool, logger: Logger
  ) {
    self.state = state
    self.limits = limits
    self.counters = counters
    self.turn = turn
    self.refusals = refusals
    self.logger = logger
    self.output = ConnectionOutput(writeBytesMax: limits.writeBytesMax, isEncrypted: isEncrypted)
    self.session = HTTP2Session(limits: state.limits.http2) { state.makeCall() }
    session.onReset = { refusals.report($0) }
    session.endsTurn = { state.mayBeBusy && turn.endsHere() }
  }

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
    if output.isLagging || isClosing { state.outputBytes = output.untakenBytes(context.channel) }
    output.trim()
    // Gives back what was reserved for a burst that is over.
    _ = state.hasRoom(answerStorageBytes: session.answerStorageBytes)
    guard !isStalled else {
      counters.add(.connectionsStalled)
      logger.debug(
        "connection error",
        metadata: ["reason": "the peer takes no answers, for \(limits.stalledSeconds) s"])
      return context.close(promise: nil)
    }
    if !session.open.isEmpty { session.tick(now: MonotonicClock.nanoseconds()) }
    // Also where there is nothing to send: shows whether the kernel has taken the last write.
    flush(context)
  }

  /// The peer takes nothing of what waits for it: at the socket, or by the windows of its streams, for which frames count that
  /// carry answers. What it has sent and nobody has looked at may open windows.
  private var isStalled: Bool {
    let waitsAtSocket = output.isLagging || isClosing
    let waits = waitsAtSocket || (session.unsentBytes > 0 && input == nil)
    let taken = waitsAtSocket ? output.writtenBytes &- state.outputBytes : session.sentBodyBytes
    return stall.lasts(limits.stalledSeconds, now: secondsOpen, waits: waits, taken: taken)
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
    var bytes = unwrapInboundIn(data)
    counters.add(.bytesReceived, bytes.readableBytes)
    if input != nil {
      input?.writeBuffer(&bytes)
      state.inputBytes = input?.storageCapacity ?? 0
    } else if output.isLagging || (isBusy(with: bytes) && turn.isOver) {
      wait(bytes, context)
    } else {
      receive(bytes, context)
    }
  }

  /// Whether what was read may take its time. Few bytes of a connection that had nothing but urgent calls do not.
  private func isBusy(with bytes: ByteBuffer) -> Bool {
    state.mayBeBusy || bytes.readableBytes > Self.sliceBytes
  }

  /// So much is looked at between two looks at the clock and at what waits to be sent.
  private static let sliceBytes = 16 << 10

  private func receive(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    let isBusy = isBusy(with: bytes)
    var rest = bytes
    turn.beginWork()
    defer { turn.endWork() }
    repeat {
      receiveSlice(of: &rest)
      // Who does not read does not get more and more.
      if session.hasManyWaiting { flush(context) }
      if session.isPaused || (rest.readableBytes > 0 && (output.isLagging || (isBusy && turn.endsHere()))) {
        return wait(rest, context)
      }
    } while rest.readableBytes > 0
  }

  private func receiveSlice(of rest: inout ByteBuffer) {
    let taken = rest.withUnsafeReadableBytes { bytes in
      do throws(HTTP2Error) {
        return try session.receive(UnsafeRawBufferPointer(rebasing: bytes.prefix(Self.sliceBytes)))
      } catch {
        logger.debug("connection error", metadata: ["reason": "\(error)"])
        return bytes.count
      }
    }
    rest.moveReaderIndex(forwardBy: taken)
  }

  /// Leaves what was read for a later turn of the loop; until then nothing more is read.
  private func wait(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
    input = bytes
    state.inputBytes = bytes.storageCapacity
    waitForTurn(context)
  }

  private func waitForTurn(_ context: ChannelHandlerContext) {
    guard !isInTurn, !output.isLagging else { return }
    isInTurn = true
    turn.wait(self, context)
  }

  /// It is this connection's turn to go on with what it has read. Where its last answers wait, it goes on when they are gone.
  func resume(_ context: ChannelHandlerContext) {
    isInTurn = false
    guard context.channel.isActive else { return }
    flush(context)
    guard !output.isLagging, let bytes = input else { return }
    input = nil
    state.inputBytes = 0
    receive(bytes, context)
    flush(context)
    readOn(context)
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    flush(context)
  }

  func read(context: ChannelHandlerContext) {
    isReadHeldBack = true
    readOn(context)
  }

  /// Reads, where that was asked for and nothing stands in the way.
  private func readOn(_ context: ChannelHandlerContext) {
    guard isReadHeldBack, input == nil, !output.isLagging else { return }
    isReadHeldBack = false
    context.read()
  }

  // MARK: Writing

  private func flush(_ context: ChannelHandlerContext) {
    // A write that completes at once may call back.
    guard !isFlushing, !isClosing else { return }
    isFlushing = true
    defer { isFlushing = false }
    repeat {
      while !output.isLagging, !output.reclaim(context.channel) { waitForKernel(context) }
      guard !output.isLagging else { return }
      let bytes = output.fill(from: session)
      // Before a client can know of it.
      countCalls()
      if let bytes {
        counters.add(.bytesSent, bytes.readableBytes)
        context.writeAndFlush(wrapOutboundOut(bytes), promise: nil)
      }
    } while session.hasMore
    if session.isFinished { closeWhenWritten(context) }
  }

  /// What was written waits in the channel: goes on once it has gone out.
  private func waitForKernel(_ context: ChannelHandlerContext) {
    state.outputBytes = output.untakenBytes(context.channel)
    guard state.hasRoom(answerStorageBytes: session.answerStorageBytes) else {
      // Its peer does not take what it has asked for, and there is no memory for that to wait.
      refusals.report(.outOfMemory)
      isClosing = true
      return context.close(promise: nil)
    }
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    let written = context.eventLoop.makePromise(of: Void.self)
    written.futureResult.whenSuccess {
      let (handler, context) = bound.value
      handler.kernelTookAll(context)
    }
    // Writes complete in order: an empty one is done when all before it are.
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: written)
  }

  private func kernelTookAll(_ context: ChannelHandlerContext) {
    output.isLagging = false
    state.outputBytes = 0
    guard context.channel.isActive else { return }
    flush(context)
    if input != nil { waitForTurn(context) }
    readOn(context)
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
    scheduleFinishDrain(context)
  }

  /// Streams in what was read and not looked at are served, too: the peer's PING comes behind them.
  private func scheduleFinishDrain(_ context: ChannelHandlerContext) {
    let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
    drainTimeout = context.eventLoop.scheduleTask(in: .seconds(Int64(limits.drainRoundTripSeconds))) {
      let (handler, context) = bound.value
      guard handler.input == nil, !handler.output.isLagging else {
        return handler.scheduleFinishDrain(context)
      }
      handler.session.finishDrain()
      handler.flush(context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    drainTimeout?.cancel()
    state.closeResults()
    input = nil
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
