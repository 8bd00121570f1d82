"""The house keeps its plan: no Streamlit in the core, no room that imports a later one."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CORE = Path(__file__).parent.parent / "auditcore"
ROOMS = (
    "errors",
    "randomness",
    "paths",
    "database",
    "photos",
    "marks",
    "kit",
    "models",
    "serving",
    "scores",
    "sequential",
    "audit",
    "evidence",
    "cluster",
    "survey",
    "passive",
    "lab",
    "jobs",
    "cli",
    "__main__",
)
FILES = sorted(CORE.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide which room is meant"
            yield node.module or ""
            if node.module == "auditcore":
                yield from (f"auditcore.{alias.name}" for alias in node.names)


def room_of(path: Path) -> str:
    return path.relative_to(CORE).parts[0].removesuffix(".py")


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(CORE)))
def test_core_knows_no_streamlit_and_no_pages(path: Path) -> None:
    for name in imported(path):
        assert name.split(".")[0] not in {"streamlit", "pages", "app"}, f"{path} imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(CORE)))
def test_no_room_imports_one_behind_it(path: Path) -> None:
    room = room_of(path)
    if room == "__init__":
        return
    here = ROOMS.index(room)
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "auditcore" and len(parts) > 1 and parts[1] in ROOMS:
            assert ROOMS.index(parts[1]) <= here, f"{room} must not import {parts[1]}"


def test_the_guaranteed_rooms_never_import_indications() -> None:
    for path in FILES:
        if room_of(path) in {"audit", "evidence"}:
            assert not [name for name in imported(path) if "passive" in name]
