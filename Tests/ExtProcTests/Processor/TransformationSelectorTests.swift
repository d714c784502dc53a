import Logging
import Testing

@testable import ExtProc
@testable import GRPC
@testable import Transformation

@Suite("TransformationSelector")
struct TransformationSelectorTests {
  private static let file = Configuration.of(
    """
    {"transformations": {
      "default": {"request": {"set": [{"name": "x", "value": "default"}]}},
      "chat": {"request": {"set": [{"name": "x", "value": "chat"}]}},
      "tls": {"request": {"set": [{"name": "x", "value": "{{ connection.mtls }} {{ connection.tls_version }}"}]}}},
     "routes": {"chat-route": "chat"}}
    """)
  private static let inHeader = #"{"request": {"set": [{"name": "x", "value": "header"}]}}"#

  private func chosen(
    transformation: String? = nil, header: String? = nil, route: String? = nil
  ) -> EnvoyPeer.Outcome {
    let attributes = route.map { [("xds.route_name", EnvoyPeer.Attribute.text($0))] } ?? []
    let peer = EnvoyPeer(
      Self.file, modes: .init(.none), transformation: transformation, header: header, attributes: attributes)
    return peer.sendHeaders(endOfStream: true)
  }

  private func value(_ outcome: EnvoyPeer.Outcome) -> String? { outcome.answer?.set.first?.value }

  @Test("the first that matches: name, configuration in the header, route, default")
  func order() {
    #expect(value(chosen(transformation: "chat", header: Self.inHeader)) == "chat")
    #expect(value(chosen(header: Self.inHeader, route: "chat-route")) == "header")
    #expect(value(chosen(route: "chat-route")) == "chat")
    #expect(value(chosen(route: "other")) == "default")
    #expect(value(chosen()) == "default")
  }

  @Test("an unknown name is NOT_FOUND, and says which names there are")
  func unknownName() {
    let status = chosen(transformation: "chta").status
    #expect(status?.code == .notFound)
    #expect(status?.message == "no transformation is named \"chta\"; there are: chat, default, tls")
  }

  @Test("a configuration that does not compile is INVALID_ARGUMENT with place and reason")
  func badHeader() {
    let status = chosen(header: "{\"request\": ").status
    #expect(status?.code == .invalidArgument)
    #expect(status?.message.hasPrefix("x-swiftformations-config: 1:") == true)
  }

  @Test("attributes of the connection reach the templates, for the whole stream")
  func connection() {
    let peer = EnvoyPeer(
      Self.file, modes: .init(.none), transformation: "tls",
      attributes: [("connection.mtls", .bool(true)), ("connection.tls_version", .text("TLSv1.3"))])
    #expect(value(peer.sendHeaders(endOfStream: true)) == "true TLSv1.3")
  }

  @Test("a configuration in the header is compiled once, a bad one too")
  func compiledOnce() throws {
    let cache = ConfigurationCache()
    for _ in 0..<3 {
      _ = try cache.configuration(Self.inHeader).result.get()
      #expect(throws: GRPCStatus.self) { try cache.configuration("{").result.get() }
    }
    #expect(cache.compilations == 2)
  }

  @Test("the cache is bounded, and forgets what was not used for longest")
  func bounded() throws {
    let cache = ConfigurationCache()
    func text(_ number: Int) -> String { "{\"\(number)\": 1, \"request\": {}}" }
    for number in 0..<ConfigurationCache.entriesMax { _ = try cache.configuration(text(number)).result.get() }
    _ = try cache.configuration(text(0)).result.get()
    _ = try cache.configuration(text(-1)).result.get()
    #expect(cache.count == ConfigurationCache.entriesMax)
    let compilations = cache.compilations
    _ = try cache.configuration(text(0)).result.get()
    #expect(cache.compilations == compilations, "used lately")
    _ = try cache.configuration(text(1)).result.get()
    #expect(cache.compilations == compilations + 1, "forgotten")
  }

  @Test("a configuration in the header may set as many headers as the sidecar was told that Envoy takes")
  func headersOfEnvoy() throws {
    var options = ProcessService.Options()
    options.headerLimits.headersMax = 1
    let service = ProcessService(configuration: .empty, options: options, logger: Logger(label: "test"))
    let two = #"{"request": {"set": [{"name": "x", "value": "1"}, {"name": "y", "value": "2"}]}}"#
    #expect(throws: Never.self) { try service.cache.configuration(Self.inHeader).result.get() }
    #expect(throws: GRPCStatus.self) { try service.cache.configuration(two).result.get() }
    #expect(throws: Never.self) { try ConfigurationCache().configuration(two).result.get() }
  }

  @Test("a text over the limit is refused without a look")
  func tooLong() {
    let text = String(repeating: " ", count: ConfigurationCache.textBytesMax + 1)
    #expect(throws: GRPCStatus.self) { try ConfigurationCache().configuration(text) }
  }
}
