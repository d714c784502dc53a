package import GRPC
package import Logging
internal import Synchronization
package import Transformation

/// What all `Process` streams of a server share: the configuration in force, and the options.
package final class ProcessService: Sendable {
  package struct Options: Sendable {
    /// Whether Envoy's filter has `allow_mode_override`: then phases may be asked for that its processing mode leaves
    /// out. Leaving phases out is always tried.
    package var allowModeOverride = false
    /// How a client that sends no `protocol_config` is taken to send bodies, both ways. agentgateway up to 1.2.1 is one that
    /// wants the answers of `FULL_DUPLEX_STREAMED`.
    package var undeclaredBodyMode = BodyMode.undeclared
    /// How long a body that is waited for may take, until the client is answered with an error; 0 is no limit. Envoy has
    /// timeouts of its own, which an operator may have switched off, and none in some cases: with `allow_mode_override`,
    /// a body larger than its buffer never comes.
    package var bodySeconds = 300
    /// What Envoy lets the headers of a message be.
    package var headerLimits = HeaderLimits()
    package var messageLimits = MessageLimits()
    package init() {}
  }

  package let options: Options
  let logger: Logger
  let cache: ConfigurationCache
  /// What peers make the process hold, this service's share with it.
  package let held: HeldMemory
  package let metrics: Metrics
  package let logLimiter = LogLimiter()
  /// A line for each exchange is asked for.
  let logsExchanges: Bool
  let sight = AttributeSight()
  private let current: Mutex<ConfigurationInForce>

  package init(
    configuration: Configuration, options: Options = Options(), metrics: Metrics = Metrics(),
    held: HeldMemory = HeldMemory(), logger: Logger
  ) {
    current = Mutex(ConfigurationInForce(configuration, metrics))
    self.options = options
    self.held = held
    cache = ConfigurationCache(headerLimits: options.headerLimits, held: held)
    self.logger = logger
    self.metrics = metrics
    logsExchanges = logger.logLevel <= .debug
  }

  /// What new streams use. Streams in flight keep what they began with.
  package var configuration: Configuration {
    get { inForce.configuration }
    set {
      let new = ConfigurationInForce(newValue, metrics, after: inForce)
      current.withLock { $0 = new }
      logForeseen(in: new)
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
  /// What its exchanges show of Envoy's filter.
  let view: FilterView
  private let numbers: [Int]

  /// - Parameter before: the one whose place it takes.
  init(_ configuration: Configuration, _ metrics: Metrics, after before: ConfigurationInForce? = nil) {
    self.configuration = configuration
    numbers = metrics.transformations.numbers(of: configuration)
    view = FilterView(transformationCount: configuration.transformations.count)
    guard let before else { return }
    var indices = [Int?](repeating: nil, count: configuration.transformations.count)
    for (name, transformation) in configuration.transformations
    where indices.indices.contains(transformation.index) {
      indices[transformation.index] = before.configuration.transformations[name]?.index
    }
    view.inherit(before.view, by: indices)
  }

  /// The number of one of the configuration's transformations among `TransformationLabels`.
  func number(of transformation: Transformation) -> Int { numbers[transformation.index] }
}

/// Which attributes have ever come, whatever configuration was in force.
final class AttributeSight: Sendable {
  private let exchange = Atomic(false)
  private let routeName = Atomic(false)
  private let connection = Atomic(false)

  var hasExchange: Bool { exchange.load(ordering: .relaxed) }
  var hasRouteName: Bool { routeName.load(ordering: .relaxed) }
  var hasConnectionAttribute: Bool { connection.load(ordering: .relaxed) }

  // A store would take the line of memory from the other cores each time.
  func noteExchange() { if !hasExchange { exchange.store(true, ordering: .relaxed) } }
  func noteRouteName() { if !hasRouteName { routeName.store(true, ordering: .relaxed) } }
  func noteConnectionAttribute() {
    if !hasConnectionAttribute { connection.store(true, ordering: .relaxed) }
  }
}
