"""The methods of Python's values and the filter `format`: minijinja has them only in part, so that Python itself is what they
are compared with.

The generator keeps clear of what is wanted otherwise: `%s` and `%r` spell values as templates do, `%x` and `%o` take floats.
"""

import json

from contexts import WORDS, literal

SEPARATORS = [" ", ",", "a", "Σ", "  ", "ab", "\n", "ü"]
CHARACTERS = ["a", " ", "Σ", "ab ", "-", "", "é\u0301"]


class Pythonic:
    def __init__(self, random):
        self.random = random

    def make(self):
        """A template that prints JSON, and what Python makes of it: a value or an exception."""
        chooser = self.random.choice([self.text_method, self.text_method, self.text_method, self.list_method, self.map_method, self.format])
        expression, compute = chooser()
        try:
            return "{{ " + expression + "|tojson }}", {"value": compute()}
        except (TypeError, ValueError, OverflowError) as error:
            return "{{ " + expression + "|tojson }}", {"error": str(error)}

    def word(self):
        return self.random.choice(WORDS) + self.random.choice(["", "", " ", "a", "Σ", ",b"])

    def call(self, owner, name, arguments):
        given = ", ".join(literal(list(value) if isinstance(value, tuple) else value) for value in arguments)
        return f"{literal(owner)}.{name}({given})", lambda: getattr(owner, name)(*arguments)

    def text_method(self):
        word, choice = self.word(), self.random.randrange(9)
        pick = self.random.choice
        if choice == 0:
            return self.call(word, pick(["upper", "lower", "capitalize", "title", "splitlines"]), [])
        if choice == 1:
            return self.call(word, pick(["strip", "lstrip", "rstrip"]), pick([[], [None], [pick(CHARACTERS)]]))
        if choice == 2:
            return self.call(word, pick(["removeprefix", "removesuffix"]), [pick(SEPARATORS + word.split(" "))])
        if choice == 3:
            return self.call(word, "replace", [pick(SEPARATORS), pick(CHARACTERS)] + pick([[], [0], [1], [-1]]))
        if choice in (4, 5):
            return self.call(word, pick(["split", "rsplit"]), pick([[], [None], [pick(SEPARATORS)]]) or []) if pick([True, False]) \
                else self.call(word, pick(["split", "rsplit"]), [pick([None, None, pick(SEPARATORS)]), pick([0, 1, 2, -1, 5])])
        if choice == 6:
            affix = pick([pick(SEPARATORS), word[:2], word[-2:], (word[:1], "x"), ()])
            return self.call(word, pick(["startswith", "endswith"]), [affix])
        if choice == 7:
            return self.call(word, pick(["find", "rfind", "count"]), [pick(SEPARATORS + CHARACTERS + [word[1:3]])])
        return self.call(word, pick(
            ["isdigit", "isdecimal", "isnumeric", "isalpha", "isalnum", "isspace", "isascii", "isupper", "islower"]), [])

    def list_method(self):
        values = [self.random.choice([1, 2.5, "a", None, "Σ", [1]]) for _ in range(self.random.randint(0, 5))]
        return self.call(values, self.random.choice(["count", "index"]), [self.random.choice([1, "a", None, [1], "z"])])

    def map_method(self):
        table = {self.random.choice(["a", "b", "Σ", ""]): self.random.choice([1, "x", None, []]) for _ in range(3)}
        name = self.random.choice(["items", "keys", "values", "get"])
        if name == "get":
            return self.call(table, name, [self.random.choice(["a", "Σ", "z"])] + self.random.choice([[], ["d"], [None]]))
        expression, compute = self.call(table, name, [])
        return expression, lambda: list(compute())

    # -- format

    def format(self):
        pick, names = self.random.choice, self.random.random() < 0.2
        pattern, places, named = "", [], {}
        for index in range(self.random.randint(0, 3)):
            letter = pick("sdiuxXoeEfFgGc" if self.random.random() < 0.97 else "qy%(")
            flags = "".join(flag for flag in "-0#+ " if self.random.random() < 0.2)
            width, precision = pick(["", "", "1", "8", "12", "*"]), pick(["", "", ".", ".0", ".3", ".7", ".*"])
            if letter == "c":
                precision = ""
            if names:
                width, precision = width.replace("*", ""), precision.replace("*", "2")
            places += [pick([0, 3, 6]) if part.endswith("*") else None for part in (width, precision)]
            places = [value for value in places if value is not None]
            value = self.argument(letter)
            key = f"k{index}"
            if names:
                named[key] = value
            else:
                places.append(value)
            pattern += pick(["", "a", " Σ", "%%"]) + "%" + (f"({key})" if names else "") + flags + width + precision + pick(["", "", "", "l"]) + letter
        if self.random.random() < 0.1 and places:
            places.pop()
        if self.random.random() < 0.05 and not names:
            places.append(1)
        given = [literal(value) for value in places] + [f"{key}={literal(value)}" for key, value in named.items()]
        pattern_literal = literal(pattern) if pick([True, False]) else f"({literal(pattern)} ~ '')"
        return f"{pattern_literal}|format({', '.join(given)})", lambda: pattern % (named if names else tuple(places))

    def argument(self, letter):
        pick = self.random.choice
        if self.random.random() < 0.03 and letter != "s":
            return pick([None, "a", []])
        if letter == "s":
            return pick([self.word(), "", 5, -3])
        if letter == "c":
            return pick([65, 0x3A3, 0x1F600, "a", "é", "ab", -1, 0x110000])
        if letter in "xXo":
            return pick([0, 1, 8, 255, -255, 2**40, 10**30])
        if letter in "diu":
            return pick([0, 1, -7, 255, 10**30, 3.99, -3.99, True])
        return pick([0.0, 1.5, -2.25, 1e-7, 1e20, 123456.789, 100000, -1, 0.5, 2.5, 1e300])


def verdict(expected, actual):
    """As `differential.verdict` has it."""
    if "output" in actual and "value" in expected:
        return "same" if json.loads(actual["output"]) == plain(expected["value"]) else "different"
    return "same" if "error" in actual and "error" in expected else "different"


def plain(value):
    """Lists for tuples."""
    return json.loads(json.dumps(value))
