package import Logging
internal import Synchronization
package import Transformation

/// What all `Process` streams of a server share: the configuration in force, and the options.
package final class ProcessService: Sendable {
  package struct Options: Sendable {
    /// Whether Envoy's filter has `allow_mode_override`: then phases may be asked for that its processing mode leaves
    /// out. Leaving phases out is always tried.
    package var allowModeOverride = false
    /// How long a body that is waited for may take, until the client is answered with an error; 0 is no limit. Envoy has
    /// timeouts of its own, which an operator may have switched off, and none in some cases: with `allow_mode_override`,
    /// a body larger than its buffer never comes.
    package var bodySeconds = 300
    /// What Envoy lets the headers of a message be.
    package var headerLimits = HeaderLimits()
    package init() {}
  }

  package let options: Options
  let logger: Logger
  let cache = ConfigurationCache()
  package let metrics: Metrics
  let logLimiter = LogLimiter()
  /// A line for each exchange is asked for.
  let logsExchanges: Bool
  private let current: Mutex<ConfigurationInForce>

  package init(
    configuration: Configuration, options: Options = Options(), metrics: Metrics = Metrics(), logger: Logger
  ) {
    current = Mutex(ConfigurationInForce(configuration, metrics))
    self.options = options
    self.logger = logger
    self.metrics = metrics
    logsExchanges = logger.logLevel <= .debug
  }

  /// What new streams use. Streams in flight keep what they began with.
  package var configuration: Configuration {
    get { inForce.configuration }
    set {
      let new = ConfigurationInForce(newValue, metrics)
      current.withLock { $0 = new }
    }
  }

  var inForce: ConfigurationInForce { current.withLock { $0 } }

  /// Lines about failures that were not written, because there were too many in a second; since the start.
  package var logLinesLeftOut: UInt64 { logLimiter.leftOut }

  /// Says how many lines about failures were left out since the last time. To be called once a second.
  package func logLeftOut() {
    for (reason, count) in logLimiter.takeLeftOut() {
      logger.warning(
        "lines of the log were left out", metadata: ["reason": "\(reason)", "lines_left_out": "\(count)"])
    }
  }
}

/// A configuration that streams use, and where its transformations are counted. An object, so that a stream that begins
/// copies one reference under the lock.
final class ConfigurationInForce: Sendable {
  let configuration: Configuration
  private let numbers: [Int]

  init(_ configuration: Configuration, _ metrics: Metrics) {
    self.configuration = configuration
    numbers = metrics.transformations.numbers(of: configuration)
  }

  /// The number of one of the configuration's transformations among `TransformationLabels`.
  func number(of transformation: Transformation) -> Int { numbers[transformation.index] }
}
