/// A variable of the host as a value, when it is not just an attribute of it that is read.
final class HostVariableValue: ValueObject {
  private let variable: HostVariable
  private let context: RenderContext

  init(_ variable: HostVariable, context: RenderContext) {
    self.variable = variable
    self.context = context
  }

  /// Texts of certificates are some lines long.
  override var weight: Int { variable.attributes.count &* (HostVariable.stepsOfAttribute &+ 16) }

  override var attributeNames: [Value] { variable.attributes.map { Value($0) } }

  override func attribute(_ name: UnsafeRawBufferPointer) -> Value? {
    let value = variable.attribute(context, String(decoding: name, as: UTF8.self))
    return value.isUndefined ? nil : value
  }
}
