import Testing

/// Whoever sees a reason or a metric finds it in the documentation, and what stands there may be seen.
@Suite("reasons and metrics of the documentation are those of the code")
struct ReasonAndMetricTests {
  @Test("reasons of failures and refusals")
  func failures() {
    var known = givenReasons()
    let obstacles = computedReasons(of: "FilterObstacle")
    #expect(!obstacles.isEmpty)
    known.formUnion(obstacles)
    #expect(known.count > 25)
    expect(documented(in: "operating", under: "Reasons"), are: known)
  }

  @Test("reasons of bodies left unread")
  func skips() {
    let known = rawValues(of: "SkipReason")
    expect(documented(in: "operating", under: "Bodies left unread"), are: known)
  }

  @Test("reasons of streams refused")
  func streams() {
    let page = DocumentationPage.named("sidecar")
    let row = page.table(under: "Metrics").first { $0[0].contains("streams_refused_total") }
    let named = DocumentationPage.quoted(in: row?[1] ?? "")
    let reasons = computedReasons(of: "CallRefusal")
    #expect(!reasons.isEmpty)
    for reason in reasons {
      #expect(named.contains { $0.hasPrefix(reason.prefix { $0 != "…" }) }, "\(reason)")
    }
  }

  @Test("ways in which a filter does not fit")
  func mismatches() {
    let known = rawValues(of: "FilterMismatch")
    #expect(!known.isEmpty)
    expect(documented(in: "sidecar", under: "A filter that does not fit"), are: known)
  }

  @Test("metrics of the sidecar")
  func sidecarMetrics() {
    let named = DocumentationPage.named("sidecar").quoted.compactMap { text -> String? in
      guard text.hasPrefix("swiftformations_") || text.hasPrefix("…_") else { return nil }
      return String(text.replacing("…_", with: "swiftformations_", maxReplacements: 1).prefix { $0 != "{" })
    }
    expect(Set(named), are: sidecarNames)
  }

  @Test("metrics of the module")
  func moduleMetrics() {
    let rows = DocumentationPage.named("module").table(under: "What it tells")
    let named = rows.flatMap { DocumentationPage.quoted(in: $0[0]) }
      .filter { $0 != "reason" }
      .map { $0.hasPrefix(".") ? "swiftformations" + $0 : $0 }
    expect(Set(named), are: moduleNames)
  }

  @Test("metrics that other pages and the dashboard name")
  func metricsElsewhere() {
    var known = sidecarNames
    for name in sidecarNames where name.hasSuffix("_seconds") {
      known.formUnion(["_bucket", "_sum", "_count"].map { name + $0 })
    }
    known.formUnion(moduleNames.map { $0.replacing(".", with: "_") })
    let texts =
      DocumentationPage.all.map { ($0.path, $0.text) }
      + SourceTree.paths.filter { $0.hasPrefix("deploy/grafana/") && $0.hasSuffix(".json") }.compactMap {
        path in
        SourceTree.read(path).map { (path, $0.text) }
      }
    #expect(texts.count > 9)
    for (path, text) in texts {
      for match in text.matches(of: /swiftformations_[a-z]\w*/) {
        #expect(known.contains(String(match.0)), "\(path) names \(match.0)")
      }
    }
  }

  private func expect(
    _ documented: Set<String>, are known: Set<String>, sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      documented.subtracting(known) == [], "documented, and not in the code", sourceLocation: sourceLocation)
    #expect(
      known.subtracting(documented) == [], "in the code, and not documented", sourceLocation: sourceLocation)
  }

  // MARK: In the code

  private var sidecarNames: Set<String> { literals(/"(swiftformations_[a-z]\w*)"/) }
  private var moduleNames: Set<String> {
    literals(/"(swiftformations\.[a-z]\w*)"/, in: "Sources/EnvoyModule/")
  }

  private func literals(_ pattern: Regex<(Substring, Substring)>, in folder: String = "") -> Set<String> {
    let files = SourceTree.files.filter { $0.path.hasPrefix(folder) }
    return Set(files.flatMap { $0.text.matches(of: pattern).map { String($0.1) } })
  }

  /// `case bodyNotJSON = "body_not_json"`
  private func rawValues(of type: String) -> Set<String> {
    let lines = SourceTree.bodies(of: type).joined()
    return Set(lines.compactMap { $0.firstMatch(of: /\bcase \w+ = "([^"]+)"/).map { String($0.1) } })
  }

  /// The texts of `var reason: String { … }`.
  private func computedReasons(of type: String) -> Set<String> {
    var isInside = false
    var reasons: Set<String> = []
    for line in SourceTree.bodies(of: type).joined() where !line.isComment {
      if line.contains("var ") { isInside = line.contains("var reason: String {") }
      guard isInside else { continue }
      for match in line.matches(of: /"([^"]+)"/) { reasons.formUnion(Self.expanded(String(match.1))) }
    }
    return reasons
  }

  /// `FailureReason("body_not_json")`, in the engine and in the adapters.
  private func givenReasons() -> Set<String> {
    Set(literals(/\bFailureReason\("([^" ]+)"/).flatMap(Self.expanded))
  }

  /// Of both directions, where it names one; what else is put in stands as `…`.
  private static func expanded(_ literal: String) -> [String] {
    ["request", "response"].map { direction in
      literal.replacing("\\(direction)", with: direction).replacing(/\\\(.*\)/, with: "…")
    }
  }

  private func documented(in page: String, under heading: String) -> Set<String> {
    let rows = DocumentationPage.named(page).table(under: heading)
    return Set(rows.flatMap { DocumentationPage.quoted(in: $0[0]) })
  }
}
