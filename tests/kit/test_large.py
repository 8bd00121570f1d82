"""Kits that stay in their file: opened without reading it, each part checked when it is used."""

import pickle
import random
import struct
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from hostile import Case, members, small_kit
from hostile_kits import hostile_kits, resealed, zipped
from hypothesis import given, settings
from hypothesis import strategies as st

from auditcore.errors import KitError
from auditcore.kit import Kit, open_kit, opening, spelling
from auditcore.kit.archive import pack
from auditcore.kit.held import Held
from kit.golden import FACTS, KIT, facts


@pytest.fixture(autouse=True)
def _every_file_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "WHOLE_BYTES", 0)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "kit.zip").write_bytes(small_kit())
    return tmp_path / "kit.zip"


def used(kit: Kit) -> list[np.ndarray]:
    return [kit.version(photo, 3) for photo in range(len(kit.photos))]


def test_it_gives_what_a_kit_read_whole_gives(file: Path) -> None:
    lazily, whole = open_kit(file), open_kit(small_kit())
    assert (lazily.id, lazily.photos, lazily.path) == (whole.id, whole.photos, file)
    assert whole.path is None
    assert all(map(np.array_equal, used(lazily), used(whole)))
    assert [lazily.tie_priority(1, version) for version in range(20)] == [
        whole.tie_priority(1, version) for version in range(20)
    ]


def test_kits_sealed_before_are_the_same_bit_for_bit(tmp_path: Path) -> None:
    import json

    assert facts(KIT.read_bytes()) == facts(KIT)
    assert json.loads(json.dumps(facts(KIT))) == json.loads(FACTS.read_text())


