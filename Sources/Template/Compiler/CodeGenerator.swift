/// Makes a program of a syntax tree.
struct CodeGenerator {
  let source: TemplateSource
  let functions: FunctionTable
  let names: NameAnalysis
  /// Of all that no `autoescape` stands around.
  let escaping: Escaping
  private var instructions: [Instruction] = []
  private var spans: [Span] = []
  var tables = ProgramTables()
  /// The loops and other blocks that are open here, the innermost last; those outside of a macro are not there.
  var blocks: [Block] = []
  /// A macro may be called where text is escaped, whatever is open around its declaration.
  var isInMacro = false
  /// Something opens a scope or sets a variable.
  var hasScopes = false
  /// The constants that are functions.
  private var functionValues: [String: Int] = [:]

  /// A block that `break` and `continue` have to leave.
  enum Block {
    /// `continue` goes to `start`; the jumps in `breaks` go to its end.
    case loop(start: Int, isRecursive: Bool, isNamed: Bool, breaks: [Int])
    case scope
    case capture
    case escape
  }

  static func compile(
    _ statements: [Statement], source: TemplateSource, functions: FunctionTable, names: NameAnalysis,
    limits: TemplateLimits, escaping: Escaping
  ) throws(TemplateError) -> Program {
    var generator = CodeGenerator(source: source, functions: functions, names: names, escaping: escaping)
    generator.tables.tracksNeighbours = names.tracksNeighbours
    try generator.compile(statements)
    return Program(
      source: source, limits: limits, instructions: generator.instructions, spans: generator.spans,
      tables: generator.tables, functions: functions, hasScopes: generator.hasScopes, escaping: escaping)
  }

  private init(
    source: TemplateSource, functions: FunctionTable, names: NameAnalysis, escaping: Escaping
  ) {
    self.source = source
    self.functions = functions
    self.names = names
    self.escaping = escaping
  }

  // MARK: - Instructions

  /// The position of the next instruction.
  var position: Int { instructions.count }

  @discardableResult
  mutating func add(
    _ operation: Operation, flags: UInt8 = 0, count: Int = 0, operand: Int = 0, at span: Span
  ) -> Int {
    instructions.append(
      Instruction(
        operation: operation, flags: flags, count: UInt16(truncatingIfNeeded: count),
        operand: Int32(truncatingIfNeeded: operand)))
    spans.append(span)
    return instructions.count - 1
  }

  /// Lets the instruction at `instruction` go to the next one.
  mutating func land(_ instruction: Int) {
    instructions[instruction].operand = Int32(truncatingIfNeeded: position)
  }

  mutating func setOperand(of instruction: Int, to operand: Int) {
    instructions[instruction].operand = Int32(truncatingIfNeeded: operand)
  }

  // MARK: - Tables

  mutating func name(_ name: String) -> Int { Int(tables.names.add(name)) }

  mutating func constant(_ value: Value) -> Int {
    tables.constants.append(value)
    return tables.constants.count - 1
  }

  /// The function of that name as a constant.
  mutating func functionValue(_ name: String) -> Int? {
    if let known = functionValues[name] { return known }
    let builtin = Builtins.functions.position(of: name).map { ProgramTables.Callee.builtin($0) }
    let host = functions.functions.firstIndex { $0.name == name }.map { ProgramTables.Callee.host($0) }
    guard let callee = builtin ?? host else { return nil }
    let position = constant(.object(FunctionValue(name: name, callee: callee)))
    functionValues[name] = position
    return position
  }

  func error(_ fault: Fault, at span: Span) -> TemplateError {
    switch fault {
    case .placed(let error): error
    case .here(let kind, let detail): source.error(kind, detail, at: span)
    }
  }
}
