"""A folder gets kit and photos together, or nothing."""

from pathlib import Path
from typing import Any

import pytest
from hostile import encoded, picture

from auditcore.errors import Cancelled, KitError, PhotoError
from auditcore.kit import PhotoSource, open_kit, protect_into

PHOTO = PhotoSource.from_bytes("a.jpg", encoded(picture()))


def test_kit_and_photos_appear_together(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    sealed = protect_into(folder, [PHOTO, PHOTO], versions=20)
    names = {path.relative_to(folder).as_posix() for path in folder.rglob("*")}
    assert names == {"kit.zip", "publish", "publish/a.jpg", "publish/a (2).jpg"}
    assert open_kit(folder / "kit.zip").id == sealed.kit.id
    assert (folder / "kit.zip").stat().st_mode & 0o077 == 0


def test_an_earlier_kit_is_never_overwritten(tmp_path: Path) -> None:
    protect_into(tmp_path, [PHOTO], versions=20)
    before = (tmp_path / "kit.zip").read_bytes()
    with pytest.raises(KitError, match="Choose another folder"):
        protect_into(tmp_path, [PHOTO], versions=20)
    assert (tmp_path / "kit.zip").read_bytes() == before


def test_whatever_stops_it_leaves_nothing_behind(tmp_path: Path) -> None:
    def cancel(done: int, total: int) -> None:
        if done >= 100:
            raise Cancelled("Stopped.")

    attempts: list[tuple[type[Exception], list[PhotoSource], Any]] = [
        (Cancelled, [PHOTO, PHOTO], cancel),
        (PhotoError, [PhotoSource.from_bytes("a", b"")], None),
    ]
    for error, photos, progress in attempts:
        with pytest.raises(error):
            protect_into(tmp_path, photos, versions=20, on_progress=progress)
        assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_has_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KitError, match="cannot be written"):
        protect_into(tmp_path / "file", [PHOTO], versions=20)


def test_a_full_disk_has_its_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(KitError, match="disk is full"):
        protect_into(tmp_path, [PHOTO], versions=20)
    assert list(tmp_path.iterdir()) == []
