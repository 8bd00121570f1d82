"""Folders are searched in an order people expect; what is no photo is said, not taken."""

from pathlib import Path

import pytest
from hostile import encoded, picture

from auditcore.errors import PhotoError
from auditcore.photos import find_photos

PHOTO = encoded(picture(20, 20))


def fill(folder: Path, *names: str, data: bytes = PHOTO) -> None:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)


def test_folders_are_searched_in_natural_order(tmp_path: Path) -> None:
    fill(tmp_path, "b/photo 10.jpg", "b/photo 2.jpg", "b/Photo 1.jpg", "a10/x.jpg", "a9/x.jpg")
    fill(tmp_path, "z", "b/deep/er/y.jpg")
    found = find_photos([tmp_path])
    assert [photo.name for photo in found.photos] == [
        "a9/x.jpg", "a10/x.jpg", "b/deep/er/y.jpg", "b/Photo 1.jpg", "b/photo 2.jpg",
        "b/photo 10.jpg", "z",
    ]  # fmt: skip
    assert [photo.path for photo in found.photos] == [tmp_path / p.name for p in found.photos]
    assert found.about_others() is None


def test_files_are_known_by_their_content_and_others_are_named(tmp_path: Path) -> None:
    fill(tmp_path, "photo.txt", "photo")
    fill(tmp_path, *(f"{n}.jpg" for n in range(7)), "sub/a.pdf", data=b"%PDF-1.4")
    fill(tmp_path, ".DS_Store", ".hidden/a.jpg")
    found = find_photos([tmp_path])
    assert [photo.name for photo in found.photos] == ["photo", "photo.txt"]
    said = found.about_others() or ""
    assert said.startswith("8 files are no photos and were left out: “0.jpg”, “1.jpg”")
    assert said.endswith("and 3 more.")


def test_files_that_are_named_are_taken_whatever_they_are(tmp_path: Path) -> None:
    fill(tmp_path, "a.txt", data=b"text")
    found = find_photos([tmp_path / "a.txt", tmp_path / "gone.jpg"])
    assert [photo.name for photo in found.photos] == ["a.txt", "gone.jpg"]


def test_what_is_barred_and_links_to_folders_are_not_looked_into(tmp_path: Path) -> None:
    fill(tmp_path, "a.jpg", "out/publish/a.jpg", "captions.jpg")
    (tmp_path / "loop").symlink_to(tmp_path)
    found = find_photos([tmp_path], without=[tmp_path / "out", tmp_path / "captions.jpg"])
    assert [photo.name for photo in found.photos] == ["a.jpg"]


def test_a_folder_without_photos_has_its_sentence(tmp_path: Path) -> None:
    fill(tmp_path, "a.txt", data=b"text")
    with pytest.raises(PhotoError, match="no photo in the folder"):
        find_photos([tmp_path])


def test_natural_order_is_total(tmp_path: Path) -> None:
    names = ["1.jpg", "01.jpg", "a.jpg", "A.jpg", "²5.jpg", "-.jpg", "10a.jpg", "a1b2.jpg"]
    fill(tmp_path, *names)
    found = [photo.name for photo in find_photos([tmp_path]).photos]
    assert sorted(found) == sorted(names)
    assert found == [photo.name for photo in find_photos([tmp_path]).photos]
