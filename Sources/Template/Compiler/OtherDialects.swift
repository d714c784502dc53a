/// How to write here what other template languages write otherwise: Inja (the classic engine of kgateway), and
/// Jinja2 where minijinja has less. Only asked when a template is refused, but for what would silently mean nothing.
enum OtherDialects {
  /// What to write for a call of a function that does not exist, with its first argument.
  static func function(_ name: String, of argument: String? = nil) -> String? {
    functions[name].map { repeating(argument, in: $0) }
  }

  /// What to write for a filter that does not exist, with what it was to be applied to.
  static func filter(_ name: String, of input: String? = nil) -> String? {
    filters[name].map { repeating(input, in: $0) }
  }

  /// What was written stands in the place of `value`, of which the hints speak.
  static func repeating(_ argument: String?, in hint: String) -> String {
    argument.map { hint.substituting("value", by: $0) } ?? hint
  }

  /// What to write for an attribute of `loop` that only Inja has: without a word it would be undefined.
  static func loopAttribute(_ name: String) -> String? {
    switch name {
    case "index1": "`loop.index1` is Inja's: write `loop.index`, which counts from 1 here"
    case "is_first": "`loop.is_first` is Inja's: write `loop.first`"
    case "is_last": "`loop.is_last` is Inja's: write `loop.last`"
    case "parent":
      "`loop.parent` is Inja's: before the inner loop, write `{% set outer = loop %}`, then `outer.index`"
    default: nil
    }
  }

  /// What to write when a map is looped over as if its pairs were in it.
  static let pairsOfMap = "; a map gives its keys: write `for key, value in map|items`"

  private static let functions: [String: String] = [
    "at": "`at` is Inja's: write `list[0]`",
    "ceil": "there is no `ceil`: write `-(-value // 1)`",
    "divisibleBy": "`divisibleBy` is Inja's: write `value is divisibleby(2)`",
    "even": "`even` is a test: write `value is even`",
    "odd": "`odd` is a test: write `value is odd`",
    "exists": "`exists` is Inja's: write `name is defined`",
    "existsIn": "`existsIn` is Inja's: write `\"key\" in map`",
    "floor": "there is no `floor`: write `value // 1`",
    "isArray": "`isArray` is Inja's: write `value is sequence`",
    "isBoolean": "`isBoolean` is Inja's: write `value is boolean`",
    "isFloat": "`isFloat` is Inja's: write `value is float`",
    "isInteger": "`isInteger` is Inja's: write `value is integer`",
    "isNumber": "`isNumber` is Inja's: write `value is number`",
    "isObject": "`isObject` is Inja's: write `value is mapping`",
    "isString": "`isString` is Inja's: write `value is string`",
    "isNull": "there is no `isNull`: write `value is none`",
    "find": "`find` is a method: write `value.find(\"a\")`",
    "len": "`len` is Python's: write `value|length`",
    "str": "`str` is Python's: write `value|string`",
    "extraction":
      "`extraction` is a field of the classic engine: write `regex_capture(header(\"name\"), \"pattern\", 1)`",
    "dynamic_metadata": "`dynamic_metadata` cannot be read here; have Envoy pass it in a header",
    "host_metadata": "`host_metadata` cannot be read here; have Envoy pass it in a header",
    "cluster_metadata": "`cluster_metadata` cannot be read here; have Envoy pass it in a header",
    "clusterMetadata": "`clusterMetadata` cannot be read here; have Envoy pass it in a header",
    "data_source":
      "`data_source` cannot be read here: write `secret(\"group\", \"key\")`, or `env(\"NAME\")`",
    "get_header": "`get_header` is written `header(value)`",
    "getHeader": "`getHeader` is written `header(value)`",
    "json": "`json` is a filter, `value|tojson`",
    "toJson": "`toJson` is written `to_json(value)`",
    "fromJson": "`fromJson` is written `from_json(value)`",
    "parse_json": "`parse_json` is written `from_json(value)`",
    "base64": "`base64` is written `base64_encode(value)`",
    "base64Encode": "`base64Encode` is written `base64_encode(value)`",
    "base64Decode": "`base64Decode` is written `base64_decode(value)`",
    "getenv": "`getenv` is written `env(value)`",
    "concat": "there is no `concat`: write `a ~ b`",
    "contains": "there is no `contains`: write `\"a\" in value`",
    "startsWith": "`startsWith` is a method: write `value.startswith(\"a\")`",
    "endsWith": "`endsWith` is a method: write `value.endswith(\"a\")`",
    "toLowerCase": "`toLowerCase` is a filter: write `value|lower`",
    "toUpperCase": "`toUpperCase` is a filter: write `value|upper`",
    "uuid": "`uuid` is written `uuid4()`",
    "timestamp": "there is no `timestamp`: write `now(\"%s\")`",
    "cycler": "`cycler` is Jinja2's: in a loop, write `loop.cycle(\"a\", \"b\")`",
    "joiner": "`joiner` is Jinja2's: in a loop, write `{% if not loop.last %},{% endif %}`",
    "lipsum": "`lipsum` is Jinja2's and not here",
  ]

