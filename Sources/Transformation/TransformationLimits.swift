/// What a configuration and an exchange may be at most.
package enum TransformationLimits {
  /// Envoy refuses longer header maps long before; a name of this length is a mistake.
  package static let headerNameBytesMax = 1024
  /// Transformations of one configuration.
  package static let transformationsMax = 10_000
  /// Names with `*` in `routes`: each may be compared with the route's name of each exchange.
  static let routePatternsMax = 1_000
  /// A configuration text; enough for thousands of transformations.
  package static let configurationBytesMax = 16 << 20
  /// Nesting of a configuration: what is known needs seven levels, what is ignored may be as deep as the Rust filter
  /// reads it (serde_json's limit).
  package static let configurationDepthMax = 127
  /// Faults of a configuration that are told; of the others, that there are more. Finding the place of one may take as long as
  /// the text that it is in, and nobody reads so many.
  package static let faultsToldMax = 100
  /// Look-ups of headers in a phase that are not charged.
  static let lookupsFree = 64
  /// Room that `Mutations` makes for the values of headers before any is rendered.
  static let headerBytesGuessed = 256
  /// The longest body that is waited for where the exchange can go on without and nobody said otherwise: Envoy's default
  /// `per_connection_buffer_limit_bytes`, above which it answers 413 or 500.
  package static let bodyBytesMax = 1 << 20
  /// No longer one may be asked for: what an index of a body can hold.
  static let bodyBytesAbsoluteMax = 256 << 20
  /// Headers that a changed body takes with it (`StaleHeaders`), at most, besides those that the configuration removes.
  static let staleHeadersReserved = 16
  /// Storage that `Mutations` keeps for the next exchange; a large body's storage is given back.
  package static let mutationBytesKept = 64 << 10
}
