"""Whole templates: text, output and statements around expressions."""

import contexts
from expressions import Expressions
from pieces import body, expression, option, plain, tight

TEXTS = ["a", " ", "\n", "  \n", "text ", "\n  ", "x\ny", "{ ", "} ", "% ", "{ { ", "# ", "-", "ü", "<p>", "\n\n", "\t", "'", "\\n", "\r\n", "}}", "%}"]
LOOP_TYPES = ["list:int", "list:str", "list:user", "list:any", "list:float", "list:pair"]

# Names that no `set` changes.
CONSTANT_NAMES = "xs", "words", "users", "mixed", "pairs", "fs"


class Templates:
    """Makes templates; `mistake` of them get a fault in their text."""

    mistake = 0.04
    odd = 0.2

    def __init__(self, random):
        self.random = random

    def make(self):
        statements = Statements(self.random)
        statements.expressions.oddity = 0.12 if self.random.random() < self.odd else 0.004
        template = statements.block(self.random.choice([1, 2, 2, 3]), self.random.randint(1, 4))
        if self.random.random() < self.mistake:
            return body([plain(self.damaged(str(template)))])
        return template

    def damaged(self, text):
        """Something left out, doubled, or put in."""
        where = self.random.randrange(len(text) + 1)
        length = self.random.randint(1, 4)
        choice = self.random.randrange(3)
        if choice == 0:
            return text[:where] + text[where + length:]
        if choice == 1:
            return text[:where] + text[where:where + length] + text[where:]
        extra = self.random.choice(
            ["{{", "}}", "{%", "%}", "{#", "#}", "(", ")", "[", "]", "|", ".", ",", "\"", "'", " is ", " not ", " in ", " if ",
             "{% else %}", "{% endfor %}", "{% endif %}", "=", "==", "-", "*", "**", "~", "1", "x", "{% if x %}", "{% raw %}", ":",
             " nope ", "|nope", "nope()", "{% include 'a' %}", "{% nope %}", "&", "!", "$", "\\", "{% break %}"])
        return text[:where] + extra + text[where:]


