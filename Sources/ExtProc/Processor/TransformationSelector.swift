internal import GRPC
internal import Transformation

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

  /// Nil when none applies. Throws `notFound` for a name that does not exist, `invalidArgument` for a configuration
  /// that does not compile.
  func transformation(
    _ selector: ProcessStream.Selector, _ attributes: MessageAttributes
  ) throws(GRPCStatus) -> Transformation? {
    if let name = selector.transformation { return try named(name) }
    guard let text = selector.configuration else {
      return TransformationSelector.routed(attributes, in: configuration)
    }
    do {
      return TransformationSelector.routed(attributes, in: try cache.configuration(text))
    } catch {
      throw GRPCStatus(error.code, "x-swiftformations-config: \(error.message)")
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

  private static func routed(_ attributes: MessageAttributes, in configuration: Configuration)
    -> Transformation?
  {
    guard !configuration.routes.isEmpty, let name = attributes.text("xds.route_name") else {
      return configuration.fallback
    }
    return configuration.routes[String(decoding: name, as: UTF8.self)] ?? configuration.fallback
  }
}
