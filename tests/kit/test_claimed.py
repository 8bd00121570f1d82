"""Lists that would be parsed into far more than a kit's photos need are refused unparsed."""

import json
from pathlib import Path
from typing import Any

import pytest
from hostile import members, small_kit
from hostile_kits import resealed

from auditcore.errors import KitError
from auditcore.kit import canonical, claimed, open_kit, opening
from auditcore.kit.archive import pack
from auditcore.photos.captions import MAX_CAPTION

MANY = b",".join([b"0"] * 60_000)
TEXT = b'"' + b'\\"[,' * 50_000


@pytest.fixture
def _never_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def parsed(*_: Any) -> Any:
        raise AssertionError("it was parsed")

    monkeypatch.setattr(canonical.json, "loads", parsed)


@pytest.mark.usefixtures("_never_parsed")
@pytest.mark.parametrize("lazily", [True, False])
@pytest.mark.parametrize(
    "bomb",
    [
        b"[" + MANY + b"]",
        b'{"photos":[' + MANY + b"]}",
        b'["[[[{",' + MANY + b"]",
        b"[" * 3_000,
        b'{"":' * 3_000,
        b"[" + b'"",' * 10_000,
        b'["\\\\",' + MANY + b"]",
        b'"' + b" " * 5_000_000,
        b"\\\xff" + TEXT + b'",' + MANY,
    ],
    ids=lambda bomb: repr(bomb[:14]),
)
def test_a_public_part_that_would_grow(
    bomb: bytes, lazily: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pack(members() | {"public.json": bomb})
    (tmp_path / "kit.zip").write_bytes(data)
    monkeypatch.setattr(opening, "WHOLE_BYTES", 0)
    with pytest.raises(KitError, match="more than the 2 photos of the kit can need"):
        open_kit(tmp_path / "kit.zip" if lazily else data)


@pytest.mark.parametrize("lazily", [True, False])
def test_a_secret_part_that_would_grow(
    lazily: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = pack(members() | {"secret.json": b"[" + MANY + b"]"})
    (tmp_path / "kit.zip").write_bytes(data)
    monkeypatch.setattr(opening, "WHOLE_BYTES", 0)
    with pytest.raises(KitError, match=r"“secret.json” holds more than the 2 photos"):
        open_kit(tmp_path / "kit.zip" if lazily else data)


@pytest.mark.usefixtures("_never_parsed")
def test_names_alone_buy_no_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Empty copies are cheap to claim: what they allow is what photos need, not a list of zeros."""
    monkeypatch.setattr(opening, "WHOLE_BYTES", 0)
    claims = {f"base/{number:04d}.png": b"" for number in range(200)}
    zeros = b"[" + b",".join([b"0"] * 1_000_000) + b"]"
    (tmp_path / "kit.zip").write_bytes(pack(members() | claims | {"public.json": zeros}))
    with pytest.raises(KitError, match="can need, and was not read"):
        open_kit(tmp_path / "kit.zip")


@pytest.mark.parametrize("list_name", ["public.json", "secret.json"])
def test_a_list_that_is_too_long_is_not_even_read(
    list_name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "WHOLE_BYTES", 0)
    monkeypatch.setattr(opening.InFile, "member", lambda *_: pytest.fail("it was read"))
    (tmp_path / "kit.zip").write_bytes(pack(members() | {list_name: b"0" * 2_000_000}))
    with pytest.raises(KitError, match="can need"):
        open_kit(tmp_path / "kit.zip")


@pytest.mark.parametrize("letter", [",", "[", "{", '"', "\\", "\U0001f600"])
def test_captions_at_their_longest_are_let_through(letter: str) -> None:
    """Whatever a caption is made of, also in a kit whose every text is as long as it may be."""

    def longest(public: dict, secret: dict, files: dict[str, bytes]) -> None:
        for number, photo in enumerate(public["photos"]):
            name = (str(number) + "\u4e2d" * 60)[:48] + ".jpg"
            photo |= {"caption": letter * MAX_CAPTION, "label": letter * MAX_CAPTION, "file": name}

    kit = open_kit(resealed(longest))
    assert kit.photos[1].caption == letter * MAX_CAPTION


def test_what_photos_can_need_at_most_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bounds a photo hold without the room that is left for the rest."""
    monkeypatch.setattr(claimed, "_SPARE_PHOTOS", 0)
    public, secret = (json.loads(members()[f"{part}.json"]) for part in ("public", "secret"))
    photo = public["photos"][0] | {
        "file": "\u4e2d" * 48 + ".jpeg",
        "caption": "\U0001f600" * MAX_CAPTION,
        "label": "," * MAX_CAPTION,
    }
    most = {
        "public.json": public | {"photos": [photo] * 100},
        "secret.json": secret | {"photos": [secret["photos"][0]] * 100},
    }
    for name, part in most.items():
        claimed.check_list(name, canonical.canonical_json(part), 100)


def test_photos_are_counted_by_the_names_of_their_copies() -> None:
    assert claimed.claimed_photos(members()) == len(open_kit(small_kit()).photos) == 2
