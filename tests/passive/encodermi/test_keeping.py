import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from auditcore.errors import PassiveError
from auditcore.passive.encodermi.attacks import Attacks
from auditcore.passive.encodermi.card import Card
from auditcore.passive.encodermi.keeping import (
    CARD_FILE,
    WEIGHTS_FILE,
    load_attacks,
    read_card,
    save_attacks,
)
from auditcore.passive.encodermi.sets import SetAttack
from auditcore.passive.encodermi.shape import VARIANTS
from auditcore.passive.encodermi.vector import VectorAttack
from tests.passive.encodermi.encoders import drawn

CARD = Card(
    title="Test attack",
    shadow_encoder="ResNet-18, SimCLR",
    shadow_fingerprint="ab" * 32,
    data="1,000 drawings",
    members=400,
    non_members=400,
    held_out=200,
    right={"V": 150, "S": 149, "T": 140},
    made="2026-11-22",
    software="Telltale 0.1.0",
    weights_sha256="",
)


@pytest.fixture
def attacks() -> Attacks:
    with torch.random.fork_rng():
        torch.manual_seed(3)
        return Attacks(VectorAttack().eval(), SetAttack().eval(), 0.123456789)


@pytest.fixture
def folder(attacks: Attacks, tmp_path: Path) -> Path:
    save_attacks(attacks, tmp_path / "attack", CARD)
    return tmp_path / "attack"


def change_card(folder: Path, **changes: Any) -> None:
    value = json.loads((folder / CARD_FILE).read_text())
    for name, item in changes.items():
        value[name] = item
    (folder / CARD_FILE).write_text(json.dumps(value))


def change_weights(folder: Path, name: str, value: torch.Tensor) -> None:
    tensors = {**load_file(folder / WEIGHTS_FILE), name: value}
    save_file(tensors, folder / WEIGHTS_FILE)
    digest = hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()
    change_card(folder, weights_sha256=digest)


def test_a_saved_attack_is_the_same_attack(attacks: Attacks, folder: Path) -> None:
    before = torch.random.get_rng_state()
    loaded, card = load_attacks(folder)
    assert torch.equal(before, torch.random.get_rng_state())
    assert card == dataclasses.replace(CARD, weights_sha256=card.weights_sha256)
    assert read_card(folder) == card == Card.from_json(card.to_json())
    for variant in VARIANTS:
        asked = drawn(9, 0.5, 1)
        assert np.array_equal(loaded.scores(variant, asked), attacks.scores(variant, asked))
    assert sorted(path.name for path in folder.iterdir()) == [WEIGHTS_FILE, CARD_FILE]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("format", 2),
        ("format", "1"),
        ("extra", 1),
        ("title", "two\nlines"),
        ("title", "x" * 401),
        ("title", None),
        ("members", -1),
        ("members", True),
        ("members", 10**12),
        ("right", {"V": 1}),
        ("right", {"V": 1, "S": 1, "T": 0.5}),
        ("made", "yesterday"),
        ("shadow_fingerprint", "zz"),
        ("weights_sha256", "0" * 64),
    ],
)
def test_a_card_that_says_something_else_is_refused(folder: Path, field: str, value: Any) -> None:
    change_card(folder, **{field: value})
    with pytest.raises(PassiveError) as said:
        load_attacks(folder)
    assert str(said.value).endswith(".") and len(str(said.value)) < 300


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 50_000, '{"format": 1}', "\xff"])
def test_what_is_no_card_is_refused(folder: Path, text: str) -> None:
    (folder / CARD_FILE).write_bytes(text.encode("latin-1"))
    with pytest.raises(PassiveError):
        load_attacks(folder)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("vector.layers.0.weight", torch.zeros(256, 44)),
        ("vector.layers.0.bias", torch.zeros(256, dtype=torch.float64)),
        ("vector.layers.0.bias", torch.full((256,), float("nan"))),
        ("threshold", torch.tensor([float("inf")], dtype=torch.float64)),
        ("another", torch.zeros(1)),
    ],
)
def test_weights_of_another_shape_or_kind_are_refused(
    folder: Path, name: str, value: torch.Tensor
) -> None:
    change_weights(folder, name, value)
    with pytest.raises(PassiveError, match="does not hold the attacks"):
        load_attacks(folder)


def test_missing_damaged_and_huge_files_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(PassiveError, match="holds no attack"):
        load_attacks(tmp_path / "nowhere")
    whole = (folder / WEIGHTS_FILE).read_bytes()
    (folder / WEIGHTS_FILE).write_bytes(whole[:-1] + b"\x01")
    with pytest.raises(PassiveError, match="changed or damaged"):
        load_attacks(folder)
    pickle = b"\x80\x04N."
    (folder / WEIGHTS_FILE).write_bytes(pickle)
    change_card(folder, weights_sha256=hashlib.sha256(pickle).hexdigest())
    with pytest.raises(PassiveError, match="not a safetensors file"):
        load_attacks(folder)
    with (folder / WEIGHTS_FILE).open("wb") as file:
        file.truncate(10**9)
    with pytest.raises(PassiveError, match="far larger"):
        load_attacks(folder)


def test_a_folder_that_cannot_be_written_is_a_sentence(attacks: Attacks, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(PassiveError, match="cannot be written"):
        save_attacks(attacks, tmp_path / "file", CARD)
