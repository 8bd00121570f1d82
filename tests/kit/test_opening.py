"""Opening: what was sealed opens, twice and anywhere; what was touched does not."""

import hashlib
import json
import random
import zipfile
from pathlib import Path

import pytest
from hostile import members, png_claiming, small_kit
from hostile_kits import bound, edited, resealed, zipped
from hypothesis import given, settings
from hypothesis import strategies as st

from auditcore.errors import KitError
from auditcore.kit import archive, open_kit
from auditcore.kit.archive import pack
from auditcore.kit.canonical import canonical_json


def test_bytes_path_and_unpacked_folder_are_the_same_kit(tmp_path: Path) -> None:
    file, folder = tmp_path / "kit.zip", tmp_path / "kit"
    file.write_bytes(small_kit())
    with zipfile.ZipFile(file) as opened:
        opened.extractall(folder)
    (folder / ".DS_Store").write_bytes(b"mac")
    ids = {open_kit(source).id for source in (small_kit(), small_kit(), file, folder)}
    assert len(ids) == 1 and len(ids.pop()) == 64


def test_the_hashes_are_the_documented_ones() -> None:
    files = members()
    public, secret = (json.loads(files[f"{part}.json"]) for part in ("public", "secret"))
    kit = open_kit(small_kit())
    assert public["commitment"] == bound("commitment", secret) == kit.public.commitment
    assert secret["public_sha256"] == bound("public", public | {"commitment": ""})
    assert kit.id == bound("id", public)
    assert files["public.json"] == canonical_json(public) == canonical_json(kit.public.to_json())


def test_whoever_binds_a_changed_kit_again_gets_another_id() -> None:
    forged = resealed(lambda public, secret, files: public["photos"][0].update(caption="mine"))
    assert open_kit(forged).id != open_kit(small_kit()).id
    same = resealed(lambda public, secret, files: None)
    assert same == small_kit()


@given(st.integers(0, 10**9), st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_one_tampered_byte_anywhere_is_found(place: int, flip: int) -> None:
    data = bytearray(small_kit())
    data[place % len(data)] ^= flip
    with pytest.raises(KitError):
        open_kit(bytes(data))


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_a_kit_cut_anywhere_is_refused(place: int) -> None:
    with pytest.raises(KitError):
        open_kit(small_kit()[: place % len(small_kit())])


@pytest.mark.parametrize("part", ["public", "secret"])
def test_every_single_field_is_bound(part: str) -> None:
    """Change each value in turn, everywhere in the part, spelled canonically."""
    files = members()
    raw = json.loads(files[f"{part}.json"])
    changed = 0
    for holder, key in _places(raw):
        before = holder[key]
        for value in _others(before):
            holder[key] = value
            with pytest.raises(KitError):
                open_kit(pack(files | {f"{part}.json": canonical_json(raw)}))
            changed += 1
        holder[key] = before
    assert changed > 15


def _places(value: object) -> list[tuple[dict[str, object], str]]:
    if isinstance(value, dict):
        inner = [place for key in value for place in _places(value[key])]
        return [(value, key) for key in value] + inner
    return [place for item in value for place in _places(item)] if isinstance(value, list) else []


def _others(value: object) -> list[object]:
    if isinstance(value, str):
        other = value[:-1] + ("0" if value[-1:] != "0" else "1")
        return [other, value + "a", "", None, 5]
    if isinstance(value, bool):
        return [not value, 1, None]
    if isinstance(value, int | float):
        return [value + 1, -value, str(value), None]
    return [5, "x", [], {}] if value is not None else ["x", 0]


def test_a_missing_field_is_named() -> None:
    raw = json.loads(members()["public.json"])
    del raw["photos"][1]["caption"]
    with pytest.raises(KitError, match="lacks the entry “caption”"):
        open_kit(pack(members() | {"public.json": canonical_json(raw)}))


def test_a_newer_format_is_told_from_a_damaged_one_even_with_new_fields() -> None:
    raw = json.loads(members()["public.json"]) | {"format_version": 7, "novelty": 1}
    with pytest.raises(KitError, match="newer Telltale"):
        open_kit(pack(members() | {"public.json": canonical_json(raw)}))


def test_the_same_words_twice_in_a_part_are_not_taken() -> None:
    doubled = edited("public.json", b"{", b'{"commitment":"x",')
    with pytest.raises(KitError, match="edited"):
        open_kit(doubled)


def test_a_bomb_is_refused_before_it_is_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zipfile.ZipFile, "read", lambda *a, **k: pytest.fail("unpacked"))
    for rows in ([("base/0001.png", bytes(17_000_000))], [(f"{i}", b"") for i in range(20_000)]):
        with pytest.raises(KitError):
            open_kit(zipped(rows, zipfile.ZIP_DEFLATED))
    monkeypatch.setattr(archive, "MAX_KIT_BYTES", 30_000_000)
    rows = [(f"{number}", bytes(15_000_000)) for number in range(3)]
    with pytest.raises(KitError, match="more than any kit"):
        open_kit(zipped(rows, zipfile.ZIP_DEFLATED))


def test_the_larger_zip_format_is_refused_unread() -> None:
    end = small_kit()[-22:]
    locator = b"PK\x06\x07" + bytes(16)
    with pytest.raises(KitError, match="far more files"):
        open_kit(small_kit()[:-22] + locator + end)


def test_a_base_that_is_a_bomb_is_not_decoded() -> None:
    def swap(
        public: object, secret: dict[str, list[dict[str, str]]], files: dict[str, bytes]
    ) -> None:
        files["base/0001.png"] = png_claiming(60_000, 60_000)
        digest = hashlib.sha256(files["base/0001.png"]).hexdigest()
        secret["photos"][0]["base_sha256"] = digest

    with pytest.raises(KitError, match="cannot be read"):
        open_kit(resealed(swap))


def test_folders_and_paths_that_are_no_kit(tmp_path: Path) -> None:
    with pytest.raises(KitError, match="cannot be opened"):
        open_kit(tmp_path / "gone.zip")
    with pytest.raises(KitError, match="holds no kit"):
        open_kit(tmp_path)
    for name, data in members().items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(data)
    (tmp_path / "base" / "more.png").symlink_to("/etc/hostname")
    with pytest.raises(KitError, match="no kit has"):
        open_kit(tmp_path)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_sentence(data: bytes) -> None:
    for head in (b"", b"PK\x03\x04", b"PK\x05\x06"):
        with pytest.raises(KitError):
            open_kit(head + data)


def test_a_shuffled_kit_is_refused() -> None:
    rows = list(members().items())
    random.Random(1).shuffle(rows)
    with pytest.raises(KitError, match="packed again"):
        open_kit(zipped(rows))
