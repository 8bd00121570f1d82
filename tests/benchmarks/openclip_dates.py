"""When open_clip's models were published: writes auditcore/models/openclip_dates.json.

    python tests/benchmarks/openclip_dates.py CLONE      (a git clone of mlfoundations/open_clip)

A model's date is the day of the first commit on the main branch whose src/open_clip/pretrained.py
lists its weights: on that day they were there for everybody, so they cannot have seen a photo that
was published later. They may be older; a date that is too late only leaves a warning out.
"""

import argparse
import ast
import json
import subprocess
from collections import defaultdict
from pathlib import Path
from typing import Any

import open_clip

FILE = "src/open_clip/pretrained.py"
RESULT = Path(__file__).parents[2] / "auditcore" / "models" / "openclip_dates.json"


def git(clone: Path, *words: str) -> str:
    """Return what a git command prints."""
    command = ["git", "-C", str(clone), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def value(node: ast.expr, known: dict[str, Any]) -> Any:
    """Return what an expression of the file stands for, as far as names and dicts go."""
    if isinstance(node, ast.Constant):
        return node.value
    if isinstance(node, ast.Name):
        return known.get(node.id)
    if isinstance(node, ast.Dict):
        pairs = [
            (value(k, known) if k else None, v) for k, v in zip(node.keys, node.values, strict=True)
        ]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        pairs = [(word.arg, word.value) for word in node.keywords]
        pairs = [*((None, argument) for argument in node.args), *pairs]
    else:
        return None
    found: dict[Any, Any] = {}
    for key, inner in pairs:
        found |= (value(inner, known) or {}) if key is None else {key: value(inner, known)}
    return found


def listed(source: str) -> list[str]:
    """Return the NAME/PRETRAINED that one version of the file lists."""
    known: dict[str, Any] = {}
    for line in ast.parse(source).body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            known[line.targets[0].id] = value(line.value, known)
    models = known.get("_PRETRAINED") or {}
    return [f"{name}/{tag}" for name, tags in models.items() for tag in tags or ()]


def main() -> None:
    """Walk the file's history, oldest first."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("clone", type=Path)
    clone = parser.parse_args().clone
    history = git(clone, "log", "--first-parent", "--reverse", "--format=%H %cs", "--", FILE)
    first: dict[str, tuple[str, str]] = {}
    for line in history.splitlines():
        commit, day = line.split()
        for name in listed(git(clone, "show", f"{commit}:{FILE}")):
            first.setdefault(name, (day, commit[:7]))
    days: dict[str, list[str]] = defaultdict(list)
    for model, tag in open_clip.list_pretrained():
        plain = f"{model.removesuffix('-quickgelu')}/{tag}"  # the same weights, listed by a loop
        found = first.get(f"{model}/{tag}") or first.get(plain)
        if found:
            days[" ".join(found)].append(f"{model}/{tag}")
    RESULT.write_text(json.dumps(dict(sorted(days.items())), indent=1) + "\n")
    print(sum(map(len, days.values())), "of", len(open_clip.list_pretrained()))


if __name__ == "__main__":
    main()
