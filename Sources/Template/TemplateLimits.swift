/// The bounds on what one template may be and do, all in one place.
///
/// A template comes from whoever configures the proxy, its data from clients: neither may stop the process, fill its
/// memory or hold a thread. What a rendering may use is set by the configuration's `limits`, up to the absolute
/// limits; what a template may be is not, as the stack depends on it.
package struct TemplateLimits: Sendable {
  /// The longest template, in bytes. Places in it are 32-bit numbers.
  package var sourceBytesMax = 16 << 20
  /// The deepest nesting of expressions and blocks, the same as minijinja's. The parser recurses this deep at most.
  package var nestingDepthMax = 150
  /// The longest chain of operators, attributes and filters in one expression (`a + b + c …`): the code generator
  /// recurses this deep at most.
  package var chainLengthMax = 400
  /// Arguments of one call; as minijinja.
  package var argumentsMax = 2000
  /// Elements of a `range`; as minijinja.
  package var rangeElementsMax = 100_000
  package static let rangeElementsAbsoluteMax = 1_000_000
  /// What one rendering may do, in steps. A step is an instruction, or 16 bytes or one element that a built-in reads
  /// or makes; what costs more counts for more (`StepCosts`). Three million take about a tenth of a second, a fifth at
  /// worst, as `make bench-steps` measures it: more than any transformation needs, and an end to loops over loops.
  package var stepsMax = 3_000_000
  /// What the renderings of one phase may do together, unless one of them may do more.
  package static let sharedStepsMax = 12_000_000
  /// Some tens of seconds.
  package static let stepsAbsoluteMax = 1_000_000_000
  /// The longest output, in bytes.
  package var outputBytesMax = TemplateLimits.outputBytesAbsoluteMax
  /// No message of Envoy's is longer.
  package static let outputBytesAbsoluteMax = 64 << 20
  /// The longest string that an operator, a filter or a function may build, in bytes.
  package var stringBytesMax = TemplateLimits.outputBytesAbsoluteMax
  /// Macros and recursive loops that are running at the same time; as minijinja. They live on the heap: what bounds
  /// them is memory.
  package var callDepthMax = 500
  package static let callDepthAbsoluteMax = 10_000

  /// The deepest nesting of lists and maps that a template may build. Printing, comparing and releasing a value
  /// recurse this deep at most, and once more the depth of the JSON text. The same for all templates, as values pass
  /// between them and the host.
  package static let valueDepthMax = 128
  /// The size of a value that a template may build, in elements, counted as often as they would be printed: a list
  /// of lists that share elements is small in memory and endless on paper.
  package static let valueElementsMax = 16 << 20

  package init() {}
  package static let standard = TemplateLimits()
}

extension TemplateLimits {
  /// Refuses a string that would be longer than a template may build. No count is negative.
  func checkLength(_ count: Int, plus more: Int = 0) throws(Fault) {
    if count > stringBytesMax || more > stringBytesMax &- count { throw .tooLongString(self) }
  }
}
