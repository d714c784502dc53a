import Testing

@testable import Transformation

@Suite("Regular expressions")
struct RegexTests {
  /// The places of the first match's groups as texts, `-` for a group without one; nil when nothing matches.
  private func match(_ pattern: String, _ text: [UInt8]) throws -> [String]? {
    let expression = try RegularExpression(Array(pattern.utf8))
    var machine = RegexMachine(expression.program, groups: .max / 4, statesMax: 100_000_000)
    return try text.withUnsafeBytes { text in
      guard try machine.match(in: text, from: 0) else { return nil }
      return stride(from: 0, to: machine.found.count, by: 2).map { slot in
        machine.found[slot] < 0
          ? "-" : String(decoding: text[machine.found[slot]..<machine.found[slot + 1]], as: UTF8.self)
      }
    }
  }

  private func match(_ pattern: String, _ text: String) throws -> [String]? {
    try match(pattern, Array(text.utf8))
  }

  private func problem(_ pattern: String) -> String {
    do throws(RegexError) {
      _ = try RegularExpression(Array(pattern.utf8))
      return "none"
    } catch {
      return "\(error.offset): \(error.detail)"
    }
  }

  @Test(
    "the leftmost match is found, and of those the one that the pattern prefers",
    arguments: [
      ("abc", "xabcx", ["abc"]), ("a|ab", "ab", ["a"]), ("ab|a", "ab", ["ab"]), ("a*", "aaa", ["aaa"]),
      ("a*?", "aaa", [""]), ("a+?", "aaa", ["a"]), ("a{2}", "aaa", ["aa"]), ("a{2,}", "aaaa", ["aaaa"]),
      ("a{1,2}", "aaa", ["aa"]), ("a{1,2}?", "aaa", ["a"]), ("a{0}b", "ab", ["b"]),
      ("(a)(b)?", "a", ["a", "a", "-"]),
      ("(a|b)*", "abab", ["abab", "b"]), ("(a*)*", "aa", ["aa", "aa"]), ("(a*)+", "b", ["", ""]),
      ("(?:a|b)+c", "abc", ["abc"]), ("(?<y>\\d{4})-(?P<m>\\d\\d)", "on 2030-01", ["2030-01", "2030", "01"]),
      ("x*", "yyy", [""]), ("", "abc", [""]), ("a.c", "a\nc abc", ["abc"]), ("(?s)a.c", "a\nc", ["a\nc"]),
      ("(a+)(a+)", "aaaa", ["aaaa", "aaa", "a"]), ("(a+?)(a+)", "aaaa", ["aaaa", "a", "aaa"]),
      ("<(.+?)>", "<a><b>", ["<a>", "a"]), ("a{,2}", "a{,2}", ["a{,2}"]), ("a{x", "a{x", ["a{x"]),
      ("{", "{", ["{"]),
      ("(|a)+", "aa", ["", ""]), ("(|a)*", "aa", ["", ""]), ("(?:){1000}a", "a", ["a"]),
    ])
  func matches(pattern: String, text: String, groups: [String]) throws {
    #expect(try match(pattern, text) == groups)
  }

