package import Logging
internal import Synchronization
package import Transformation

/// What all `Process` streams of a server share: the configuration in force, and the options.
package final class ProcessService: Sendable {
  package struct Options: Sendable {
    /// Whether Envoy's filter has `allow_mode_override`: then phases may be asked for that its processing mode leaves
    /// out. Leaving phases out is always tried.
    package var allowModeOverride = false
    /// What Envoy lets the headers of a message be.
    package var headerLimits = HeaderLimits()
    package init() {}
  }

  package let options: Options
  let logger: Logger
  let cache = ConfigurationCache()
  private let current: Mutex<Configuration>

  package init(configuration: Configuration, options: Options = Options(), logger: Logger) {
    current = Mutex(configuration)
    self.options = options
    self.logger = logger
  }

  /// What new streams use. Streams in flight keep what they began with.
  package var configuration: Configuration {
    get { current.withLock { $0 } }
    set { current.withLock { $0 = newValue } }
  }
}
