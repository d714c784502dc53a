import JSON

/// Loops and recursion.
extension VM {
  /// The innermost loop that a macro or the template itself can name.
  mutating func innermostLoop() throws(Fault) -> LoopState? {
    let first = workspace.calls.last?.scopes ?? 0
    var index = workspace.scopes.count
    while index > first {
      index &-= 1
      if let loop = workspace.scopes[index].loop, loop.isNamed {
        try chargeSearch(of: workspace.scopes.count &- index)
        return loop
      }
    }
    try chargeSearch(of: workspace.scopes.count &- first)
    return nil
  }

  mutating func loadLoopAttribute(_ flags: UInt8) throws(Fault) {
    guard let attribute = LoopState.Attribute(rawValue: flags), let loop = try innermostLoop() else {
      push(.undefined)
      return
    }
    push(loop.attribute(attribute))
  }

  mutating func beginLoop(_ flags: UInt8) throws(Fault) {
    let sequence = pop()
    let returnAddress = pendingReturn
    pendingReturn = nil
    // Its keys are looked at for repeated ones before the first is there.
    if case .json(let json) = sequence, json.kind == .object { try charge(json.count &* StepCosts.key) }
    guard let iterator = ValueIterator(sequence) else {
      throw .invalid("cannot loop over a value of type \(sequence.kind.name)")
    }
    // The characters of a string are counted before the first is there.
    if sequence.kind == .string { try charge(sequence.weight) }
    if case .json = sequence {} else { try charge(iterator.count) }
    let isRecursive = flags & LoopState.isRecursive != 0
    let outer = try innermostLoop()
    let loop = LoopState(
      length: iterator.count, nesting: outer?.start != nil ? (outer?.nesting ?? 0) &+ 1 : 0,
      isNamed: flags & LoopState.isNamed != 0, start: isRecursive ? position : nil,
      returnAddress: returnAddress)
    try beginScope(loop: loop)
    workspace.iterators.append(iterator)
  }

  /// The next element of the loop that is open innermost. Variables that the body sets end with each round.
  mutating func nextItem() -> Value? {
    let last = workspace.iterators.count &- 1
    let scope = workspace.scopes.count &- 1
    guard last >= 0, scope >= 0, let loop = workspace.scopes[scope].loop else { return nil }
    if loop.index >= 0 { endRound(scope) }
    if program.tables.tracksNeighbours {
      guard let value = loop.index < 0 ? workspace.iterators[last].next() : loop.following else { return nil }
      loop.advance(to: value, following: workspace.iterators[last].next())
      return value
    }
    guard let value = workspace.iterators[last].next() else { return nil }
    loop.advance()
    return value
  }

  private mutating func endRound(_ scope: Int) {
    let first = workspace.scopes[scope].bindings
    if workspace.bindings.count > first { workspace.bindings.removeLast(workspace.bindings.count &- first) }
  }

  mutating func endLoop(next: Int) {
    let loop = workspace.scopes.last?.loop
    endScope()
    if let (instruction, captures) = loop?.returnAddress {
      if captures { endCapture() }
      position = instruction
    } else {
      position = (loop?.index ?? 0) >= 0 ? next : position &+ 1
    }
  }

  /// `loop(sequence)`: the loop begins again, one level deeper, with the sequence on the stack.
  mutating func recurse(_ loop: LoopState?, captures: Bool) throws(Fault) {
    guard let loop, let start = loop.start else {
      throw .invalid("only a loop with `recursive` can be called")
    }
    let first = workspace.calls.last?.scopes ?? 0
    // From the innermost outwards, where it nearly always is.
    let running = workspace.scopes[first...].lastIndex { $0.loop === loop }
    try chargeSearch(of: workspace.scopes.count &- (running ?? first))
    if running == nil {
      throw .invalid("this loop is not running here, so it cannot be called")
    }
    pendingReturn = (position &+ 1, captures)
    if captures { beginCapture() }
    position = start
  }

  /// A filtered loop counts the elements that stay beneath the one that it looks at.
  mutating func keepItem() {
    let item = pop()
    let count = pop().int ?? 0
    push(item)
    push(.int(Int64(count &+ 1)))
  }
}
