import Testing

/// The tables of limits in the documentation say what the code says.
@Suite("the documentation's limits are those of the code")
struct LimitTableTests {
  /// A row of a table, and the constants that its numbers are, in their order.
  private typealias Row = (name: String, constants: [String])

  private static let architecture: [Row] = [
    ("nesting of a JSON text", ["JSONLimits.depthMax"]),
    ("a JSON text", ["JSONLimits.textBytesMax"]),
    ("a template's text", ["TemplateLimits.sourceBytesMax"]),
    ("nesting of expressions and blocks", ["TemplateLimits.nestingDepthMax"]),
    ("operators in one expression", ["TemplateLimits.chainLengthMax"]),
    ("the stack of a thread of the sidecar", ["ThreadStack.bytes"]),
    ("steps of one rendering", ["TemplateLimits.stepsMax"]),
    ("output of one rendering; a string it builds", ["TemplateLimits.outputBytesMax"]),
    ("`range`", ["TemplateLimits.rangeElementsMax"]),
    ("macros and recursive loops running at once", ["TemplateLimits.callDepthMax"]),
    (
      "a regular expression",
      [
        "RegexLimits.patternBytesMax", "RegexLimits.instructionsMax", "RegexLimits.groupsMax",
        "RegexLimits.repetitionsMax", "RegexLimits.nestingDepthMax",
      ]
    ),
    ("compiled regular expressions kept", ["RegexLimits.patternsKept"]),
    ("headers set and added, or removed, by one answer", ["HeaderLimits.headersMax"]),
    (
      "a configuration file; one in a header",
      ["ConfigurationFile.bytesMax", "ConfigurationCache.textBytesMax"]
    ),
    ("a bootstrap that `check --envoy` reads", ["EnvoyCheck.bytesMax"]),
    (
      "a search for a transformation in another document",
      ["TransformationSearch.depthMax", "TransformationSearch.textsMax"]
    ),
    ("names with `*` in `routes`", ["TransformationLimits.routePatternsMax"]),
    ("transformations in one configuration", ["TransformationLimits.transformationsMax"]),
    ("faults of a configuration that are told", ["TransformationLimits.faultsToldMax"]),
    ("configurations from `x-swiftformations-config` kept compiled", ["ConfigurationCache.entriesMax"]),
    ("streams of one connection", ["HTTP2Limits.concurrentStreamsMax"]),
    (
      "window of a stream, of a connection",
      ["HTTP2Limits.streamWindowBytes", "HTTP2Limits.connectionWindowBytes"]
    ),
    ("a gRPC message", ["GRPCLimits.messageBytesMax"]),
    ("incomplete messages of one connection", ["GRPCLimits.bufferedBytesMax"]),
    ("answers of a stream that the peer does not read", ["HTTP2Limits.unsentBytesMax"]),
    ("answers that all streams of a connection hold", ["HTTP2Limits.connectionUnsentBytesMax"]),
    ("what all connections hold together", ["HeldMemory.usualBytesMax"]),
    ("headers of a gRPC call", ["HTTP2Limits.headerListBytesMax"]),
    ("results from elsewhere that wait for a connection's event loop", ["GRPCLimits.waitingResultsMax"]),
    ("output that the kernel does not take", ["ServerLimits.writeBytesMax"]),
    ("a peer that takes no answers", ["ServerLimits.stalledSeconds"]),
    ("work for what was read, until the loop turns to others", ["LoopTurn.millisecondsMax"]),
    ("connections", ["ServerLimits.connectionsMax"]),
    ("a new connection, until it speaks HTTP/2", ["ServerLimits.startSeconds"]),
    ("a message that has begun, until it is whole", ["GRPCLimits.messageSeconds"]),
    ("a body that is waited for", ["ProcessService.bodySeconds"]),
    (
      "the admin endpoint: connections, headers, time",
      ["AdminServer.connectionsMax", "AdminServer.headBytesMax", "AdminServer.secondsMax"]
    ),
    ("reasons of streams refused that are counted", ["ReasonCounts.reasonsMax"]),
    (
      "exchanges without needed response headers, until the filter is blamed",
      ["FilterView.missingResponseHeadersMax"]
    ),
    (
      "pairs of reason and transformation that are counted; names of transformations",
      ["FailureCounts.keysMax", "TransformationLabels.labelsMax"]
    ),
    ("log lines of failures", ["LogLimiter.linesPerSecond"]),
    ("log text that waits to be written", ["LogWriter.waitingBytesMax"]),
    (
      "headers of a message from Envoy, and their bytes",
      ["MessageLimits.headersMax", "MessageLimits.headerMapBytesMax"]
    ),
    (
      "a body that is waited for where it is only read",
      ["TransformationLimits.bodyBytesMax", "TransformationLimits.bodyBytesAbsoluteMax"]
    ),
    ("headers that go with the body they spoke of", ["TransformationLimits.staleHeadersReserved"]),
    ("an `x-request-id` that is carried back", ["LocalReply.requestIDBytesMax"]),
    ("mismatches shown by `/readyz`", ["SidecarPages.mismatchesShownMax"]),
    ("a body's end that is remembered, on Envoy 1.36 and 1.37", ["PassedBody.tailBytesMax"]),
    ("headers of a message after a mutation", ["HeaderLimits.headersMax", "HeaderLimits.headerBytesMax"]),
    (
      "values and depth of a YAML file; depth of a JSON one",
      [
        "YAMLReader.nodesMax", "YAMLReader.aliasedNodesMax", "YAMLReader.depthMax",
        "TransformationLimits.configurationDepthMax",
      ]
    ),
    ("arguments of one call", ["TemplateLimits.argumentsMax"]),
    (
      "depth, elements of a value that a template builds",
      ["TemplateLimits.valueDepthMax", "TemplateLimits.valueElementsMax"]
    ),
    ("a header's name", ["TransformationLimits.headerNameBytesMax"]),
    (
      "a configuration of the module; its nesting",
      ["TransformationLimits.configurationBytesMax", "TransformationLimits.configurationDepthMax"]
    ),
    ("diagnostics logged of one configuration of the module", ["ConfigurationText.diagnosticsLoggedMax"]),
    ("filters that one thread keeps for its next streams", ["FilterPool.c.POOL_MAX"]),
    ("lines in Envoy's log for exchanges that went wrong", ["EnvoyModule/FailureLog.linesPerSecond"]),
  ]

