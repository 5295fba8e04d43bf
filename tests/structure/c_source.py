"""C source as text: without comments and literals, and cut into functions."""

import dataclasses
import re

TOKENS = re.compile(
    r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def blank(match):
    """As many lines as before, and nothing on them; literals keep quotes."""
    text = match[0]
    lines = "\n" * text.count("\n")
    return text[0] + text[-1] if text[0] in "\"'" else " " + lines


def code(text):
    return TOKENS.sub(blank, text)


@dataclasses.dataclass
class Function:
    name: str
    line: int
    length: int  # from the line with the name to the closing brace


def functions(text):
    """Every definition in the layout of this project: the name at the start
    of a line, braces in the first column."""
    found = []
    lines = code(text).split("\n")
    start = None
    for number, line in enumerate(lines, 1):
        match = re.match(r"([a-z_][a-z0-9_]*)\(", line)
        if match and start is None:
            start = (match[1], number)
        elif start and line == "}":
            name, first = start
            found.append(Function(name, first, number - first + 1))
            start = None
        elif start and line.endswith(";") and not line.startswith(" "):
            start = None
    return found
