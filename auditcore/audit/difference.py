"""Where two JSON values differ, what the last bits of a logarithm make of them left out.

What follows from a log is calculated again on another machine, or in another order: whole numbers
come out the same, logarithms all but their last bits. Nothing is decided by those.
"""

import json
import math
from dataclasses import dataclass
from typing import Any

SHOWN = 60
"""How much of a value a sentence shows."""

RELATIVE, ABSOLUTE = 1e-10, 1e-10


@dataclass(frozen=True)
class Difference:
    """The first place where two JSON values differ. `path` names it, as in log[3].body."""

    path: str
    found: Any
    expected: Any

    def __str__(self) -> str:
        found, expected = _texts(self.found, self.expected)
        return f"{self.path} says {found}, not {expected}"


def first_difference(found: Any, expected: Any, path: str = "") -> Difference | None:
    """Return the first place where two JSON values differ, types included; None if nowhere."""
    if type(found) is not type(expected):
        return Difference(path, found, expected)
    if isinstance(found, dict):
        return _between_objects(found, expected, path)
    if isinstance(found, list):
        return _between_lists(found, expected, path)
    if isinstance(found, float):
        same = math.isclose(found, expected, rel_tol=RELATIVE, abs_tol=ABSOLUTE)
    else:
        same = found == expected
    return None if same else Difference(path, found, expected)


def _between_objects(found: Any, expected: Any, path: str) -> Difference | None:
    if set(found) != set(expected):
        return Difference(f"the fields of {path}", sorted(found), sorted(expected))
    dot = f"{path}." if path else ""
    for name in sorted(found):
        one = first_difference(found[name], expected[name], f"{dot}{name}")
        if one is not None:
            return one
    return None


def _between_lists(found: Any, expected: Any, path: str) -> Difference | None:
    if len(found) != len(expected):
        return Difference(f"the length of {path}", len(found), len(expected))
    for index, (a, b) in enumerate(zip(found, expected, strict=True)):
        one = first_difference(a, b, f"{path}[{index}]")
        if one is not None:
            return one
    return None


def _texts(found: Any, expected: Any) -> tuple[str, str]:
    """Return both values as JSON, long ones cut to the place where they differ."""
    texts = [json.dumps(value, ensure_ascii=False) for value in (found, expected)]
    pairs = zip(*texts, strict=False)
    shared = next((place for place, (a, b) in enumerate(pairs) if a != b), 0)
    begin = max(0, min(shared - SHOWN // 2, max(map(len, texts)) - SHOWN))
    return _cut(texts[0], begin), _cut(texts[1], begin)


def _cut(text: str, begin: int) -> str:
    before, after = "..." if begin else "", "..." if len(text) > begin + SHOWN else ""
    return f"{before}{text[begin : begin + SHOWN]}{after}"