  private static let security: [Row] = [
    (
      "connections; streams of one",
      ["ServerLimits.connectionsMax", "HTTP2Limits.concurrentStreamsMax"]
    ),
    (
      "a gRPC message; incomplete ones of a connection",
      ["GRPCLimits.messageBytesMax", "GRPCLimits.bufferedBytesMax"]
    ),
    ("what all connections hold together", ["HeldMemory.usualBytesMax"]),
    (
      "answers that a peer does not read: of a stream, of a connection",
      ["HTTP2Limits.unsentBytesMax", "HTTP2Limits.connectionUnsentBytesMax"]
    ),
    (
      "output that the kernel does not take; a peer that takes less than 1 KiB of what waits",
      ["ServerLimits.writeBytesMax", "ServerLimits.stalledSeconds"]
    ),
    ("what was read of a connection and waits for its turn", ["ServerLimits.readBytesMax"]),
    (
      "headers of a message from Envoy; their bytes",
      ["MessageLimits.headersMax", "MessageLimits.headerMapBytesMax"]
    ),
    ("headers of a gRPC call", ["HTTP2Limits.headerListBytesMax"]),
    (
      "a configuration file; one in a header; those kept compiled",
      ["ConfigurationFile.bytesMax", "ConfigurationCache.textBytesMax", "ConfigurationCache.entriesMax"]
    ),
    ("steps, output of one rendering", ["TemplateLimits.stepsMax", "TemplateLimits.outputBytesMax"]),
    ("depth of JSON", ["JSONLimits.depthMax"]),
    (
      "headers set, removed by one answer; headers of a message afterwards",
      ["HeaderLimits.headersMax", "HeaderLimits.headersMax", "HeaderLimits.headerBytesMax"]
    ),
    ("a regular expression", ["RegexLimits.patternBytesMax", "RegexLimits.instructionsMax"]),
  ]

  /// Defaults, and what may be asked for.
  private static let configuration: [Row] = [
    ("`steps`", ["TemplateLimits.stepsMax", "TemplateLimits.stepsAbsoluteMax"]),
    ("`outputBytes`", ["TemplateLimits.outputBytesMax", "TemplateLimits.outputBytesAbsoluteMax"]),
    ("`stringBytes`", ["TemplateLimits.stringBytesMax", "TemplateLimits.outputBytesAbsoluteMax"]),
    ("`rangeElements`", ["TemplateLimits.rangeElementsMax", "TemplateLimits.rangeElementsAbsoluteMax"]),
    ("`recursion`", ["TemplateLimits.callDepthMax", "TemplateLimits.callDepthAbsoluteMax"]),
    ("`bodyBytes`", ["TransformationLimits.bodyBytesMax", "TransformationLimits.bodyBytesAbsoluteMax"]),
  ]

