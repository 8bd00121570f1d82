"""The Lab's pictures: shipped, free, captioned, sorted, and never on both sides."""

import io
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from auditcore.lab.labels import EMOJI, FOLDERS, label_of
from auditcore.lab.make_pack import as_shipped, usable
from auditcore.lab.pack import (
    CLASSES,
    LAB_FOLDER,
    PACK_FILE,
    available,
    held_out,
    rest,
    sample_labels,
)
from auditcore.lab.registries import LabError
from auditcore.lab.samples import SAMPLES
from auditcore.lab.sources import CaptionedImage
from auditcore.paths import assets_dir

PACK = assets_dir() / LAB_FOLDER / PACK_FILE


def _item(path: Path, licence: str = "CC0-1.0") -> CaptionedImage:
    return CaptionedImage("gcompris/erase/cat", path, "a cat", "here", "somebody", licence, True)


def test_nothing_held_out_is_ever_trained_on() -> None:
    trained, kept = available()
    together = [*rest(trained, 1), *held_out(kept, 1)]
    looks = {example.pixels.tobytes() + example.caption.encode() for example in together}
    assert len(looks) == len(together) > 2000
    assert kept == pytest.approx(trained / 3, abs=1)


def test_a_smaller_rest_is_part_of_a_larger_one_and_the_seed_decides() -> None:
    few, more, other = rest(5, 1), rest(9, 1), rest(5, 2)
    captions = [[example.caption for example in part] for part in (few, more, other)]
    assert captions[0] == captions[1][:5] != captions[2]


def test_labelled_pictures_have_a_known_class_with_thirty_pictures_at_least() -> None:
    trained, kept = available(labelled=True)
    counts = Counter(e.label for e in [*rest(trained, 1, True), *held_out(kept, 1, True)])
    assert set(counts) == set(CLASSES)
    assert min(counts.values()) >= 30
    assert {example.label for example in rest(available()[0], 1)} == {"", *CLASSES}


def test_more_than_there_are_is_refused() -> None:
    with pytest.raises(LabError, match="1617 such pictures; 5000 were asked for"):
        rest(5000, 1)


def test_every_picture_is_small_and_has_caption_author_and_licence() -> None:
    with zipfile.ZipFile(PACK) as archive:
        lines = archive.read("index.csv").decode().splitlines()
        assert len(archive.namelist()) == len(lines)
    assert PACK.stat().st_size < 7e6
    assert lines[0] == "file,caption,label,author,licence,source,key"
    assert not any(",GPL" in line for line in lines)
    for example in rest(40, 3):
        assert example.caption
        assert example.pixels.dtype == np.uint8
        assert min(example.pixels.shape[:2]) <= 72


def test_every_sample_photo_has_a_class() -> None:
    labels = sample_labels()
    assert set(labels) == {sample.file for sample in SAMPLES}
    assert set(labels.values()) <= set(CLASSES)


@pytest.mark.parametrize(
    ("key", "label"),
    [
        ("gcompris/categorization/fishes/fish3", "animals"),
        ("gcompris/categorization/renewable/dam1", ""),
        ("art4apps/fruit_n_veg/kiwi", "food and drink"),
        ("emoji/1f436", "animals"),
        ("emoji/1f3f0-fe0f", "buildings"),
        ("emoji/1f523", ""),
        ("scikit-image/rocket", ""),
    ],
)
def test_a_picture_is_sorted_by_where_it_comes_from(key: str, label: str) -> None:
    assert label_of(key) == label


def test_no_emoji_is_in_two_classes() -> None:
    codes = [c for ranges in EMOJI.values() for a, b in ranges for c in range(a, b + 1)]
    assert len(codes) == len(set(codes))
    assert set(FOLDERS) | set(EMOJI) == set(CLASSES)


def test_what_is_shipped_is_shrunk_and_on_white(tmp_path: Path) -> None:
    Image.new("RGBA", (300, 144), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    with Image.open(io.BytesIO(as_shipped(_item(tmp_path / "clear.png")))) as image:
        assert image.size == (150, 72)
        assert np.asarray(image.convert("RGB")).min() > 250


def test_pictures_under_a_program_s_licence_stay_out(tmp_path: Path) -> None:
    items = [_item(tmp_path), _item(tmp_path, "GPL-2+"), _item(tmp_path, "GPLv2+")]
    assert usable(items) == items[:1]
