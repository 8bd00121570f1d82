from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from auditcore.lab import sources
from auditcore.lab.registries import LabError, fetch_debian, fetch_npm
from auditcore.lab.sources import CaptionedImage, read_attributions, scikit_image

README = """Copyright: Alf van Beem
Source: https://commons.wikimedia.org/wiki/File:Dutch_windmill_at_Kinderdijk_pic43.JPG
License: CC0-1.0
Files:
windmill13.webp
renewable/windmill14.webp

Copyright: GalgenTX
License: CC-BY-2.0
Comments: cropping
Files: kitten.webp
"""


def test_attributions_are_read_file_by_file() -> None:
    found = read_attributions(README)
    assert set(found) == {"windmill13.webp", "renewable/windmill14.webp", "kitten.webp"}
    assert found["windmill13.webp"].author == "Alf van Beem"
    assert found["kitten.webp"].licence == "CC-BY-2.0"
    assert found["kitten.webp"].source == ""


def test_only_photos_with_an_author_and_a_free_licence_are_taken(tmp_path: Path) -> None:
    activity = tmp_path / "erase" / "resource"
    activity.mkdir(parents=True)
    for name in ("free", "closed", "unknown"):
        Image.new("RGB", (8, 8)).save(activity / f"{name}.webp")
    (activity / "README").write_text(
        "Copyright: A\nLicense: CC-BY-SA-4.0\nFiles: free.webp\n\n"
        "Copyright: B\nLicense: All rights reserved\nFiles: closed.webp\n\n"
        "Copyright:\nLicense: CC0-1.0\nFiles: unknown.webp\n"
    )
    found = list(sources._gcompris_folder(activity / "README", tmp_path))
    assert [item.key for item in found] == ["gcompris/erase/free"]


@pytest.mark.parametrize(
    ("stem", "source", "caption"),
    [
        (
            "windmill13",
            "https://commons.wikimedia.org/wiki/File:Dutch_windmill_at_Kinderdijk_pic43.JPG",
            "a photo of windmill, Dutch windmill at Kinderdijk pic",
        ),
        ("greatPyramid", "", "a photo of great pyramid"),
        (
            "red_panda",
            "https://x/File:%D0%9A%D0%BE%D1%81%D0%B0%D1%80%D1%96.jpg",
            "a photo of red panda",
        ),
    ],
)
def test_photos_get_their_name_and_title_as_caption(stem: str, source: str, caption: str) -> None:
    assert sources._photo_caption(stem, source) == caption


def test_what_is_transparent_becomes_white(tmp_path: Path) -> None:
    layered = np.zeros((4, 4, 4), np.uint8)
    layered[:2] = (200, 10, 10, 255)
    Image.fromarray(layered).save(tmp_path / "half.png")
    pixels = CaptionedImage("x/half", tmp_path / "half.png", "half", "", "", "", False).pixels()
    assert pixels[0, 0].tolist() == [200, 10, 10]
    assert pixels[3, 3].tolist() == [255, 255, 255]


def test_photos_of_installed_packages_are_there(tmp_path: Path) -> None:
    found = list(scikit_image(tmp_path))
    assert len(found) >= 6
    assert all(item.path.exists() and item.author and item.licence for item in found)


def test_a_missing_client_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LabError, match="apt-get is needed"):
        fetch_debian("pysiogame", tmp_path)
    with pytest.raises(LabError, match="npm is needed"):
        fetch_npm("@lobehub/fluent-emoji-3d", "1.1.0", tmp_path)


def test_what_was_fetched_is_not_fetched_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (tmp_path / "pysiogame_4.20_all.deb").touch()
    assert fetch_debian("pysiogame", tmp_path).name == "pysiogame_4.20_all.deb"