  private static let filters: [String: String] = [
    "wordcount": "`wordcount` is a function here: write `word_count(value)`",
    "forceescape": "`forceescape` is Jinja2's: write `value|string|escape`",
    "truncate": "`truncate` is Jinja2's: write `substring(value, 0, 20)`, or `value[:20]`",
    "random": "`random` is Jinja2's; for a value that is never the same write `uuid4()`",
    "regex_replace": "`regex_replace` is a function here: write `regex_replace(value, \"pattern\", \"by\")`",
    "regex_search": "`regex_search` is Ansible's: write `regex_match(value, \"pattern\")`",
    "json": "`json` is written `tojson`: `value|tojson`",
    "toJson": "`toJson` is written `tojson`: `value|tojson`",
    "base64": "there is no filter `base64`: write `base64_encode(value)`",
    "downcase": "`downcase` is Liquid's: write `value|lower`",
    "upcase": "`upcase` is Liquid's: write `value|upper`",
    "size": "`size` is Liquid's: write `value|length`",
    "strip": "`strip` is Liquid's: write `value|trim`",
    "append": "`append` is Liquid's: write `value ~ \"a\"`",
    "prepend": "`prepend` is Liquid's: write `\"a\" ~ value`",
    "contains": "there is no filter `contains`: write `\"a\" in value`",
    "b64encode": "`b64encode` is Ansible's: write `base64_encode(value)`",
    "b64decode": "`b64decode` is Ansible's: write `base64_decode(value)`",
    "xmlattr": "`xmlattr` is Jinja2's and not here",
    "striptags": "`striptags` is Jinja2's: write `regex_replace(value, \"<[^>]*>\", \"\")`",
  ]

  /// The first line that ends a block as Inja's line statements do, `## endif` and `## endfor`: as text it would mean
  /// nothing.
  static func lineStatement(in source: [UInt8]) -> Span? {
    let hash = UInt8(ascii: "#")
    guard source.contains(hash) else { return nil }
    var line: Int32 = 0
    var start = 0
    for text in source.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      line &+= 1
      defer { start += text.count + 1 }
      guard text.first == hash, text.dropFirst().first == hash else { continue }
      let words = text.dropFirst(2).split { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
      guard words.count == 1, words[0].elementsEqual("endif".utf8) || words[0].elementsEqual("endfor".utf8)
      else {
        continue
      }
      // Places fit: a source is at most `TemplateLimits.sourceBytesMax` long.
      return Span(
        start: Int32(truncatingIfNeeded: start), end: Int32(truncatingIfNeeded: start + text.count),
        line: line,
        column: 1)
    }
    return nil
  }

  static let lineStatementDetail = "lines with `##` are Inja's statements: write `{% if … %}`, `{% endif %}`"
}