class Statements:
    def __init__(self, random):
        self.random = random
        self.expressions = Expressions(random)
        self.fresh = 0
        # Whether `break` and `continue` may stand here.
        self.may_leave_loop = False
        self.is_in_loop = False

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, items):
        return self.random.choice(items)

    def name(self, prefix):
        self.fresh += 1
        return f"{prefix}{self.fresh}"

    # -- Marks

    def tag(self, *parts):
        """A statement's tag, mostly `{% … %}`, sometimes with whitespace control."""
        return plain("{%", self.pick(["", "", "", "", "-", "+"]), " ", *parts, " ", self.pick(["", "", "", "", "-", "+"]), "%}")

    def output(self, depth):
        type = self.pick(["any", "int", "float", "str", "str", "bool", "list:int", "list:str", "list:list", "list:pair", "list:user", "user", "map:int"])
        value = self.expressions.make(type, depth)
        space = self.pick([" ", " ", " ", "", "\n"])
        # A space between the mark and a minus, a brace or a bracket that could be taken for a part of it.
        return plain("{{", self.pick(["", "", "", "", "-", "+"]), space or " " if str(value)[:1] in "-+{%#" else space, value,
                     " " if str(value)[-1:] in "-+}" else space, self.pick(["", "", "", "", "-", "+"]), "}}")

    def block(self, depth, count):
        return body([self.item(depth) for _ in range(count)])

    def inner(self, depth):
        return self.block(depth - 1, self.random.randint(1, 3))

    def item(self, depth):
        makers = [self.text] * 3 + [lambda: self.output(self.random.randint(0, 3))] * 6 + [self.comment, self.raw, lambda: self.set(depth)]
        if depth > 0:
            makers += [lambda maker=maker: maker(depth) for maker in (
                self.if_else, self.if_else, self.for_loop, self.for_loop, self.for_loop, self.with_block, self.macro,
                self.filter_block, self.set_block, self.autoescape, self.namespace, self.call_block, self.recursive, self.do,
                self.function_value, self.namespaces)]
        if self.may_leave_loop and self.chance(0.15):
            word = self.pick(["break", "continue"])
            return self.chosen(plain(self.tag(word)))
        return self.pick(makers)()

    def chosen(self, statement):
        return plain(self.tag("if ", self.expressions.make("bool", 1)), body([statement]), self.tag("endif"))

    # -- Without blocks

    def text(self):
        return plain("".join(self.pick(TEXTS) for _ in range(self.random.randint(1, 3))))

    def comment(self):
        return plain(self.pick(["{#", "{#-", "{#+"]), self.pick([" c ", "", " {{ x }} ", "\n", " {% if %} "]), self.pick(["#}", "-#}", "+#}"]))

    def raw(self):
        return plain(self.tag("raw"), self.pick(["{{ x }}", " {% if %} ", "", "\n{# c #}\n", " a "]), self.tag("endraw"))

    def set(self, depth):
        if self.chance(0.15):
            first, second = self.name("v"), self.name("v")
            elements = self.expressions.operand("int", 1), self.expressions.operand("str", 1)
            value = self.pick([self.expressions.row(elements), plain("(", elements[0], ", ", elements[1], ")")])
            names = f"({first}, {second})" if self.chance(0.97) else f"{first}, {second}"
            statement = self.tag("set ", names, " = ", value)
            self.expressions.names.update({first: "int", second: "str"})
            return statement
        type = self.pick(["int", "str", "float", "bool", "list:int", "list:str", "user", "map:int", "list:user"])
        value = self.expressions.make(type, 2)
        targets = [name for name, other in contexts.NAMES.items() if other == type and name not in CONSTANT_NAMES]
        target = self.pick(targets) if targets and self.may_set_again() else self.name("v")
        self.expressions.names[target] = type
        return self.tag("set ", target, self.pick([" = ", "=", " = "]), value)

    def may_set_again(self):
        # Not in a loop: what a round sets, minijinja still has in the next one.
        return not self.expressions.is_in_macro and not self.is_in_loop and self.chance(0.2)

    def do(self, depth):
        if not self.expressions.macros:
            return self.set(depth)
        return self.tag("do ", self.expressions.macro_call(1))

    # -- Blocks

    def scoped(self, make):
        """What `make` gives; names that it adds are gone again."""
        names, macros = dict(self.expressions.names), dict(self.expressions.macros)
        functions, is_in_loop = list(self.expressions.functions), self.is_in_loop
        loops, may_leave, is_in_macro = list(self.expressions.loops), self.may_leave_loop, self.expressions.is_in_macro
        made = make()
        self.expressions.names, self.expressions.macros = names, macros
        self.expressions.functions, self.is_in_loop = functions, is_in_loop
        self.expressions.loops, self.may_leave_loop, self.expressions.is_in_macro = loops, may_leave, is_in_macro
        return made

    def branch(self, depth):
        # What is set in a branch of a loop's body may not be set in the next round.
        return self.scoped(lambda: self.inner(depth)) if self.is_in_loop else self.inner(depth)

    def if_else(self, depth):
        condition = lambda: self.expressions.make(self.pick(["bool", "bool", "any"]), 2)
        parts = [self.tag("if ", condition()), self.branch(depth)]
        for _ in range(self.pick([0, 0, 0, 1, 2])):
            parts.append(option(self.tag("elif ", condition()), self.branch(depth)))
        if self.chance(0.5):
            parts.append(option(self.tag("else"), self.branch(depth)))
        return plain(*parts, self.tag("endif"))

    def for_loop(self, depth):
        return self.scoped(lambda: self.for_parts(depth))

    def for_parts(self, depth):
        names = self.expressions.names
        choice = self.random.randrange(10)
        if choice == 0:
            # No attributes of the loop that ask for its length: minijinja does not know that of a string.
            sequence, target, element = self.expressions.operand("str", 1), self.name("c"), None
            added = {target: "str"}
        elif choice == 1:
            sequence = self.expressions.operand(self.pick(["user", "map:int"]), 1)
            target, element = self.name("k"), None
            added = {target: "str"}
        elif choice < 5:
            sequence, element = self.sequence("list:pair"), "list:any"
            key, value = self.name("k"), self.name("v")
            target = self.pick([f"{key}, {value}", f"({key}, {value})", f"{key},{value}"])
            added = {key: "str", value: "int"}
        else:
            type = self.pick(LOOP_TYPES)
            sequence, target, element = self.sequence(type), self.name("x"), type[5:]
            added = {target: "list:any" if element == "pair" else element}
        names.update(added)
        condition = option(" if ", self.expressions.operand("bool", 1)) if self.chance(0.15) else ""
        self.expressions.loops.append(element)
        self.is_in_loop = True
        leaves = self.chance(0.3)
        self.may_leave_loop = leaves
        inside = self.inner(depth)
        self.expressions.loops.pop()
        self.may_leave_loop = False
        parts = [self.tag("for ", target, " in ", sequence, condition), inside]
        # Not both `break` and `else`: minijinja runs the `else` of a loop that was left in its first round.
        if not leaves and self.chance(0.3):
            for name in added:
                del names[name]
            parts.append(option(self.tag("else"), self.inner(depth)))
        return plain(*parts, self.tag("endfor"))

    def sequence(self, type):
        """What has a length for certain; see `for_parts` about strings."""
        names = [name for name, other in contexts.NAMES.items() if other == type and name in CONSTANT_NAMES]
        if names and self.chance(0.5):
            return self.pick(names)
        return self.expressions.filtered(self.expressions.operand(type, 2), "list")

    def recursive(self, depth):
        def make():
            name = self.name("t")
            self.expressions.loops.append("any")
            self.expressions.names[f"{name}.name"] = "str"
            self.may_leave_loop, self.is_in_loop = False, True
            return plain(
                self.tag("for ", name, " in ", self.pick(["tree", "tree", "tree|reverse"]), " recursive"), self.inner(depth),
                "{{ ", name, ".name }}", plain("{% if ", name, ".children %}(", body([plain("{{ loop(", name, ".children) }}")]), "){% endif %}"),
                self.tag("endfor"))
        return self.scoped(make)

    def with_block(self, depth):
        def make():
            parts = []
            # A `break` out of a `with` is a known fault of minijinja.
            self.may_leave_loop = False
            for index in range(self.random.randint(0, 2)):
                type, name = self.pick(["int", "str", "list:int"]), self.name("w")
                parts.append(plain(", " if index else "", name, " = ", self.expressions.make(type, 1)))
                self.expressions.names[name] = type
            return plain(self.tag("with ", *parts), self.inner(depth), self.tag("endwith"))
        return self.scoped(make)

    def parameters(self):
        types = {self.name("p"): self.pick(["int", "str", "list:int", "user"]) for _ in range(self.random.randint(0, 3))}
        parts = []
        has_default = False
        for index, (name, type) in enumerate(types.items()):
            has_default = has_default or self.chance(0.3)
            # A literal: in minijinja a default cannot use the parameters before it.
            default = plain("=", self.expressions.literal(type)) if has_default else ""
            parts.append(plain(", " if index else "", name, default))
        return types, parts

    def enter_macro(self):
        self.expressions.loops = []
        self.expressions.is_in_macro = True
        self.may_leave_loop = False

    def macro(self, depth):
        name = self.name("m")
        types, parts = self.parameters()

        def make():
            self.expressions.names.update(types)
            self.enter_macro()
            caller = [self.pick(["{{ caller(1) if caller }}", "{{ caller is defined }}"])] if self.chance(0.2) else []
            return plain(self.tag("macro ", name, "(", *parts, ")"), self.inner(depth), *caller, self.tag("endmacro"))
        declaration = self.scoped(make)
        self.expressions.macros[name] = types
        if self.chance(0.8):
            return plain(declaration, body([plain("{{ ", self.expressions.macro_call(1), " }}")]))
        return plain(declaration, body([plain("{{ ", name, self.pick(["", ".name", ".arguments", ".caller", "|string", " is defined", " is mapping"]), " }}")]))

    def call_block(self, depth):
        name = self.name("m")
        declared, argument = self.pick([
            ("", ""), ("(p)", "1"), ("(p)", "s"), ("(p, q)", "n, xs"), ("(p=1)", ""), ("(p, q=2)", "user.name"),
            ("(p, q=2)", "n, q=s"), ("(p)", "")])

        def make():
            self.expressions.names.update({name: "any" for name in ("p", "q") if name in declared})
            self.enter_macro()
            return plain(self.tag("call", declared, " ", name, "()"), self.inner(depth), self.tag("endcall"))
        macro = plain("{% macro ", name, "() %}<{{ caller(", argument, ") }}>{% endmacro %}")
        return plain(macro, self.scoped(make))

    def filter_block(self, depth):
        filters = self.pick(["upper", "lower|trim", "replace('a', 'b')", "indent(2)", "title", "e", "length", "tojson", "trim", "default('z')", "urlencode", "list|join('.')"])

        def make():
            self.may_leave_loop = False
            return plain(self.tag("filter ", filters), self.inner(depth), self.tag("endfilter"))
        return self.scoped(make)

    def set_block(self, depth):
        name = self.name("v")
        filters = self.pick(["", "", " | upper", " | trim | length", " | safe"])

        def make():
            self.may_leave_loop = False
            return plain(self.tag("set ", name, filters), self.inner(depth), self.tag("endset"))
        statement = self.scoped(make)
        self.expressions.names[name] = "int" if "length" in filters else "str"
        return statement

    def autoescape(self, depth):
        def make():
            self.may_leave_loop = False
            # In a macro, `true` means the mode of its call to minijinja.
            modes = ["false", '"html"', '"html"', '"json"', '"none"']
            mode = self.pick(modes if self.expressions.is_in_macro else modes + ["true", "true", "yes"])
            return plain(self.tag("autoescape ", mode), self.inner(depth), self.tag("endautoescape"))
        return self.scoped(make)

    def namespace(self, depth):
        name = self.name("ns")
        loop = self.name("i")
        update = self.pick([f"{name}.a + {loop}", f"{loop}", f"{name}.a ~ {loop}", f"{name}.a * 2"])
        return plain(
            "{% set ", name, " = namespace(", self.pick(["a=0", "a=1", "a=n", '{"a": 2}', 'a=1, b=s']), ") %}",
            "{% for ", loop, " in ", self.expressions.operand("list:int", 1), " %}{% set ", name, ".a = ", update, " %}{% endfor %}",
            "{{ ", name, self.pick([".a", "", ".b", "|list", "|items|list", '["a"]', "|length", " is mapping", "|tojson"]), " }}")

    def namespaces(self, depth):
        """Namespaces in one another, changed from both ends."""
        outer, inner, loop = self.name("ns"), self.name("ns"), self.name("i")
        make = self.pick([
            f"{{% set {inner} = namespace(a=1) %}}{{% set {outer} = namespace(x={inner}) %}}",
            f"{{% set {inner} = namespace(a=1) %}}{{% set {outer} = namespace() %}}{{% set {outer}.x = {inner} %}}",
            f"{{% set {outer} = namespace(x=namespace(a=n)) %}}{{% set {inner} = {outer}.x %}}",
            f"{{% set {inner} = namespace(a=0) %}}{{% set {outer} = namespace(x={inner}, y=[{inner}, {{'k': {inner}}}]) %}}"])
        change = self.pick([
            f"{{% for {loop} in xs %}}{{% set {inner}.a = {inner}.a + {loop} %}}{{% endfor %}}",
            f"{{% for {loop} in xs %}}{{% set {outer}.x.a = {loop} %}}{{% endfor %}}",
            f"{{% set {inner}.b = namespace(c={inner}.a) %}}", f"{{% set {outer}.x = 1 %}}", f"{{% set {inner}.f = range %}}"])
        use = self.pick([
            f"{outer}.x.a", f"{inner}.a", f"{outer}.x.b.c", f"{outer}.y[1].k.a", f"{outer}.x == {inner}", f"{outer}|length",
            f"{outer}.x|items|list|length", f"{outer}.x is mapping", f"{inner}.f(2)" if "range" in change else f"{outer}|list"])
        return plain(make, change, body([plain("{{ ", use, " }}")]))

    def function_value(self, depth):
        name = self.name("f")
        setter, call = self.pick([
            (f"{{% set {name} = range %}}", name), (f"{{% set {name} = {{'f': range}} %}}", f"{name}.f"),
            (f"{{% set {name} = [dict, range] %}}", f"{name}[1]"), (f"{{% set {name} = {{'f': range}} %}}", f"{name}['f']"),
            (f"{{% set {name} = namespace(f=range) %}}", f"{name}.f"), (f"{{% set {name} = range if yes or true else dict %}}", name)])
        self.expressions.functions.append(call)
        shown = [plain("{{ ", call, "(", self.pick(["2", "1, 3", "", "1, 2, 3, 4", "s", "*[1, 2]"]), ") }}")]
        shown += [plain("{{ ", call, self.pick([" is defined", " is mapping", " is string", " == [range][0]", " is none", "(1)|length"]), " }}")]
        macro = self.name("m")
        if self.chance(0.3):
            parameter = self.name("p")
            shown.append(plain(
                "{% macro ", macro, "(", parameter, "=range) %}{{ ", parameter, "(2) }}{% endmacro %}",
                "{{ ", macro, "(", self.pick(["", "range", call, "n"]), ") }}"))
        return plain(setter, body(shown))