  @Test(
    "classes, escapes and anchors mean what they mean in RE2",
    arguments: [
      ("[a-c]+", "xabcd", "abc"), ("[^a-c]+", "abxyc", "xy"), ("[]a]+", "a]b", "a]"), ("[^]a]+", "]b", "b"),
      ("[a-]+", "b-a", "-a"), ("[-a]+", "b-a", "-a"), ("\\d+", "a12", "12"), ("\\D+", "12ab", "ab"),
      ("\\w+", "-a_1-", "a_1"), ("\\W+", "a-+b", "-+"), ("\\s+", "a \t\nb", " \t\n"), ("\\S+", " ab ", "ab"),
      ("[\\d.]+", "v1.2", "1.2"), ("[^\\s,]+", " ,ab", "ab"), ("[[:alpha:]]+", "1ab", "ab"),
      ("[[:^digit:]]+", "1ab", "ab"),
      ("\\.", "a.b", "."), ("\\x41", "zA", "A"), ("\\x{1F600}", "a😀", "😀"), ("[\\x00-\\x20]", "a b", " "),
      ("\\bfoo\\b", "a foo.", "foo"), ("\\Boo\\b", "foo", "oo"), ("^a", "ab", "a"), ("b$", "ab", "b"),
      ("(?m)^b$", "a\nb\nc", "b"), ("\\Aa\\z", "a", "a"), ("(?i)straße", "STRAßE", "STRAßE"),
      ("(?i)[a-z]+", "ABc", "ABc"),
      ("(?i)é", "É", "É"), ("(?i)k", "\u{212A}", "\u{212A}"), ("(?i:a)b", "Ab", "Ab"),
      ("(?i)a(?-i)b", "Ab", "Ab"),
      ("ü+", "üü", "üü"), ("[ä-ü]+", "aöüz", "öü"), (".", "é", "é"), ("\\n", "a\nb", "\n"),
      ("\\$\\{", "${", "${"),
      ("(?i)[^a]", "Ab", "b"), ("(?i)σ", "ς", "ς"),
      ("\\Qa.b*\\E+", "aa.b**", "a.b**"), ("\\Qa.b", "a.b", "a.b"), ("a\\Q\\E+", "aab", "aa"),
      ("\\123", "S", "S"), ("\\0", "\0", "\0"), ("[\\101-\\103]+", "xABD", "AB"),
      ("\\x{000000041}", "A", "A"),
      ("a{00}", "a{00}", "a{00}"), ("(?U)a+", "aaa", "a"), ("(?U)a+?", "aaa", "aaa"), ("a(?i)+", "aaA", "aa"),
      ("[[:a]+", "x:[a", ":[a"),
    ])
  func syntax(pattern: String, text: String, expected: String) throws {
    #expect(try match(pattern, text)?.first == expected)
  }

  @Test(
    "letters that differ only in case are one letter without regard to case, whichever of them is in the pattern",
    arguments: [
      "σςΣ", "µμΜ", "ßẞ", "kK\u{212A}", "sSſ", "åÅ\u{212B}", "ωΩ\u{2126}", "ǆǅǄ", "ιΙ\u{345}\u{1FBE}", "θΘϑϴ",
      "βΒϐ", "ᾀᾈ", "ΐ\u{1FD3}", "\u{FB05}\u{FB06}", "вВᲀ", "ꙋꙊᲈ", "Ꭰꭰ", "აᲐ", "ⅷⅧ", "ⓐⒶ", "𐐨𐐀",
    ])
  func foldedLetters(_ letters: String) throws {
    for one in letters.unicodeScalars {
      for other in letters.unicodeScalars {
        #expect(try match("(?i)^\(one)$", "\(other)") != nil, "\(one) \(other)")
        #expect(try match("(?i)^[\(one)-\(one)]$", "\(other)") != nil, "\(one) \(other)")
        #expect(try match("(?i)[^\(one)]", "\(other)") == nil, "\(one) \(other)")
      }
    }
  }

  @Test("and whatever else is written: words, ranges, groups with a name")
  func foldedTexts() throws {
    #expect(try match("(?i)λόγος", "ΛΌΓΟΣ") == ["ΛΌΓΟΣ"])
    #expect(try match("(?i)5 µm", "5 μm") == ["5 μm"])
    #expect(try match("(?i)[α-ω]+", "ΛΓΟΣ") == ["ΛΓΟΣ"])
    #expect(try match("(?i)straße", "STRASSE") == nil)
    // The dotted and the dotless i are letters of their own.
    #expect(try match("(?i)[iI]", "ıİ") == nil)
    #expect(try match("(?i)\\w", "ſ") != nil && match("(?i)\\W", "ſ") == nil && match("\\w", "ſ") == nil)
    #expect(try match("(?i)[[:upper:]]{3}", "ak\u{212A}") != nil)
    #expect(try match("(?i)\\p{Lu}\\P{Lu}", "aé1") == ["é1"])
    #expect(try match("(?i)[^\\P{Lu}]", "1a") == ["a"])
  }

  @Test("case folding parts all letters into groups of equals, and knows where they are")
  func foldingIsAnEquivalence() {
    var wrong: [UInt32] = []
    for value in UInt32(0)...0x10FFFF {
      guard let scalar = Unicode.Scalar(value), scalar.properties.changesWhenCaseMapped else { continue }
      var others: [UInt32] = []
      var other = CaseFolding.next(value)
      while other != value, others.count < 8 {
        others.append(other)
        other = CaseFolding.next(other)
      }
      let folded = CaseFolding.fold(value)
      let isWhole = folded == value || others.contains(folded)
      if other != value || !isWhole || others.contains(where: { CaseFolding.fold($0) != folded }) {
        wrong.append(value)
      }
    }
    #expect(wrong == [])
  }

