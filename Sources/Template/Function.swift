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
  package let body: @Sendable (inout Call) throws(TemplateError) -> Value
  /// The same, written straight to the output where the call is a whole `{{ … }}`: saves the copy.
  package let emit: (@Sendable (inout Call, inout [UInt8]) throws(TemplateError) -> Void)?

  package init(
    _ name: String, parameters: [String], required: Int? = nil,
    emit: (@Sendable (inout Call, inout [UInt8]) throws(TemplateError) -> Void)? = nil,
    body: @escaping @Sendable (inout Call) throws(TemplateError) -> Value
  ) {
    self.name = name
    self.parameters = parameters
    self.required = required ?? parameters.count
    self.emit = emit
    self.body = body
  }

  /// One call: its arguments, in the order of the parameters (keyword arguments already in their places).
  package struct Call {
    package let context: RenderContext
    /// As many as were given.
    package var argumentCount: Int { fatalError() }
    /// `.undefined` beyond the last.
    package func argument(_ position: Int) -> Value { fatalError() }
    /// The argument's text (a number's too), borrowed for the call of `body`; no copy where none is needed.
    package func withText<Result>(
      _ position: Int, _ body: (UnsafeRawBufferPointer) throws(TemplateError) -> Result
    ) throws(TemplateError) -> Result { fatalError() }
    /// The argument as an integer, or an error that names the function and the parameter.
    package func integer(_ position: Int) throws(TemplateError) -> Int { fatalError() }
    /// An error with the place of this call.
    package func error(_ kind: TemplateError.Kind, _ detail: String) -> TemplateError { fatalError() }
  }
}

/// A name that the host answers, ahead of any field of that name: `connection`.
package struct HostVariable: Sendable {
  package let name: String
  /// The value of `name.attribute`; `.undefined` when there is none.
  package let attribute: @Sendable (RenderContext, _ attribute: String) -> Value
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
