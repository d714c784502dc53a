"""Compares our regular expressions with RE2's: random patterns and texts. `make differential` runs it."""

import argparse
import collections
import os
import pathlib
import random
import re
import sys
import time

import re2

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import script_table
from engines import Engine

SHOWN_MAX = 25
SHRINK_SECONDS_MAX = 4

# Letters with several cases, letters whose capital is two letters, marks that count as no letter, and all that is not a letter.
LETTERS = list(
    "abBkKsSiIzZ019_- .,'\n\t\u0000" "σςΣλΛόΌµμΜßẞéÉǆǅǄıİſ\u212a\u212b" "ᾳᾼᾀᾈιΙ\u0345\u1fbe\u0390\u1fd3\ufb05\ufb06"
    "вВᲀꙋᲈᏋꭰაᲐⅷⅧⓐⒶ𐐨𐐀" "·\u0301\u00ad漢かカ한عא٣²€＋\u00a0\u2003\u2028\u200d\ufffd\ue000😀")
CATEGORIES = ["L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf",
              "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cs", "Any"]
SCRIPTS = ["Latin", "Greek", "Cyrillic", "Han", "Hiragana", "Katakana", "Hangul", "Arabic", "Hebrew", "Cherokee", "Georgian", "Common",
           "Inherited", "Deseret", "Thai"]
