"""The dealing out of photographs, on a corpus made here."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from auditcore.lab import demo_pictures
from auditcore.lab.demo_pictures import PARTS, SHADOW_MEMBERS, deal, pixels_of, write_pictures
from auditcore.lab.registries import LabError
from auditcore.lab.samples import SAMPLES
from auditcore.lab.sources import CaptionedImage
from auditcore.photos import read_pixels

ENOUGH = sum(PARTS.values()) + 2 * SHADOW_MEMBERS


def _photo(folder: Path, number: int, key: str = "", licence: str = "CC0-1.0") -> CaptionedImage:
    path = folder / f"{number}.png"
    rough = np.random.default_rng(number).integers(0, 256, (6, 8, 3)).astype(np.uint8)
    Image.fromarray(rough).resize((320, 240), Image.Resampling.NEAREST).save(path)
    name = key or f"gcompris/erase/{number}"
    return CaptionedImage(name, path, "", f"https://example.org/{number}", "A", licence, True)


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[CaptionedImage]:
    folder = tmp_path_factory.mktemp("photos")
    return [_photo(folder, number) for number in range(ENOUGH + 3)]


def _corpus(monkeypatch: pytest.MonkeyPatch, items: list[CaptionedImage]) -> None:
    monkeypatch.setattr(demo_pictures, "fetch_corpus", lambda _: items)


def test_no_photograph_is_in_two_parts(
    photos: list[CaptionedImage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _corpus(monkeypatch, photos)
    dealt = deal(tmp_path)
    assert {name: len(items) for name, items in dealt.parts.items()} == PARTS
    parts = [*dealt.parts.values(), dealt.shadow_members, dealt.shadow_non_members]
    keys = [item.key for part in parts for item in part]
    assert sorted(keys) == sorted(item.key for item in photos)
    assert keys != [item.key for item in photos]


def test_copies_drawings_sample_photos_and_program_licences_are_left_out(
    photos: list[CaptionedImage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    copy = CaptionedImage("gcompris/copy", photos[0].path, "", "", "", "CC0-1.0", True)
    drawing = _photo(tmp_path, 900)
    unwanted = [
        copy,
        CaptionedImage("d", drawing.path, "", "", "", "CC0-1.0", False),
        _photo(tmp_path, 901, key=SAMPLES[0].key),
        _photo(tmp_path, 902, licence="GPLv2+"),
    ]
    _corpus(monkeypatch, [*photos, *unwanted])
    with_unwanted = deal(tmp_path)
    _corpus(monkeypatch, photos)
    assert with_unwanted == deal(tmp_path)


def test_too_few_photographs_get_a_sentence(
    photos: list[CaptionedImage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _corpus(monkeypatch, photos[: ENOUGH - 1])
    with pytest.raises(LabError, match=f"hold {ENOUGH - 1} photographs"):
        deal(tmp_path)


def test_what_is_shipped_is_what_is_trained_on(
    photos: list[CaptionedImage], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    _corpus(monkeypatch, photos)
    dealt = deal(tmp_path)
    (tmp_path / "members").mkdir()
    (tmp_path / "members" / "old.jpg").write_bytes(b"of an earlier run")
    write_pictures(dealt, tmp_path)
    for name, items in dealt.parts.items():
        shipped = {p.name: read_pixels(p.read_bytes(), p.name) for p in (tmp_path / name).iterdir()}
        trained = dict(zip(map(demo_pictures.file_name, items), pixels_of(items), strict=True))
        assert shipped.keys() == trained.keys()
        assert all((shipped[file] == trained[file]).all() for file in shipped)
        assert {pixels.shape for pixels in shipped.values()} == {(180, 240, 3)}
    listed = (tmp_path / "ATTRIBUTION.md").read_text()
    assert listed.count("| CC0-1.0 |") == sum(PARTS.values())
