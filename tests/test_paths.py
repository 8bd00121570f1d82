"""The data folder is closed to others."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from auditcore import paths

pytestmark = pytest.mark.skipif(os.name != "posix", reason="the system has no such permissions")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    chosen = tmp_path / "chosen"
    monkeypatch.setenv("TELLTALE_DATA", str(chosen))
    return chosen


def mode_of(folder: Path) -> int:
    return stat.S_IMODE(folder.stat().st_mode)


def test_a_new_folder_is_closed(folder: Path) -> None:
    assert mode_of(paths.data_dir()) == 0o700
    assert paths.data_dir() == folder


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o701, 0o777])
@pytest.mark.parametrize("part", [paths.data_dir, paths.kits_dir, lambda: paths.published_dir("x")])
def test_a_folder_that_others_could_read_is_closed(
    folder: Path, part: Callable[[], Path], mode: int
) -> None:
    for name in ("", "kits", "published"):
        (folder / name).mkdir(exist_ok=True)
        (folder / name).chmod(mode)
    (folder / "kept.txt").write_text("kept")
    asked = part()
    for closed in {folder, asked if asked.exists() else asked.parent}:
        assert mode_of(closed) == 0o700
    assert (folder / "kept.txt").read_text() == "kept"


def test_a_folder_that_is_shared_by_design_stays(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o1777)
    paths.data_dir()
    assert mode_of(folder) == 0o1777
    assert mode_of(paths.kits_dir()) == 0o700


def test_a_folder_of_somebody_else_stays(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.mkdir(mode=0o755)
    monkeypatch.setattr(os, "getuid", lambda: folder.stat().st_uid + 1)
    paths.data_dir()
    assert mode_of(folder) == 0o755


def test_a_disk_without_permissions_is_no_reason_to_stop(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError

    folder.mkdir(mode=0o755)
    monkeypatch.setattr(Path, "chmod", refuse)
    assert paths.data_dir() == folder


def test_a_system_without_owners_is_left_alone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder.mkdir(mode=0o755)
    monkeypatch.delattr(os, "getuid")
    assert paths.data_dir() == folder
    assert mode_of(folder) == 0o755