  @Test(
    "classes by general category and by script",
    arguments: [
      ("\\pL+", "1éλ漢2", "éλ漢"), ("\\p{Lu}+", "aÉΛb", "ÉΛ"), ("\\PL+", "a12-b", "12-"),
      ("\\p{^L}+", "a12-b", "12-"), ("\\P{^L}+", "1ab2", "ab"), ("[\\p{Nd}_]+", "a٣_b", "٣_"),
      ("[^\\pL\\s]+", "a 1!b", "1!"), ("\\p{Greek}+", "abλόγος.", "λόγος"), ("\\P{Greek}+", "λab", "ab"),
      ("[\\p{Han}\\p{Hiragana}]+", "a漢かb", "漢か"), ("[^\\p{Han}]+", "漢ab漢", "ab"), ("\\p{Sc}", "a€", "€"),
      ("\\p{Any}+", "a\n", "a\n"), ("\\pZ", "a\u{2003}", "\u{2003}"), ("\\p{Mn}", "e\u{301}", "\u{301}"),
      ("\\pC", "a\0", "\0"), ("\\pL{2}", "1ab", "ab"), ("\\p{Old_South_Arabian}", "𐩠", "𐩠"),
    ])
  func unicodeClasses(pattern: String, text: String, expected: String) throws {
    #expect(try match(pattern, text)?.first == expected)
  }

  @Test("a table has each script once, its ranges in order")
  func scripts() {
    #expect(ScriptTable.names.count == 163 && Set(ScriptTable.names).count == 163)
    for name in ScriptTable.names {
      let ranges = ScriptTable.ranges(name) ?? []
      #expect(!ranges.isEmpty, "\(name)")
      for (range, next) in zip(ranges, ranges.dropFirst()) {
        #expect(range.upperBound < next.lowerBound, "\(name) \(range) \(next)")
      }
    }
    #expect(ScriptTable.ranges("Latin")?.first == 0x41...0x5A && ScriptTable.ranges("41-5a") == nil)
  }

  @Test(
    "and do not match what they should not",
    arguments: [
      ("^b", "ab"), ("a$", "ab"), ("a$", "a\n"), ("\\bo", "foo"), ("(?i:a)b", "AB"), ("[^a]", "a"),
      ("\\d", "٣"),
      ("\\w", "é"), ("a{3}", "aa"), (".", "\n"), ("a^b", "ab"), ("$a", "a"), ("[a-z]", "A"), ("x", ""),
    ])
  func mismatches(pattern: String, text: String) throws {
    #expect(try match(pattern, text) == nil)
  }

  @Test(
    "a wrong pattern is refused with its place",
    arguments: [
      ("a(b", "1: this `(` is not closed"), ("a)b", "1: this `)` closes nothing"),
      ("[a", "0: this `[` is not closed"),
      ("a**", "2: what is repeated here is a repetition; write `(?:…)` around it"),
      ("*a", "0: there is nothing that `*` could repeat"),
      ("(|+)", "2: there is nothing that `+` could repeat"),
      ("a{2,1}", "1: the second number is less than the first"),
      ("a{1001}", "1: `{…}` may ask for 1000 repetitions at most"),
      ("a{99999999999999999999}", "1: `{…}` may ask for 1000 repetitions at most"),
      ("[z-a]", "1: the range ends before it starts"), ("\\", "0: the pattern ends in a `\\`"),
      ("a\\q", "1: `\\q` is no escape"),
      ("(a)\\1", "3: back references are not supported: no text may make matching slow"),
      ("x(?=a)", "1: look-ahead and look-behind are not supported: no text may make matching slow"),
      ("(?<!a)", "0: look-ahead and look-behind are not supported: no text may make matching slow"),
      ("(?>a)", "0: atomic groups are not supported: nothing is ever tried twice"),
      ("a++", "2: possessive repetition is not supported: nothing is ever tried twice"),
      ("\\8", "0: back references are not supported: no text may make matching slow"),
      ("(?P=a)", "0: back references are not supported: no text may make matching slow"),
      ("[\\1]", "1: `\\1` is no escape in a class"), ("[\\b]", "1: `\\b` is no escape in a class"),
      (
        "\\pX",
        "0: there is no class `\\p{X}`; there are general categories, as `L` and `Nd`, and scripts, as `Greek`"
      ),
      (
        "a\\p{greek}",
        "1: there is no class `\\p{greek}`; there are general categories, as `L` and `Nd`, and scripts, as `Greek`"
          + "; did you mean `Greek`?"
      ),
      ("\\p", "0: `\\p` needs a letter, or a name in braces"),
      ("\\p{L", "0: `\\p` needs a letter, or a name in braces"),
      ("\\C", "0: `\\C` is not supported: texts are matched by characters, not by bytes"),
      ("\\u0041", "0: `\\u` is no escape; write `\\x{…}`"),
      ("a|{2}", "2: there is nothing that `{…}` could repeat"),
      ("\\Q\\E*", "4: there is nothing that `*` could repeat"),
      ("(?i-)a", "3: `-` is no flag of a group; there are `i`, `m`, `s` and `U`"),
      ("\\x{110000}", "0: `\\x` needs two hexadecimal digits, or a character's number in braces"),
      ("\\x4", "0: `\\x` needs two hexadecimal digits, or a character's number in braces"),
      ("(?z)", "2: `z` is no flag of a group; there are `i`, `m`, `s` and `U`"),
      ("(?", "0: this `(` is not closed"),
      ("(?<1a>b)", "6: the name of a group starts with a letter and ends with `>`"),
      ("(?<a>b)(?<a>c)", "7: there are two groups of the name `a`"),
      ("[[:nope:]]", "1: there is no class `[:nope:]`"), ("[[:2:]", "1: there is no class `[:2:]`"),
      ("üü(", "2: this `(` is not closed"),
    ])
  func errors(pattern: String, expected: String) {
    #expect(problem(pattern) == expected)
  }

