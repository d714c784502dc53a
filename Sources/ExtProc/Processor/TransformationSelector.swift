internal import GRPC
internal import Transformation

extension ProcessStream {
  /// The gRPC request headers that choose a transformation, where they were sent.
  package struct Selector: Sendable {
    /// `x-swiftformations-transformation`
    package var transformation: String?
    /// `x-swiftformations-config`
    package var configuration: String?
    package init() {}

    /// Whether `configuration` is what the transformation is chosen from.
    var isByConfiguration: Bool { transformation == nil && configuration != nil }
    /// What the texts take.
    var byteCount: Int { (transformation?.utf8.count ?? 0) &+ (configuration?.utf8.count ?? 0) }

    /// It was looked up: only that there was one is still of interest.
    mutating func forgetConfiguration() { if configuration != nil { configuration = "" } }

    /// Neither was sent.
    var isEmpty: Bool { transformation == nil && configuration == nil }
  }
}

/// Which transformation applies to a stream. The first that matches:
///
/// 1. the gRPC header `x-swiftformations-transformation`, a name in the configuration,
/// 2. the gRPC header `x-swiftformations-config`, a whole configuration, in which 3 and 4 are looked up,
/// 3. the attribute `xds.route_name`, looked up in `routes`,
/// 4. the transformation named `default`.
struct TransformationSelector {
  private static let namesShownMax = 10

  let configuration: Configuration
  let cache: ConfigurationCache

  /// Nil when none applies. `compiled` is to be kept as long as the transformation is used. Throws `notFound` for a name that does not exist, `invalidArgument` for a configuration
  /// that does not compile.
  func transformation(
    _ selector: ProcessStream.Selector, _ attributes: MessageAttributes, _ compiled: inout CompiledText?
  ) throws(GRPCStatus) -> Transformation? {
    if let name = selector.transformation { return try named(name) }
    guard let text = selector.configuration else {
      return configuration.transformation { attributes.text("xds.route_name") }
    }
    do {
      let found = try cache.configuration(text)
      compiled = found
      return try found.result.get().transformation { attributes.text("xds.route_name") }
    } catch {
      throw GRPCStatus(error.code, "\(SelectorHeader.configuration): \(error.message)")
    }
  }

  private func named(_ name: String) throws(GRPCStatus) -> Transformation {
    if let transformation = configuration.transformations[name] { return transformation }
    let known = configuration.transformations.keys.sorted()
    var list = known.prefix(TransformationSelector.namesShownMax).joined(separator: ", ")
    if known.count > TransformationSelector.namesShownMax {
      list += " and \(known.count - TransformationSelector.namesShownMax) more"
    }
    throw GRPCStatus(.notFound, "no transformation is named \"\(name)\"; there are: \(list)")
  }
}
