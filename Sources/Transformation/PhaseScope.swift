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
  private var headerCount: Int?
  /// Hears of each rule.
  package var sink: (any RuleSink)?

  package init() {}

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
    headerCount = nil
    context.root = document?.root
    context.host = self
  }

  /// What one more look-up of a header costs, in steps: a pass over all of them. Free are as many as a template has that names
  /// them one by one.
  @inline(__always)
  func stepsOfLookup() -> Int {
    lookups &+= 1
    return lookups > TransformationLimits.lookupsFree ? stepsOfPass() : 0
  }

  private func stepsOfPass() -> Int {
    if let headerCount { return headerCount }
    var count = keptRequestHeaders.count
    source?.forEachHeader { _, _ in count &+= 1 }
    headerCount = count
    return count
  }

  /// Forgets all that was borrowed.
  func close() {
    source = nil
    body = UnsafeRawBufferPointer(start: nil, count: 0)
    context.root?.document.invalidate()
    context.root = nil
    context.host = nil
  }
}

/// Copies of request headers, for the response's templates.
struct KeptHeaders: Sendable {
  /// As they came; what is looked for is found in one pass.
  private var headers: [(name: [UInt8], value: [UInt8])] = []

  var isEmpty: Bool { headers.isEmpty }
  var count: Int { headers.count }

  mutating func removeAll() {
    if !headers.isEmpty { headers.removeAll() }
  }

  mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    headers.append((Array(name), Array(value)))
  }

  /// What the transformation itself changed in the request.
  mutating func apply(_ mutations: Mutations, only kept: [HeaderName]?) {
    for header in mutations.headers where kept?.contains(header.name) ?? true {
      let name = header.name.bytes
      if header.operation != .append { headers.removeAll { $0.name == name } }
      if header.operation != .remove { headers.append((name, Array(mutations.bytes[header.value]))) }
    }
  }

  func forEachValue(of name: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Void) {
    for header in headers where header.name.elementsEqual(name) { header.value.withUnsafeBytes { body($0) } }
  }
}
