/// What the machine executes.
struct RegexProgram: Sendable {
  enum Instruction: Sendable {
    /// A character, and on to the next instruction.
    case scalar(UInt32)
    case set(Int)
    /// No character: both ways, the first is preferred.
    case split(Int, Int)
    case jump(Int)
    /// The place is a group's start (even) or end (odd).
    case save(Int)
    case assertion(RegexAssertion)
    case match
  }

  let instructions: [Instruction]
  let sets: [RegexSet]
  /// Without the whole match, which is group 0.
  let groupCount: Int
  let groupNames: [String: Int]
  /// Matches only at the start of the text.
  let isAnchored: Bool
  /// Whether a match may start with the byte; nil when a match may be empty.
  let firstBytes: [Bool]?
  /// What compiling it took: nodes, instructions, and what its sets are made of.
  let work: Int
}

/// Makes a program of a pattern.
struct RegexCompiler {
  private var instructions: [RegexProgram.Instruction] = []
  private var sets: [RegexSet] = []
  /// Nodes that were compiled: repeating nothing a thousand times a thousand times makes no instructions.
  private var work = 0

  static func compile(
    _ pattern: RegexParser.Result
  ) throws(RegexError) -> RegexProgram {
    var compiler = RegexCompiler()
    try compiler.add(.save(0))
    try compiler.compile(pattern.node)
    try compiler.add(.save(1))
    try compiler.add(.match)
    return RegexProgram(
      instructions: compiler.instructions, sets: compiler.sets, groupCount: pattern.groupCount,
      groupNames: pattern.names,
      isAnchored: compiler.isAnchored, firstBytes: compiler.firstBytes(),
      work: pattern.work + compiler.work + compiler.instructions.count)
  }

  private mutating func add(_ instruction: RegexProgram.Instruction) throws(RegexError) {
    if instructions.count >= RegexLimits.instructionsMax { throw .tooLarge }
    instructions.append(instruction)
  }

  private mutating func compile(_ node: RegexNode) throws(RegexError) {
    work += 1
    if work > RegexLimits.workMax { throw .tooLarge }
    switch node {
    case .empty: return
    case .scalar(let scalar): try add(.scalar(scalar))
    case .set(let set):
      try add(.set(sets.count))
      sets.append(set)
    case .assertion(let assertion): try add(.assertion(assertion))
    case .concatenation(let parts): for part in parts { try compile(part) }
    case .alternation(let branches): try compile(branches)
    case .group(let node, let number):
      try add(.save(number * 2))
      try compile(node)
      try add(.save(number * 2 + 1))
    case .repetition(let node, let least, let most, let isLazy):
      try compile(node, least: least, most: most, isLazy: isLazy)
    }
  }

  private mutating func compile(_ branches: [RegexNode]) throws(RegexError) {
    var jumps: [Int] = []
    for (position, branch) in branches.enumerated() {
      let isLast = position == branches.count - 1
      let split = instructions.count
      if !isLast { try add(.jump(0)) }
      try compile(branch)
      if isLast { break }
      jumps.append(instructions.count)
      try add(.jump(0))
      instructions[split] = .split(split + 1, instructions.count)
    }
    for jump in jumps { instructions[jump] = .jump(instructions.count) }
  }

  private mutating func compile(
    _ node: RegexNode, least: Int, most: Int?, isLazy: Bool
  ) throws(RegexError) {
    guard let most else {
      // What may be empty is repeated at least once or not at all: else it would prefer to match nothing.
      let isOnce = least > 0 || node.canBeEmpty
      for _ in 0..<max(0, least - 1) { try compile(node) }
      var option: Int?
      if least == 0 {
        option = instructions.count
        try add(.jump(0))
      }
      let start = instructions.count
      try compile(node)
      if isOnce {
        let split = instructions.count
        try add(Self.split(start, split + 1, isLazy: isLazy))
      } else if let option {
        try add(.jump(option))
      }
      if let option { instructions[option] = Self.split(option + 1, instructions.count, isLazy: isLazy) }
      return
    }
    for _ in 0..<least { try compile(node) }
    var options: [Int] = []
    for _ in least..<most {
      options.append(instructions.count)
      try add(.jump(0))
      try compile(node)
    }
    for option in options {
      instructions[option] = Self.split(option + 1, instructions.count, isLazy: isLazy)
    }
  }

  private static func split(_ go: Int, _ skip: Int, isLazy: Bool) -> RegexProgram.Instruction {
    isLazy ? .split(skip, go) : .split(go, skip)
  }

  // MARK: - What is known of a match's start

  private var isAnchored: Bool {
    for instruction in instructions {
      switch instruction {
      case .save: continue
      case .assertion(.textStart): return true
      default: return false
      }
    }
    return false
  }

  private func firstBytes() -> [Bool]? {
    var bytes = [Bool](repeating: false, count: 256)
    var isSeen = [Bool](repeating: false, count: instructions.count)
    var open = [0]
    while let position = open.popLast() {
      if isSeen[position] { continue }
      isSeen[position] = true
      switch instructions[position] {
      case .match: return nil
      case .save, .assertion: open.append(position + 1)
      case .jump(let target): open.append(target)
      case .split(let first, let second): open += [first, second]
      case .scalar(let scalar):
        if scalar < 0x80 { bytes[Int(scalar)] = true } else { for byte in 0x80...0xFF { bytes[byte] = true } }
      case .set(let index):
        for byte in 0..<0x80 where sets[index].contains(UInt32(byte)) { bytes[byte] = true }
        for byte in 0x80...0xFF { bytes[byte] = true }
      }
    }
    return bytes
  }
}
