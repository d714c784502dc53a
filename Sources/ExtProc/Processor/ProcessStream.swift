package import Logging
package import Transformation

/// What all `Process` streams of a server share: the configuration in force and the limits.
package final class ProcessService: Sendable {
  package init(configuration: Configuration, options: Options = Options(), logger: Logger) { fatalError() }

  package struct Options: Sendable {
    /// Whether Envoy's filter has `allow_mode_override`: then body phases may be asked for that its processing mode
    /// leaves out. Leaving phases out is always tried.
    package var allowModeOverride = false
    package init() {}
  }
}

/// One `Process` stream: one HTTP exchange as Envoy tells it. Gets whole messages and appends whole answers. Does no
/// I/O; used on one event loop only.
package final class ProcessStream {
  /// The gRPC request headers that choose a transformation, where they were sent.
  package struct Selector: Sendable {
    /// `x-swiftformations-transformation`
    package var transformation: String?
    /// `x-swiftformations-config`
    package var configuration: String?
    package init() {}
  }

  package init(_ service: ProcessService, selector: Selector) { fatalError() }

  /// One `ProcessingRequest`, serialized; borrowed. A status ends the stream (what was appended before it is sent).
  package func receive(_ message: UnsafeRawBufferPointer, into answers: inout OutgoingMessages) -> GRPCStatus? {
    fatalError()
  }
}
