package import Template

/// The functions and variables that transformations add to the template language.
package enum HostFunctions {
  static let connection = "connection"

  /// Without any secrets.
  package static let table = makeTable(Secrets())

  static func table(_ secrets: Secrets) -> FunctionTable { secrets.isEmpty ? table : makeTable(secrets) }

  /// For a template that prints JSON: what makes JSON, or a part of a string of it, is printed as it is.
  static func jsonTable(_ secrets: Secrets) -> FunctionTable {
    var table = table(secrets)
    for index in table.functions.indices where writesJSON.contains(table.functions[index].name) {
      table.functions[index] = table.functions[index].safe
    }
    return table
  }

  private static let writesJSON: Set<String> = ["to_json", "raw_string"]

  /// To read templates with, not to render them: nothing is said of secrets that do not exist.
  static let tableOfReaders = makeTable(nil)

  private static func makeTable(_ secrets: Secrets?) -> FunctionTable {
    FunctionTable(
      functions: [
        HeaderFunctions.all, CookieFunctions.all, PathFunctions.all, BodyFunctions.all, TextFunctions.all,
        RegexFunctions.all, JSONFunctions.all, Base64Functions.all, HashFunctions.all, RandomFunctions.all,
        TimeFunctions.all, SecretFunctions.all(secrets),
      ].flatMap { $0 },
      variables: [
        HostVariable(connection, attributes: ConnectionAttribute.allCases.map(\.rawValue)) { context, name in
          connectionAttribute(context, name)
        }
      ])
  }

  /// The scope of the phase that renders; nil when a template is rendered without one.
  static func scope(_ context: RenderContext) -> PhaseScope? { context.host as? PhaseScope }

  private static func connectionAttribute(_ context: RenderContext, _ name: String) -> Value {
    guard let attribute = ConnectionAttribute(rawValue: name),
      let value = scope(context)?.source?.attribute(attribute)
    else { return .undefined }
    switch value {
    case .string(let text): return .string(text)
    case .int(let number): return .int(number)
    case .bool(let flag): return .bool(flag)
    }
  }
}

extension Function {
  /// A function whose result is a string: `emit` appends it, wherever the call stands.
  static func text(
    _ name: String, parameters: [String], required: Int? = nil, reads: [Read] = [],
    check: (@Sendable (_ constants: [Value?]) -> String?)? = nil,
    _ emit: @escaping @Sendable (inout Call, inout [UInt8]) throws(TemplateError) -> Void
  ) -> Function {
    Function(
      name, parameters: parameters, required: required, reads: reads, check: check, emit: emit,
      body: { call throws(TemplateError) in
        var output: [UInt8] = []
        try emit(&call, &output)
        return .string(output)
      })
  }
}

extension Function {
  /// What a value prints.
  static func text(of value: Value) -> [UInt8] {
    var output: [UInt8] = []
    value.appendText(to: &output)
    return output
  }
}

extension Function.Call {
  /// A copy of the argument's text.
  func bytes(_ position: Int) throws(TemplateError) -> [UInt8] {
    try withText(position) { (text) throws(TemplateError) in Array(text) }
  }

  func list(_ elements: [Value]) throws(TemplateError) -> Value {
    do throws(Fault) { return .list(try ListValue.make(elements)) } catch { throw self.error(error) }
  }

  private func error(_ fault: Fault) -> TemplateError {
    switch fault {
    case .here(let kind, let detail): error(kind, detail)
    case .placed(let error): error
    }
  }
}
