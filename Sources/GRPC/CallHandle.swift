/// A handler of calls to which results come from elsewhere: from another thread, and later.
package protocol ResultHandler: CallHandler, SendableMetatype {
  associatedtype Result: Sendable
  /// As after `receive`, answers may be there, or a status.
  func receive(result: Result, into answers: inout OutgoingMessages) -> GRPCStatus?
}

/// The way of results to one call, from any thread. A value: it may be kept and copied, keeps neither the call nor its
/// connection, and leads nowhere once either is over.
package struct CallHandle<Handler: ResultHandler>: Sendable {
  let results: ResultQueue
  /// No other call of the connection ever gets it, though objects are used again.
  let number: UInt64

  /// Hands a result to the call's handler, on its event loop and later; those of one thread come in their order. Where the
  /// call is over by then, the result is dropped.
  ///
  /// False where that is known at once: the connection is over, or `GRPCLimits.waitingResultsMax` of its results wait.
  @discardableResult
  package func deliver(_ result: Handler.Result) -> Bool {
    results.append(number) { handler, answers in
      (handler as? Handler)?.receive(result: result, into: &answers)
    }
  }
}

/// A call whose handler is being made.
package struct NewCall {
  let call: GRPCCall

  /// The way of results to the handler, which is to be of this type.
  package func makeHandle<Handler: ResultHandler>(for handler: Handler.Type) -> CallHandle<Handler> {
    call.makeHandle()
  }
}
