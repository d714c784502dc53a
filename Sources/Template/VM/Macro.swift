/// A macro as a value: its code, and the variables that it saw where it was declared.
final class Macro: ValueObject {
  let shape: ProgramTables.MacroShape
  let parameterNames: [String]
  let closure: Closure?

  init(_ shape: ProgramTables.MacroShape, parameterNames: [String], closure: Closure?) {
    self.shape = shape
    self.parameterNames = parameterNames
    self.closure = closure
  }

  override var weight: Int { 8 &+ parameterNames.count &* 2 }

  override var attributeNames: [Value] { [Value("name"), Value("arguments"), Value("caller")] }

  override func attribute(_ name: UnsafeRawBufferPointer) -> Value? {
    switch String(decoding: name, as: UTF8.self) {
    case "name": return Value(shape.name)
    case "arguments": return try? .list(parameterNames.map { Value($0) })
    case "caller": return .bool(shape.usesCaller)
    default: return nil
    }
  }

  override func appendText(with printer: inout ValuePrinter) { printer.append(text: "<macro \(shape.name)>") }
}

/// The variables of a scope that the macros declared there can see. Later assignments in that scope change them.
final class Closure {
  private var values: [Int32: Value] = [:]

  func value(of name: Int32) -> Value? { values[name] }
  func set(_ name: Int32, to value: Value) { values[name] = value }
  func clear() { values = [:] }
}
