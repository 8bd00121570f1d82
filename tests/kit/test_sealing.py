"""Sealing: what is published is version `published`, what is kept is bound, nothing is dropped."""

import hashlib
import tracemalloc
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import encoded, exif, picture
from PIL import Image

from auditcore.errors import Cancelled, KitError, MarkError, PhotoError
from auditcore.kit import PhotoSource, Sealed, open_kit, seal_kit
from auditcore.marks import FAMILIES, VERSIONS_MAX, VERSIONS_MIN, Mark
from auditcore.photos import Captioned, Pixels, read_photo

SEED = bytes(range(32))


class Ladder:
    """A tiny family: version v darkens every pixel by v grey levels. Exact at every size."""

    name, title = "ladder", "Darker step by step"

    def prepare(self, pixels: Pixels, *, versions: int, **rest: Any) -> Mark:
        return Step(versions)

    def restore(self, parts: Mapping[str, bytes], *, versions: int, **rest: Any) -> Mark:
        assert parts == {"step": b"1"}
        return Step(versions)


class Step:
    def __init__(self, versions: int) -> None:
        self.versions = versions

    def render(self, pixels: Pixels, version: int) -> Pixels:
        return np.where(pixels > version, pixels - np.uint8(version), np.uint8(0))

    def parts(self) -> dict[str, bytes]:
        return {"step": b"1"}


@pytest.fixture(autouse=True)
def _ladder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FAMILIES, "ladder", Ladder())


def sources(*pairs: tuple[str, bytes]) -> list[PhotoSource]:
    return [PhotoSource.from_bytes(name, data) for name, data in pairs]


def sealed(*pairs: tuple[str, bytes], **options: Any) -> tuple[Sealed, dict[str, bytes]]:
    published: dict[str, bytes] = {}
    options = {"versions": 20, "family": "ladder", "seed": SEED} | options
    return seal_kit(sources(*pairs), published.__setitem__, **options), published


def test_the_published_file_is_the_published_version_and_its_hash_is_kept() -> None:
    original = encoded(picture(), "PNG")
    result, published = sealed(("a.png", original), ("b.png", encoded(picture(50, 40), "PNG")))
    kit = open_kit(result.kit_bytes)
    assert kit.id == result.kit.id
    for index, record in enumerate(kit.photos):
        data = published[record.file]
        assert record.published_sha256 == hashlib.sha256(data).hexdigest()
        version = kit.version(index, kit.published_version(index))
        assert np.array_equal(read_photo(data, "x").pixels, version)
    assert kit.photos[0].original_sha256 == hashlib.sha256(original).hexdigest()
    assert (kit.photos[1].width, kit.photos[1].height) == (50, 40)


@pytest.mark.parametrize("family", ["smooth", "ladder"])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
@pytest.mark.parametrize("grey", [False, True])
def test_size_format_and_name_stay_and_grey_stays_grey(family: str, kind: str, grey: bool) -> None:
    image = picture(81, 57).convert("L" if grey else "RGB")
    result, published = sealed((f"My photo.{kind}", encoded(image, kind)), family=family)
    with Image.open(BytesIO(published[f"My photo.{kind}"])) as out:
        assert (out.size, out.format) == ((81, 57), kind)
        colours = np.asarray(out.convert("RGB"))
    assert result.kit.photos[0].grey == grey
    assert (np.ptp(colours, axis=2).max() == 0) == grey
    kit = open_kit(result.kit_bytes)
    assert (np.ptp(kit.version(0, 5), axis=2).max() == 0) == grey


@pytest.mark.parametrize("size", [(1, 1), (1, 900), (900, 1), (2, 3), (449, 3)])
def test_even_the_oddest_size_can_be_sealed_and_opened(size: tuple[int, int]) -> None:
    result, published = sealed(("a.png", encoded(picture(*size), "PNG")), family="smooth")
    assert read_photo(published["a.png"], "a").pixels.shape == (size[1], size[0], 3)
    kit = open_kit(result.kit_bytes)
    assert kit.version(0, 0).shape == kit.base(0).shape


def test_a_large_photo_and_its_audit_copy_carry_the_same_mark() -> None:
    large = picture().resize((1344, 1008), Image.Resampling.LANCZOS)
    result, published = sealed(("a.png", encoded(large, "PNG")), family="smooth", visibility=4.0)
    small = read_photo(published["a.png"], "a").pixels
    shrunk = np.asarray(Image.fromarray(small).resize((448, 336), Image.Resampling.LANCZOS))
    kit = open_kit(result.kit_bytes)
    right = kit.published_version(0)
    distance = [
        float(np.abs(kit.version(0, version).astype(int) - shrunk).mean())
        for version in range(kit.versions)
    ]
    assert int(np.argmin(distance)) == right and distance[right] < 1


