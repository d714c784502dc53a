"""Expressions that mostly make sense: each has a type that is asked for."""

import contexts
import pieces
from pieces import FILTERED, TIGHT, expression, option, plain, tight

TYPES = ["int", "float", "str", "bool", "none", "any", "list:int", "list:float", "list:str", "list:user", "list:pair",
         "list:any", "user", "address", "map:int", "map:str", "tree", "list:list"]
STRINGS = ["a", "b", ",", " ", "", "foo", "o", "l", "ü", "<b>", "it's", "say \"x\"", "a\nb", "%", "x y", "\\", "日", "\t", "é",
           "ΑΣ", "Σ ", "ς", "\u00ad", "\u0301", "7", "1.5"]
CHARACTERS = ["a", "b", ",", " ", "o", "l", "-", "_", "ab", "\n", "ü"]


class Expressions:
    # How often an operand has another type than the one that is wanted.
    oddity = 0.02

    def __init__(self, random):
        self.random = random
        self.names = dict(contexts.NAMES)
        # Names of macros with the number of their parameters.
        self.macros = {}
        # Ways to call `range` as a value.
        self.functions = []
        # Types of the elements of the loops around this place; None where a string is looped over.
        self.loops = []
        self.is_in_macro = False

    # -- Choosing

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, items):
        return self.random.choice(items)

    def names_of(self, type):
        return [name for name, other in self.names.items() if other == type]

    def make(self, type, depth):
        """An expression of the type, `depth` operators deep at most."""
        if self.chance(self.oddity):
            type = self.pick(TYPES)
        if type == "number":
            type = self.pick(["int", "int", "float"])
        if type == "any":
            if self.chance(0.2):
                return self.atom("any")
            type = self.pick(TYPES)
        if depth <= 0 or self.chance(0.2):
            return self.atom(type)
        if self.chance(0.08):
            return self.general(type, depth)
        maker = {"int": self.integer, "float": self.float, "str": self.string, "bool": self.boolean}.get(type)
        if maker:
            return maker(depth)
        if type.startswith("list:") or type == "tree":
            return self.list(type, depth)
        if type.startswith("map:") or type in ("user", "address"):
            return self.map(type, depth)
        return self.atom(type)

    def operand(self, type, depth, binding=FILTERED):
        """In parentheses where it needs them, and sometimes where it does not; seldom missing although needed."""
        inner = self.make(type, depth)
        if inner.binding >= binding and not self.chance(0.03):
            return inner
        # To minijinja a minus before `.name` and `[…]` is about what stands before these.
        if binding < TIGHT and self.chance(0.06):
            return inner
        return tight("(", inner, ")")

    def owner(self, type, depth):
        """What `.name` and `[…]` may follow."""
        return self.operand(type, depth, TIGHT)

    # -- Atoms

    def atom(self, type):
        names = self.names_of(type)
        if names and self.chance(0.65):
            return tight(self.pick(names))
        if type == "any":
            return tight(self.pick(["none_such", "undefined", "none", "n", "s", "xs", "user", "mixed", "nothing"]))
        return self.literal(type)

    def literal(self, type, depth=1):
        if type == "int":
            number = self.pick(contexts.LARGE_INTEGERS if self.chance(0.02) else contexts.INTEGERS)
            if number >= 0 and self.chance(0.05):
                return tight(self.pick([hex(number), oct(number), bin(number), f"{number:_}"]))
            return tight(str(number)) if number >= 0 else expression(str(number))
        if type == "float":
            number = self.pick(contexts.FLOATS)
            if self.chance(0.1):
                return tight(self.pick(["1e3", "2.5e-1", "1E2", "12_3.5", "0.1e1"]))
            return tight(repr(number)) if number >= 0 else expression(repr(number))
        if type == "str":
            return tight(self.quoted(self.pick(STRINGS)))
        if type == "bool":
            return tight(self.pick(["true", "false", "True", "False"]))
        if type in ("none", "any"):
            return tight(self.pick(["none", "None"]))
        if type == "tree":
            return tight("[]")
        if type == "list:pair":
            return self.row([self.row([self.atom("str"), self.atom("int")]) for _ in range(self.random.randint(0, 2))])
        if type == "list:list":
            return self.row([self.atom("list:int") for _ in range(self.random.randint(0, 2))])
        if type == "list:user":
            return self.row([self.literal("user") for _ in range(self.random.randint(0, 2))])
        if type.startswith("list:"):
            row = [self.make(type[5:], depth - 1) for _ in range(self.random.randint(0, 3))]
            return self.row(row)
        if type == "user":
            return self.table([(key, self.atom(inner)) for key, inner in contexts.USER.items() if self.chance(0.7)])
        if type == "address":
            return self.table([(key, self.atom(inner)) for key, inner in contexts.ADDRESS.items()])
        keys = self.random.sample(["a", "b", "Z", "key", "a b"], self.random.randint(0, 3))
        return self.table([(key, self.atom(type[4:])) for key in keys])

    def row(self, elements):
        parts = ["["]
        for index, element in enumerate(elements):
            parts.append(option(element, ", " if index + 1 < len(elements) or self.chance(0.05) else ""))
        return tight(*parts, "]")

    def table(self, members):
        parts = ["{"]
        for index, (key, value) in enumerate(members):
            parts.append(option(self.quoted(key), ": ", value, ", " if index + 1 < len(members) else ""))
        return tight(*parts, "}")

    def quoted(self, text):
        quote = self.pick("\"\"\"'")
        result = ""
        for character in text:
            if character in (quote, "\\"):
                result += "\\" + character
            elif character == "\n":
                result += "\\n" if self.chance(0.8) else "\n"
            elif character == "\t":
                result += "\\t"
            elif ord(character) > 127 and self.chance(0.2):
                result += f"\\u{ord(character):04x}"
            else:
                result += character
        return quote + result + quote

    # -- What every type has

    def general(self, type, depth):
        operand = lambda: self.operand(type, depth - 1)
        choice = self.random.randrange(8)
        if choice == 0:
            # In parentheses: many places take no conditional without them.
            return tight("(", operand(), " if ", self.operand("bool", depth - 1), option(" else ", operand()), ")")
        if choice == 1:
            arguments = [operand()] + ([tight("true")] if self.chance(0.4) else [])
            return self.filtered(operand(), self.pick(["default", "d"]), arguments)
        if choice == 2:
            # The left operand is no constant: minijinja makes a boolean of an `and` of constants.
            return expression(tight(self.pick(list(self.names))), self.pick([" or ", " and "]), operand())
        if choice == 3 and self.loops and self.loops[-1] == type:
            return tight("loop.", self.pick(["previtem", "nextitem"]))
        if choice == 4 and self.loops:
            return tight("loop.cycle(", operand(), ", ", operand(), ")")
        if choice == 5:
            return self.filtered(self.row([operand(), operand()]), self.pick(["first", "last"]))
        if choice == 6:
            return tight(self.row([operand(), operand()]), "[", self.operand("int", 0), "]")
        return tight("(", operand(), ")")

    def filtered(self, input, name, arguments=(), **keywords):
        parts = [input, self.pick(["|", "|", " | "]), name]
        given = [plain(argument) for argument in arguments]
        given += [plain(key, "=", value) for key, value in keywords.items()]
        if given or self.chance(0.03):
            parts.append("(")
            for index, argument in enumerate(given):
                parts.append(option(", " if index else "", argument))
            parts.append(")")
        return pieces.filtered(*parts)

    def some(self, depth, *types):
        """Leading arguments: some of them, of the types."""
        return [self.operand(type, depth) for type in types[:self.random.randint(0, len(types))]]

    def flags(self, **keywords):
        """Some of the keyword arguments."""
        return {key: make() for key, make in keywords.items() if self.chance(0.4)}

    def flag(self):
        return tight(self.pick(["true", "false", "yes", "no"]))

    # -- Numbers

    def integer(self, depth):
        choice = self.random.randrange(12)
        below = depth - 1
        if choice < 4:
            operator = self.pick([" + ", " - ", " * ", "//", " % ", "+", "-"])
            return expression(self.operand("int", below), operator, self.operand("int", below))
        if choice == 4:
            return expression(self.operand("int", below), " ** ", tight(self.pick("01234")))
        if choice == 5:
            return self.filtered(
                self.operand(self.pick(["str", "list:int", "list:user", "map:int", "list:any"]), below), self.pick(["length", "count"]))
        if choice == 6:
            return self.filtered(self.operand("list:int", below), self.pick(["sum", "min", "max", "first", "last"]))
        if choice == 7:
            return self.filtered(self.operand(self.pick(["float", "int", "bool", "str"]), below), "int")
        if choice == 8:
            return self.filtered(self.operand("int", below), self.pick(["abs", "abs", "round"]))
        if choice == 9 and self.loops and self.loops[-1] is not None:
            return tight("loop.", self.pick(["index", "index0", "revindex", "revindex0", "length", "depth", "depth0"]))
        if choice == 10:
            # What stands behind a minus is closed: minijinja takes the minus before an attribute or index.
            return expression("-", tight("(", self.make("int", below), ")"))
        return self.member("int", depth)

    def float(self, depth):
        below = depth - 1
        choice = self.random.randrange(8)
        if choice < 3:
            return expression(self.operand("float", below), self.pick([" + ", " - ", " * ", " / "]), self.operand("number", below))
        if choice == 3:
            return expression(self.operand("int", below), " / ", self.operand("int", below))
        if choice == 4:
            return self.filtered(self.operand("float", below), "round", [tight(self.pick("0123"))] if self.chance(0.5) else [])
        if choice == 5:
            if self.chance(0.3):
                return self.filtered(self.operand("str", below), "float")
            return self.filtered(self.operand("number", below), self.pick(["float", "abs"]))
        if choice == 6:
            return self.filtered(self.operand("list:float", below), self.pick(["sum", "min", "max", "first"]))
        return self.member("float", depth)

    # -- Text

    def string(self, depth):
        below = depth - 1
        text = lambda: self.operand("str", below)
        choice = self.random.randrange(22)
        if choice < 3:
            return expression(text(), " ~ ", self.operand(self.pick(["str", "any", "int"]), below))
        if choice == 3:
            return expression(text(), " + ", text())
        if choice == 4:
            return expression(text(), " * ", tight(self.pick("0123")))
        if choice < 8:
            return self.filtered(
                text(), self.pick(["upper", "lower", "title", "capitalize", "trim", "string", "escape", "e", "safe", "urlencode"]))
        if choice == 8:
            return self.filtered(text(), "trim", [tight(self.quoted(self.pick(CHARACTERS)))])
        if choice == 9:
            return self.filtered(text(), "replace", [self.short_text(), self.short_text()])
        if choice == 10:
            return self.filtered(text(), "indent", [tight(self.pick("0124")), *[self.flag() for _ in range(self.random.randint(0, 2))]])
        if choice == 11:
            return self.filtered(self.operand(self.pick(["list:str", "list:int", "list:any", "str"]), below), "join", [self.short_text()] if self.chance(0.7) else [])
        if choice == 12:
            return self.filtered(self.operand(self.pick(["any", "user", "list:any", "str", "float"]), below), "string")
        if choice < 15:
            arguments, keywords = [], {}
            if self.chance(0.4):
                if self.chance(0.5):
                    arguments = [tight(self.pick(["2", "4", "true", "false", "0"]))]
                else:
                    keywords = {"indent": tight(self.pick(["2", "1", "true"]))}
            return self.filtered(self.operand(self.pick(["any", "user", "list:any", "str", "list:user", "float"]), below), "tojson", arguments, **keywords)
        if choice == 15:
            return self.filtered(self.operand(self.pick(["any", "user", "list:any"]), below), "pprint")
        if choice == 16 and not self.is_in_macro:
            if self.chance(0.15):
                return tight('("x" ~ ', text(), ")[::-1]")
            return tight(self.owner("str", below), "[", self.slice(), "]")
        if choice == 17:
            return tight(self.owner("str", below), "[", self.operand("int", 0), "]")
        if choice == 18:
            return self.filtered(self.operand("map:str", below), "urlencode")
        if choice == 19:
            return self.filtered(tight('("x" ~ ', text(), ")"), "reverse")
        if choice == 20 and self.macros:
            return self.macro_call(below)
        return self.member("str", depth)

    def short_text(self):
        return self.atom("str") if self.chance(0.3) else tight(self.quoted(self.pick(CHARACTERS)))

    def slice(self):
        """Without a negative step: minijinja counts the bounds of such a slice in its own way."""
        bound = lambda: self.pick(["", "0", "1", "2", "-1", "-2", "n", "5"])
        return plain(bound(), ":", bound(), self.pick(["", "", "", ":", ":2", ":1"]))

    def macro_call(self, depth):
        name = self.pick(list(self.macros))
        parameters = self.macros[name]
        arguments = []
        for parameter, type in parameters.items():
            if self.chance(0.12):
                break
            named = parameter + "=" if arguments and arguments[-1].startswith_name or self.chance(0.25) else ""
            arguments.append(Argument(named, self.make(type, depth)))
        parts = [name, "("]
        for index, argument in enumerate(arguments):
            parts.append(option(", " if index else "", argument.name, argument.value))
        return tight(*parts, ")")

    # -- Conditions

    def boolean(self, depth):
        below = depth - 1
        choice = self.random.randrange(14)
        if choice < 4:
            type = self.pick(["int", "str", "float", "number", "list:int", "any", "bool", "user"])
            operator = self.pick([" == ", " != ", " < ", " <= ", " > ", " >= "])
            return expression(self.operand(type, below), operator, self.operand(type, below))
        if choice == 4:
            return expression("not ", self.operand(self.pick(["bool", "any", "list:int", "str"]), below))
        if choice == 5:
            return expression(tight(self.pick(list(self.names))), self.pick([" and ", " or "]), self.operand("bool", below))
        if choice == 6:
            type = self.pick(["int", "str"])
            return expression(self.operand(type, below), self.pick([" in ", " not in "]), self.operand("list:" + type, below))
        if choice == 7:
            return expression(self.operand("str", below), self.pick([" in ", " not in "]), self.operand(self.pick(["str", "map:int"]), below))
        if choice < 12:
            return self.test(below)
        if choice == 12 and self.loops and self.loops[-1] is not None:
            return tight(self.pick(["loop.first", "loop.last", "loop.changed(n)", "loop.changed(loop.index // 2)"]))
        return self.filtered(self.operand("any", below), "bool")

    def test(self, depth):
        choice = self.random.randrange(5)
        negation = "not " if self.chance(0.2) else ""
        if choice < 2:
            name = self.pick(
                ["undefined", "defined", "none", "boolean", "true", "false", "number", "integer", "int", "float", "string",
                 "sequence", "mapping", "iterable", "safe", "escaped"])
            return expression(self.operand("any", depth), " is ", negation, name)
        if choice == 2:
            if self.chance(0.3):
                return expression(self.operand("int", depth), " is ", negation, "divisibleby(", tight(self.pick("12357")), ")")
            return expression(self.operand(self.pick(["int", "number", "any"]), depth), " is ", negation, self.pick(["odd", "even"]))
        if choice == 3:
            name = self.pick(
                ["eq", "equalto", "==", "ne", "!=", "lt", "lessthan", "<", "le", "<=", "gt", "greaterthan", ">", "ge", ">=", "sameas"])
            type = self.pick(["int", "str", "float", "any"])
            if name[0] in "=!<>":
                return expression(self.row([self.make(type, depth)]), '|select("', name, '", ', self.operand(type, depth), ")|list is ", "sequence")
            return expression(self.operand(type, depth), " is ", negation, name, "(", self.make(type, depth), ")")
        if self.chance(0.3):
            return expression(self.operand("int", depth), " is ", negation, "in(", self.make("list:int", depth), ")")
        if self.chance(0.3):
            return expression(self.operand("str", depth), " is ", negation, self.pick(["lower", "upper", "filter", "test"]))
        return expression(self.operand("str", depth), " is ", negation, self.pick(["startingwith", "endingwith"]), "(", self.short_text(), ")")

    # -- Members of maps

    def member(self, type, depth):
        """A field, or an element, of the type."""
        below = depth - 1
        holders = [("user", key) for key, inner in contexts.USER.items() if inner == type]
        holders += [("address", key) for key, inner in contexts.ADDRESS.items() if inner == type]
        if type in ("int", "str") and self.chance(0.3):
            key = self.pick(["a", "b", "Key", "z", "ü", "nope"])
            return tight(self.owner("map:" + type, below), "[", self.quoted(key), "]")
        if self.chance(0.3) and type != "any":
            return tight(self.owner("list:" + type, below), "[", self.operand("int", 0), "]")
        if not holders:
            return self.general(type, depth)
        holder, key = self.pick(holders)
        owner = self.owner(holder, below)
        choice = self.random.randrange(4)
        if choice == 0:
            return tight(owner, "[", self.quoted(key), "]")
        if choice == 1:
            return self.filtered(owner, "attr", [tight(self.quoted(key))])
        return tight(owner, ".", key)

    def map(self, type, depth):
        below = depth - 1
        choice = self.random.randrange(5)
        if choice == 0:
            return self.literal(type)
        if choice == 1 and type == "user":
            return self.filtered(self.operand("list:user", below), self.pick(["first", "last"]))
        if choice == 2:
            keywords = self.random.sample(["k", "b", "name", "q"], self.random.randint(0, 2))
            parts = [option(", ", key, "=", self.make("int" if type == "map:int" else "str", below)) for key in keywords]
            return tight("dict(", self.make(type, below), *parts, ")")
        return self.member(type, depth)

    # -- Lists

    def list(self, type, depth):
        below = depth - 1
        again = lambda: self.operand(type, below)
        element = type[5:] or "any"
        choice = self.random.randrange(20)
        if choice == 0:
            return self.literal(type, depth)
        if choice == 1 and not self.is_in_macro:
            if self.chance(0.15):
                return self.filtered(tight(self.owner(type, below), "[::-1]"), "list")
            return tight(self.owner(type, below), "[", self.slice(), "]")
        if choice == 2:
            return expression(again(), " + ", again())
        if choice == 3:
            return expression(again(), " * ", tight(self.pick("012")))
        if choice == 4:
            name = self.pick(["list", "reverse", "unique", "sort"])
            # A list for certain: minijinja does not turn a map around.
            return self.filtered(self.filtered(again(), "list") if name == "reverse" else again(), name)
        if choice == 5:
            keywords = self.flags(reverse=self.flag, case_sensitive=self.flag)
            if element == "user" and self.chance(0.7):
                keywords["attribute"] = tight(self.quoted(self.pick(["name", "age", "address.city", "score", "nope", "name,age"])))
            return self.filtered(again(), "sort", **keywords)
        if choice == 6:
            keywords = self.flags(case_sensitive=self.flag)
            if element == "user" and self.chance(0.7):
                keywords["attribute"] = tight(self.quoted(self.pick(["name", "age", "admin", "address.city"])))
            return self.filtered(again(), "unique", **keywords)
        if choice == 7:
            chain = self.filtered(again(), "chain", [again()] if self.chance(0.8) else [again(), again()])
            return self.filtered(chain, "list")
        if choice in (8, 9):
            if element == "user":
                return self.select_users(below)
            name = self.pick(["select", "reject"])
            arguments = {
                "int": ['"odd"', '"even"', '"divisibleby", 2', '">", 1', '"lt", n', '"in", [1, 2, 3]', '"defined"'],
                "float": ['">", 1', '"lt", 2.5', '"float"'],
                "str": ['"startingwith", "a"', '"string"', '"lower"', '"eq", s', '"endingwith", "o"', '"!=", ""'],
            }.get(element, ['"string"', '"number"', '"defined"', '"none"', '"mapping"', '"sequence"', '"true"'])
            given = [tight(self.pick(arguments))] if self.chance(0.8) else []
            return self.filtered(again(), name, given)
        if choice in (10, 11):
            return self.mapped(type, element, below)
        if type == "list:list":
            return self.list_of_lists(below)
        if type == "list:pair":
            name = self.pick(["items", "dictsort"])
            keywords = {}
            if self.chance(0.15):
                # Sorted, as minijinja loses the order of a chain of maps.
                chain = self.filtered(self.operand("map:int", below), "chain", [self.make("map:int", below)])
                return self.filtered(chain, "dictsort", case_sensitive=tight("true"))
            if name == "dictsort":
                keywords = self.flags(
                    by=lambda: tight(self.pick(['"key"', '"value"'])), reverse=self.flag, case_sensitive=self.flag)
            return self.filtered(self.operand(self.pick(["map:int", "map:str", "user"]), below), name, **keywords)
        if type == "list:int" and choice < 15 and self.functions and self.chance(0.5):
            return tight(self.pick(self.functions), "(", tight(self.pick(["3", "0", "1, 4", "n", "2, 8, 3"])), ")")
        if type == "list:int" and choice < 15:
            bounds = self.pick(["3", "0", "1, 4", "0, 10, 3", "5, 1, -1", "n, 6", "2"])
            return tight("range(", bounds, ")")
        if type == "list:str" and choice < 17:
            if self.chance(0.2):
                return self.filtered(self.operand("str", below), self.pick(["list", "lines"]))
            if self.chance(0.3):
                return self.filtered(self.operand(self.pick(["map:int", "user"]), below), self.pick(["list", "list", "sort"]))
            # Always a list: minijinja's `split` makes something that has no length.
            arguments = self.pick([[], [self.short_text()], [self.short_text(), tight(self.pick("012"))]])
            return self.filtered(self.filtered(self.operand("str", below), "split", arguments), "list")
        if type == "tree":
            return tight(tight("tree[0]"), ".children")
        return self.member(type, depth)

    def select_users(self, depth):
        name = self.pick(["selectattr", "rejectattr"])
        arguments = self.pick([
            '"admin"', '"age", "gt", 3', '"name", "eq", s', '"name", "startingwith", "a"', '"tags"', '"nope"',
            '"nope", "undefined"', '"address.city"', '"age", "odd"', '"score", "<", 2', '"name", "in", words'])
        return self.filtered(self.operand("list:user", depth), name, [tight(arguments)])

    def mapped(self, type, element, depth):
        if element in contexts.USER.values() and self.chance(0.5):
            fields = [key for key, inner in contexts.USER.items() if inner == element]
            keywords = {"attribute": tight(self.quoted(self.pick(fields + ["nope"])))}
            if self.chance(0.4):
                keywords["default"] = self.operand(element, 0)
            return self.filtered(self.operand("list:user", depth), "map", **keywords)
        names = {
            "int": (["list:str", "list:list", "list:int"], ['"length"', '"abs"', '"int"', '"default", 7']),
            "float": (["list:float", "list:int"], ['"float"', '"round"', '"round", 1', '"abs"']),
            "str": (["list:str", "list:int", "list:any"], ['"upper"', '"string"', '"replace", "a", "b"', '"trim"', '"tojson"', '"title"', '"pprint"']),
        }
        if element in names:
            inputs, arguments = names[element]
            return self.filtered(self.operand(self.pick(inputs), depth), "map", [tight(self.pick(arguments))])
        return self.filtered(self.operand("list:user", depth), "map", attribute=tight('"tags"'))

    def list_of_lists(self, depth):
        choice = self.random.randrange(4)
        input = self.operand(self.pick(["list:int", "list:str"]), depth)
        if choice < 2:
            arguments = [tight(self.pick("1233"))] + ([self.atom("str")] if self.chance(0.4) else [])
            return self.filtered(input, ["batch", "slice"][choice], arguments)
        if choice == 2:
            return self.filtered(self.filtered(input, "zip", self.some(depth, "list:int", "list:str")), "list")
        keywords = self.flags(default=lambda: self.operand("str", 0), case_sensitive=self.flag)
        attribute = tight(self.quoted(self.pick(["name", "age", "admin", "address.city"])))
        users = self.operand("list:user", depth)
        if self.chance(0.5):
            return self.filtered(users, "groupby", [attribute], **keywords)
        return self.filtered(users, "groupby", attribute=attribute, **keywords)


class Argument:
    def __init__(self, name, value):
        self.name = name
        self.value = value

    @property
    def startswith_name(self):
        return bool(self.name)
