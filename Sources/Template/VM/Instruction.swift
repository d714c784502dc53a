/// One step of a program. Eight bytes, no references: constants, names and functions are in the program's tables, and
/// `operand` says where.
struct Instruction {
  let operation: Operation
  /// See the operation.
  var flags: UInt8 = 0
  /// Arguments of a call that lie on the stack, the input of a filter or test included.
  var count: UInt16 = 0
  var operand: Int32 = 0

  /// The last argument is a map of keyword arguments.
  static let hasKeywords: UInt8 = 1
  /// Beneath it lies the number of arguments: `*list` made it unknown before.
  static let hasSpread: UInt8 = 2
}

/// `a → b`: takes a from the stack and puts b there.
enum Operation: UInt8 {
  // Output.
  /// Writes the text `operand`.
  case emitText
  /// Writes the member of the body with the name `operand`, which no variable of the template can have.
  case emitField
  /// Writes what the path `operand` leads to.
  case emitPath
  /// Writes what the host's function says; the call is `operand`, its arguments are constants.
  case emitConstantCall
  /// arguments → ; the same with `count` arguments from the stack; `operand` is the function.
  case emitCall
  /// value → ; writes it.
  case emit

  // Values.
  /// → constant `operand`
  case loadConstant
  /// → what the path `operand` leads to
  case loadPath
  /// → the innermost loop
  case loadLoop
  /// → the attribute `flags` (`LoopState.Attribute`) of the innermost loop
  case loadLoopAttribute
  /// value → value.name; the name is `operand`.
  case attribute
  /// value → value.number; the number is `operand`.
  case position
  /// value, key → value[key]
  case item
  /// value, start, stop, step → the slice
  case slice

  // Operators.
  /// left, right → result; `flags` is the `Arithmetic`.
  case calculate
  /// left, right → boolean; `flags` is the `Comparison`.
  case compare
  /// value → -value
  case negate
  /// value → boolean
  case not
  /// element, container → boolean
  case contains
  /// left, right → string
  case concatenate
  /// `operand` values → list
  case buildList
  /// count and that many values → list
  case buildCountedList
  /// `operand` keys and values → map
  case buildMap
  /// `operand` maps → one map of keyword arguments
  case mergeKeywords
  /// `operand` lists → their elements and how many there are
  case spread
  /// list of `operand` elements → its elements, the first on top
  case unpack

  // The stack.
  case duplicate
  case discard
  /// count, item → item, count + 1
  case keepItem

  // Variables.
  /// value → ; sets the variable `operand` in the innermost scope.
  case store
  /// value, namespace → ; sets its attribute `operand`.
  case storeAttribute
  case beginScope
  case endScope

  // Control; `operand` is where to go.
  case jump
  /// value → ; goes there when it is false.
  case jumpIfFalse
  /// Goes there with the value still on the stack when it is false, else takes it.
  case jumpIfFalseElseDiscard
  case jumpIfTrueElseDiscard
  /// value → ; goes there when it is defined.
  case jumpIfDefined

  // Loops.
  /// sequence → ; opens the scope of a loop. Flags: `LoopState.isNamed`, `LoopState.isRecursive`.
  case beginLoop
  /// → the next element; goes to `operand` when there is none.
  case nextItem
  /// Closes the loop's scope, returns from a recursion, and goes to `operand` when there was an element.
  case endLoop
  /// sequence → ; runs the innermost loop over it. `flags` 1: → its output.
  case recurse

  // Calls: arguments → result.
  /// The filter `operand`.
  case filter
  /// The test `operand`: a boolean.
  case test
  /// The built-in function `operand`.
  case callBuiltin
  /// The function `operand` of the host.
  case callHost
  /// The variable of the named call `operand`, or the function of that name.
  case callNamed
  /// value, arguments → result
  case callValue
  /// value, arguments → result of the method with the name `operand`
  case callMethod

  // Output that is caught.
  case beginCapture
  /// → the text
  case endCapture
  case discardCapture
  /// mode → ; text is escaped from here on
  case beginEscape
  case endEscape

  // Macros.
  /// → the macro `operand`
  case makeMacro
  /// Lets the macros of this scope see the variable `operand`.
  case enclose
  /// Lets them see the innermost loop, as the variable `operand`.
  case encloseLoop
  /// Ends a macro: → its output.
  case returnFromMacro

  /// `Program.renderDirectly` can do it: it writes, and needs no stack and no scope.
  var isDirect: Bool {
    switch self {
    case .emitText, .emitField, .emitConstantCall: true
    default: false
    }
  }
}
