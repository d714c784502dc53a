/// A compiled template: immutable, shared by all threads, rendered any number of times.
package struct Template: Sendable {
  /// One reference, so that handing a template on costs one count.
  private let storage: Storage

  private final class Storage: Sendable {
    let content: Content
    let usage: TemplateUsage

    init(_ content: Content, _ usage: TemplateUsage) {
      self.content = content
      self.usage = usage
    }
  }

  private enum Content: Sendable {
    case text([UInt8])
    case program(Program)
    /// What every rendering throws.
    case fault(TemplateError)
  }

  /// What rendering can ask of the host: worked out once, when the template is compiled.
  package var usage: TemplateUsage { storage.usage }
  /// The whole output when the template is text without any expression; rendering it always gives this.
  package var constant: [UInt8]? {
    if case .text(let text) = storage.content { return text }
    return nil
  }

  /// Compiles `source`. `name` appears in errors (`chat.request.set[0].value`). `functions` are the host's functions,
  /// found after the built-in ones; `variables` are names that the host answers instead of the context. `asJSON`: what
  /// `{{ }}` prints is JSON, as under `{% autoescape "json" %}`.
  package init(
    _ source: String, name: String, functions: FunctionTable, limits: TemplateLimits = .standard,
    asJSON: Bool = false
  ) throws(TemplateError) {
    let source = TemplateSource(name: name, bytes: Array(source.utf8))
    if source.bytes.count > limits.sourceBytesMax {
      throw source.error(.limit, "the template is longer than \(limits.sourceBytesMax) bytes", at: Span())
    }
    if let span = OtherDialects.lineStatement(in: source.bytes) {
      throw source.error(.unsupported, OtherDialects.lineStatementDetail, at: span)
    }
    let statements = try Parser.parse(source, limits: limits)
    let names = NameAnalysis.analyze(statements, functions: functions)
    let program = try CodeGenerator.compile(
      statements, source: source, functions: functions, names: names, limits: limits,
      escaping: asJSON ? .json : .none)
    guard let constant = Self.constant(of: statements) else {
      storage = Storage(.program(program), names.usage)
      return
    }
    if constant.count > limits.outputBytesMax { throw program.error(.tooLongOutput(limits), at: 0) }
    storage = Storage(.text(constant), names.usage)
  }

  /// A template of which is known that it cannot be rendered: every rendering throws `error`. It reads nothing.
  package init(failing error: TemplateError) { storage = Storage(.fault(error), TemplateUsage()) }

  /// Renders, appending to `output`. When this throws, `output` is as it was before.
  package func render(_ context: RenderContext, into output: inout [UInt8]) throws(TemplateError) {
    switch storage.content {
    case .text(let text): output.append(contentsOf: text)
    case .program(let program) where program.isDirect: try program.renderDirectly(context, into: &output)
    case .program(let program): try VM.render(program, in: context, into: &output)
    case .fault(let error): throw error
    }
  }

  private static func constant(of statements: [Statement]) -> [UInt8]? {
    var text: [UInt8] = []
    for statement in statements {
      guard case .text(let bytes) = statement else { return nil }
      text += bytes
    }
    return text
  }
}

/// What a template reads.
package struct TemplateUsage: Sendable {
  /// Names read from the context: free names that no `set`, `for`, function or host variable defines on every path.
  package var fields: [Field] = []
  /// Every call of a host function.
  package var calls: [Call] = []
  /// Subtractions that are names with `-` in them by their looks.
  package var hyphens: [Hyphen] = []
  /// Host variables that are read, with the attribute when it is a literal (`connection.mtls`).
  package var variables: [Variable] = []

  /// Whether some call of a function reads it.
  package func reads(_ read: Function.Read) -> Bool { calls.contains { $0.reads.contains(read) } }

  package struct Field: Sendable, Equatable {
    package var name: String
    package var line: Int
    package var column: Int
    /// Some statement assigns to it, but not on every way that leads here.
    package var isSetElsewhere = false
  }
  package struct Call: Sendable, Equatable {
    package var function: String
    /// The first argument when it is a string literal.
    package var literal: String?
    /// The parameters that are given the constant `true`.
    package var isTrue: Set<String> = []
    package var reads: [Function.Read] = []
    package var line: Int
    package var column: Int
  }
  package struct Hyphen: Sendable, Equatable {
    /// `headers["X-Stuff"]`
    package var remedy: String
    package var line: Int
    package var column: Int
    package var length: Int
  }
  package struct Variable: Sendable, Equatable {
    package var name: String
    package var attribute: String?
  }
}
