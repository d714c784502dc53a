"""What RE2 knows of scripts, as `ScriptTable.swift` has it.

    .venv/bin/python Tests/Differential/script_table.py >Sources/Transformation/Functions/Regex/ScriptTable.swift
"""

import pathlib
import re
import textwrap

import re2

FILE = pathlib.Path(__file__).parent.parent.parent / "Sources/Transformation/Functions/Regex/ScriptTable.swift"
SCALARS = "".join(chr(scalar) for scalar in range(0x110000) if not 0xD800 <= scalar < 0xE000)
START = '  private static let table: StaticString = """\n'
END = '    """\n'


def names():
    """Those that the file has."""
    return re.findall(r"^    ([A-Z]\w*) ", FILE.read_text(), flags=re.MULTILINE)


def ranges(name):
    """Where the script is, in hexadecimal digits."""
    places = [match.span() for match in re2.finditer(r"\p{%s}+" % name, SCALARS)]
    ends = [(ord(SCALARS[start]), ord(SCALARS[end - 1])) for start, end in places]
    return [f"{first:x}" if first == last else f"{first:x}-{last:x}" for first, last in ends]


def made():
    """The whole file."""
    before, rest = FILE.read_text().split(START)
    after = rest.split(END, 1)[1]
    rows = "".join(
        textwrap.fill(" ".join([name] + ranges(name)), 106, initial_indent="    ", subsequent_indent="      ") + "\n"
        for name in names())
    return before + START + rows + END + after


if __name__ == "__main__":
    print(made(), end="")
