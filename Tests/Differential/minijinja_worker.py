"""Renders with minijinja: one JSON object a line in, one a line out, as `template-render` does it."""

import json
import resource
import sys

import minijinja

from contexts import as_statements

MEMORY_BYTES_MAX = 1 << 30
# Instructions of one rendering: an end to what a damaged template might ask for.
FUEL = 1_000_000
# Errors that are faults of minijinja or come from its limits: there is nothing to compare with.
CRASHES = "cannot be told", "panic during rendering", "called `Option::unwrap()`", "ran out of fuel"


def environment():
    made = minijinja.Environment(pycompat=False)
    made.fuel = FUEL
    return made


def describe(error):
    try:
        return str(error).split("\n", 1)[0]
    except BaseException as panic:  # Printing an error can panic too.
        return f"cannot be told: {panic}"


def main():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))
    engine = environment()
    for line in sys.stdin:
        request = json.loads(line)
        try:
            output = engine.render_str(as_statements(request["context"]) + request["template"])
            answer = {"output": output}
        except minijinja.TemplateError as error:
            text = describe(error)
            is_crash = any(mark in text for mark in CRASHES)
            answer = {"crash" if is_crash else "error": text}
        if "crash" in answer:
            # A panic leaves locks poisoned.
            engine = environment()
        print(json.dumps(answer), flush=True)


main()
