"""Attacks in a folder: attacks.safetensors and card.json, to train once and use again.

A folder may come from a stranger. Only safetensors and JSON are read, sizes are bounded, and only
the shapes of these attacks are taken.
"""

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from auditcore.errors import PassiveError
from auditcore.passive.encodermi.attacks import Attacks
from auditcore.passive.encodermi.card import Card
from auditcore.passive.encodermi.sets import SetAttack
from auditcore.passive.encodermi.vector import VectorAttack

WEIGHTS_FILE = "attacks.safetensors"
CARD_FILE = "card.json"
_MOST = {WEIGHTS_FILE: 4_000_000, CARD_FILE: 100_000}


def save_attacks(attacks: Attacks, folder: Path, card: Card) -> Card:
    """Write attacks and their card into a folder, which is made if need be.

    Args:
        attacks: what `train_attacks` gave.
        folder: where; an attack that is there is replaced.
        card: its `weights_sha256` is filled in here.

    Returns:
        The card as written.

    Raises:
        PassiveError: the folder cannot be written to.
    """
    data = save({name: value.contiguous() for name, value in _tensors(attacks).items()})
    written = replace(card, weights_sha256=hashlib.sha256(data).hexdigest())
    text = json.dumps(written.to_json(), indent=2, ensure_ascii=False) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / WEIGHTS_FILE).write_bytes(data)
        (folder / CARD_FILE).write_text(text, encoding="utf-8")
    except OSError as error:
        raise PassiveError(
            f"The attack cannot be written to {folder}. Name a folder that you may write to."
        ) from error
    return written


def load_attacks(folder: Path) -> tuple[Attacks, Card]:
    """Read attacks that somebody saved.

    Raises:
        PassiveError: a file is missing, too large, damaged, changed, or no attack of this kind.
    """
    card = read_card(folder)
    data = _read(folder, WEIGHTS_FILE)
    if hashlib.sha256(data).hexdigest() != card.weights_sha256:
        raise PassiveError(
            f"{WEIGHTS_FILE} is not the file that its card describes: it was changed or damaged. "
            "Get the folder again from where it came from."
        )
    try:
        tensors = load(data)
    except SafetensorError as error:
        raise PassiveError(f"{WEIGHTS_FILE} is not a safetensors file. {_AGAIN}") from error
    return _attacks(tensors), card


def read_card(folder: Path) -> Card:
    """Read the card of saved attacks alone.

    Raises:
        PassiveError: there is none, or it cannot be read as one.
    """
    try:
        value = json.loads(_read(folder, CARD_FILE))
    except (ValueError, RecursionError) as error:
        raise PassiveError(f"{CARD_FILE} is not valid JSON. {_AGAIN}") from error
    return Card.from_json(value)


_AGAIN = "Use a folder that `passive encodermi train` wrote."


def _read(folder: Path, name: str) -> bytes:
    path = folder / name
    try:
        if path.stat().st_size > _MOST[name]:
            raise PassiveError(f"{name} is far larger than that of any attack. {_AGAIN}")
        return path.read_bytes()
    except OSError as error:
        raise PassiveError(
            f"{folder} holds no attack: the file {name} cannot be opened. {_AGAIN}"
        ) from error


def _tensors(attacks: Attacks) -> dict[str, Tensor]:
    named = {"threshold": torch.tensor([attacks.threshold], dtype=torch.float64)}
    for part, network in (("vector", attacks.vector), ("set", attacks.set)):
        named |= {f"{part}.{name}": value for name, value in network.state_dict().items()}
    return named


def _attacks(tensors: dict[str, Tensor]) -> Attacks:
    with torch.device("meta"):  # shapes alone: no weights are drawn
        empty = Attacks(VectorAttack().eval(), SetAttack().eval(), 0.0)
    wanted = {name: (value.shape, value.dtype) for name, value in _tensors(empty).items()}
    found = {name: (value.shape, value.dtype) for name, value in tensors.items()}
    if found != wanted or not all(bool(value.isfinite().all()) for value in tensors.values()):
        raise PassiveError(
            f"{WEIGHTS_FILE} does not hold the attacks V, S and T of this version of Telltale. "
            f"{_AGAIN}"
        )
    for part, network in (("vector", empty.vector), ("set", empty.set)):
        dot = f"{part}."
        own = {name.removeprefix(dot): t for name, t in tensors.items() if name.startswith(dot)}
        network.load_state_dict(own, assign=True)
    return replace(empty, threshold=float(tensors["threshold"][0]))