POSIX = ["alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "word", "xdigit"]
NOISE = list("()[]{}*+?|^$.\\-:,<>=!PpUQEisxdwbz1207&~#/") + ["(?", "(?i)", "\\p{", "[[:", ":]", "\\Q", "\\E", "{2}", "é"]
# What both have and mean in two ways, or only one has: asked with the errors of both, the pattern and the text.
WANTED = [
    ("`\\C` is a byte", lambda theirs, ours, pattern, text: "`\\C`" in ours),
    ("RE2 finds `\\B` inside of a character", lambda theirs, ours, pattern, text: "\\B" in pattern and not text.isascii()),
    ("RE2 counts repetitions in repetitions", lambda theirs, ours, pattern, text: "invalid repetition size" in theirs),
    ("RE2 lets two groups have one name", lambda theirs, ours, pattern, text: "there are two groups" in ours),
    ("RE2 lets a group's name begin with a digit, or have marks in it",
     lambda theirs, ours, pattern, text: "the name of a group" in ours),
    ("a group's name may have letters that are no word characters to RE2",
     lambda theirs, ours, pattern, text: "invalid named capture group" in theirs),
    ("RE2 escapes only characters of ASCII",
     lambda theirs, ours, pattern, text: re.search(r"invalid escape sequence: \\[^\x00-\x7f]", theirs) is not None),
    ("our budget", lambda theirs, ours, pattern, text: "(limits.steps)" in ours),
]


class Patterns:
    def __init__(self, random):
        self.random = random
        self.groups = 0

    def pick(self, *makers):
        return self.random.choice(makers)()

    def pattern(self):
        made = self.alternation(3)
        if self.random.random() < 0.5:
            made = self.flags() + made
        if self.random.random() < 0.15:
            made = self.noisy(made)
        return made

    def noisy(self, pattern):
        for _ in range(self.random.randint(1, 3)):
            place = self.random.randint(0, len(pattern))
            pattern = pattern[:place] + self.random.choice(NOISE + [""]) + pattern[place + self.random.randint(0, 1):]
        return pattern

    def flags(self):
        flags = "".join(self.random.sample("imsU", self.random.randint(1, 2)))
        return self.random.choice([f"(?{flags})", "(?i)", "(?i)", f"(?{flags}-s)" if "s" not in flags else "(?i)", "(?-i)"])

    def alternation(self, depth):
        return "|".join(self.concatenation(depth) for _ in range(self.random.choice([1, 1, 1, 2, 3])))

    def concatenation(self, depth):
        return "".join(self.repetition(depth) for _ in range(self.random.choice([0, 1, 1, 2, 2, 3])))

    def repetition(self, depth):
        quantifier = ""
        if self.random.random() < 0.35:
            least = self.random.randint(0, 3)
            quantifier = self.random.choice(["*", "+", "?", f"{{{least}}}", f"{{{least},}}", f"{{{least},{least + 2}}}"])
            quantifier += self.random.choice(["", "", "?"])
        return self.atom(depth) + quantifier

    def atom(self, depth):
        if depth > 0 and self.random.random() < 0.3:
            return self.group(depth - 1)
        return self.pick(
            self.literal, self.literal, self.literal, self.literal, self.bracket, self.bracket, self.bracket, self.shorthand,
            self.property, self.property, self.quote, self.number, self.anchor, lambda: ".", self.flags)

    def group(self, depth):
        self.groups += 1
        start = self.random.choice(
            ["(", "(", "(", "(?:", f"(?<n{self.groups}>", f"(?P<n{self.groups}>", "(?i:", "(?s-i:", "(?U:", "(?m:"])
        return start + self.alternation(depth) + ")"

    def letter(self):
        return self.random.choice(LETTERS)

    def literal(self):
        letter = self.letter()
        return "\\" + letter if letter in "\\.+*?()|[]{}^$-" else letter

    def shorthand(self):
        return "\\" + self.random.choice("dDwWsS")

    def property(self):
        name = self.random.choice(CATEGORIES + SCRIPTS)
        negation = self.random.choice(["", "", "", "^"])
        if len(name) == 1 and self.random.random() < 0.5:
            return self.random.choice(["\\p", "\\P"]) + name
        return self.random.choice(["\\p", "\\p", "\\P"]) + "{" + negation + name + "}"

    def quote(self):
        text = "".join(self.random.choice(LETTERS + list("*+[(|\\")) for _ in range(self.random.randint(0, 3)))
        return "\\Q" + text + self.random.choice(["\\E", "\\E", "\\E", "\\E", ""])

    def number(self):
        scalar = ord(self.letter())
        made = [f"\\x{{{scalar:x}}}", f"\\x{{{scalar:08X}}}"]
        if scalar < 0x100:
            made.append(f"\\x{scalar:02x}")
        if scalar < 0o1000:
            made.append(f"\\{scalar:03o}")
        return self.random.choice(made)

    def anchor(self):
        return self.random.choice(["^", "$", "\\b", "\\B", "\\A", "\\z"])

    def bracket(self):
        parts = [self.part() for _ in range(self.random.randint(1, 3))]
        return "[" + self.random.choice(["", "", "^"]) + "".join(parts) + self.random.choice(["", "", "-"]) + "]"

    def part(self):
        return self.pick(
            self.bracketed, self.bracketed, self.range, self.range, self.shorthand, self.property, self.number,
            lambda: f"[:{self.random.choice(['', '^'])}{self.random.choice(POSIX)}:]")

    def bracketed(self, letter=None):
        letter = letter or self.letter()
        return "\\" + letter if letter in "\\]^-[" else letter

    def range(self):
        first, last = sorted([self.letter(), self.letter()])
        return self.bracketed(first) + "-" + self.bracketed(last)

    def text(self, pattern):
        """Of letters of the pattern, more often than of others."""
        near = [letter for letter in pattern if letter in LETTERS] or LETTERS
        return "".join(
            self.random.choice(near if self.random.random() < 0.6 else LETTERS) for _ in range(self.random.randint(0, 8)))


class Case:
    """One pattern and text; the same for the same seed and number."""

    def __init__(self, seed, number):
        patterns = Patterns(random.Random(f"{seed}/{number}"))
        self.number = number
        self.pattern = patterns.pattern()
        self.text = patterns.text(self.pattern)


OPTIONS = re2.Options()
OPTIONS.log_errors = False


def theirs(pattern, text):
    """What RE2 says, in the form of an answer of `template-render`."""
    try:
        compiled = re2.compile(pattern, OPTIONS)
    except re2.error as error:
        return {"error": error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)}
    found = compiled.search(text)
    groups = [found.group(number) or "" for number in range(compiled.groups + 1)] if found else []
    shown = "".join(f"[{group}]" for group in groups)
    return {"output": f"{'true' if found else 'false'}\n{replaced(compiled, text)}\n{shown}", "groups": compiled.groups}


def replaced(compiled, text):
    """As RE2::GlobalReplace does it: `<$0>` for each match, but for a match of nothing right behind another one."""
    output = []
    place = 0
    last_end = None
    while place <= len(text):
        found = compiled.search(text, place)
        if not found:
            break
        start, end = found.span()
        output.append(text[place:start])
        place = end
        if start == end == last_end:
            output.append(text[place:place + 1])
            place += 1
            continue
        output.append(f"<{found.group()}>")
        last_end = end
    output.append(text[place:])
    return "".join(output)


