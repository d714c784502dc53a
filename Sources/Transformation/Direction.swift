/// Which way a message goes.
package enum Direction: String, Sendable {
  case request, response
}
