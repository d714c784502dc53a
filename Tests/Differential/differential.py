"""Compares this engine with minijinja on generated templates. `make differential` runs it."""

import argparse
import collections
import os
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import pythonic
import wanted
from contexts import Contexts
from engines import Engine
from pieces import body, plain, shrink
from statements import Templates

SHOWN_MAX = 25
# More crashes of minijinja than this share mean that nothing was compared: it is not installed, for one.
CRASHES_SHARE_MAX = 0.02
# One case of so many is compared with Python.
PYTHONIC_EVERY = 8


class Case:
    """One template and what it is rendered with; the same for the same seed and number."""

    def __init__(self, seed, number):
        source = random.Random(f"{seed}/{number}")
        self.number = number
        # What Python makes of it, where it is that which is compared.
        self.python = None
        if number % PYTHONIC_EVERY == 0:
            self.context = {}
            self.template, self.python = pythonic.Pythonic(source).make()
            return
        self.context = Contexts(source).make()
        self.tree = Templates(source).make()
        self.template = str(self.tree)

    def request(self, template=None):
        return {"template": self.template if template is None else template, "context": self.context}


def verdict(template, expected, actual):
    """"same", "skipped", "different", or the name of a wanted difference."""
    if "crash" in actual:
        return "different"
    if "crash" in expected:
        return "skipped"
    if "output" in expected and "output" in actual:
        same = expected["output"] == actual["output"]
    else:
        same = "error" in expected and "error" in actual
    if same:
        return "same"
    rule = wanted.rule(template, expected, actual)
    return rule.name if rule else "different"


class Comparison:
    def __init__(self, renderer):
        self.reference = Engine([sys.executable, str(pathlib.Path(__file__).parent / "minijinja_worker.py")])
        self.ours = Engine([renderer])
        self.counts = collections.Counter()
        self.rendered = 0
        self.different = []

    def run(self, cases):
        self.run_python([case for case in cases if case.python])
        cases = [case for case in cases if not case.python]
        requests = [case.request() for case in cases]
        for case, expected, actual in zip(cases, self.reference.answers(requests), self.ours.answers(requests)):
            result = verdict(case.template, expected, actual)
            self.counts[result] += 1
            self.rendered += "output" in expected
            if result == "different":
                self.different.append((case, expected, actual))

    def run_python(self, cases):
        for case, actual in zip(cases, self.ours.answers([case.request() for case in cases])):
            result = "different" if "crash" in actual else pythonic.verdict(case.python, actual)
            self.counts[result] += 1
            if result == "different":
                self.different.append((case, case.python, actual))

    def show(self, case, expected, actual):
        if case.python:
            print(f"--- case {case.number}\ntemplate  {case.template!r}\nPython    {expected}\nours      {text(actual)}", flush=True)
            return
        wanted_shape = shape(expected), shape(actual)

        def still_differs(template):
            request = case.request(template)
            expected, actual = self.reference.answer(request), self.ours.answer(request)
            return (shape(expected), shape(actual)) == wanted_shape and verdict(template, expected, actual) == "different"

        tree = case.tree
        if len(tree.parts) == 1 and str(tree.parts[0]) != case.template:
            tree = body([plain(case.template)])
        shrink(tree, still_differs)
        template = str(tree)
        request = case.request(template)
        expected, actual = self.reference.answer(request), self.ours.answer(request)
        context = {name: value for name, value in case.context.items() if name in template}
        print(f"--- case {case.number}")
        print(f"template  {template!r}")
        print(f"context   {context}")
        print(f"minijinja {text(expected)}")
        print(f"ours      {text(actual)}", flush=True)

    def stop(self):
        self.reference.stop()
        self.ours.stop()


def shape(answer):
    """What has to stay while a template is made small, so that it shows the same difference: the error without names."""
    if "error" not in answer:
        return list(answer)
    return answer.get("kind"), [word for word in answer["error"].split("\n")[0].split(" ") if word.isalpha()]


def text(answer):
    return repr(answer["output"]) if "output" in answer else str(answer)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--renderer", required=True, help="the program template-render")
    parser.add_argument("--count", type=int, default=20_000, help="how many templates")
    parser.add_argument("--seed", type=int, help="which ones; drawn when not given")
    parser.add_argument("--case", type=int, help="only this one")
    parser.add_argument("--shown", type=int, default=SHOWN_MAX, help="how many differences are made small and shown")
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else int.from_bytes(os.urandom(4), "big")
    numbers = [options.case] if options.case is not None else range(options.count)

    print(f"seed {seed}: {len(numbers)} templates", flush=True)
    started = time.monotonic()
    comparison = Comparison(options.renderer)
    for first in range(0, len(numbers), 1000):
        comparison.run([Case(seed, number) for number in numbers[first:first + 1000]])
    seconds = time.monotonic() - started

    for difference in comparison.different[:options.shown]:
        comparison.show(*difference)
    comparison.stop()

    counts = comparison.counts
    print(f"{len(numbers)} templates in {seconds:.0f} s, {comparison.rendered} of which minijinja renders")
    print(f"{counts['same']} the same, {counts['skipped']} crash minijinja, {counts['different']} differ")
    for rule in wanted.RULES:
        if counts[rule.name]:
            print(f"{counts[rule.name]} wanted: {rule.name} ({rule.reason})")
    if counts["skipped"] > max(5, len(numbers) * CRASHES_SHARE_MAX):
        print("minijinja crashes too often for this to be a comparison")
        return 1
    if counts["different"]:
        print(f"again: make differential SEED={seed} COUNT={len(numbers)}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
