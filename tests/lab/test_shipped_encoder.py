"""What is shipped for EncoderMI: pictures of three kinds, the encoder, the attack."""

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from auditcore.lab.demo_pictures import ATTRIBUTION_FILE, PARTS
from auditcore.models import open_model
from auditcore.passive.encodermi.attacks import Attacks
from auditcore.passive.encodermi.comparing import Comparison, Reading, compare
from auditcore.passive.encodermi.features import similarities
from auditcore.passive.encodermi.keeping import load_attacks
from auditcore.paths import assets_dir
from auditcore.photos import find_metadata, read_pixels

PICTURES = assets_dir() / "pictures"
MODEL = assets_dir() / "models" / "demo-encoder"
FREE = re.compile(r"Public Domain|CC0-1\.0|CC-BY(-SA)?[ -]\d\.\d", re.IGNORECASE)


def _files(part: str) -> list[Path]:
    return sorted((PICTURES / part).iterdir())


@cache
def _similarities(part: str) -> np.ndarray:
    pictures = [read_pixels(path.read_bytes(), path.name) for path in _files(part)]
    return similarities(open_model("demo:encoder"), pictures)


@cache
def _attacks() -> Attacks:
    return load_attacks(assets_dir() / "attacks" / "demo-encoder")[0]


def _comparison(part: str) -> Comparison:
    return compare(_similarities(part), _similarities("reference"), _attacks())


def test_members_stand_out_clearly() -> None:
    found = _comparison("members")
    assert found.reading is Reading.STANDS_OUT
    assert found.auc.low > 0.7
    assert found.above.count > 3 * found.usual_most


def test_what_it_never_saw_does_not() -> None:
    found = _comparison("non_members")
    assert found.reading is Reading.NOTHING
    assert found.auc.low < 0.5 < found.auc.high


@pytest.mark.parametrize("variant", ["V", "S", "T"])
def test_the_shipped_attack_fits_the_encoder(variant: str) -> None:
    members, others = (_comparison(part).attacks[variant] for part in ("members", "non_members"))
    assert members.fits
    assert members.mine.low > max(members.reference.value, others.mine.value)


def test_the_attack_was_trained_on_another_encoder() -> None:
    card = load_attacks(assets_dir() / "attacks" / "demo-encoder")[1]
    assert card.shadow_fingerprint != open_model("demo:encoder").identity.fingerprint


def test_every_picture_is_attributed_under_a_free_licence() -> None:
    text = (PICTURES / ATTRIBUTION_FILE).read_text("utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if ".jpg |" in line]
    listed = {row[0]: row[2] for row in rows}
    assert set(listed) == {f"{part}/{path.name}" for part in PARTS for path in _files(part)}
    assert all(FREE.search(licence) for licence in listed.values())


def test_no_picture_is_in_two_folders() -> None:
    contents = [path.read_bytes() for part in PARTS for path in _files(part)]
    assert len(set(contents)) == len(contents) == sum(PARTS.values())


def test_files_are_small_and_carry_no_metadata() -> None:
    files = [path for part in PARTS for path in _files(part)]
    assert sum(path.stat().st_size for path in files) < 3_000_000
    assert sum(path.stat().st_size for path in MODEL.iterdir()) < 3_000_000
    assert not [path for path in files if find_metadata(path.read_bytes())]
