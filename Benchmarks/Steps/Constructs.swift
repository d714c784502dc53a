/// What a template can do again and again, to be measured for each step that it is charged.
struct Construct {
  /// Before the loop; `s` and the like are set here.
  let setup: String
  /// In the loop, a whole statement.
  let statement: String

  init(_ expression: String, with setup: String = "") {
    self.init(statement: "{% if \(expression) %}{% endif %}", with: setup)
  }

  init(statement: String, with setup: String = "") {
    self.setup = setup
    self.statement = statement
  }

  var name: String { "\(setup)\(statement)" }

  static var all: [Construct] {
    bare + texts.flatMap { text in lengths.flatMap { onText(text, $0) } } + lists.flatMap(onList) + fields
      + regexes
      + hostFunctions + growing + swept
  }

  // MARK: Without data

  private static let bare: [Construct] = [
    Construct(statement: ""), Construct(statement: "x"), Construct("1"), Construct("1 + 1 == 2"),
    Construct("1.5 * 2.5"), Construct("7 // 2 % 3"), Construct("2 ** 62"), Construct("2 ** 100 + 1"),
    Construct("2.5 ** 0.3"),
    Construct("170141183460469231731687303715884105727 // 3"), Construct("(i, j)"), Construct("[i, j, 3, 4]"),
    Construct("{'a': i, 'b': j}"), Construct("'a' ~ i ~ j"), Construct("1 / 3 ~ ''"), Construct("range(10)"),
    Construct("range(1000)"),
    Construct("dict(a=1, b=2)"), Construct("namespace(a=1)"), Construct("i is even"),
    Construct("i is divisibleby 3"),
    Construct("i|int"), Construct("'17'|int"), Construct("'17.25'|float"), Construct("1.2345678e-7|string"),
    Construct("1e300|string"),
    Construct("2 ** 100 |string"), Construct("1.25|round(1)"), Construct("i|abs"), Construct("i|string"),
    Construct("i|tojson"),
    Construct("[3, 2, 1]|sort"), Construct("[3, 2, 1]|map('string')|join(',')"),
    Construct("[3, 2, 1]|select('even')|list"),
    Construct("'%d %s %5.2f'|format(1, 'a', 2.5)"), Construct("'{} {}'.format(1, 2)"),
    Construct("loop.index"), Construct("loop"),
    Construct("loop|string"), Construct(statement: "{% for k in [1, 2] %}{{ loop.index }}{% endfor %}"),
    Construct(statement: "{% set (a, b) = [1, 2] %}"),
    Construct(statement: "{% with a = 1 %}{{ a }}{% endwith %}"),
    Construct(statement: "{% set t %}x{% endset %}"),
    Construct(statement: "{% filter upper %}x{% endfilter %}"),
    Construct(statement: "{% autoescape true %}{{ '<' }}{% endautoescape %}"), Construct("loop.changed(i)"),
    Construct("loop.cycle(1, 2)"),
    Construct(statement: "{{ m(1) }}", with: "{% macro m(a, b=2) %}{{ a }}{% endmacro %}"),
    Construct(statement: "{{ m(a=1, b=3) }}", with: "{% macro m(a, b=2) %}{% endmacro %}"),
    Construct(statement: "{% call m() %}x{% endcall %}", with: "{% macro m() %}{{ caller() }}{% endmacro %}"),
    Construct(statement: "{% macro m(a) %}{{ a }}{% endmacro %}"),
    Construct(statement: "{% for k in [[1]] recursive %}{{ loop([]) }}{% endfor %}"),
    Construct(statement: "{% set n.v = j %}", with: "{% set n = namespace(v=1) %}"),
    Construct("n.v", with: "{% set n = namespace(v=1) %}"),
    Construct("a or b", with: "{% set a = 0 %}{% set b = 1 %}"),
    Construct("undefined_field is defined"), Construct("(1 if i else 2)"), Construct("not i"),
    Construct("debug()"),
  ]

  // MARK: Texts

  private static let lengths = [1, 400, 100_000]

  /// Repeated to a length: plain, not ASCII, letters with two cases, to be escaped, separators, nearly a needle, digits, blanks.
  private static let texts = [
    "a", "é", "Σ", "<", "\\\\\"", "a,", "ab\\n", "aaaaaaaaaaaaaaab", "1", " ", "%", "{}", "$1${", "\\u0001",
  ]

