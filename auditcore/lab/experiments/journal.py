"""How an experiment writes down what happens, so that a kill at any moment leaves whole lines.

One process writes a file; anybody reads it meanwhile.
"""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def write_json(path: Path, values: Any) -> None:
    """Write a JSON file whole or not at all.

    Raises:
        FileNotFoundError: its folder was removed meanwhile.
    """
    draft = path.with_name(f".{path.name}.draft")
    draft.write_text(json.dumps(values), "utf-8")
    draft.replace(path)


def read_json(path: Path) -> Any:
    """Return what a JSON file holds, None when there is none."""
    try:
        return json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return None


def mend(path: Path) -> None:
    """Drop the last line of a file of rows when a kill cut it short; call before adding rows."""
    if not path.is_file():
        return
    whole = path.read_bytes()
    kept = whole[: whole.rfind(b"\n") + 1]
    if kept != whole:
        os.truncate(path, len(kept))


def add_row(path: Path, row: Mapping[str, Any]) -> None:
    """Append one row, a line of JSON, in one write."""
    line = json.dumps(row).encode() + b"\n"
    with path.open("ab", buffering=0) as out:
        out.write(line)


def read_rows(path: Path) -> list[dict[str, Any]]:
    """Return the rows by epoch; of an epoch that was done again after a kill, the last.

    A line that is just being written is left out, and a file that is not there has none.
    """
    try:
        lines = path.read_bytes().split(b"\n")[:-1]
    except FileNotFoundError:
        return []
    rows = [json.loads(line) for line in lines]
    return [row for _, row in sorted({row["epoch"]: row for row in rows}.items())]
