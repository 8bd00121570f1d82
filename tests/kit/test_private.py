"""What another user could have put where a kit is being made is never believed, or written to."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from hostile import encoded, picture

from auditcore.errors import Cancelled, KitError
from auditcore.kit import SEALING_FOLDER, PhotoSource, journal, private, protect_into
from auditcore.kit import folder as kit_folder
from auditcore.kit.folder import _request
from auditcore.kit.sealing import make_recipe, make_tasks

PHOTOS = [
    PhotoSource.from_bytes(f"{number}.jpg", encoded(picture(40 + number))) for number in range(3)
]
THEIRS = bytes(32)
OURS = os.geteuid()


def planted(folder: Path) -> Path:
    """Lay a journal with another's seed into a folder, as whoever can write there could."""
    recipe = make_recipe(3, "smooth", 20, 3.0, None)
    folder.mkdir(parents=True, mode=0o700)
    journal.Journal(folder, _request(recipe, make_tasks(PHOTOS, {}), None), THEIRS).close()
    return folder


def as_if_of(other: int, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a path, and what is opened of that name, belong to another user."""
    of_path, of_open = Path.lstat, os.fstat
    node = path.lstat().st_ino

    def theirs(status: os.stat_result) -> os.stat_result:
        values = {name: getattr(status, name) for name in dir(status) if name.startswith("st_")}
        owner = {"st_uid": other} if status.st_ino == node else {}
        return SimpleNamespace(**values | owner)  # type: ignore[return-value]

    monkeypatch.setattr(Path, "lstat", lambda path: theirs(of_path(path)))
    monkeypatch.setattr(private.os, "fstat", lambda number: theirs(of_open(number)))


def protect(folder: Path) -> bytes:
    return protect_into(folder, PHOTOS, versions=20).kit.seed


def test_what_is_planted_would_be_used_if_it_were_ours(tmp_path: Path) -> None:
    planted(tmp_path / SEALING_FOLDER)
    assert protect(tmp_path) == THEIRS


def test_a_folder_that_is_open_to_others(tmp_path: Path) -> None:
    folder = planted(tmp_path / SEALING_FOLDER)
    for mode in (0o777, 0o770, 0o750, 0o705, 0o701, 0o720):
        folder.chmod(mode)
        with pytest.raises(KitError, match=r"open to other users.*could have chosen"):
            protect(tmp_path)
    assert (folder / "request.json").exists() and not (tmp_path / "kit.zip").exists()


def test_a_folder_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    as_if_of(OURS + 1, planted(tmp_path / SEALING_FOLDER), monkeypatch)
    with pytest.raises(KitError, match="belongs to another user"):
        protect(tmp_path)


@pytest.mark.parametrize("name", ["request.json", "journal.jsonl", "parts.bin"])
def test_a_file_of_another_user(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also when the folder is ours: it may have been exchanged after it was looked at."""
    as_if_of(OURS + 1, planted(tmp_path / SEALING_FOLDER) / name, monkeypatch)
    with pytest.raises(KitError, match="belongs to another user"):
        protect(tmp_path)


def test_a_link_in_place_of_the_folder(tmp_path: Path) -> None:
    elsewhere = planted(tmp_path / "elsewhere")
    (tmp_path / SEALING_FOLDER).symlink_to(elsewhere)
    with pytest.raises(KitError, match="a link or no folder"):
        protect(tmp_path)


@pytest.mark.parametrize("name", ["request.json", "journal.jsonl", "parts.bin"])
def test_a_link_in_place_of_a_file(name: str, tmp_path: Path) -> None:
    file = planted(tmp_path / SEALING_FOLDER) / name
    file.rename(tmp_path / "precious")
    file.symlink_to(tmp_path / "precious")
    before = (tmp_path / "precious").read_bytes()
    with pytest.raises(KitError, match="a link or no file"):
        protect(tmp_path)
    assert (tmp_path / "precious").read_bytes() == before


@pytest.mark.parametrize("name", ["publish/0.jpg", "kit.zip", "sealed.part"])
def test_nothing_is_written_through_a_link(name: str, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_text("precious")
    (planted(tmp_path / SEALING_FOLDER) / name).symlink_to(precious)
    with pytest.raises(KitError, match="a link or no file"):
        protect(tmp_path)
    assert precious.read_text() == "precious"
    assert not (tmp_path / "kit.zip").exists() and not (tmp_path / "publish").exists()


def test_a_link_in_place_of_the_photos_folder(tmp_path: Path) -> None:
    publish = planted(tmp_path / SEALING_FOLDER) / "publish"
    (tmp_path / "elsewhere").mkdir()
    publish.rmdir()
    publish.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KitError, match=r"damaged\. Delete that folder"):
        protect(tmp_path)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def link(folder: Path) -> None:
    (folder / "publish/more.jpg").symlink_to("/etc/passwd")


def exchanged(folder: Path) -> None:
    shutil.copy(folder / "publish/0.jpg", folder / "publish/1.jpg")


def missing(folder: Path) -> None:
    (folder / "publish/2.jpg").unlink()


def parts(folder: Path) -> None:
    file = folder / "parts.bin"
    file.write_bytes(bytes(len(file.read_bytes())))


def hashes(folder: Path) -> None:
    lines = [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]
    lines[1]["sealed"] = None
    (folder / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


@pytest.mark.parametrize("change", [link, exchanged, missing, parts, hashes])
def test_what_is_not_what_was_made_is_not_handed_over(
    change: Callable[[Path], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stop(*_: object) -> None:
        raise Cancelled("Stopped.")

    with monkeypatch.context() as patched, pytest.raises(Cancelled):
        patched.setattr(kit_folder, "_seal", stop)
        protect(tmp_path)
    folder = tmp_path / SEALING_FOLDER
    assert len((folder / "journal.jsonl").read_text().splitlines()) == 3
    change(folder)
    for _ in range(2):
        with pytest.raises(KitError, match=r"damaged\. Delete that folder"):
            protect(tmp_path)
        assert [path.name for path in tmp_path.iterdir()] == [SEALING_FOLDER]


def test_a_new_folder_is_private_whatever_others_are(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        private.make_private(tmp_path / "a" / SEALING_FOLDER)
        with private.create(tmp_path / "a" / SEALING_FOLDER / "file"):
            pass
    finally:
        os.umask(before)
    assert (tmp_path / "a" / SEALING_FOLDER).stat().st_mode & 0o777 == 0o700
    assert (tmp_path / "a" / SEALING_FOLDER / "file").stat().st_mode & 0o777 == 0o600


def test_what_others_keep_in_such_a_folder_stays(tmp_path: Path) -> None:
    (tmp_path / SEALING_FOLDER).mkdir(mode=0o700)
    (tmp_path / SEALING_FOLDER / "mine").write_text("mine")
    protect(tmp_path)
    assert [path.name for path in (tmp_path / SEALING_FOLDER).iterdir()] == ["mine"]
