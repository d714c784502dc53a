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
    context.root = document?.root
    context.host = self
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
  private var headers: [(name: [UInt8], values: [[UInt8]])] = []

  var isEmpty: Bool { headers.isEmpty }

  mutating func removeAll() {
    if !headers.isEmpty { headers.removeAll() }
  }

  mutating func append(name: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer) {
    append(name: Array(name), value: Array(value))
  }

  /// What the transformation itself changed in the request.
  mutating func apply(_ mutations: Mutations, only kept: [HeaderName]?) {
    for header in mutations.headers where kept?.contains(header.name) ?? true {
      let name = header.name.bytes
      switch header.operation {
      case .remove: headers.removeAll { $0.name == name }
      case .set:
        headers.removeAll { $0.name == name }
        append(name: name, value: Array(mutations.bytes[header.value]))
      case .append: append(name: name, value: Array(mutations.bytes[header.value]))
      }
    }
  }

  func values(_ name: UnsafeRawBufferPointer) -> [[UInt8]] {
    headers.first { $0.name.elementsEqual(name) }?.values ?? []
  }

  private mutating func append(name: [UInt8], value: [UInt8]) {
    if let index = headers.firstIndex(where: { $0.name == name }) {
      headers[index].values.append(value)
    } else {
      headers.append((name, [value]))
    }
  }
}
