import Logging
import TestPeers
import Testing

@testable import ExtProc
@testable import Transformation

/// What is told of a filter of Envoy's that does not fit the configuration.
@Suite("Filter mismatches")
struct FilterMismatchTests {
  private final class Setup {
    let log = CapturedLog()
    let service: ProcessService

    init(_ configuration: Configuration, allowModeOverride: Bool = false) {
      var options = ProcessService.Options()
      options.allowModeOverride = allowModeOverride
      let log = log
      service = ProcessService(
        configuration: configuration, options: options, logger: Logger(label: "test") { _ in log.handler })
    }

    func peer(
      _ modes: EnvoyPeer.Modes?, transformation: String? = nil,
      attributes: [(String, EnvoyPeer.Attribute)] = [], observes: Bool = false
    ) -> EnvoyPeer {
      EnvoyPeer(
        sharing: service, transformation: transformation, modes: modes, attributes: attributes,
        observes: observes)
    }

    /// The kinds that were logged, in their order.
    var logged: [String] { log.lines.compactMap { $0.metadata["mismatch"] } }
  }

  private static let headers = Configuration.of(#"{"request": {"set": [{"name": "x-a", "value": "1"}]}}"#)
  private static let body = Configuration.of(
    #"{"request": {"set": [{"name": "x-a", "value": "{{ body() }}"}]}}"#)
  private static let both = Configuration.of(
    """
    {"request": {"set": [{"name": "x-a", "value": "1"}]}, "response": {"set": [{"name": "x-a", "value": "1"}]}}
    """)

  @Test("a body mode that does not fit is told once, and no longer shown once a stream has another")
  func bodyMode() {
    let setup = Setup(Self.body)
    for _ in 0..<3 { setup.peer(.init(.none)).sendHeaders() }
    #expect(setup.logged == ["request_body_mode"])
    let line = setup.log.lines.first { $0.metadata["mismatch"] != nil }
    #expect(line?.level == .warning)
    #expect(line?.metadata["transformation"] == "default")
    #expect(
      setup.service.filterMismatches == [
        "default: the request body is needed, and Envoy's filter has processing_mode.request_body_mode: NONE;"
          + " set it to BUFFERED, and request_header_mode and request_trailer_mode to SEND"
      ])
    setup.peer(.init(.buffered)).sendHeaders()
    #expect(setup.service.filterMismatches == [])
  }

  @Test("a reload that newly needs a body is told at once, and again by the first exchange")
  func reload() {
    let setup = Setup(Self.headers)
    setup.peer(.init(.none)).sendHeaders()
    #expect(setup.logged == [])
    setup.service.configuration = Self.body
    #expect(setup.logged == ["request_body_mode"])
    #expect(setup.service.filterMismatches.count == 1)
    for _ in 0..<2 { setup.peer(.init(.none)).sendHeaders() }
    #expect(setup.logged == ["request_body_mode", "request_body_mode"])
    setup.service.configuration = Self.headers
    #expect(setup.service.filterMismatches == [])
  }

  @Test("a new transformation is measured by what all others have in common, if anything")
  func newTransformation() {
    let old = Configuration.of(
      """
      {"transformations": {"a": {"request": {"set": [{"name": "x", "value": "1"}]}},
        "b": {"request": {"set": [{"name": "x", "value": "1"}]}}}}
      """)
    let new = Configuration.of(
      #"{"transformations": {"c": {"request": {"set": [{"name": "x", "value": "{{ body() }}"}]}}}}"#)
    let same = Setup(old)
    for name in ["a", "b"] { same.peer(.init(.none), transformation: name).sendHeaders() }
    same.service.configuration = new
    #expect(same.logged == ["request_body_mode"])
    let different = Setup(old)
    different.peer(.init(.none), transformation: "a").sendHeaders()
    different.peer(.init(.buffered), transformation: "b").sendHeaders()
    different.service.configuration = new
    #expect(different.logged == [])
    let unheard = Setup(old)
    unheard.service.configuration = new
    #expect(unheard.logged == [])
  }

  @Test("a body that is replaced unread does not fit where it can only be given in pieces")
  func replaced() {
    let constant = Configuration.of(#"{"request": {"body": {"value": "constant"}}}"#)
    let setup = Setup(constant)
    for (modes, fits) in [
      (EnvoyPeer.Modes(.none), true), (.init(.streamed), true), (.init(.fullDuplexStreamed), false),
      (.init(.streamed, .none, sendsBodyEarly: true), false), (.init(.buffered), true),
    ] {
      setup.peer(modes).sendHeaders()
      #expect(setup.service.filterMismatches.isEmpty == fits)
    }
  }

  @Test("what may be asked for fits")
  func askedFor() {
    let setup = Setup(Self.body, allowModeOverride: true)
    setup.peer(.init(.none)).sendHeaders()
    #expect(setup.service.filterMismatches == [] && setup.logged == [])
    let peer = setup.peer(.init(.none))
    peer.sendHeaders()
    peer.sendHeaders(.response, [(":status", "200")])
    #expect(setup.logged == ["allow_mode_override"], "the body did not come")
    #expect(setup.service.filterMismatches.first?.contains("(last seen 0 s ago)") == true)
  }

  @Test("phases that come although Envoy was asked to leave them out are told once")
  func override() {
    let setup = Setup(Self.headers)
    for _ in 0..<2 {
      let peer = setup.peer(.init(.buffered))
      peer.sendHeaders()
      peer.sendBody(.request, "x")
      peer.sendHeaders(.response)
    }
    #expect(setup.logged == ["allow_mode_override"])
  }

  @Test("routes without xds.route_name are told, until it has come once")
  func routes() {
    let configuration = Configuration.of(
      #"{"transformations": {"a": {"request": {"set": [{"name": "x", "value": "1"}]}}}, "routes": {"r": "a"}}"#
    )
    let setup = Setup(configuration)
    for _ in 0..<2 { setup.peer(.init(.none)).sendHeaders() }
    setup.peer(.init(.none), transformation: "a").sendHeaders()
    #expect(setup.logged == ["request_attributes_route_name"])
    #expect(setup.service.filterMismatches.count == 1)
    setup.peer(.init(.none), attributes: [("xds.route_name", .text("other"))]).sendHeaders()
    #expect(setup.service.filterMismatches == [])
    let right = Setup(configuration)
    right.peer(.init(.none), attributes: [("xds.route_name", .text("r"))]).sendHeaders()
    right.peer(.init(.none)).sendHeaders()
    #expect(right.logged == [], "a request that matches no route has none")
    let reloaded = Setup(Self.headers)
    reloaded.peer(.init(.none)).sendHeaders()
    reloaded.service.configuration = configuration
    #expect(reloaded.logged == ["request_attributes_route_name"])
  }

  @Test("attributes of the connection that do not come are told, until one has come")
  func connection() {
    let configuration = Configuration.of(
      #"{"request": {"set": [{"name": "x", "value": "{{ connection.mtls }}{{ connection.id }}"}]}}"#)
    let setup = Setup(configuration)
    for _ in 0..<2 { setup.peer(.init(.none)).sendHeaders() }
    #expect(setup.logged == ["request_attributes_connection"])
    #expect(setup.service.filterMismatches.first?.contains("[connection.id, connection.mtls]") == true)
    setup.peer(.init(.none), attributes: [("connection.mtls", .bool(true))]).sendHeaders()
    #expect(setup.service.filterMismatches == [])
  }

  @Test("response headers that no exchange has are told after twenty")
  func responseHeaders() {
    let setup = Setup(Self.both)
    for number in 1...25 {
      let peer = setup.peer(.init(.none))
      peer.sendHeaders()
      peer.end()
      #expect(setup.logged == (number < 20 ? [] : ["response_header_mode"]))
    }
    #expect(setup.service.filterMismatches.count == 1)
    let peer = setup.peer(.init(.none))
    peer.sendHeaders()
    peer.sendHeaders(.response)
    #expect(setup.service.filterMismatches == [])
    let some = Setup(Self.both)
    let first = some.peer(.init(.none))
    first.sendHeaders()
    first.sendHeaders(.response)
    for _ in 0..<30 {
      let peer = some.peer(.init(.none))
      peer.sendHeaders()
      peer.end()
    }
    #expect(some.logged == [])
  }

  @Test(
    "a body without its headers, exchanges that are only shown, and modes that are not said, are told once")
  func others() {
    let headers = Setup(Self.headers)
    for _ in 0..<2 { headers.peer(.init(.buffered)).sendBody(.request, "x") }
    #expect(headers.logged == ["request_header_mode"])
    let observed = Setup(Self.headers)
    for _ in 0..<2 { observed.peer(.init(.none), observes: true).sendHeaders() }
    #expect(observed.logged == ["observability_mode"])
    let undeclared = Setup(Self.headers)
    for _ in 0..<2 {
      let peer = undeclared.peer(nil)
      peer.sendHeaders()
      peer.sendBody(.request, "x")
    }
    #expect(undeclared.logged == ["protocol_config"])
  }

  @Test("declared modes are kept in a number")
  func packed() {
    for request in BodyMode.declarable + [.undeclared] {
      for response in BodyMode.declarable + [.undeclared] {
        for early in [false, true] {
          let modes = ProcessingModes(
            PerDirection(request: request, response: response), sendsBodyEarly: early, overrideIsAllowed: true
          )
          #expect(ProcessingModes(packed: modes.packed, overrideIsAllowed: true) == modes)
        }
      }
    }
    #expect(ProcessingModes(packed: 0, overrideIsAllowed: true) == nil)
    #expect(ProcessingModes(packed: 1 << 15 | 9, overrideIsAllowed: true) == nil)
  }
}