  private static func onText(_ text: String, _ length: Int) -> [Construct] {
    let count = max(1, length / max(1, text.utf8.count))
    let setup = "{% set s = '\(text)' * \(count) %}"
    return textExpressions.map { Construct($0, with: setup) }
      + [
        Construct(statement: "{{ s }}", with: setup),
        Construct(statement: "{% for c in s %}{% break %}{% endfor %}", with: setup),
        Construct(statement: "{% for c in s %}{% endfor %}", with: setup),
        Construct(
          statement: "{% autoescape true %}{% set t %}{{ s }}{% endset %}{% endautoescape %}", with: setup),
        Construct(
          statement: "{% autoescape 'json' %}{% set t %}{{ s }}{% endset %}{% endautoescape %}", with: setup),
      ]
  }

  private static let textExpressions = [
    "s|upper", "s|lower", "s|title", "s|capitalize", "s|trim", "s|trim('a')", "s|trim(s)",
    "s|replace('a', 'b')",
    "s|replace('', '')", "s|replace('aaaaaaaaaaaaaaaa', '')", "s|replace('aaaaaaaaaaaaaaaaa', '')",
    "s|replace(s, '')",
    "'x'|replace('x', s)", "s|split", "s|split(',')", "s|split('a')", "s|split('', 3)", "s|lines",
    "s|indent(2)", "s|indent(1, true, true)",
    "s|string", "s|escape", "s|safe", "s|urlencode", "s|tojson", "s|tojson(indent=2)", "s|pprint", "s|length",
    "s|list", "s|first", "s|last",
    "s|join(',')", "s|reverse", "s|sort", "s|unique", "s|batch(3)", "s|slice(3)", "[s, s]|sort",
    "[s, s]|unique", "[s]|tojson", "[s] == [s]",
    "s|map('upper')|list", "s|bool", "s|default('')", "s|chain(s)", "s|zip(s)", "{s: 1}", "{s: 1}[s]",
    "{s: 1}|dictsort", "[s]|min",
    "s is lower", "s is upper", "s is startingwith s", "s is endingwith 'b'", "s is endingwith s",
    "s is string", "s is filter",
    "s in s", "'b' in s", "'aaaaaaaaaaaaaaac' in s", "'aaaaaaaaaaaaaaaaaaac' in s", "s == s", "s == s ~ ''",
    "s < s", "s ~ s", "s + s", "s * 2",
    "s[0]", "s[-1]", "s[1:]", "s[::-1]", "s[::2]", "s and 1", "s.upper()", "s.strip()", "s.strip('a')",
    "s.strip(s)", "s.removeprefix('a')",
    "s.removesuffix(s)", "s.replace('a', 'b')", "s.split()", "s.split(',')", "s.rsplit('a', 1)", "s.rsplit()",
    "s.splitlines()",
    "s.join(['1', '2'])", "','.join(s)", "s.startswith('a')", "s.endswith(s)", "s.find('b')",
    "s.find('aaaaaaaaaaaaaaac')", "s.rfind('b')",
    "s.rfind(s)", "s.count('a')", "s.count('')", "s.isdigit()", "s.isalpha()", "s.isalnum()", "s.isnumeric()",
    "s.isspace()", "s.isascii()",
    "s.isupper()", "s.islower()", "s.isdecimal()", "substring(s, 1)", "substring(s, 100000)",
    "replace_with_string(s, 'a', 'b')",
    "replace_with_string(s, 'aaaaaaaaaaaaaaac', 'b')", "replace_with_random(s, 'a')", "raw_string(s)",
    "trim(s)", "word_count(s)",
    "base64_encode(s)", "base64_decode(s)", "base64url_decode(base64url_encode(s))", "sha256(s)",
    "hmac_sha256(s, s)", "to_json(s)", "[s, 1]",
    "dict(a=s)", "s.lower().upper()", "header(s)", "header_values(s)", "cookie(s)", "query(s)",
    "namespace(a=s)", "s is in [s]",
    "s|attr('a')", "[{'a': s}]|map(attribute='a')|list", "[{'a': s}]|groupby('a')",
    "[{'a': s}]|selectattr('a', 'eq', s)|list",
    "(s|escape) ~ s", "regex_match(s, 'b')", "regex_match(s, '(a|b|ab)*c')", "regex_match(s, '[^x]*[^y]*z')",
    "regex_replace(s, 'a', 'b')",
    "regex_replace(s, 'x*', '-')", "regex_replace('a', 'a', s)", "regex_capture(s, '(a+)(,*)$', 1)",
    "regex_match(s, '^\\\\w+\\\\s$')", "s|format",
    "s|format(1, 2, 3)", "s.format()", "s is sameas s", "s is eq s", "s is in s", "env(s)", "[s]|join",
    "[s, s]|join(s)",
    "loop.changed(s)", "loop.cycle(s, s)", "debug(s)", "range(s|length)", "s|count",
  ]

