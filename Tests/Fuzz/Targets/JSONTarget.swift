import JSON

/// Reads a text, asks everything of every value, writes it and reads it again.
enum JSONTarget {
  static func run(_ text: UnsafeRawBufferPointer) {
    let document: JSONDocument
    do throws(JSONError) {
      document = try JSONDocument.index(text)
    } catch {
      expect(error.offset >= 0 && error.offset <= text.count, "the error is in the text: \(error)")
      expect(!error.detail.isEmpty, "the error says something")
      let place = error.position(in: text)
      expect(place.line >= 1 && place.column >= 1, "the error has a place: \(place)")
      return
    }
    expect(String(validating: text, as: UTF8.self) != nil, "a valid text is UTF-8")
    visit(document.root)
    checkWriting(document.root)
    document.invalidate()
    expect(document.root.kind == .null && document.root.count == 0, "a forgotten text reads as null")
  }

  private static func visit(_ value: JSONValue) {
    expect(!value.source.isEmpty, "a value has a spelling")
    let double = value.double
    expect((double != nil) == (value.kind == .number), "all numbers and no others are doubles")
    if let integer = value.int64 {
      expect(value.int128 == Int128(integer), "both widths agree")
      expect(double == Double(integer), "the double is the integer, rounded")
    }
    checkString(value)
    var position = 0
    for child in value.children {
      if let key = child.key {
        let name = key.string ?? []
        let member = name.withUnsafeBytes { value.member($0) }
        expect(
          member?.index == child.value.index, "a member is found by its name, and the last of a repeated one")
        checkString(key)
      } else if position < 64 {
        let element = value.element(at: position)
        expect(element?.index == child.value.index, "element \(position) is where the walk says")
      }
      visit(child.value)
      position += 1
    }
    expect(position == value.distinctCount, "the count is that of the walk")
    let repeats = value.childrenAsWritten.reduce(0) { count, _ in count + 1 } - position
    expect(repeats == value.count - position, "as they are written, repeated keys count")
    expect(repeats == 0 || value.repeatedKeyOffset != nil, "a repeated key has a place")
    expect(value.element(at: position) == nil && value.element(at: -1) == nil, "no elements beyond the ends")
  }

  private static func checkString(_ value: JSONValue) {
    guard let string = value.string else {
      expect(value.kind != .string, "strings have a text")
      return
    }
    expect(String(validating: string, as: UTF8.self) != nil, "a string's text is UTF-8")
    expect(string.withUnsafeBytes { value.isString($0) }, "a string equals its text")
    var written: [UInt8] = []
    JSONWriter.appendString(string, to: &written)
    let again = try? JSONDocument.index(owning: written)
    expect(again?.root.string == string, "a string's text survives being written")
  }

  private static func checkWriting(_ value: JSONValue) {
    var compact: [UInt8] = []
    JSONWriter.appendCompact(value, to: &compact)
    expect(compact.count <= value.source.count, "written compactly, nothing gets longer")
    var pretty: [UInt8] = []
    JSONWriter.appendPretty(value, to: &pretty)
    for text in [compact, pretty] {
      guard let document = try? JSONDocument.index(owning: text) else {
        return expect(false, "what was written can be read: \(String(decoding: text, as: UTF8.self))")
      }
      var again: [UInt8] = []
      JSONWriter.appendCompact(document.root, to: &again)
      expect(again == compact, "what was written is the same text again")
    }
  }
}
