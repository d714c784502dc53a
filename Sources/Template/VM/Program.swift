/// A compiled template: instructions and the tables that they point into.
///
/// Immutable once the code generator is done, and shared by all threads. Its constants are plain data or functions: no
/// place in a body, no object of a rendering.
final class Program: @unchecked Sendable {
  let source: TemplateSource
  let limits: TemplateLimits
  let instructions: FlatTable<Instruction>
  /// Where each instruction comes from.
  let spans: [Span]
  let tables: ProgramTables
  /// What `tables` has of these, in the form that is quick to read.
  let texts: FlatTexts
  let names: FlatTexts
  let paths: FlatTable<ProgramTables.Path>
  let steps: FlatTable<Int32>
  let functions: FunctionTable
  /// Whether it has variables, loops or macros: without them a rendering needs no scope.
  let hasScopes: Bool
  /// Whether it only writes: `{{ model }}` needs no machine.
  let isDirect: Bool
  /// What holds where no `autoescape` says otherwise.
  let escaping: Escaping

  init(
    source: TemplateSource, limits: TemplateLimits, instructions: [Instruction], spans: [Span],
    tables: ProgramTables,
    functions: FunctionTable, hasScopes: Bool, escaping: Escaping
  ) {
    self.source = source
    self.limits = limits
    self.instructions = FlatTable(instructions)
    self.spans = spans
    self.tables = tables
    texts = FlatTexts(tables.texts)
    names = FlatTexts(tables.names.texts.map { Array($0.utf8) })
    paths = FlatTable(tables.paths)
    steps = FlatTable(tables.steps)
    self.functions = functions
    self.hasScopes = hasScopes
    self.escaping = escaping
    isDirect = escaping == .none && instructions.allSatisfy { $0.operation.isDirect }
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
  var names = NameTable()
  var paths: [Path] = []
  /// The steps of all paths, as names.
  var steps: [Int32] = []
  var constantCalls: [ConstantCall] = []
  var namedCalls: [NamedCall] = []
  var macros: [MacroShape] = []
  /// Whether some loop is asked for its neighbours, or handed on as a value that may be.
  var tracksNeighbours = false

  /// `name.step.step`, without references, so that reading it costs nothing.
  struct Path {
    let name: Int32
    /// Some statement of the template assigns to the name.
    let isAssigned: Bool
    /// The host's variable that answers for the name, or -1.
    let variable: Int32
    /// Into `steps`.
    let firstStep: Int32
    let endOfSteps: Int32

    var hasSteps: Bool { firstStep < endOfSteps }
  }

  /// A call of a host's function whose arguments are all constants.
  struct ConstantCall {
    let function: Int
    let arguments: [Value]
  }

  /// A call of a name that a statement assigns to: what the name is, is known at that moment.
  struct NamedCall {
    let name: Int32
    /// When no variable has the name.
    let fallback: Callee?
  }

  enum Callee: Sendable {
    case builtin(Int)
    case host(Int)
  }

  /// A macro as it was written.
  struct MacroShape {
    let name: String
    let parameters: [Int32]
    /// The first instruction.
    let start: Int
    /// The body says `caller`.
    let usesCaller: Bool
    /// The name `caller`.
    let callerName: Int32
  }
}

/// The words of a template that name something.
struct NameTable {
  private var positions: [String: Int32] = [:]
  private(set) var texts: [String] = []

  mutating func add(_ name: String) -> Int32 {
    if let position = positions[name] { return position }
    let position = Int32(truncatingIfNeeded: texts.count)
    texts.append(name)
    positions[name] = position
    return position
  }

  func text(_ name: Int32) -> String { texts[Int(name)] }
}
