"""`passive encodermi train`: an attack, trained once on a shadow encoder."""

import argparse
import datetime
import time
from pathlib import Path

import torch

from auditcore import __version__
from auditcore.cli.output import one_line, print_json, say, tell
from auditcore.cli.passive.encodermi_ask import Asked, ask_about, folder_of
from auditcore.cli.passive.folder import files_in, photos_of
from auditcore.errors import PassiveError
from auditcore.lab.encoders import (
    ALGORITHMS,
    ARCHITECTURES,
    recipe_for,
    save_encoder,
    train_encoder,
)
from auditcore.lab.train import shrink
from auditcore.models import Model
from auditcore.passive.encodermi.attacks import LEAST_SHADOW, Judged, train_judged
from auditcore.passive.encodermi.card import Card
from auditcore.passive.encodermi.keeping import CARD_FILE, save_attacks
from auditcore.passive.encodermi.shape import VARIANTS
from auditcore.passive.encodermi.words import VARIANT_TITLES
from auditcore.photos import shown
from auditcore.randomness import derive

SHADOW_FOLDER = "shadow-encoder"
_SAY_SECONDS = 20.0


def run(arguments: argparse.Namespace) -> int:
    """Train the attack, and the shadow encoder before it where pictures alone are given."""
    _check(arguments)
    if arguments.images is not None:
        members, others = _train_shadow(arguments)
    else:
        members, others = folder_of(arguments.members), folder_of(arguments.non_members)
    model = ask_about(arguments, members, others)
    judged = train_judged(members.similarities, others.similarities, arguments.seed, _on_epoch)
    card = save_attacks(judged.attacks, arguments.out, _card(arguments, model, judged))
    if arguments.json:
        left_out = members.left_out + others.left_out
        print_json({"attack": str(arguments.out), "card": card.to_json(), "left_out": left_out})
    else:
        tell(_in_words(card, arguments.out))
    return 0


def _check(arguments: argparse.Namespace) -> None:
    known = (arguments.model, arguments.members, arguments.non_members)
    if (arguments.images is None) == (None in known) or (arguments.images and any(known)):
        raise PassiveError(
            "Give either --images, to train a shadow encoder on half of them, or all of --model, "
            "--members and --non-members, to use an encoder whose training pictures are known."
        )
    if arguments.epochs < 1:
        raise PassiveError(f"--epochs must be 1 or more, not {arguments.epochs}.")
    for given, known_names in (
        (arguments.algorithm, ALGORITHMS),
        (arguments.architecture, ARCHITECTURES),
    ):
        if given not in known_names:
            raise PassiveError(f"There is no {shown(given)} here: choose {', '.join(known_names)}.")
    if (arguments.out / CARD_FILE).exists():
        raise PassiveError(
            f"{arguments.out} already holds an attack. Name a new folder; it stays as it is."
        )


def _train_shadow(arguments: argparse.Namespace) -> tuple[Asked, Asked]:
    """Train the shadow encoder on half of the pictures, and name it as the model to ask.

    Returns:
        The half that it was trained on, and the half that it never saw.
    """
    left_out: list[str] = []
    readable = _readable(files_in(arguments.images), left_out)
    order = derive(b"encodermi-shadow", arguments.seed).shuffled(readable)
    members, others = (sorted(part) for part in (order[::2], order[1::2]))
    if len(others) < LEAST_SHADOW:
        raise PassiveError(
            f"Half of the pictures train the shadow encoder, so at least {2 * LEAST_SHADOW} that "
            f"can be read are needed; there are {len(readable)}. Add more."
        )
    recipe = recipe_for(arguments.algorithm, len(members), arguments.epochs)
    pictures = [shrink(pixels) for pixels in photos_of(members, left_out.append)]
    encoder = train_encoder(
        pictures, arguments.algorithm, arguments.architecture, recipe, arguments.seed, _Progress()
    )
    folder = save_encoder(encoder, arguments.architecture, arguments.out / SHADOW_FOLDER)
    arguments.model = f"timm:{folder}"
    return Asked("members", members, left_out=left_out), Asked("non-members", others)


def _readable(files: list[Path], left_out: list[str]) -> list[Path]:
    """Return the files that can be read as pictures; say and add which cannot."""

    def note(sentence: str) -> None:
        say(f"{one_line(sentence)} It is left out.")
        left_out.append(sentence)

    seen: dict[bytes, str] = {}
    return [path for path in files if any(True for _ in photos_of([path], note, seen))]


class _Progress:
    """Says now and then how far the shadow encoder is, and how long it will take."""

    def __init__(self) -> None:
        self._began = self._said = time.monotonic()

    def __call__(self, done: int, epochs: int, loss: float) -> None:
        now = time.monotonic()
        if now - self._said >= _SAY_SECONDS or done == epochs:
            self._said = now
            minutes = (now - self._began) / done * (epochs - done) / 60
            say(
                f"Shadow encoder: epoch {done} of {epochs}, loss {loss:.3f}, {minutes:.0f} min left"
            )


def _on_epoch(variant: str, done: int, epochs: int) -> None:
    if done == epochs:
        say(f"{VARIANT_TITLES[variant]} trained")


def _card(arguments: argparse.Namespace, model: Model, judged: Judged) -> Card:
    name = model.identity.name
    if arguments.images is None:
        encoder, data = name, f"{arguments.members.name} and {arguments.non_members.name}"
    else:
        encoder = f"{arguments.architecture}, {arguments.algorithm}, {arguments.epochs} epochs"
        data = arguments.images.name
    return Card(
        title=_plain(arguments.title or f"Trained on {data} with {encoder}"),
        shadow_encoder=_plain(encoder),
        shadow_fingerprint=model.identity.fingerprint,
        data=_plain(data),
        members=judged.members,
        non_members=judged.non_members,
        held_out=judged.held_out,
        right=judged.right,
        made=datetime.datetime.now(datetime.UTC).date().isoformat(),
        software=f"Telltale {__version__}, torch {torch.__version__}",
        weights_sha256="",
    )


def _plain(text: str) -> str:
    return one_line(text)[:200]


def _in_words(card: Card, out: Path) -> str:
    rights = [
        f"- {VARIANT_TITLES[name]}: right about {card.right[name]} of {card.held_out} pictures of "
        "the same encoder that it did not learn from"
        for name in VARIANTS
    ]
    learnt = f"{card.members:,} members and {card.non_members:,} others"
    shadow = out / SHADOW_FOLDER
    warning = [_KEEP.format(shadow)] if shadow.exists() else []
    head = f"{card.title}: learnt from {learnt}."
    return "\n".join([head, *rights, *warning, f"Use: --attack {out}"])


_KEEP = (
    "Whoever gets this attack from you needs neither {}, which remembers your pictures, nor the "
    "name of their folder, which is in the card: leave out the one, and choose the other well."
)