  private static let deadlines: [Row] = [
    ("a body that is waited for (`--body-seconds`, 0 is none)", ["ProcessService.bodySeconds"]),
    ("a gRPC message that has begun, until it is whole", ["GRPCLimits.messageSeconds"]),
    (
      "a new connection, until it speaks HTTP/2 (and has shaken hands, with TLS)",
      ["ServerLimits.startSeconds"]
    ),
    (
      "TCP keepalive: silence until the first probe, then six of them",
      ["ServerLimits.keepaliveIdleSeconds", "ServerLimits.keepaliveIntervalSeconds"]
    ),
    ("a peer that takes less than 1 KiB of the answers that wait for it", ["ServerLimits.stalledSeconds"]),
  ]

  /// What bounds nobody: sizes of buffers, and shares of limits that the tables have.
  private static let notTold: Set<String> = [
    "JSONLimits.textBytesAbsoluteMax", "TemplateLimits.sharedStepsMax", "RegexLimits.stepsPerState",
    "RegexLimits.stepsPerInstruction",
    "RegexLimits.stepsPerSearch", "RegexLimits.workMax",
    "TransformationLimits.lookupsFree", "TransformationLimits.headerBytesGuessed",
    "TransformationLimits.mutationBytesKept",
    "ServerLimits.acceptBacklog", "ServerLimits.connectionsAlwaysAdmitted", "HTTP2Limits.idleStreamsMax",
    "HTTP2Limits.waitingFramesMax", "RegexLimits.workKept",
    "ServerLimits.drainRoundTripSeconds",
    "HTTP2Limits.retainedBytesMax", "GRPCLimits.statusMessageBytesMax",
    "ServerLimits.keepaliveProbes",
  ]

  @Test("architecture.md")
  func architecturePage() {
    let table = DocumentationPage.named("architecture").table(under: "Limits")
    check(table, Self.architecture) { $0[1] }
    for cells in table {
      let types = Self.architecture.first { $0.name == cells[0] }?.constants.compactMap(Self.owner) ?? []
      #expect(Set(DocumentationPage.quoted(in: cells[2])) == Set(types), "\(cells[0])")
    }
  }

  @Test("security.md")
  func securityPage() {
    check(DocumentationPage.named("security").table(under: "Limits"), Self.security) { $0[1] }
  }

  @Test("configuration.md")
  func configurationPage() {
    let table = DocumentationPage.named("configuration").table(under: "Limits")
    check(table, Self.configuration) { $0[2] + "; " + $0[3] }
  }

  @Test("sidecar.md")
  func sidecarPage() {
    check(DocumentationPage.named("sidecar").table(under: "Deadlines"), Self.deadlines) { $0[1] }
  }

  @Test("no constant of a type of limits is left out")
  func all() {
    let told = Set(
      (Self.architecture + Self.security + Self.configuration + Self.deadlines).flatMap(\.constants))
    let types = SourceTree.types.filter { $0.hasSuffix("Limits") && $0 != "ConfiguredLimits" }
    #expect(types.count >= 6)
    let constants = Set(types.flatMap { type in SourceConstants(of: type).names.map { "\(type).\($0)" } })
    #expect(constants.subtracting(told).subtracting(Self.notTold) == [])
    #expect(Self.notTold.subtracting(constants) == [])
  }

  private func check(_ table: [[String]], _ rows: [Row], _ value: ([String]) -> String) {
    #expect(table.map { $0[0] } == rows.map(\.name))
    for cells in table {
      guard let row = rows.first(where: { $0.name == cells[0] }) else { continue }
      #expect(
        Self.numbers(in: value(cells)) == row.constants.map { SourceConstants.value(of: $0) }, "\(row.name)")
    }
  }

  /// `EnvoyModule/FailureLog.x` is `FailureLog`'s.
  private static func owner(_ constant: String) -> String? {
    constant.lastIndex(of: ".").flatMap { constant[..<$0].split(separator: "/").last }.map(String.init)
  }

  /// `4,096 instructions, 16 KiB` are 4096 and 16384.
  private static func numbers(in text: String) -> [Int?] {
    let units: [Substring: Int] = ["KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "Mi": 1 << 20]
    return text.matches(of: /\b(\d[\d,]*)(?: (KiB|MiB|GiB|Mi)\b)?/).map { match in
      Int(match.1.filter { $0 != "," }).map { $0 * (match.2.flatMap { units[$0] } ?? 1) }
    }
  }
}
