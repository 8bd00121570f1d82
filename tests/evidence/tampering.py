"""Every way to change one thing in a report or a kit: for a test and a benchmark."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from auditcore.audit.chain import digest
from auditcore.evidence import Outcome, Verification, report_bytes
from auditcore.kit.archive import pack, unpack
from auditcore.kit.canonical import canonical_json

Path = tuple[str | int, ...]


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every value in JSON that is no object and no list, empty ones too."""
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list) and value:
        for index, inner in enumerate(value):
            yield from leaves(inner, (*path, index))
    else:
        yield path


def spelled(path: Path) -> str:
    """Return a path as people write it: log[3].body.answers[0][2]."""
    parts = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


def changed(value: Any) -> Any:
    """Return another value of the same kind, as close as possible."""
    if value is None:
        return 1
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value * (1 + 1e-9) if value else 1e-9
    if isinstance(value, str):
        return value[:-1] + ("x" if value[-1:] != "x" else "y") if value else "x"
    return [0] if isinstance(value, list) else {"x": 0}


def with_change(document: Any, path: Path) -> Any:
    """Return a copy with the value at `path` changed."""
    forged = copy.deepcopy(document)
    place = forged
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = changed(place[path[-1]])
    return forged


def without(document: Any, path: Path) -> Any:
    """Return a copy without the value at `path`."""
    forged = copy.deepcopy(document)
    place = forged
    for part in path[:-1]:
        place = place[part]
    del place[path[-1]]
    return forged


def resealed(report: dict[str, Any]) -> bytes:
    """Return a forged report with a digest that fits."""
    rest = {name: value for name, value in report.items() if name != "digest"}
    return report_bytes({**rest, "digest": digest(rest)})


def message(found: Verification) -> str:
    """Return the most specific thing a verification says: a later step than the digest's."""
    failed = [step for step in found.steps if step.outcome is Outcome.NOT_VERIFIED]
    if not failed:
        return ""
    specific = [step for step in failed if step.number > 1] or failed
    return f"({specific[0].number}) {specific[0].title}: {specific[0].detail}"


def forged_kits(kit: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield (what was changed, kit file) for every member and every field of the kit."""
    members = unpack(kit)
    for name, data in members.items():
        flipped = bytearray(data)
        flipped[len(data) // 2] ^= 1
        yield f"{name}: one bit", pack({**members, name: bytes(flipped)})
        yield f"{name}: left out", pack({n: d for n, d in members.items() if n != name})
        if name.endswith(".json"):
            document = json.loads(data)
            for path in leaves(document):
                forged = canonical_json(with_change(document, path))
                yield f"{name}: {spelled(path)}", pack({**members, name: forged})
    yield "a file too many", pack({**members, "more.txt": b"more"})
