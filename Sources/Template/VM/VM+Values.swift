import JSON

/// Looking values up and working with them.
extension VM {
  /// What a path leads to: a variable, then a variable of the host, then a member of the body.
  mutating func value(ofPath index: Int) throws(Fault) -> Value {
    let path = program.paths[index]
    var step = path.firstStep
    var value: Value
    if path.isAssigned, let local = try variable(path.name) {
      value = local
    } else if path.variable >= 0 {
      let variable = program.functions.variables[Int(path.variable)]
      if path.hasSteps {
        value = variable.attribute(context, program.tables.names.text(program.steps[Int(step)]))
        try charge(value.weight &+ HostVariable.stepsOfAttribute)
        step &+= 1
      } else {
        value = .object(HostVariableValue(variable, context: context))
      }
    } else {
      value = try field(path.name)
    }
    while step < path.endOfSteps {
      if value.isUndefined { throw undefined(path, at: step) }
      value = try attribute(of: value, program.steps[Int(step)])
      step &+= 1
    }
    return value
  }

  mutating func field(_ name: Int32) throws(Fault) -> Value {
    try program.field(name, in: context, &steps)
  }

  mutating func attribute(of value: Value, _ name: Int32) throws(Fault) -> Value {
    if case .json(let json) = value { try chargeSearch(json) }
    return try program.names.with(Int(name)) { (name) throws(Fault) in try value.attribute(name) }
  }

  /// Members of the body are found by a search: in large objects that counts as work.
  private mutating func chargeSearch(_ json: JSONValue) throws(Fault) {
    try charge(Program.stepsOfSearch(json))
  }

  private func undefined(_ path: ProgramTables.Path, at step: Int32) -> Fault {
    let names = program.tables.names
    let steps = program.tables.steps[Int(path.firstStep)..<Int(step)]
    let known = ([path.name] + steps).map { names.text($0) }.joined(separator: ".")
    let wanted = names.text(program.tables.steps[Int(step)])
    return .here(.undefined, "cannot read `\(wanted)` of `\(known)`, which is undefined")
  }

  mutating func item() throws(Fault) {
    let key = pop()
    let value = pop()
    if case .json(let json) = value {
      try chargeSearch(json)
      // Keys of the body may have most of a long one in common.
      try charge(json.count &* ((key.weight &- 1) >> 2))
    }
    // A character is found by counting, a long key by its hash.
    if value.kind == .string { try charge(value.stepsOfCounting) }
    try charge(key.stepsOfComparing)
    push(try value.item(key))
  }

  mutating func slice() throws(Fault) {
    let step = pop()
    let stop = pop()
    let start = pop()
    let value = pop()
    try charge(value.stepsOfCounting)
    push(try value.slice(start: start, stop: stop, step: step))
  }

  mutating func calculate(_ flags: UInt8) throws(Fault) {
    let right = pop()
    let left = pop()
    guard let arithmetic = Arithmetic(rawValue: flags) else { return }
    // What is calculated with may be long, and the result short.
    try charge(left.weight &+ right.weight &- 2)
    let result = try arithmetic.apply(left, right, program.limits)
    try charge(result.weight)
    push(result)
  }

  mutating func compare(_ flags: UInt8) throws(Fault) {
    let right = pop()
    let left = pop()
    // Not the smaller of the two: a text of the body may have to be decoded, a map to be hashed.
    try charge(left.stepsOfComparing &+ right.stepsOfComparing &- 2)
    switch Comparison(rawValue: flags) {
    case .equal: push(.bool(left.isEqual(to: right)))
    case .notEqual: push(.bool(!left.isEqual(to: right)))
    case .less: push(.bool(left.compared(to: right) < 0))
    case .lessOrEqual: push(.bool(left.compared(to: right) <= 0))
    case .greater: push(.bool(left.compared(to: right) > 0))
    case .greaterOrEqual: push(.bool(left.compared(to: right) >= 0))
    case nil: return
    }
  }

  mutating func contains() throws(Fault) {
    let container = pop()
    let element = pop()
    try charge(
      container.kind == .string ? container.weight &* StepCosts.searched : container.stepsOfComparing)
    try charge(element.stepsOfComparing)
    push(.bool(try container.contains(element)))
  }

