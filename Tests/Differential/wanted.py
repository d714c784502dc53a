"""The differences between minijinja 2.12 and this engine that are wanted, each with its reason.

The generator keeps clear of some more; its comments say where and why: numbers of the context are spelt as they are
printed, an `and` has no two constants, a minus stands before parentheses, a slice goes backwards only as `::-1`,
of no empty text, and is made a list at once, as what `chain` makes (minijinja calls what has no elements true), a
loop has not both `break` and `else`, what a round of a loop sets is not asked for in the next one (2.12 still has it, later ones
do not), a function is called wherever it is a value, `break` does not leave a `with`, `split` is made a list at once, a macro's
default is a literal, strings are looped over without asking for their length, maps are not reversed, `round` has few digits
(minijinja says NaN where the power of ten is beyond a float), in a macro `autoescape` is not `true` (to minijinja that is the mode of the macro's call), and a macro does not use names in a
slice, in `autoescape` or for a `set` of the same name (minijinja does not notice that it needs them from outside, and
takes them for undefined). The file of cases `differences.txt`
shows what this engine does there.
"""

import re


class Rule:
    """A kind of difference: `matches(template, expected, actual)` says whether one is of that kind."""

    def __init__(self, name, reason, matches):
        self.name = name
        self.reason = reason
        self.matches = matches


def compiling(actual, *kinds):
    return actual.get("phase") == "compiling" and actual.get("kind") in kinds


def prints_iterator(template, expected, actual):
    """Whether the outputs are the same but for what minijinja prints as `<iterator>`, in whatever letters."""
    marks = "<iterator>|&lt;iterator&gt;|%3Citerator%3E|\\\\u003citerator\\\\u003e"
    parts = re.split(marks, expected.get("output", ""), flags=re.IGNORECASE)
    if len(parts) == 1:
        return False
    if "error" in actual or not actual["output"].startswith(parts[0]) or not actual["output"].endswith(parts[-1]):
        return False
    position = 0
    for part in parts:
        position = actual["output"].find(part, position)
        if position < 0:
            return False
        position += len(part)
    return True


def same_floats(template, expected, actual):
    """Whether the outputs are the same but for numbers that are spelt in two ways and read as the same one."""
    number = r"(-?[0-9]+\.[0-9]+)"
    left, right = re.split(number, expected.get("output", "")), re.split(number, actual.get("output", ""))
    return len(left) == len(right) > 1 and all(
        ours == theirs if index % 2 == 0 else float(ours) == float(theirs)
        for index, (ours, theirs) in enumerate(zip(left, right)))


def same_letters(expected, actual):
    return "output" in expected and "output" in actual and sorted(expected["output"]) == sorted(actual["output"])


def minus_before_member(template, expected, actual):
    if not re.search(r"-\s*(\w[\w.]*|\{[^{}]*\}|\[[^\[\]]*\]|\([^()]*\))\s*[\[.]", template):
        return False
    if "output" in expected:
        return "cannot negate" in actual.get("error", "")
    return expected["error"].startswith("invalid operation (in") and "output" in actual


RULES = [
    Rule(
        "limits",
        "a rendering has a budget that minijinja does not have",
        lambda template, expected, actual: actual.get("kind") == "limit"),
    Rule(
        "minus is about the whole member",
        "`-a.b` and `-a[0]` negate the member; minijinja takes the member of what it has negated",
        minus_before_member),
    Rule(
        "an attribute may be a position",
        "`tags.0` is what Inja has; minijinja refuses it",
        lambda template, expected, actual: "output" in actual and re.search(
            "syntax error: unexpected (integer|float), expected identifier", expected.get("error", "")) is not None),
    Rule(
        "sorting by a path that leads nowhere",
        "minijinja takes an element where reading the path fails for equal to all others, which is no order; here it "
        "has the place of undefined",
        lambda template, expected, actual: same_letters(expected, actual)
        and re.search(r"""sort\([^)]*attribute=["']\w+[.,]\w+""", template) is not None),
    Rule(
        "there are no iterators to print",
        "minijinja prints `<iterator>` for what filters make of strings and of other iterators; here it is a list",
        prints_iterator),
    Rule(
        "a list has a length",
        "minijinja cannot tell the length of what filters make of strings and of other iterators",
        lambda template, expected, actual: re.search(
            "length of value of type iterator|repeat unsized iterables", expected.get("error", "")) is not None),
    Rule(
        "`chain` and `zip` refuse what has no elements",
        "minijinja finds it when the elements are wanted, which may be never",
        lambda template, expected, actual: "output" in expected and re.search(
            "the filter `(chain|zip)` must be something to loop over", actual.get("error", "")) is not None),
    Rule(
        "maps keep their order",
        "minijinja sorts the keys of a `chain` of maps",
        lambda template, expected, actual: "chain" in template and same_letters(expected, actual)),
    Rule(
        "a function is a value where values are called",
        "elsewhere its name is that of a field, which a client's body may have",
        lambda template, expected, actual: re.search(r"\b(range|dict)\b(?!\()", template) is not None
        and re.search(r"\b[fp][0-9]+(\.f|\[[^\]]*\])?\(", template) is None),
    Rule(
        "how a function prints",
        "minijinja prints its name in Rust",
        lambda template, expected, actual: "minijinja::functions" in expected.get("output", "")),
    Rule(
        "a namespace holds itself",
        "minijinja lets it, and never releases it",
        lambda template, expected, actual: "a namespace cannot hold itself" in actual.get("error", "")),
    Rule(
        "a condition behind a test",
        "minijinja takes the `if` of `x if y is odd if z` for the test's argument",
        lambda template, expected, actual: "syntax error" in expected.get("error", "") and "output" in actual
        and re.search(r"\bis (not )?\w+ if\b", template) is not None),
    Rule(
        "two parameters with one name",
        "minijinja takes the last; here it is an error",
        lambda template, expected, actual: "there are two parameters with the name" in actual.get("error", "")),
    Rule(
        "unknown names are found early",
        "a filter, test, function or statement that does not exist rejects the template, even where it is never reached",
        lambda template, expected, actual: "output" in expected and compiling(actual, "unknownName", "unsupported")),
    Rule(
        "wrong calls are found early",
        "a built-in called with arguments that it never takes, or a loop that is not recursive, rejects the template, "
        "even where it is never reached",
        lambda template, expected, actual: "output" in expected and compiling(actual, "badArguments", "invalidOperation")),
    Rule(
        "two shortest spellings of a float",
        "900719925474099.25 is nearest to both ….2 and ….3; both read as the same number",
        same_floats),
]


def rule(template, expected, actual):
    return next((rule for rule in RULES if rule.matches(template, expected, actual)), None)
