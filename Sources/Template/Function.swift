import JSON

/// The functions and variables that a host adds to the language.
package struct FunctionTable: Sendable {
  package var functions: [Function]
  package var variables: [HostVariable]
  package init(functions: [Function], variables: [HostVariable] = []) {
    self.functions = functions
    self.variables = variables
  }
  package static let none = FunctionTable(functions: [])
}

/// A function of the host: `header("x")`. A field of the context with the same name does not hide it.
package struct Function: Sendable {
  package let name: String
  /// For errors and checks when the template is compiled, one a parameter; `["s", "start", "len"]`.
  package let parameters: [String]
  /// How many of them must be given.
  package let required: Int
  /// It takes any further arguments too; keyword arguments that no parameter has come last, as a map.
  package let isVariadic: Bool
  /// What it reads beyond its arguments: known when a template is compiled, so that the host has it ready.
  package let reads: [Read]
  /// What is wrong with the arguments that are constants, the others being nil: asked when the template is compiled.
  package let check: (@Sendable (_ constants: [Value?]) -> String?)?
  package let body: @Sendable (inout Call) throws(TemplateError) -> Value
  /// The same, written straight to the output where the call is a whole `{{ … }}`: saves the copy.
  package let emit: (@Sendable (inout Call, inout [UInt8]) throws(TemplateError) -> Void)?

  /// What a function reads of the message that passes through.
  package enum Read: Sendable, Equatable {
    /// The header that the first argument names.
    case header
    /// The same of the request, whose response it may be.
    case requestHeader
    /// One header of the request, in lower case.
    case requestHeaderNamed(String)
    /// The whole body, as it is.
    case bodyText
    /// The whole body, parsed.
    case document
  }

  package init(
    _ name: String, parameters: [String], required: Int? = nil, isVariadic: Bool = false, reads: [Read] = [],
    check: (@Sendable (_ constants: [Value?]) -> String?)? = nil,
    emit: (@Sendable (inout Call, inout [UInt8]) throws(TemplateError) -> Void)? = nil,
    body: @escaping @Sendable (inout Call) throws(TemplateError) -> Value
  ) {
    self.name = name
    self.parameters = parameters
    self.required = required ?? parameters.count
    self.isVariadic = isVariadic
    self.reads = reads
    self.check = check
    self.emit = emit
    self.body = body
  }

  /// The same, whose text nothing escapes.
  package var safe: Function {
    let body = body
    return Function(
      name, parameters: parameters, required: required, isVariadic: isVariadic, reads: reads, check: check
    ) { call throws(TemplateError) in
      let value = try body(&call)
      guard case .string(let text) = value else { return value }
      return .safeString(text)
    }
  }

  /// One call: its arguments, in the order of the parameters (keyword arguments already in their places).
  package struct Call {
    package let context: RenderContext
    private let arguments: Arguments
    private let program: Program
    private let function: Int
    private let position: Int
    /// What is left of the rendering's budget.
    package private(set) var stepsLeft: Int

    init(
      context: RenderContext, arguments: Arguments, program: Program, function: Int, position: Int,
      stepsLeft: Int
    ) {
      self.stepsLeft = stepsLeft
      self.context = context
      self.arguments = arguments
      self.program = program
      self.function = function
      self.position = position
    }

    var body: @Sendable (inout Call) throws(TemplateError) -> Value {
      program.functions.functions[function].body
    }

    /// As many as were given.
    package var argumentCount: Int { arguments.count }

    /// `.undefined` beyond the last.
    package func argument(_ position: Int) -> Value { arguments[position] ?? .undefined }

    /// The argument's text (a number's too), borrowed for the call of `body`; no copy where none is needed.
    package func withText<Result>(
      _ position: Int, _ body: (UnsafeRawBufferPointer) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result {
      // Not by way of an optional result: a generic type made here costs more than the call.
      switch argument(position) {
      case .string(let bytes), .safeString(let bytes): return try bytes.withBytes(body)
      case .json(let json):
        if !json.hasEscapes, let text = json.rawString { return try body(text) }
        return try Value.json(json).textBytes.withBytes(body)
      case let value: return try value.textBytes.withBytes(body)
      }
    }

    /// The same without a result. Not generic, so that callers in other modules need nothing made at run time.
    package func withText(
      _ position: Int, _ body: (UnsafeRawBufferPointer) throws(TemplateError) -> Void
    ) throws(TemplateError) {
      let value = argument(position)
      if try value.withStringBytes(body) == nil { try value.textBytes.withBytes(body) }
    }

    /// The argument as an integer, or an error that names the function and the parameter.
    package func integer(_ position: Int) throws(TemplateError) -> Int {
      let value = argument(position)
      if let integer = value.int { return integer }
      let function = program.functions.functions[function]
      let parameter =
        position < function.parameters.count ? "`\(function.parameters[position])`" : "\(position + 1)"
      throw error(
        .badArguments,
        "the argument \(parameter) of `\(function.name)` must be a whole number, not \(value.kindOfNumber)")
    }

    /// What the rendering may use.
    package var limits: TemplateLimits { program.limits }

    /// The error of a rendering that used up `limits.stepsMax`.
    package var tooManySteps: TemplateError { program.error(.tooManySteps(limits), at: position) }

    /// The error of a string that would be longer than `limits.stringBytesMax`.
    package var stringTooLong: TemplateError { program.error(.tooLongString(limits), at: position) }

    /// Counts work that neither the arguments nor the result show, in steps of `TemplateLimits.stepsMax`; an error when
    /// the budget is used up.
    package mutating func charge(_ steps: Int) throws(TemplateError) {
      stepsLeft &-= max(0, steps)
      if stepsLeft < 0 { throw tooManySteps }
    }

    /// An error with the place of this call.
    package func error(_ kind: TemplateError.Kind, _ detail: String) -> TemplateError {
      program.error(.here(kind, detail), at: self.position)
    }
  }
}

extension Function {
  /// Puts arguments in the order of the parameters; used where the template could not be checked before.
  func bind(_ arguments: Arguments, _ keywords: MapValue?) throws(Fault) -> [Value] {
    var values: [Value?] = arguments.values
    var rest = MapBuilder()
    for entry in keywords?.entries ?? [] {
      let name = entry.key.withStringBytes { String(decoding: $0, as: UTF8.self) }
      guard let name, let position = parameters.firstIndex(of: name) else {
        if !isVariadic { throw unknownKeyword(String(decoding: entry.key.textBytes, as: UTF8.self)) }
        rest.set(entry.key, to: entry.value)
        continue
      }
      if position < values.count, values[position] != nil { throw givenTwice(name) }
      while values.count <= position { values.append(nil) }
      values[position] = entry.value
    }
    try check(given: values.map { $0 != nil })
    var result = values.map { $0 ?? .undefined }
    if !rest.entries.isEmpty { result.append(.map(try rest.finish())) }
    return result
  }

  /// `given` says for each parameter whether it has an argument.
  func check(given: [Bool]) throws(Fault) {
    if !isVariadic, given.count > parameters.count {
      throw .arguments("`\(name)` takes \(Builtin.counted(parameters.count)) at most, not \(given.count)")
    }
    for (position, parameter) in parameters.prefix(required).enumerated()
    where position >= given.count || !given[position] {
      throw .arguments("`\(name)` needs the argument `\(parameter)`")
    }
  }

  func unknownKeyword(_ keyword: String) -> Fault {
    let suggestion = NearestName.suggestion(for: keyword, among: parameters)
    return .arguments("`\(name)` has no parameter `\(keyword)`\(suggestion)")
  }

  func givenTwice(_ parameter: String) -> Fault {
    .arguments("the argument `\(parameter)` of `\(name)` is given twice")
  }
}

/// Arguments that lie in an array, without a copy of them.
struct Arguments {
  private let storage: [Value]
  private let start: Int
  let count: Int

  init(_ values: [Value]) {
    storage = values
    start = 0
    count = values.count
  }

  /// The last values of a stack.
  init(last count: Int, of stack: [Value]) {
    storage = stack
    self.count = min(max(0, count), stack.count)
    start = stack.count - self.count
  }

  /// Nil beyond the last.
  subscript(position: Int) -> Value? {
    position >= 0 && position < count ? storage[start &+ position] : nil
  }

  var values: [Value] { Array(storage[start..<start + count]) }
}

/// A name that the host answers, ahead of any field of that name: `connection`.
package struct HostVariable: Sendable {
  package let name: String
  /// The value of `name.attribute`; `.undefined` when there is none.
  package let attribute: @Sendable (RenderContext, _ attribute: String) -> Value
  /// What asking for one costs, besides the copy of its text.
  static let stepsOfAttribute = 8
  /// All attributes, for printing and iterating.
  package let attributes: [String]
  package init(
    _ name: String, attributes: [String],
    attribute: @escaping @Sendable (RenderContext, String) -> Value
  ) {
    self.name = name
    self.attributes = attributes
    self.attribute = attribute
  }
}
