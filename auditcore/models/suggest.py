"""Did you mean: the nearest known name to a mistyped one."""

import difflib
from collections.abc import Iterable


def did_you_mean(typed: str, known: Iterable[str], count: int = 3) -> str:
    """Return " Did you mean a, b or c?", or "" when nothing known is near what was typed."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(typed.lower(), by_lower, n=count, cutoff=0.6)
    names = [by_lower[name] for name in near]
    if not names:
        return ""
    listed = " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))
    return f" Did you mean {listed}?"
