internal import Template

/// What a configuration file says: named transformations and how they are chosen.
package struct Configuration: Sendable {
  /// By name. A file that is just `{"request": …, "response": …}` has one, named `default`.
  package let transformations: [String: Transformation]
  /// `xds.route_name` to transformation, patterns included.
  package let routes: [String: Transformation]
  /// Those of the routes that stand for many names, in the order in which they are tried.
  private let patterns: [RoutePattern]

  /// The transformation named `default`: used when nothing selects another.
  package let fallback: Transformation?

  package static let fallbackName = "default"

  package init(transformations: [String: Transformation]) {
    self.init(transformations: transformations, routes: [])
  }

  /// `routes` come in the order of the text.
  private init(
    transformations: [String: Transformation], routes: [(name: String, transformation: Transformation)]
  ) {
    self.transformations = transformations
    self.routes = Dictionary(routes.map { ($0.name, $0.transformation) }) { $1 }
    patterns = RoutePattern.ordered(routes.compactMap { RoutePattern($0.name, $0.transformation) })
    fallback = transformations[Configuration.fallbackName]
  }

  /// Which transformation applies to an exchange that asks for none by name: that of Envoy's route name in `routes`, else
  /// `default`; nil when none applies. The route's name is asked for only where there are `routes`.
  package func transformation(routeName: () -> UnsafeRawBufferPointer?) -> Transformation? {
    guard !routes.isEmpty, let name = routeName() else { return fallback }
    return routes[String(decoding: name, as: UTF8.self)] ?? transformation(byPatternsFor: name) ?? fallback
  }

  private func transformation(byPatternsFor name: UnsafeRawBufferPointer) -> Transformation? {
    patterns.isEmpty ? nil : patterns.first { $0.matches(name) }?.transformation
  }

  /// What `routes` say of a route's name; nil where they say nothing.
  package func transformation(routeNamed name: String) -> Transformation? {
    routes[name] ?? Array(name.utf8).withUnsafeBytes { transformation(byPatternsFor: $0) }
  }

  /// Compiles a configuration. `configuration` is nil exactly when a diagnostic is an error that `tolerance` does not
  /// let pass. Diagnostics come in the order of the text, and are the same whatever the tolerance.
  ///
  /// - Parameter headerLimits: of the Envoy that will get the answers.
  package static func load(
    _ node: ConfigurationNode, tolerance: Tolerance = .none, secrets: SecretReading = .values,
    headerLimits: HeaderLimits = HeaderLimits()
  ) -> (configuration: Configuration?, diagnostics: [Diagnostic]) {
    var compiler = TransformationCompiler(secretReading: secrets, headerLimits: headerLimits)
    let configuration = read(node, &compiler)
    let failed = compiler.report.contains {
      $0.severity == .error && !($0.isDeferrable && tolerance == .deferring)
    }
    return (failed ? nil : configuration, compiler.report.told)
  }

  /// The same from JSON text; a syntax error is a diagnostic too. Empty text is an empty object, as an absent
  /// `filter_config` is.
  package static func load(
    json text: [UInt8], tolerance: Tolerance = .none, headerLimits: HeaderLimits = HeaderLimits()
  ) -> (configuration: Configuration?, diagnostics: [Diagnostic]) {
    if text.isEmpty { return load(.mapping([], SourceLocation(line: 1, column: 1)), tolerance: tolerance) }
    do throws(Diagnostic) {
      return load(try ConfigurationNode.json(text), tolerance: tolerance, headerLimits: headerLimits)
    } catch {
      return (nil, [error])
    }
  }

  private static func read(_ node: ConfigurationNode, _ compiler: inout TransformationCompiler)
    -> Configuration?
  {
    guard let reader = MappingReader<TopField>(node, path: "", of: .file, &compiler.report) else {
      return nil
    }
    let isSingle = reader.has(.request) || reader.has(.response)
    let isFile = reader.has(.transformations) || reader.has(.routes)
    if isSingle, isFile {
      // Where it is loaded, `request` and `response` count: the Rust filter knows no other fields.
      compiler.report.append(
        Diagnostic(
          .error, at: reader.location, path: "",
          "`request` and `response` stand beside `transformations` or `routes`; move them into"
            + " transformations.\(fallbackName)"
        ).deferrable)
    }
    guard isFile, !isSingle else {
      let single = compiler.compile(node, name: fallbackName, path: "", of: .configuration)
      return single.map { Configuration(transformations: [fallbackName: $0]) }
    }
    let limits = ConfiguredLimits.read(reader, over: .standard, &compiler.report)
    let secrets = compiler.secrets(reader, over: Secrets())
    let transformations = readTransformations(reader, limits, secrets, &compiler)
    let routes = readRoutes(reader, transformations, &compiler)
    reader.reportUnknown(&compiler.report)
    return Configuration(transformations: transformations.compactMapValues { $0 }, routes: routes)
  }

  /// Faulty ones are there as nil, so that a route to them is no second error.
  private static func readTransformations(
    _ reader: MappingReader<TopField>, _ limits: ConfiguredLimits, _ secrets: Secrets,
    _ compiler: inout TransformationCompiler
  ) -> [String: Transformation?] {
    var transformations: [String: Transformation?] = [:]
    guard let named = reader.map(.transformations, &compiler.report) else { return [:] }
    guard named.entries.count <= TransformationLimits.transformationsMax else {
      compiler.report.append(
        Diagnostic(
          .error, at: named.location, path: named.path,
          "at most \(TransformationLimits.transformationsMax) transformations in one configuration"))
      return [:]
    }
    for (index, (key, value)) in named.entries.enumerated() {
      if !isName(key.value) {
        compiler.report.append(
          Diagnostic(
            .error, at: key.location, length: max(1, key.value.unicodeScalars.count), path: named.path,
            "`\(key.value)` cannot name a transformation: 1 to 128 visible ASCII characters, since it travels in a"
              + " header"
          ).deferrable)
      }
      let compiled = compiler.compile(
        value, name: key.value, index: index, path: named.path(of: key.value), limits: limits,
        secrets: secrets)
      transformations.updateValue(compiled, forKey: key.value)
    }
    named.reportTwice(&compiler.report)
    return transformations
  }

  private static func readRoutes(
    _ reader: MappingReader<TopField>, _ transformations: [String: Transformation?],
    _ compiler: inout TransformationCompiler
  ) -> [(name: String, transformation: Transformation)] {
    guard let named = reader.map(.routes, &compiler.report) else { return [] }
    var routes: [(name: String, transformation: Transformation)] = []
    var patternCount = 0
    for (key, _) in named.entries {
      guard let target = named.text(key.value, &compiler.report) else { continue }
      if key.value.utf8.contains(UInt8(ascii: "*")) { patternCount += 1 }
      if patternCount == TransformationLimits.routePatternsMax + 1 {
        compiler.report.append(
          Diagnostic(
            .error, at: key.location, path: named.path(of: key.value),
            "at most \(TransformationLimits.routePatternsMax) names with `*` in `routes`: they are tried one by one"
          ))
      }
      switch transformations[target.value] {
      case .some(let transformation?): routes.append((key.value, transformation))
      case .some(.none): continue
      case .none:
        let message =
          "there is no transformation named `\(target.value)`"
          + NearestName.suggestion(for: target.value, among: transformations.keys.sorted())
        compiler.report.append(
          Diagnostic(
            .error, at: target.location, length: max(1, target.value.unicodeScalars.count),
            path: named.path(of: key.value), message
          ).deferrable)
        let place = named.path(of: key.value)
        routes.append((key.value, .refusing(target.value, index: transformations.count, place, message)))
      }
    }
    named.reportTwice(&compiler.report)
    return routes
  }

  private static func isName(_ text: String) -> Bool {
    (1...128).contains(text.utf8.count) && text.utf8.allSatisfy { (0x21...0x7E).contains($0) }
  }
}

extension [Diagnostic] {
  /// What people are told: in the order of the text, each once (an object that is read for two purposes reports its own
  /// faults twice), and not more than a person reads. Errors come before the others then.
  fileprivate var told: [Diagnostic] {
    let most = TransformationLimits.faultsToldMax
    let all = inOrderOfText
    guard all.count > most else { return all }
    let errors = all.filter { $0.severity == .error }.prefix(most)
    let others = all.filter { $0.severity != .error }.prefix(most - errors.count)
    var told = Array(errors + others).inOrderOfText
    if let last = told.last {
      told.append(
        Diagnostic(.warning, at: last.location, path: "", "and at least \(all.count - most) more faults"))
    }
    return told
  }

  private var inOrderOfText: [Diagnostic] {
    let sorted = sorted { ($0.location.line, $0.location.column) < ($1.location.line, $1.location.column) }
    return sorted.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
  }

  /// Whether one more of `count` is worth its place: beyond it only that there are more is told.
  static func tells(_ count: Int) -> Bool { count <= TransformationLimits.faultsToldMax }
}
