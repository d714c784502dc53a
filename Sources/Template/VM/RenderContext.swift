package import JSON

/// What one rendering sees. Made (or reused) by the host for each phase; for one thread at a time.
package final class RenderContext {
  /// The parsed body: its members are the template's top-level names. Nil when nothing was parsed; then reading a
  /// name is an error of the kind `.noContext`.
  package var root: JSONValue?
  /// What all renderings may do together until this is set anew, in steps; `TemplateLimits.stepsMax` bounds each.
  package var stepsLeft = Int.max
  /// For the host's own functions: they cast it back.
  package var host: AnyObject?
  /// Storage that renderings use one after the other.
  var workspace = Workspace()

  /// Nothing is rendered for a while: little storage stays.
  package func trim() { workspace.trim() }

  /// What one more rendering may do. Who asks for more than all usually have together gets it.
  func stepsGranted(_ limits: TemplateLimits) -> Int {
    limits.stepsMax > TemplateLimits.sharedStepsMax ? limits.stepsMax : min(limits.stepsMax, stepsLeft)
  }

  /// What it keeps between renderings, in bytes.
  package var heldBytes: Int { workspace.byteCount }

  package init(root: JSONValue?, host: AnyObject?) {
    self.root = root
    self.host = host
  }
}

/// What a rendering works with. Empty between renderings, and kept for its storage.
struct Workspace {
  var stack: [Value] = []
  /// The variables of all open scopes, the innermost last.
  var bindings: [Binding] = []
  var scopes: [Scope] = []
  /// What the open loops walk over, the innermost last.
  var iterators: [ValueIterator] = []
  var calls: [MacroCall] = []
  /// Outputs that wait while another is caught.
  var captures: [[UInt8]] = []
  /// Closures made in this rendering: they and their macros hold each other.
  var closures: [Closure] = []
  /// The modes around the one that holds.
  var escaping: [Escaping] = []

  struct Binding {
    let name: Int32
    var value: Value
  }

  struct Scope {
    /// The first of its bindings.
    let bindings: Int
    let loop: LoopState?
    var closure: Closure?
  }

  /// A macro that is running, and where to go on behind it.
  struct MacroCall {
    let returnAddress: Int
    /// The first binding and scope that the macro sees.
    let bindings: Int
    let scopes: Int
    let closure: Closure?
  }

  /// Makes room for what most templates need, so that the stack need not grow step by step.
  mutating func prepare() {
    if stack.capacity == 0 { stack.reserveCapacity(16) }
  }

  /// Keeps the storage. Most renderings use only some of it.
  mutating func clear() {
    for closure in closures { closure.clear() }
    if !closures.isEmpty { closures.removeAll(keepingCapacity: true) }
    if !stack.isEmpty { stack.removeAll(keepingCapacity: true) }
    if !bindings.isEmpty { bindings.removeAll(keepingCapacity: true) }
    // From the innermost: loops may hold those around them, and would be released each inside of the next.
    while iterators.popLast() != nil {}
    while scopes.popLast() != nil {}
    if !calls.isEmpty { calls.removeAll(keepingCapacity: true) }
    if !captures.isEmpty { captures.removeAll(keepingCapacity: true) }
    if !escaping.isEmpty { escaping.removeAll(keepingCapacity: true) }
  }

  /// Lets go of storage that is not small.
  fileprivate mutating func trim() {
    Self.trim(&stack)
    Self.trim(&bindings)
    Self.trim(&scopes)
    Self.trim(&iterators)
    Self.trim(&calls)
    Self.trim(&captures)
    Self.trim(&closures)
    Self.trim(&escaping)
  }

  private static let elementsKept = 64

  /// Of its storage; what else there is, few templates use.
  fileprivate var byteCount: Int {
    stack.capacity &* MemoryLayout<Value>.stride &+ bindings.capacity &* MemoryLayout<Binding>.stride
      &+ scopes.capacity &* MemoryLayout<Scope>.stride &+ iterators.capacity
      &* MemoryLayout<ValueIterator>.stride
  }

  @inline(__always)
  private static func trim<Element>(_ array: inout [Element]) {
    if array.capacity > elementsKept { array = [] }
  }
}