  @Test("patterns that would be too large, too deep or too long are refused at once")
  func limits() {
    #expect(problem("(?:(?:a{1000}){1000}){1000}").contains("too large"))
    #expect(problem("(?:(?:(?:){1000}){1000}){1000}").contains("too large"))
    #expect(problem("((((a{100}){100}){100}){100}){100}").contains("too large"))
    #expect(problem(String(repeating: "(?:", count: 5000)).contains("nested"))
    #expect(problem(String(repeating: "()", count: 100)).contains("64 groups"))
    #expect(problem(String(repeating: "a", count: 20_000)).contains("longer"))
    #expect(problem(String(repeating: "[", count: 10_000)) == "0: this `[` is not closed")
    #expect(problem(String(repeating: "[[:", count: 5000)) == "0: this `[` is not closed")
    #expect(problem(String(repeating: "\\p{Common}", count: 1400)).contains("too large"))
    #expect(problem("(?i)" + String(repeating: "[^é-\u{FFFF}]", count: 1100)).contains("too large"))
  }

  @Test(
    "time grows with the text, not faster",
    arguments: ["(a+)+b", "(a|aa)+b", "(a*)*b", "(.*)*b", "(a|a)*b", "a*a*a*a*a*a*b", "(?:a?){30}a{30}b"])
  func linear(pattern: String) throws {
    let expression = try RegularExpression(Array(pattern.utf8))
    func states(_ length: Int) throws -> Int {
      var machine = RegexMachine(expression.program, groups: 2, statesMax: 100_000_000)
      let isMatch = try [UInt8](repeating: UInt8(ascii: "a"), count: length).withUnsafeBytes {
        try machine.match(in: $0, from: 0)
      }
      #expect(!isMatch)
      return 100_000_000 - machine.statesLeft
    }
    let (short, long) = (try states(1000), try states(10_000))
    #expect(long < short * 11, "\(short), \(long)")
  }

  @Test("no bytes make the machine fail")
  func invalidUTF8() throws {
    let text: [UInt8] = [0xFF, 0xC3, 0x61, 0xE2, 0x82, 0xF5, 0x80, 0xED, 0xA0, 0x80, 0x62]
    #expect(try match("a.", text)?.first == String(decoding: [0x61, 0xE2] as [UInt8], as: UTF8.self))
    #expect(try match("[^a]+b", text) != nil)
    #expect(try match("\u{FFFD}+a", text) != nil)
    var seed: UInt64 = 7
    func random(_ bound: Int) -> Int {
      seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(seed >> 33) % bound
    }
    let alphabet = Array("ab()[]{}*+?|^$.\\dwsbB-,0129:<>iPx=!é\u{0}".utf8)
    for _ in 0..<3000 {
      let pattern = (0..<random(14)).map { _ in alphabet[random(alphabet.count)] }
      guard let expression = try? RegularExpression(pattern) else { continue }
      var machine = RegexMachine(expression.program, groups: 9, statesMax: 1_000_000)
      let text = (0..<random(20)).map { _ in UInt8(random(256)) }
      text.withUnsafeBytes { _ = try? machine.match(in: $0, from: 0) }
    }
  }

