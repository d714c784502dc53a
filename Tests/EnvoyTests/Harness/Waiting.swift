import Foundation

/// Waits, by asking again and again, until `condition` gives a value.
///
/// - Parameter seconds: long enough for a machine that is busy with other tests; nobody waits so long when all is well.
/// - Throws: `Failure`, when it gives none in time; and at once what `condition` throws.
@discardableResult
func waitFor<Value>(
  _ what: @autoclosure () -> String, seconds: Double = 20, _ condition: () throws -> Value?
) throws -> Value {
  let deadline = ContinuousClock.now + .seconds(seconds)
  while true {
    if let value = try condition() { return value }
    if ContinuousClock.now > deadline { throw Failure("\(what()): not within \(seconds) s") }
    Thread.sleep(forTimeInterval: 0.005)
  }
}