  mutating func concatenate() throws(Fault) {
    let right = pop()
    let left = pop()
    // Printing a list costs more than its text shows.
    try charge(left.stepsOfPrinting &+ right.stepsOfPrinting &- 2)
    var bytes = left.textBytes
    right.appendText(to: &bytes)
    try program.limits.checkLength(bytes.count)
    push(.string(bytes))
  }

  mutating func buildList(_ count: Int) throws(Fault) {
    try charge(StepCosts.call &+ count &>> 2)
    let list = try Value.list(popLast(count))
    // How large it is was counted anew.
    if list.holdsObjects { try charge(list.weight) }
    push(list)
  }

  mutating func buildMap(_ count: Int) throws(Fault) {
    let values = popLast(count &* 2)
    try charge(StepCosts.list)
    var builder = MapBuilder()
    var index = 0
    while index &+ 1 < values.count {
      try charge(values[index].stepsOfComparing &+ StepCosts.call)
      builder.set(values[index], to: values[index &+ 1])
      index &+= 2
    }
    let map = Value.map(try builder.finish())
    if map.holdsObjects { try charge(map.weight) }
    push(map)
  }

  // MARK: - Variables

  /// The variable with that name in the innermost scope that has one.
  mutating func variable(_ name: Int32) throws(Fault) -> Value? {
    let first = workspace.calls.last?.bindings ?? 0
    var index = workspace.bindings.count
    while index > first {
      index &-= 1
      if workspace.bindings[index].name == name {
        try chargeSearch(of: workspace.bindings.count &- index)
        return workspace.bindings[index].value
      }
    }
    try chargeSearch(of: workspace.bindings.count &- first)
    return workspace.calls.last?.closure?.value(of: name)
  }

  mutating func store(_ name: Int32, _ value: Value) throws(Fault) {
    let scope = workspace.scopes.count &- 1
    guard scope >= 0 else { return }
    workspace.scopes[scope].closure?.set(name, to: value)
    let first = workspace.scopes[scope].bindings
    var index = workspace.bindings.count
    while index > first {
      index &-= 1
      if workspace.bindings[index].name == name {
        workspace.bindings[index].value = value
        try chargeSearch(of: workspace.bindings.count &- index)
        return
      }
    }
    try chargeSearch(of: workspace.bindings.count &- first)
    workspace.bindings.append(Workspace.Binding(name: name, value: value))
  }

  mutating func storeAttribute(_ name: Int32) throws(Fault) {
    let target = pop()
    let value = pop()
    guard case .object(let object) = target, let namespace = object as? Namespace else {
      throw .invalid(
        "only namespaces have attributes that can be set, not values of type \(target.kind.name)")
    }
    try charge(StepCosts.call &+ program.tables.names.text(name).utf8.count >> 4)
    // The namespaces in it are looked for.
    if value.holdsObjects { try charge(value.weight) }
    try namespace.set(Value(program.tables.names.text(name)), to: value)
  }

  mutating func beginScope(loop: LoopState? = nil) throws(Fault) {
    // Only macros and recursive loops open scopes without end.
    if workspace.scopes.count > program.limits.callDepthMax { throw tooDeep }
    workspace.scopes.append(Workspace.Scope(bindings: workspace.bindings.count, loop: loop))
  }

  mutating func endScope() {
    guard let scope = workspace.scopes.popLast() else { return }
    if scope.loop != nil { _ = workspace.iterators.popLast() }
    workspace.bindings.removeLast(max(0, workspace.bindings.count &- scope.bindings))
  }

  var tooDeep: Fault {
    .limit("macros and loops are nested more than \(program.limits.callDepthMax) deep (limits.recursion)")
  }

  /// `{% set (a, b) = list %}`
  mutating func unpack(_ count: Int) throws(Fault) {
    let value = pop()
    switch value.kind {
    case .sequence, .iterator, .map: break
    default:
      let hint = value.kind == .string && count == 2 ? OtherDialects.pairsOfMap : ""
      throw .invalid("cannot unpack a value of type \(value.kind.name)\(hint)")
    }
    let elements = value.elements ?? []
    guard elements.count == count else {
      throw .invalid("cannot unpack \(elements.count) elements into \(count) names")
    }
    for element in elements.reversed() { push(element) }
  }
}
