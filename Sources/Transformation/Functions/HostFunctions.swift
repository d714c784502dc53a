internal import Template

/// The functions and variables that transformations add to the template language.
enum HostFunctions {
  static let connection = "connection"

  static let table = FunctionTable(
    functions: HeaderFunctions.all + BodyFunctions.all + TextFunctions.all + Base64Functions.all
      + RandomFunctions.all,
    variables: [
      HostVariable(connection, attributes: ConnectionAttribute.allCases.map(\.rawValue)) { context, name in
        connectionAttribute(context, name)
      }
    ])

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
    _ name: String, parameters: [String], required: Int? = nil,
    _ emit: @escaping @Sendable (inout Call, inout [UInt8]) throws(TemplateError) -> Void
  ) -> Function {
    Function(
      name, parameters: parameters, required: required, emit: emit,
      body: { call throws(TemplateError) in
        var output: [UInt8] = []
        try emit(&call, &output)
        return .string(output)
      })
  }
}