  // MARK: Lists and maps

  private static let lists = [
    "range(1)", "range(20)", "range(1000)", "range(50000)", "range(1000)|map('string')|list",
    "range(1000)|map('float')|list",
    "[[1, 2], [3, 4]] * 500", "[{'a': 1, 'b': 2}] * 500", "[[[[[[[1]]]]]]] * 500", "['a' * 1000] * 100",
    "[2 ** 100] * 1000", "numbers", "floats",
    "maps", "strings", "escapes", "nested", "wide", "[true, none] * 500",
  ]

  private static func onList(_ list: String) -> [Construct] {
    let setup = "{% set l = \(list) %}"
    return listExpressions.map { Construct($0, with: setup) }
      + [
        Construct(statement: "{{ l }}", with: setup),
        Construct(statement: "{% for x in l %}{% endfor %}", with: setup),
        Construct(statement: "{% for x in l %}{{ loop.index }}{{ loop.previtem }}{% endfor %}", with: setup),
        Construct(statement: "{% for x in l if x %}{% endfor %}", with: setup),
        Construct(statement: "{% for x in l %}{% break %}{% endfor %}", with: setup),
        Construct(statement: "{% set t %}{{ l }}{% endset %}", with: setup),
        Construct(
          statement: "{% autoescape 'json' %}{% set t %}{{ l }}{% endset %}{% endautoescape %}", with: setup),
        Construct(
          statement: "{% autoescape true %}{% set t %}{{ l }}{% endset %}{% endautoescape %}", with: setup),
        Construct(statement: "{{ n }}", with: setup + "{% set n = namespace(v=l) %}"),
        Construct("n|string", with: setup + "{% set n = namespace(v=l) %}"),
        Construct("n|tojson", with: setup + "{% set n = namespace(v=l) %}"),
        Construct("n|pprint", with: setup + "{% set n = namespace(v=l) %}"),
        Construct("[n]|unique", with: setup + "{% set n = namespace(v=l) %}"),
        Construct("n == {'v': l}", with: setup + "{% set n = namespace(v=l) %}"),
        Construct("n ~ ''", with: setup + "{% set n = namespace(v=l) %}"),
        Construct("n|items", with: setup + "{% set n = namespace(v=l) %}"),
      ]
  }

  private static let listExpressions = [
    "l|length", "l|list", "l|first", "l|last", "l|join", "l|join(',')", "l|reverse", "l|sort",
    "l|sort(reverse=true)", "l|unique", "l|batch(3)",
    "l|batch(1)", "l|slice(3)", "l|chain(l)", "l|zip(l)", "l|map('string')", "l|map('upper')", "l|select",
    "l|reject",
    "l|select('eq', 1)", "l|select('in', l)", "l|reject('none')", "l|min", "l|max", "l|tojson",
    "l|tojson(indent=2)", "l|pprint",
    "l|string", "l ~ ''", "l == l", "l != l", "l < l", "l + l", "l * 2", "l[0]", "l[-1]", "l[1:]", "l[::-1]",
    "1 in l", "'zz' in l", "[l, l]|sort",
    "[l, l]|unique", "{l: 1}", "{l: 1}[l]", "[l]", "l|map(attribute='a', default=1)",
    "l|map(attribute='a.b.c.d', default=1)",
    "l|sort(attribute='a')", "l|unique(attribute='a')", "l.count(1)", "l|string|length", "to_json(l)",
    "from_json(to_json(l))",
    "l is sameas l", "l is in [l]", "l|escape", "l|urlencode", "dict(a=l)", "debug(l)", "loop.changed(l)",
    "l|bool",
    "l|default(1)", "l|title", "l|trim", "l|lower", "l|replace('1', '2')", "sha256(l)", "l|indent(1)",
    "'x' ~ l", "'{}'.format(l)", "'%s'|format(l)",
    "l|map('tojson')", "l|map('sort')", "l|map('unique')", "l|map('default', 1)",
    "l|map('replace', '1', '2')",
    "l|select('divisibleby', 2)", "l|select('string')", "l|select('lt', 5)", "l|select('startingwith', 'a')",
  ]