  @Test(
    "the functions",
    arguments: [
      ("regex_match('a1', '[0-9]')", "true"), ("regex_match('a', '^[0-9]$')", "false"),
      ("regex_match(123, '2')", "true"), ("regex_replace('a-b-c', '-', '+')", "a+b+c"),
      ("regex_replace('john smith', '(\\\\w+) (\\\\w+)', '$2, $1')", "smith, john"),
      ("regex_replace('2030-01', '(?<y>\\\\d+)-(?<m>\\\\d+)', '${m}/${y}')", "01/2030"),
      ("regex_replace('abc', '', '.')", ".a.b.c."), ("regex_replace('baac', 'a*', 'x')", "xbxcx"),
      ("regex_replace('abc', 'b', '[$0]$$')", "a[b]$c"), ("regex_replace('abc', 'b', '$x')", "a$xc"),
      ("regex_replace('abc', 'z', 'y')", "abc"), ("regex_replace('aaa', '^a', 'b')", "baa"),
      ("regex_replace('éé', '', '-')", "-é-é-"),
      ("regex_capture('Bearer abc', '^Bearer (.+)$', 1)", "abc"),
      ("regex_capture('k=v', '(?<key>\\\\w)=', 'key')", "k"),
      ("regex_capture('abc', 'b', 0)", "b"), ("regex_capture('x', '(a)|x', 1)", "(removed)"),
      ("regex_capture('x', 'y', 0)", "(removed)"),
    ])
  func functions(call: String, expected: String) throws {
    #expect(try rendered("{{ \(call) }}") == expected)
  }

  @Test("literal patterns, groups and replacements are checked when the configuration is loaded")
  func checkedAtLoad() {
    for (call, expected) in [
      ("regex_match(body(), '(a')", "the regular expression is wrong at offset 0: this `(` is not closed"),
      ("regex_capture(body(), 'a', 1)", "the regular expression has no group `1`"),
      ("regex_capture(body(), '(?<a>a)', 'b')", "the regular expression has no group `b`"),
      ("regex_replace(body(), 'a', '$2')", "the regular expression has no group `2`"),
      (
        "regex_replace(body(), by='', re='[')",
        "the regular expression is wrong at offset 0: this `[` is not closed"
      ),
    ] {
      let found = diagnostics(setting("{{ \(call) }}"))
      #expect(found.count == 1 && found[0].hasSuffix(expected), "\(found)")
    }
  }

  @Test("patterns that are computed fail when they are rendered")
  func computed() throws {
    #expect(
      try rendered("{{ regex_match('a', header('x')) }}", request: [("x", "(")])
        == "failure: request.set[0] rendering_failed")
    #expect(try rendered("{{ regex_match('a', header('x')) }}", request: [("x", "^a")]) == "true")
    for number in 0..<(RegexLimits.patternsKept * 2) {
      #expect(
        try RegexFunctions.expression(Array("a{\(number % 999)}(?:\(number))?".utf8)).program.groupCount == 0)
    }
  }

  @Test("a large text and a large pattern end with the budget, not with the client's patience")
  func budget() throws {
    let body = String(repeating: "a", count: 20_000)
    #expect(
      try rendered("{{ regex_match(body(), '(?:a?){1000}a{1000}b') }}", body: body)
        == "failure: request.set[0] limit_exceeded")
    #expect(
      try rendered("{{ regex_replace(body(), '', body()) }}", body: body)
        == "failure: request.set[0] limit_exceeded")
    #expect(
      try rendered("{{ replace_with_string(body(), 'a', body()) }}", body: body)
        == "failure: request.set[0] limit_exceeded")
    // Every match looks to the end of the text before it is found.
    let expression = try RegularExpression(Array(".*z|a".utf8))
    var machine = RegexMachine(expression.program, groups: 1, statesMax: 1_000_000)
    let replacement = try RegexReplacement([], of: expression)
    Array(body.utf8).withUnsafeBytes { text -> Void in
      #expect(throws: RegexMachine.TooMuchWork.self) {
        try replacement.replacing(text, bytesMax: 1 << 20, &machine)
      }
    }
  }
}