def request(pattern, text, groups):
    shown = "{% for g in range(" + str(groups + 1) + ") %}[{{ regex_capture(s, re, g) }}]{% endfor %}"
    template = "{% set m = regex_match(s, re) %}{{ m }}\n{{ regex_replace(s, re, '<$0>') }}\n{% if m %}" + shown + "{% endif %}"
    return {"template": template, "context": {"s": text, "re": pattern}, "host": True}


def verdict(expected, actual, pattern, text):
    """"same", "different", or the name of a wanted difference."""
    if "crash" in actual:
        return "different"
    if "output" in expected and "output" in actual and expected["output"] == actual["output"]:
        return "same"
    if "error" in expected and "error" in actual:
        return "same"
    errors = expected.get("error", ""), actual.get("error", "")
    return next((name for name, matches in WANTED if matches(*errors, pattern, text)), "different")


class Comparison:
    def __init__(self, renderer):
        self.ours = Engine([renderer])
        self.counts = collections.Counter()
        self.matched = 0
        self.different = []

    def run(self, cases):
        expected = [theirs(case.pattern, case.text) for case in cases]
        requests = [request(case.pattern, case.text, answer.get("groups", 0)) for case, answer in zip(cases, expected)]
        for case, wanted, actual in zip(cases, expected, self.ours.answers(requests)):
            result = verdict(wanted, actual, case.pattern, case.text)
            self.counts[result] += 1
            self.matched += wanted.get("output", "").startswith("true")
            if result == "different":
                self.different.append(case)

    def answers(self, pattern, text):
        expected = theirs(pattern, text)
        return expected, self.ours.answer(request(pattern, text, expected.get("groups", 0)))

    def show(self, case):
        def shape(answers):
            return ["output" in answer for answer in answers]

        wanted = shape(self.answers(case.pattern, case.text))

        def still_differs(pattern, text):
            answers = self.answers(pattern, text)
            return shape(answers) == wanted and verdict(*answers, pattern, text) == "different"

        pattern, text = smaller(case.pattern, case.text, still_differs)
        expected, actual = self.answers(pattern, text)
        print(f"--- case {case.number}")
        print(f"pattern {ascii(pattern)} {pattern}\ntext    {ascii(text)} {text}")
        print(f"RE2     {expected}\nours    {actual}", flush=True)


def smaller(pattern, text, still_differs):
    """Leaves out characters, as long as the difference stays."""
    end = time.monotonic() + SHRINK_SECONDS_MAX
    progress = True
    while progress and time.monotonic() < end:
        progress = False
        for length in (8, 4, 2, 1):
            for start in range(len(pattern)):
                shorter = pattern[:start] + pattern[start + length:]
                if shorter != pattern and time.monotonic() < end and still_differs(shorter, text):
                    pattern, progress = shorter, True
            for start in range(len(text)):
                shorter = text[:start] + text[start + length:]
                if shorter != text and time.monotonic() < end and still_differs(pattern, shorter):
                    text, progress = shorter, True
    return pattern, text


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renderer", required=True, help="the program template-render")
    parser.add_argument("--count", type=int, default=20_000, help="how many patterns")
    parser.add_argument("--seed", type=int, help="which ones; drawn when not given")
    parser.add_argument("--case", type=int, help="only this one")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4), "big")
    numbers = [options.case] if options.case is not None else range(options.count)

    print(f"seed {seed}: {len(numbers)} patterns", flush=True)
    started = time.monotonic()
    comparison = Comparison(options.renderer)
    for first in range(0, len(numbers), 1000):
        comparison.run([Case(seed, number) for number in numbers[first:first + 1000]])
    seconds = time.monotonic() - started
    for case in comparison.different[:SHOWN_MAX]:
        comparison.show(case)
    comparison.ours.stop()

    counts = comparison.counts
    print(f"{len(numbers)} patterns in {seconds:.0f} s, {comparison.matched} of which match in RE2")
    print(f"{counts['same']} the same, {counts['different']} differ")
    for name, _ in WANTED:
        if counts[name]:
            print(f"{counts[name]} wanted: {name}")
    if counts["different"]:
        print(f"again: make differential SEED={seed} COUNT={len(numbers)}")
        return 1
    if script_table.made() != script_table.FILE.read_text():
        print(f"{script_table.FILE.name} is not what RE2 has: see script_table.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