  // MARK: The body's fields

  private static let fields: [Construct] = [
    Construct("model"), Construct("message.content.text"), Construct("absent is defined"),
    Construct(statement: "{{ model }}"),
    Construct("numbers[500]"), Construct("nested[400]"), Construct("nested|last"), Construct("maps[99].k1"),
    Construct("wide.k500"), Construct("wide.k999"),
    Construct("wide['k' ~ 999]"), Construct("'k999' in wide"), Construct("wide|length"),
    Construct("wide|items"), Construct("wide|dictsort"),
    Construct("wide == wide"), Construct("wide.items()"), Construct("wide.keys()"),
    Construct("wide.values()"), Construct("wide.get('k999')"),
    Construct("context()"), Construct("context()|tojson"), Construct("to_json(context())"),
    Construct("body()"), Construct("body()|length"),
    Construct("from_json(body())"), Construct("bignumber + 1"), Construct("bignumber == 1"),
    Construct("bigfloat + 1"), Construct("bigfloat|string"),
    Construct("bignumber|int"), Construct("bignumber is odd"), Construct("bigfloat > bigfloat"),
    Construct("bignumber"), Construct("long|upper"),
    Construct("escaped == escaped"), Construct("escaped ~ ''"), Construct("escaped|length"),
    Construct("escaped in escaped"), Construct("escaped"),
    Construct("escaped[0]"), Construct("{escaped: 1}"), Construct(statement: "{{ escaped }}"),
    Construct("raw_string(escaped)"), Construct("to_json(escaped)"), Construct("[escaped]|tojson"),
    Construct("to_json([escaped, escaped])"), Construct("escapes|tojson"), Construct("to_json(escapes)"),
    Construct("to_json([escapes])"), Construct("{'a': escapes}|tojson"), Construct("[escapes]|string"),
    Construct("escapes|pprint"),
    Construct("wide[escaped]"), Construct("escaped is in strings"), Construct("numbers|sum"),
    Construct("floats|sum"), Construct("floats|max"),
    Construct("numbers|map('float')"), Construct("maps|map(attribute='k1')"),
    Construct("maps|selectattr('k1')"), Construct("maps|groupby('k1')"),
    Construct("maps|sort(attribute='k1')"), Construct("maps|map('items')"), Construct("maps|map('dictsort')"),
    Construct("strings|map('upper')"),
    Construct("deep"), Construct("deep|tojson"), Construct("deep == deep"), Construct("[deep]|unique"),
    Construct("deep|string"),
    Construct("deep|pprint"), Construct("deep < deep"),
    Construct(statement: "{% for k in wide %}{% endfor %}"),
    Construct(statement: "{% for k, v in wide|items %}{% endfor %}"),
    Construct(statement: "{% for m in maps %}{{ m.k1 }}{% endfor %}"),
    Construct(statement: "{% for x in numbers %}{{ x }}{% endfor %}"), Construct("connection.id"),
    Construct("connection.subject_peer_certificate"),
    Construct("connection.mtls"), Construct(statement: "{{ connection }}"), Construct("connection|string"),
    Construct("connection|tojson"),
  ]

  // MARK: Functions of the host

