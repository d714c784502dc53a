import Testing

@testable import ExtProc
@testable import Transformation

@Suite("ProcessingModes")
struct ProcessingModesTests {
  private func modes(
    _ request: BodyMode, _ response: BodyMode, allowed: Bool = false, early: Bool = false
  ) -> ProcessingModes {
    ProcessingModes(
      PerDirection(request: request, response: response), sendsBodyEarly: early, overrideIsAllowed: allowed)
  }

  private func override(
    _ request: BodyMode, _ response: BodyMode, headers: ModeOverride.HeaderMode = .unchanged,
    requestTrailers: Bool = false, responseTrailers: Bool = false
  ) -> ModeOverride {
    ModeOverride(
      responseHeaders: headers, bodies: PerDirection(request: request, response: response),
      sendsTrailers: PerDirection(request: requestTrailers, response: responseTrailers))
  }

  @Test("phases that are not needed are left out")
  func leaveOut() {
    var modes = modes(.buffered, .buffered)
    let asked = modes.overrideAfterRequestHeaders(
      .pass, responseHeaders: false, responseBody: false, longResponsePasses: false)
    #expect(asked == override(.none, .none, headers: .skip))
  }

  @Test("nothing is asked for when nothing would change")
  func noChange() {
    var modes = modes(.none, .none)
    #expect(
      modes.overrideAfterRequestHeaders(
        .pass, responseHeaders: true, responseBody: false, longResponsePasses: false) == nil)
    #expect(modes.overrideAfterResponseHeaders(.pass) == nil)
  }

  @Test("body modes that stay are said again, since Envoy takes them literally")
  func literalModes() {
    var modes = modes(.bufferedPartial, .buffered)
    let asked = modes.overrideAfterRequestHeaders(
      .collect(since: 0), responseHeaders: true, responseBody: false, longResponsePasses: false)
    #expect(asked == override(.bufferedPartial, .none, requestTrailers: true))
    #expect(modes.overrideAfterResponseHeaders(.pass) == nil, "it was asked for already")
  }

  @Test(
    "a body that is needed is asked for only where Envoy is known to follow",
    arguments: [BodyMode.none, .streamed])
  func askForMore(_ declared: BodyMode) {
    var careful = modes(declared, declared)
    #expect(!careful.canCollectBody(.request))
    #expect(
      careful.overrideAfterRequestHeaders(
        .collect(since: 0), responseHeaders: true, responseBody: true, longResponsePasses: false) == nil)

    var allowed = modes(declared, declared, allowed: true)
    #expect(allowed.canCollectBody(.request))
    let asked = allowed.overrideAfterRequestHeaders(
      .collect(since: 0), responseHeaders: true, responseBody: true, longResponsePasses: false)
    #expect(
      asked == override(.buffered, .buffered, headers: .send, requestTrailers: true, responseTrailers: true))
    #expect(allowed.bodyMode(.response) == .buffered)
  }

  @Test("the response's body can be asked for with its headers")
  func askLate() {
    var modes = modes(.none, .none, allowed: true)
    #expect(
      modes.overrideAfterResponseHeaders(.collect(since: 0))
        == override(.none, .buffered, responseTrailers: true))
    #expect(modes.overrideAfterResponseHeaders(.collect(since: 0)) == nil, "it was asked for already")
  }

  @Test(
    "a body that may turn out to pass is asked for with its headers", arguments: [BodyMode.none, .streamed])
  func askWhenLengthIsKnown(_ declared: BodyMode) {
    var allowed = modes(declared, declared, allowed: true)
    let early = allowed.overrideAfterRequestHeaders(
      .pass, responseHeaders: true, responseBody: true, longResponsePasses: true)
    #expect(early == override(.none, declared, headers: .send))
    #expect(allowed.canCollectBody(.response))
    #expect(
      allowed.overrideAfterResponseHeaders(.collect(since: 0))
        == override(.none, .buffered, responseTrailers: true))

    var buffered = modes(.buffered, .buffered, allowed: true)
    let asked = buffered.overrideAfterRequestHeaders(
      .collect(since: 0), responseHeaders: true, responseBody: true, longResponsePasses: true)
    #expect(asked?.bodies.response == .buffered, "as the operator has it")

    var careful = modes(.buffered, .none)
    let unasked = careful.overrideAfterRequestHeaders(
      .pass, responseHeaders: true, responseBody: true, longResponsePasses: true)
    #expect(unasked?.bodies.response == BodyMode.none)
    #expect(!careful.canCollectBody(.response))
  }

  @Test("where a body is waited for, its trailers must come too")
  func trailers() {
    var modes = modes(.buffered, .buffered)
    let asked = modes.overrideAfterRequestHeaders(
      .collect(since: 0), responseHeaders: true, responseBody: true, longResponsePasses: false)
    #expect(asked == override(.buffered, .buffered, requestTrailers: true, responseTrailers: true))
    #expect(modes.overrideAfterResponseHeaders(.collect(since: 0)) == nil)
  }

  @Test("no override where Envoy would not look at it")
  func impossible() {
    for var modes in [
      modes(.fullDuplexStreamed, .none, allowed: true), modes(.none, .fullDuplexStreamed, allowed: true),
      modes(.streamed, .streamed, allowed: true, early: true), modes(.undeclared, .undeclared, allowed: true),
    ] {
      #expect(
        modes.overrideAfterRequestHeaders(
          .pass, responseHeaders: false, responseBody: false, longResponsePasses: false) == nil)
    }
    #expect(!modes(.none, .fullDuplexStreamed, allowed: true).canCollectBody(.request))
  }

  @Test("only a body in BUFFERED mode is known to be whole without its end of stream")
  func parts() {
    #expect(!modes(.buffered, .none).mayBePart(.request))
    #expect(modes(.bufferedPartial, .none).mayBePart(.request))
    #expect(modes(.undeclared, .undeclared).mayBePart(.request))
    var overridden = modes(.streamed, .none, allowed: true)
    _ = overridden.overrideAfterRequestHeaders(
      .collect(since: 0), responseHeaders: false, responseBody: false, longResponsePasses: false)
    #expect(overridden.mayBePart(.request), "Envoy may not have followed")
  }

  @Test("undeclared modes are taken for what the transformation needs")
  func undeclared() {
    #expect(modes(.undeclared, .undeclared).canCollectBody(.response))
    #expect(modes(.undeclared, .undeclared).canReplaceBody(.response))
  }
}
