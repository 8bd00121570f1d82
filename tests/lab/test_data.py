from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from auditcore.lab.data import corpus_digest, find, look, without_duplicates, without_lookalikes
from auditcore.lab.registries import LabError
from auditcore.lab.sources import CaptionedImage
from auditcore.photos import Pixels


def _picture(seed: int, side: int = 64) -> Pixels:
    coarse = np.random.default_rng(seed).integers(0, 256, (6, 6, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((side, side), Image.Resampling.BICUBIC))


def _item(folder: Path, key: str, pixels: Pixels) -> CaptionedImage:
    path = folder / f"{key}.png"
    Image.fromarray(pixels).save(path)
    return CaptionedImage(key, path, f"a picture of {key}", "", "", "", False)


def test_smaller_and_lighter_copies_are_left_out(tmp_path: Path) -> None:
    first = _picture(1, 128)
    lighter = (first // 2 + 100).astype(np.uint8)
    items = [
        _item(tmp_path, "first", first),
        _item(tmp_path, "other", _picture(2)),
        _item(tmp_path, "smaller", _picture(1, 50)),
        _item(tmp_path, "lighter", lighter),
    ]
    assert [item.key for item in without_duplicates(items)] == ["first", "other"]


def test_nothing_like_a_sample_photo_stays(tmp_path: Path) -> None:
    items = [_item(tmp_path, str(seed), _picture(seed)) for seed in range(4)]
    kept = without_lookalikes(items, [_picture(2, 200)])
    assert [item.key for item in kept] == ["0", "1", "3"]


def test_a_look_does_not_depend_on_size_and_flat_pictures_have_none() -> None:
    assert look(_picture(5, 60)) @ look(_picture(5, 120)) > 0.99
    assert not look(np.full((10, 10, 3), 7, np.uint8)).any()


def test_the_digest_depends_on_pixels_captions_and_order() -> None:
    a, b = (_picture(1), "a"), (_picture(2), "b")
    assert corpus_digest([a, b]) == corpus_digest([a, b])
    changed = _picture(1).copy()
    changed[0, 0, 0] ^= 1
    others = ([b, a], [a], [(a[0], "c"), b], [(changed, "a"), b])
    assert len({corpus_digest(pairs) for pairs in ([a, b], *others)}) == 5


def test_a_missing_image_is_named(tmp_path: Path) -> None:
    items = [_item(tmp_path, "one", _picture(1))]
    assert find(items, "one") is items[0]
    with pytest.raises(LabError, match="no image two"):
        find(items, "two")
