/// Finds matches: all ways through the program are followed at the same time, one character after the other (the
/// simulation of Thompson and Pike). Each state is visited once for each character at most.
struct RegexMachine {
  private let program: RegexProgram
  /// Two places for each group whose place is wanted.
  private let slotCount: Int
  /// Two lists of states in the order of preference, one behind the other: for this character and for the next.
  private var states: [Int32]
  /// Where each state is in its list, if it is there.
  private var places: [Int32]
  private var counts = [0, 0]
  /// The places of the groups, for each state of both lists.
  private var slots: [Int]
  /// Those of the way that is being followed.
  private var current: [Int]
  private var open: [Frame] = []
  /// Where the groups of the last match are: start and end, or -1. Group 0 is the match.
  private(set) var found: [Int]
  /// States that may still be visited.
  private(set) var statesLeft: Int

  private enum Frame {
    case explore(Int)
    case restore(slot: Int, value: Int)
  }

  struct TooMuchWork: Error {}

  /// `groups`: how many are to be found, the whole match being the first; 0 asks only whether there is a match.
  init(_ program: RegexProgram, groups: Int, statesMax: Int) {
    self.program = program
    slotCount = min(groups, program.groupCount + 1) * 2
    let count = program.instructions.count
    states = [Int32](repeating: 0, count: count * 2)
    places = [Int32](repeating: 0, count: count * 2)
    slots = [Int](repeating: -1, count: count * 2 * slotCount)
    current = [Int](repeating: -1, count: slotCount)
    found = [Int](repeating: -1, count: slotCount)
    // Making the lists is work too.
    statesLeft = statesMax &- count &- slots.count / 8
  }

  /// The leftmost match that starts at or behind `start`; then `found` tells its places.
  mutating func match(in text: UnsafeRawBufferPointer, from start: Int) throws(TooMuchWork) -> Bool {
    var position = start
    var list = 0
    var isFound = false
    counts[0] = 0
    counts[1] = 0
    while true {
      if counts[list] == 0 {
        if isFound || program.isAnchored && position > 0 { return isFound }
        if let firstBytes = program.firstBytes {
          let before = position
          while position < text.count, !firstBytes[Int(text[position])] { position &+= 1 }
          statesLeft &-= (position &- before) / 8
          if position == text.count { return false }
        }
      }
      if !isFound {
        for slot in current.indices { current[slot] = -1 }
        follow(0, list, text, position)
      }
      if statesLeft < 0 { throw TooMuchWork() }
      let isAtEnd = position >= text.count
      let (scalar, length) = isAtEnd ? (UInt32.max, 0) : UTF8Scalar.decode(text, at: position)
      if step(list, scalar, text, position &+ length) {
        isFound = true
        if slotCount == 0 { return true }
      }
      if isAtEnd { return isFound }
      counts[list] = 0
      list = 1 - list
      position &+= length
    }
  }

  /// Moves every state of a list over the character. True when one is a match: those behind it no longer count.
  private mutating func step(
    _ list: Int, _ scalar: UInt32, _ text: UnsafeRawBufferPointer, _ position: Int
  ) -> Bool {
    let base = list &* program.instructions.count
    for index in 0..<counts[list] {
      let state = Int(states[base &+ index])
      switch program.instructions[state] {
      case .scalar(let wanted): if wanted != scalar { continue }
      case .set(let set):
        if scalar >= 0x80 { statesLeft &-= program.sets[set].statesOfLookup }
        if scalar == .max || !program.sets[set].contains(scalar) { continue }
      case .match:
        for slot in 0..<slotCount { found[slot] = slots[(base &+ index) &* slotCount &+ slot] }
        return true
      default: continue
      }
      for slot in 0..<slotCount { current[slot] = slots[(base &+ index) &* slotCount &+ slot] }
      follow(state &+ 1, 1 &- list, text, position)
    }
    return false
  }

  /// Adds a state, and all that it leads to without a character, to a list.
  private mutating func follow(_ start: Int, _ list: Int, _ text: UnsafeRawBufferPointer, _ position: Int) {
    open.append(.explore(start))
    while let frame = open.popLast() {
      switch frame {
      case .restore(let slot, let value): current[slot] = value
      case .explore(let state): explore(state, list, text, position)
      }
    }
  }

  private mutating func explore(
    _ start: Int, _ list: Int, _ text: UnsafeRawBufferPointer, _ position: Int
  ) {
    let base = list &* program.instructions.count
    var state = start
    while true {
      let place = Int(places[base &+ state])
      if place < counts[list], Int(states[base &+ place]) == state { return }
      let index = counts[list]
      places[base &+ state] = Int32(truncatingIfNeeded: index)
      states[base &+ index] = Int32(truncatingIfNeeded: state)
      counts[list] = index &+ 1
      statesLeft &-= 1
      switch program.instructions[state] {
      case .jump(let target): state = target
      case .split(let first, let second):
        open.append(.explore(second))
        state = first
      case .save(let slot):
        if slot < slotCount {
          open.append(.restore(slot: slot, value: current[slot]))
          current[slot] = position
        }
        state &+= 1
      case .assertion(let assertion):
        if !assertion.holds(in: text, at: position) { return }
        state &+= 1
      case .scalar, .set, .match:
        statesLeft &-= slotCount / 8
        for slot in 0..<slotCount { slots[(base &+ index) &* slotCount &+ slot] = current[slot] }
        return
      }
    }
  }
}
