"""What templates are rendered with: always the same names and types, other values each time.

Numbers are spelt as both engines print them: ours would print a number of a JSON text as it is spelt there, and that is
wanted.
"""

import json

WORDS = ["", "a", "b", "foo", "Bar", "hello world", "Größe", "日本", "x<y>&'\"/", " padded ", "one\ntwo\n", "a,b,,c", "12",
         "-3.5", "line\r\nend", "ÀÉ", "snake_case", "tab\there", "ß", "e\u0301", "😀", "100%", "true", "{{ no }}", "Zebra",
         "\\back\\", "a-b c.d", "\u0001", "  two  spaces ",
         # Greek, with what ends a word and what does not, and other letters whose case is not a letter for a letter.
         "ΑΣ", "ΑΣ Β", "ΣΑΣ'Σ. ΑΣ", "aΣ\u00ad", "aΣ\u0301b", "ας", "Σ", "İi", "ŉ", "ǆ ǅ", "ﬁ", "x\u2019Σ",
         # Numbers that some readers take, and NUL.
         "7\u0000; drop", "\u0000", "nan(1)", "0x10", "+5", " 5", "1_0", "1e5", "inf", "-.5", "5."]
INTEGERS = [0, 1, 2, 3, 5, 7, 10, 42, -1, -2, -7, 100, 255]
# Of 64 bits with a sign: minijinja compares larger ones with floats as if they were floats.
LARGE_INTEGERS = [2**31, 2**53 + 1, 2**63 - 1, -2**63, 1000000]
FLOATS = [0.0, 0.5, 1.0, 1.5, 2.5, -0.5, 3.14, 100.25, -2.0, 0.1, 1234567.875, 12345.678]

# The fields of a `user`, and the type of each.
USER = {"name": "str", "age": "int", "score": "float", "admin": "bool", "tags": "list:str", "address": "address"}
ADDRESS = {"city": "str", "zip": "int"}

NAMES = {
    "n": "int", "m": "int", "price": "float", "s": "str", "title": "str", "empty": "str", "yes": "bool", "no": "bool",
    "nothing": "none", "xs": "list:int", "ys": "list:int", "fs": "list:float", "words": "list:str", "users": "list:user",
    "user": "user", "pairs": "list:pair", "mixed": "list:any", "scores": "map:int", "labels": "map:str", "tree": "tree",
    "none_such": "any",
}


class Contexts:
    def __init__(self, random):
        self.random = random

    def integer(self):
        return self.random.choice(LARGE_INTEGERS if self.random.random() < 0.04 else INTEGERS)

    def word(self):
        return self.random.choice(WORDS)

    def number(self):
        return self.random.choice(FLOATS)

    def flag(self):
        return self.random.random() < 0.5

    def some(self, make, most=4):
        return [make() for _ in range(self.random.randint(0, most))]

    def user(self):
        return {
            "name": self.word(), "age": self.integer(), "score": self.number(), "admin": self.flag(),
            "tags": self.some(self.word, 3), "address": {"city": self.word(), "zip": self.integer()},
        }

    def anything(self):
        return self.random.choice([
            self.integer, self.word, self.number, self.flag, lambda: None, lambda: [], lambda: {},
            lambda: [self.integer(), self.word()], lambda: {"k": self.word()}])()

    def map(self, make):
        keys = self.random.sample(["a", "b", "Key", "z", "a b", "ü", "10", "name", "B"], self.random.randint(0, 4))
        return {key: make() for key in keys}

    def tree(self, depth=2):
        return [
            {"name": self.word(), "children": self.tree(depth - 1) if depth > 0 else []}
            for _ in range(self.random.randint(0, 2))]

    def make(self):
        return {
            "n": self.integer(), "m": self.integer(), "price": self.number(), "s": self.word(), "title": self.word(),
            "empty": "", "yes": True, "no": False, "nothing": None, "xs": self.some(self.integer),
            "ys": self.some(self.integer), "fs": self.some(self.number), "words": self.some(self.word),
            "users": self.some(self.user, 3), "user": self.user(),
            "pairs": self.some(lambda: [self.word(), self.integer()], 3), "mixed": self.some(self.anything, 5),
            "scores": self.map(self.integer), "labels": self.map(self.word), "tree": self.tree(),
        }


def as_statements(context):
    """The context as `set` statements: what Python values are, once inside of minijinja, prints as Python."""
    return "".join("{% set " + name + " = " + literal(value) + " %}" for name, value in context.items())


def literal(value):
    if value is None:
        return "none"
    if isinstance(value, list):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(json.dumps(key, ensure_ascii=False) + ": " + literal(item) for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False)
