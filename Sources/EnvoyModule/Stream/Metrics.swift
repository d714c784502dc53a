internal import CEnvoyModule
internal import Transformation

/// What the filter tells in Envoy's statistics. All configurations share the statistics, by their names.
struct Metrics: Sendable {
  private let requests: Int?
  private let responses: Int?
  private let failures: Int?
  private let refusals: Int?
  private let skipped: Int?
  private let faults: Int?
  private let duration: Int?

  /// Only while the configuration is made can metrics be defined. One that cannot is left out.
  init(definedIn config: EnvoyFilterConfig) {
    requests = Metrics.counter("swiftformations.requests_transformed", in: config)
    responses = Metrics.counter("swiftformations.responses_transformed", in: config)
    failures = Metrics.counter("swiftformations.failures", by: "reason", in: config)
    refusals = Metrics.counter("swiftformations.refusals", by: "reason", in: config)
    skipped = Metrics.counter("swiftformations.skipped", by: "reason", in: config)
    faults = Metrics.counter("swiftformations.configuration_faults", in: config)
    var id = 0
    let name = EnvoyBuffer("swiftformations.duration_us" as StaticString)
    duration = envoy_define_histogram(config, name, &id) ? id : nil
  }

  /// A transformation of one message came to its end after so many nanoseconds.
  func countTransformed(_ direction: Direction, after nanoseconds: UInt64, _ stream: EnvoyStream) {
    if let counter = direction == .request ? requests : responses {
      envoy_increment_counter(stream, counter, 1)
    }
    // To the nearest microsecond.
    if let duration { envoy_record_histogram(stream, duration, (nanoseconds &+ 500) / 1000) }
  }

  /// Something went wrong, and the exchange went on or was refused.
  func countFailure(_ reason: FailureReason, _ stream: EnvoyStream) {
    count(failures, reason.rawValue, stream)
  }

  /// The client was answered in place of the upstream.
  func countRefusal(_ reason: FailureReason, _ stream: EnvoyStream) {
    count(refusals, reason.rawValue, stream)
  }

  /// A body that is read was left unread, and the exchange went on.
  func countSkipped(_ reason: SkipReason, _ stream: EnvoyStream) { count(skipped, reason.rawValue, stream) }

  /// Errors of configurations that were loaded all the same.
  func countConfigurationFaults(_ count: Int, _ stream: EnvoyStream) {
    if let faults { envoy_increment_counter(stream, faults, UInt64(clamping: count)) }
  }

  private func count(_ counter: Int?, _ reason: String, _ stream: EnvoyStream) {
    guard let counter else { return }
    reason.withEnvoyBuffer { envoy_increment_labelled_counter(stream, counter, $0, 1) }
  }

  private static func counter(_ name: StaticString, in config: EnvoyFilterConfig) -> Int? {
    var id = 0
    return envoy_define_counter(config, EnvoyBuffer(name), &id) ? id : nil
  }

  private static func counter(_ name: StaticString, by label: StaticString, in config: EnvoyFilterConfig)
    -> Int?
  {
    var id = 0
    return envoy_define_labelled_counter(config, EnvoyBuffer(name), EnvoyBuffer(label), &id) ? id : nil
  }
}