def test_captions_go_to_the_right_photos() -> None:
    data = encoded(picture())
    captions = {"a.jpg": Captioned("first", "x"), "a (2).jpg": Captioned("second")}
    result, _ = sealed(("a.jpg", data), ("a.jpg", data), ("b.jpg", data), captions=captions)
    found = [(photo.caption, photo.label) for photo in result.kit.photos]
    assert found == [("first", "x"), ("second", None), (None, None)]
    unsafe, _ = sealed(("a:b.jpg", data), captions={"a:b.jpg": Captioned("x")})
    assert unsafe.kit.photos[0].caption == "x"


def test_no_photo_is_dropped_silently() -> None:
    good = encoded(picture(), exif=exif(6))
    result, published = sealed(("a.jpg", good), ("b.gif", b"GIF89a"), ("a.jpg", good), ("c", b""))
    assert list(published) == ["a.jpg", "a (2).jpg"] == [p.file for p in result.kit.photos]
    first, second, third, fourth = result.lines
    assert first.file == "a.jpg" and any("upright" in note for note in first.notes)
    assert second.file is None and "is a GIF" in (second.refused or "")
    assert any("same name" in note for note in third.notes)
    assert any("same file" in note for note in third.notes)
    assert "empty" in (fourth.refused or "")
    kit = open_kit(result.kit_bytes)
    assert np.array_equal(kit.version(1, 3), result.kit.version(1, 3))


def test_nothing_readable_or_nothing_at_all_is_an_error() -> None:
    with pytest.raises(PhotoError, match="is a GIF"):
        sealed(("b.gif", b"GIF89a"), ("c", b""))
    with pytest.raises(KitError, match="Add at least one"):
        sealed()
    with pytest.raises(KitError, match="at most 100,000"):
        sealed(*[("a.jpg", b"")] * 100_001)


@pytest.mark.parametrize(
    "options",
    [
        {"versions": VERSIONS_MIN - 1},
        {"versions": VERSIONS_MAX + 1},
        {"versions": -5},
        {"visibility": 0.0},
        {"visibility": 6.1},
        {"visibility": float("nan")},
        {"family": "magic"},
    ],
)
def test_bounds_are_checked_before_any_photo_is_touched(options: dict[str, Any]) -> None:
    touched = PhotoSource("a", lambda: pytest.fail("touched"))
    with pytest.raises(MarkError):
        seal_kit([touched], lambda file, data: None, **options)


def test_the_seed_is_fresh_unless_given_and_a_given_one_is_named() -> None:
    data = encoded(picture())
    one, two = (sealed(("a.jpg", data), seed=None)[0].kit for _ in range(2))
    assert one.seed != two.seed and len(one.seed) == 32
    assert one.public.test_seed is None
    assert sealed(("a.jpg", data))[0].kit.public.test_seed == SEED.hex()
    with pytest.raises(ValueError, match="32 bytes"):
        sealed(("a.jpg", data), seed=b"short")


def test_the_public_part_does_not_give_the_secret_away() -> None:
    kit = sealed(("a.jpg", encoded(picture())), seed=None)[0].kit
    assert kit.seed.hex() not in str(kit.public.to_json())


def test_progress_climbs_to_its_end_and_can_cancel() -> None:
    seen: list[tuple[int, int]] = []
    data = encoded(picture())
    photos = [("a.jpg", data), ("x.gif", b"GIF8"), ("b.jpg", data)]
    sealed(*photos, family="smooth", on_progress=lambda done, total: seen.append((done, total)))
    assert seen == sorted(seen) and seen[0] == (0, 300) and seen[-1] == (300, 300)

    def cancel(done: int, total: int) -> None:
        if done >= 100:
            raise Cancelled("Stopped.")

    with pytest.raises(Cancelled):
        sealed(*photos, on_progress=cancel)


def test_one_photo_at_a_time_is_in_memory() -> None:
    def load() -> bytes:
        return encoded(Image.new("RGB", (1500, 1000), "teal"))

    peaks = []
    for count in (2, 8):
        tracemalloc.start()
        seal_kit(
            [PhotoSource(f"{number}.jpg", load) for number in range(count)],
            lambda file, data: None,
            versions=20,
            family="ladder",
        )
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 1500 * 1000


def test_a_file_that_has_gone_has_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(encoded(picture()))
    photos = [PhotoSource.from_path(tmp_path / name) for name in ("a.jpg", "gone.jpg")]
    result = seal_kit(photos, lambda file, data: None, versions=20, family="ladder")
    assert "cannot be opened" in (result.lines[1].refused or "")
