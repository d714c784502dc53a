/// A compiled template: instructions and the tables that they point into.
///
/// Immutable once the code generator is done, and shared by all threads. Its constants are plain data: no place in a
/// body, no object of a rendering.
final class Program: @unchecked Sendable {
  let source: TemplateSource
  let limits: TemplateLimits
  let instructions: [Instruction]
  /// Where each instruction comes from.
  let spans: [Span]
  let tables: ProgramTables
  let functions: FunctionTable
  /// Whether it has variables, loops or macros: without them a rendering needs no scope.
  let hasScopes: Bool

  init(
    source: TemplateSource, limits: TemplateLimits, instructions: [Instruction], spans: [Span], tables: ProgramTables,
    functions: FunctionTable, hasScopes: Bool
  ) {
    self.source = source
    self.limits = limits
    self.instructions = instructions
    self.spans = spans
    self.tables = tables
    self.functions = functions
    self.hasScopes = hasScopes
  }

  /// Says where a fault happened.
  func error(_ fault: Fault, at instruction: Int) -> TemplateError {
    switch fault {
    case .placed(let error): error
    case .here(let kind, let detail):
      source.error(kind, detail, at: spans.indices.contains(instruction) ? spans[instruction] : Span())
    }
  }
}

struct ProgramTables {
  var texts: [[UInt8]] = []
  var constants: [Value] = []
  var names: [Name] = []
  var paths: [Path] = []
  var constantCalls: [ConstantCall] = []
  var namedCalls: [NamedCall] = []
  var macros: [MacroShape] = []
  /// Whether some loop is asked for its neighbours, or handed on as a value that may be.
  var tracksNeighbours = false

  /// A word of the template as bytes, for look-ups, and as text, for the host.
  struct Name {
    let bytes: [UInt8]
    let text: String
  }

  /// `name.step.step`
  struct Path {
    let name: Int
    /// Some statement of the template assigns to the name.
    let isAssigned: Bool
    /// The host answers for the name.
    let variable: Int?
    let steps: [Int]
  }

  /// A call of a host's function whose arguments are all constants.
  struct ConstantCall {
    let function: Int
    let arguments: [Value]
  }

  /// A call of a name that a statement assigns to: what the name is, is known at that moment.
  struct NamedCall {
    let name: Int
    /// When no variable has the name.
    let fallback: Callee?
  }

  enum Callee {
    case builtin(Int)
    case host(Int)
  }

  /// A macro as it was written.
  struct MacroShape {
    let name: String
    let parameters: [Int]
    /// The first instruction.
    let start: Int
    /// The body says `caller`.
    let usesCaller: Bool
    /// The name `caller`.
    let callerName: Int
  }
}
