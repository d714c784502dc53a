package import JSON

/// What one rendering sees. Made (or reused) by the host for each phase; for one thread at a time.
package final class RenderContext {
  /// The parsed body: its members are the template's top-level names. Nil when nothing was parsed; then reading a
  /// name is an error of the kind `.noContext`.
  package var root: JSONValue?
  /// For the host's own functions: they cast it back.
  package var host: AnyObject?
  /// Storage that renderings use one after the other.
  var workspace = Workspace()

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
  var calls: [MacroCall] = []
  /// Outputs that wait while another is caught.
  var captures: [[UInt8]] = []
  /// Closures made in this rendering: they and their macros hold each other.
  var closures: [Closure] = []

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

  mutating func clear() {
    for closure in closures { closure.clear() }
    closures.removeAll(keepingCapacity: true)
    stack.removeAll(keepingCapacity: true)
    bindings.removeAll(keepingCapacity: true)
    scopes.removeAll(keepingCapacity: true)
    calls.removeAll(keepingCapacity: true)
    captures.removeAll(keepingCapacity: true)
  }
}
