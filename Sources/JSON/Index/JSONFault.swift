/// What the indexer stopped at: small and trivial, so that the fast path carries no strings. `JSONError` tells it.
struct JSONFault: Error {
  enum Reason: UInt8 {
    case expectedValue
    case expectedElementOrEnd
    case expectedMemberOrEnd
    case expectedMember
    case expectedColon
    case expectedCommaInArray
    case expectedCommaInObject
    case expectedEndOfText
    case expectedTrue
    case expectedFalse
    case expectedNull
    case expectedDigit
    case leadingZero
    case controlCharacter
    case unfinishedString
    case unknownEscape
    case badHexEscape
    case loneSurrogate
    case malformedUTF8
    case tooDeep
    case tooLong
  }

  let reason: Reason
  /// In bytes from the start of the text.
  let offset: Int

  @inline(__always)
  init(_ reason: Reason, offset: Int) {
    self.reason = reason
    self.offset = offset
  }
}
