package import JSON

/// A compiled template: immutable, shared by all threads, rendered any number of times.
package struct Template: Sendable {
  /// Compiles `source`. `name` appears in errors (`chat.request.set[0].value`). `functions` are the host's functions,
  /// found after the built-in ones; `variables` are names that the host answers instead of the context.
  package init(
    _ source: String, name: String, functions: FunctionTable
  ) throws(TemplateError) { fatalError() }

  /// What rendering can ask of the host: worked out once, when the template is compiled.
  package var usage: TemplateUsage { fatalError() }

  /// The whole output when the template is text without any expression; rendering it always gives this.
  package var constant: [UInt8]? { fatalError() }

  /// Renders, appending to `output`. When this throws, `output` is as it was before.
  package func render(_ context: RenderContext, into output: inout [UInt8]) throws(TemplateError) {
    fatalError()
  }
}

/// What a template reads.
package struct TemplateUsage: Sendable {
  /// Names read from the context: free names that no `set`, `for`, function or host variable defines on every path.
  package var fields: [Field] = []
  /// Every call of a host function.
  package var calls: [Call] = []
  /// Host variables that are read, with the attribute when it is a literal (`connection.mtls`).
  package var variables: [Variable] = []

  package struct Field: Sendable { package var name: String; package var line: Int; package var column: Int }
  package struct Call: Sendable {
    package var function: String
    /// The first argument when it is a string literal.
    package var literal: String?
    package var line: Int
    package var column: Int
  }
  package struct Variable: Sendable { package var name: String; package var attribute: String? }
}

/// What one rendering sees. Made (or reused) by the host for each phase.
package final class RenderContext {
  /// The parsed body: its members are the template's top-level names. Nil when nothing was parsed; then reading a
  /// name is an error of the kind `.noContext`.
  package var root: JSONValue?
  /// For the host's own functions: they cast it back.
  package var host: AnyObject?
  package init(root: JSONValue?, host: AnyObject?) { self.root = root; self.host = host }
}
