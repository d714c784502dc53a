internal import JSON
internal import Template

/// What the templates of one phase can ask for; the host object of their `RenderContext`.
///
/// One for each exchange at a time, set anew for each phase and emptied after it: nothing borrowed outlives the call.
/// An adapter may keep it for the next exchange: it holds storage.
package final class PhaseScope {
  let context = RenderContext(root: nil, host: nil)
  var source: (any ExchangeSource)?
  var direction = Direction.request
  /// The whole body, where it was collected.
  var body = UnsafeRawBufferPointer(start: nil, count: 0)
  /// There is no body whose fields the templates could read, though they may want some.
  var lacksFields = false
  /// The request's headers as the response's templates see them.
  var keptRequestHeaders = KeptHeaders()

  /// Look-ups of headers in this phase.
  private var lookups = 0
  private var passSteps: Int?
  /// Hears of each rule.
  package var sink: (any RuleSink)?

  package init() {}

  /// What it keeps between the phases of an exchange, in bytes.
  package var heldBytes: Int { keptRequestHeaders.heldBytes &+ context.heldBytes }

  /// Forgets what it keeps between the phases of an exchange.
  package func reset() { keptRequestHeaders.removeAll() }

  /// Puts the source and the body in place; to be followed by `close()` before the phase ends.
  func open(
    _ direction: Direction, _ source: any ExchangeSource, _ body: UnsafeRawBufferPointer,
    _ document: JSONDocument?
  ) {
    self.direction = direction
    self.source = source
    self.body = body
    lacksFields = false
    lookups = 0
    passSteps = nil
    context.root = document?.root
    context.host = self
    context.stepsLeft = TemplateLimits.sharedStepsMax
  }

  /// What one more look-up of a header costs, in steps: a pass over all of them. Free are as many as a template has that names
  /// them one by one.
  @inline(__always)
  func stepsOfLookup() -> Int {
    lookups &+= 1
    return lookups > TransformationLimits.lookupsFree ? stepsOfPass() : 0
  }

  /// One for each header, and one for 64 bytes of their names, which may have to be compared.
  private func stepsOfPass() -> Int {
    if let passSteps { return passSteps }
    var steps = keptRequestHeaders.stepsOfPass
    source?.forEachHeader { name, _ in steps &+= 1 &+ name.count >> 6 }
    passSteps = steps
    return steps
  }

  /// Forgets all that was borrowed.
  func close() {
    source = nil
    body = UnsafeRawBufferPointer(start: nil, count: 0)
    context.root?.document.invalidate()
    context.root = nil
    context.host = nil
    context.trim()
  }
}
