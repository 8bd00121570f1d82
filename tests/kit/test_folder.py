"""A folder gets kit and photos together, or nothing."""

from pathlib import Path

import pytest
from hostile import encoded, picture

from auditcore.errors import Cancelled, KitError, PhotoError
from auditcore.kit import SEALING_FOLDER, PhotoSource, open_kit, protect_into
from auditcore.marks.base import Progress

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


def test_whatever_stops_it_leaves_neither_kit_nor_photos_to_publish(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        protect_into(tmp_path, [PHOTO, PHOTO], versions=20, on_progress=_cancel_after(1))
    assert [path.name for path in tmp_path.iterdir()] == [SEALING_FOLDER]
    protect_into(tmp_path, [PHOTO, PHOTO], versions=20)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kit.zip", "publish"]


def _cancel_after(photos: int) -> Progress:
    def cancel(done: int, total: int) -> None:
        if done >= 100 * photos:
            raise Cancelled("Stopped.")

    return cancel


def test_photos_of_which_none_can_be_read_leave_nothing(tmp_path: Path) -> None:
    with pytest.raises(PhotoError):
        protect_into(tmp_path, [PhotoSource.from_bytes("a", b"")], versions=20)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_has_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(KitError, match="cannot be written"):
        protect_into(tmp_path / "file", [PHOTO], versions=20)


def test_a_full_disk_has_its_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*args: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched, pytest.raises(KitError, match="disk is full"):
        patched.setattr("os.fsync", full)
        protect_into(tmp_path, [PHOTO], versions=20)
    assert list(tmp_path.iterdir()) == []
    protect_into(tmp_path, [PHOTO], versions=20)
