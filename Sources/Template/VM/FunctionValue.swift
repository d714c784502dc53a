/// A function as a value: `{% set f = range %}`.
final class FunctionValue: ValueObject {
  let name: String
  let callee: ProgramTables.Callee

  init(name: String, callee: ProgramTables.Callee) {
    self.name = name
    self.callee = callee
  }

  override var kind: ValueKind { .object }
  override func appendText(with printer: inout ValuePrinter) { printer.append(text: "<function \(name)>") }
}