  private static let hostFunctions: [Construct] = [
    Construct("header('x-1')"), Construct("header('x-' ~ j)"), Construct("header('X-MANY')"),
    Construct("header_values('x-many')"), Construct("header('x-long')"),
    Construct("request_header('x-1')"), Construct("cookie('c999')"), Construct("get_cookie_i('C', 999)"),
    Construct("query('q999')"),
    Construct("query('q0')"), Construct("path_segment(0)"), Construct("path_segment(-1)"), Construct("now()"),
    Construct("now('%s')"),
    Construct("now('%A %B %d %H:%M:%S.%f %j %F %T')"), Construct("now('%T' * 2000)"), Construct("uuid4()"),
    Construct("replace_with_random('aa', 'a')"),
    Construct("env('HOME')"), Construct("env('NONE_SUCH')"), Construct("secret('group', 'key')"),
    Construct("secret('gr' ~ 'oup', 'key')"),
    Construct("sha256('')"), Construct("hmac_sha256('', '')"), Construct("base64_encode('')"),
    Construct("from_json('1')"), Construct("from_json('{}')"),
    Construct("to_json(1)"), Construct("word_count('')"), Construct("substring('abc', 1, 1)"),
    Construct("trim('')"), Construct("raw_string('')"),
    Construct(statement: "{{ header('x-1') }}"), Construct(statement: "{{ header('x-' ~ j) }}"),
    Construct(statement: "{{ request_header('x-long') }}"),
  ]

  // MARK: Regular expressions

  private static let regexes: [Construct] = [
    "regex_match('x', 'x')", "regex_match('x', 'x' ~ j)", "regex_match('x', '(?:a{900}b?){4}')",
    "regex_match('x', '(?:a{900}b?){4}' ~ j)",
    "regex_match('x', '[a-z]{50}' ~ j)", "regex_match('x', '(?i)\\\\w{200}' ~ j)",
    "regex_match('x', '((((((((a))))))))' ~ j)",
    "regex_match('x', '(a|b|c|d|e|f|g|h)*' ~ j)", "regex_match('x', ('(a)' * 400) ~ j)",
    "regex_match('a' * 100, '(a?){50}a{50}')",
    "regex_match('a' * 5000, '(a|aa|aaa)*b')", "regex_match('a' * 5000, '(?:a*)*(?:a*)*b')",
    "regex_capture('a' * 500, ('(a?)' * 100), 50)",
    "regex_capture('a' * 500, ('(a?)' * 400), 400)", "regex_replace('a' * 500, '(a)', '$1$1')",
    "regex_replace('a' * 5000, '', 'b')",
    "regex_replace('ab' * 500, 'b$', '')", "regex_replace('a' * 5000, 'a*b|c', '')",
    "regex_match('é' * 500, '[à-ü]+$')", "regex_match('é' * 500, '(?i)É+x')",
    "regex_match('é' * 500, '\\\\p{L}+x')", "regex_match('a' * 500, '[^a-z]|[b-z]|a\\\\b')",
    "regex_match('a', ('[a-b]' * 900) ~ j)",
    "regex_replace('a' * 500, 'a', '$' * 5000)", "regex_replace('a', 'a', '${' * 50000)",
    "regex_capture('a', '(?P<n>a)', 'n')",
    "regex_match('x', '\\\\pL{100}' ~ j)", "regex_match('x', '[\\\\w\\\\s\\\\d]{1000}' ~ j)",
    "regex_match('x', ('(?i)[a-zA-Z0-9]' * 300) ~ j)",
  ].map { Construct($0) }

  // MARK: What grows

  private static let growing: [Construct] = [
    Construct(statement: "{% set n.v = n.v ~ 'a' %}", with: "{% set n = namespace(v='') %}"),
    Construct(statement: "{% set n.v = n.v + [1] %}", with: "{% set n = namespace(v=[]) %}"),
    Construct(
      statement: "{% set n.v = [n.v] %}{% if j % 50 == 0 %}{% set n.v = [] %}{% endif %}",
      with: "{% set n = namespace(v=[]) %}"),
    Construct(statement: "{% set n.v = dict(n.v, a=j) %}", with: "{% set n = namespace(v={}) %}"),
    Construct(statement: "{% set t = loop %}{{ t.index }}"),
    Construct(
      "l|unique", with: "{% set n = namespace(v=1) %}{% set l = [n] * 1000 %}{% set n.v = range(1000) %}"),
    Construct(
      "l|string", with: "{% set n = namespace(v=1) %}{% set l = [n] * 1000 %}{% set n.v = range(1000) %}"),
    Construct(
      "l|tojson", with: "{% set n = namespace(v=1) %}{% set l = [n] * 1000 %}{% set n.v = range(1000) %}"),
    Construct(
      statement: "{{ l }}",
      with: "{% set n = namespace(v=1) %}{% set l = [n] * 1000 %}{% set n.v = range(1000) %}"),
    Construct("{n: 1}", with: "{% set n = namespace(v=range(1000)) %}"),
  ]
}