@pytest.mark.parametrize("case", hostile_kits(), ids=lambda case: case.what)
def test_hostile_kits_are_refused_with_the_same_sentences(case: Case, tmp_path: Path) -> None:
    (tmp_path / "kit.zip").write_bytes(case.data)
    says = "not a kit" if case.what == "30,000 files" else case.says  # a large kit may have them
    with pytest.raises(KitError, match=says):
        used(open_kit(tmp_path / "kit.zip"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("tampered")


@given(st.integers(0, 10**9), st.integers(1, 255))
@settings(max_examples=300, deadline=None)
def test_one_tampered_byte_anywhere_is_found(folder: Path, place: int, flip: int) -> None:
    data = bytearray(small_kit())
    data[place % len(data)] ^= flip
    (folder / "kit.zip").write_bytes(data)
    with pytest.raises(KitError):
        used(open_kit(folder / "kit.zip"))


@given(st.integers(0, 10**9))
@settings(max_examples=60, deadline=None)
def test_a_kit_cut_anywhere_is_refused(folder: Path, place: int) -> None:
    (folder / "cut.zip").write_bytes(small_kit()[: place % len(small_kit())])
    with pytest.raises(KitError):
        open_kit(folder / "cut.zip")


def test_a_shuffled_kit_is_refused(tmp_path: Path) -> None:
    rows = list(members().items())
    random.Random(1).shuffle(rows)
    (tmp_path / "kit.zip").write_bytes(zipped(rows))
    with pytest.raises(KitError, match="packed again"):
        open_kit(tmp_path / "kit.zip")


def test_a_gap_between_members_is_refused(tmp_path: Path) -> None:
    """What no entry of the table covers would be read by nobody, and could hide anything."""
    data = bytearray(small_kit())
    count, size, place = spelling.read_end(bytes(data)) or (0, 0, 0)
    (tmp_path / "kit.zip").write_bytes(
        data[:place] + b"gap" + data[place : place + size] + spelling.end(count, size, place + 3)
    )
    with pytest.raises(KitError, match="packed again"):
        open_kit(tmp_path / "kit.zip")


def test_a_part_that_is_damaged_is_refused_when_it_is_reached(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_TRIED", 2)
    kit = open_kit(_with_photos(file, 5))
    data = bytearray(kit.path.read_bytes())
    data[data.index(b"base/0003.png") + 200] ^= 1
    kit.path.write_bytes(data)
    again = open_kit(kit.path)
    assert np.array_equal(again.base(1), kit.base(1))
    with pytest.raises(KitError, match="damaged: a part is unreadable"):
        again.base(2)
    assert np.array_equal(again.base(3), kit.base(3))


def test_a_part_that_was_edited_is_refused_when_it_is_reached(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "_TRIED", 2)
    file = _with_photos(file, 5)
    file.write_bytes(pack(members(file.read_bytes()) | {"base/0003.png": b"something else"}))
    kit = open_kit(file)
    assert kit.base(1).any()
    for use in (lambda: kit.base(2), kit.check_files):
        with pytest.raises(KitError, match=r"\(base/0003.png\) is not what was sealed"):
            use()


def _with_photos(file: Path, count: int) -> Path:
    """Make a kit of `count` photos of the small kit's first one."""

    def more(public: dict, secret: dict, files: dict[str, bytes]) -> None:
        base, part = files["base/0001.png"], files["marks/0001/strength.bin"]
        public["photos"] = [public["photos"][0] | {"file": f"{n}.jpg"} for n in range(count)]
        secret["photos"] = [secret["photos"][0]] * count
        for name in [name for name in files if name.startswith(("base/", "marks/"))]:
            del files[name]
        for number in range(1, count + 1):
            files[f"base/{number:04d}.png"] = base
            files[f"marks/{number:04d}/strength.bin"] = part

    file.write_bytes(resealed(more))
    return file


def test_more_photos_than_four_digits_count(file: Path) -> None:
    kit = open_kit(_with_photos(file, 10_050))
    assert len(kit.photos) == 10_050
    assert np.array_equal(kit.version(10_049, 5), kit.version(10_049, 5))
    assert np.array_equal(kit.base(0), kit.base(10_049))
    assert not np.array_equal(kit.version(10_048, 5), kit.version(10_049, 5))


def test_a_file_that_has_gone_has_its_sentence_and_may_come_back(file: Path) -> None:
    kit = open_kit(file)
    file.rename(file.with_name("elsewhere.zip"))
    with pytest.raises(KitError, match="moved or deleted while it was in use"):
        kit._stored.base(0)
    file.with_name("elsewhere.zip").rename(file)
    assert kit.version(0, 1).any()


def test_a_file_that_was_exchanged_is_found(file: Path) -> None:
    kit = open_kit(file)
    file.write_bytes(KIT.read_bytes()[::-1])
    with pytest.raises(KitError, match="damaged"):
        kit.version(0, 1)


@pytest.mark.parametrize("lazily", [True, False])
def test_a_kit_can_be_sent_to_another_process(file: Path, lazily: bool) -> None:
    kit = open_kit(file if lazily else small_kit())
    kit.version(0, 0)
    again = pickle.loads(pickle.dumps(kit))
    assert (again.id, again.seed, again.path) == (kit.id, kit.seed, kit.path)
    assert all(map(np.array_equal, used(again), used(kit)))


@pytest.fixture
def _little_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Spell archives of some kilobytes as those beyond 4 GB are."""
    monkeypatch.setattr(spelling, "_ROOM", 1500)
    yield


def spelled(rows: list[tuple[str, bytes]]) -> bytes:
    buffer = BytesIO()
    spelling.write_zip(buffer, rows)
    return buffer.getvalue()


def check_readable(data: bytes, rows: list[tuple[str, bytes]]) -> None:
    with ZipFile(BytesIO(data)) as archive:
        assert [(name, archive.read(name)) for name in archive.namelist()] == rows


def test_what_is_beyond_4_gigabytes_is_spelled_as_every_zip_reader_knows(
    _little_room: None, tmp_path: Path
) -> None:
    rows = [(f"{number:03}", bytes([number]) * number) for number in range(100)]
    check_readable(spelled(rows), rows)
    (tmp_path / "kit.zip").write_bytes(pack(members()))
    assert b"PK\x06\x06" in (tmp_path / "kit.zip").read_bytes()
    assert open_kit(tmp_path / "kit.zip").base(1).any()


def test_more_members_than_sixteen_bits_count() -> None:
    rows = [(f"{number:05}", b"") for number in range(70_000)]
    data = spelled(rows)
    check_readable(data, rows)
    assert spelling.read_end(data)[0] == 70_000


def test_members_have_an_order() -> None:
    for rows in ([("b", b""), ("a", b"")], [("a", b""), ("a", b"")]):
        with pytest.raises(ValueError, match="does not come after"):
            spelled(rows)


def test_the_spelling_is_the_documented_one() -> None:
    data = spelled([("a", b"xyz")])
    assert struct.unpack("<4s5H3L2H", data[:30])[:6] == (b"PK\x03\x04", 20, 0, 0, 0, 0x21)
    with ZipFile(BytesIO(data)) as archive:
        info = archive.infolist()[0]
    assert info.date_time == (1980, 1, 1, 0, 0, 0)
    assert (info.create_system, info.external_attr >> 16) == (3, 0o600)


def test_what_is_held_is_bounded_and_made_again() -> None:
    made: list[int] = []

    def make(number: int) -> tuple[str, int]:
        made.append(number)
        return f"<{number}>", 10

    held = Held(make, 30)
    assert [held(number) for number in (1, 2, 3, 1, 4, 2)] == [
        "<1>", "<2>", "<3>", "<1>", "<4>", "<2>"
    ]  # fmt: skip
    assert made == [1, 2, 3, 4, 2]  # 2 was the one wanted longest ago
    assert Held(lambda number: (number, 100), 30)(5) == 5
