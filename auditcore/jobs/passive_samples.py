"""What is shipped to try the indications with: pictures, drawn people, and trained attacks.

Nobody in `assets/people` is real: they are drawn, and their names are made up of frequent ones.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from auditcore.database import LOCAL_OWNER
from auditcore.errors import PassiveError
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive import Consent, Portrayed, Upload, submit_faces, submit_pictures
from auditcore.jobs.queue import Queue
from auditcore.passive.encodermi.card import Card
from auditcore.paths import assets_dir

if TYPE_CHECKING:
    from auditcore.passive.encodermi.attacks import Attacks

ENCODER, PEOPLE = Choice("demo:encoder"), Choice("demo:people")
_ENCODER_ATTACK = "demo-encoder"
_REFERENCE = "reference"


def submit_sample_pictures(queue: Queue, *, members: bool, owner: str = LOCAL_OWNER) -> str:
    """Ask the demo encoder about pictures it was trained on, or about others of their kind.

    Raises:
        PassiveError: this copy of Telltale lacks them.
    """
    mine = _files("pictures/members" if members else "pictures/non_members")
    reference = _files(f"pictures/{_REFERENCE}")
    truth = "was trained on these pictures" if members else "never saw any of these pictures"
    return submit_pictures(
        queue,
        ENCODER,
        mine,
        reference,
        _ENCODER_ATTACK,
        consent=Consent(),
        owner=owner,
        sample=f"Here the truth is known: the model {truth}.",
    )


def submit_sample_face(
    queue: Queue, *, member: bool, photos: int | None = None, owner: str = LOCAL_OWNER
) -> str:
    """Ask the demo model about a drawn person it was trained on, or about another.

    Args:
        queue: where to put it.
        member: whether its training set held the person.
        photos: how many of their portraits, all if None.
        owner: who asks.

    Raises:
        PassiveError: this copy of Telltale lacks them.
    """
    folder = _folder("people")
    listed = json.loads((folder / "people.json").read_text("utf-8"))["people"]
    shown = next(person for person in listed if person["member"] == member)
    portraits = _uploads(folder / name for name in shown["photos"][:photos])
    person = Portrayed(shown["name"], portraits)
    drawn = Consent(people=True)  # there is nobody to ask
    truth = "learned from other portraits of this drawn person" if member else "never saw them"
    told = f"Here the truth is known: the model {truth}."
    return submit_faces(queue, PEOPLE, [person], consent=drawn, owner=owner, sample=told)


def shipped_attacks() -> dict[str, Card]:
    """Return the cards of the attacks that are shipped, by name."""
    folder = assets_dir() / "attacks"
    cards = sorted(folder.glob("*/card.json"))
    return {card.parent.name: Card.from_json(json.loads(card.read_text("utf-8"))) for card in cards}


def open_attack(name: str) -> "Attacks":
    """Open a shipped attack.

    Raises:
        PassiveError: it is not among those shipped, or damaged.
    """
    from auditcore.passive.encodermi.keeping import load_attacks  # needs torch: not for pages

    if name not in shipped_attacks():
        raise PassiveError("This attack is not in this copy of Telltale. Choose another, or none.")
    return load_attacks(assets_dir() / "attacks" / name)[0]


def _files(place: str) -> list[Upload]:
    folder = _folder(place)
    return _uploads(path for path in sorted(folder.iterdir()) if path.suffix in _PICTURES)


_PICTURES = (".png", ".jpg", ".webp")


def _uploads(paths: Iterable[Path]) -> list[Upload]:
    return [Upload(path.name, path.read_bytes()) for path in paths]


def _folder(place: str) -> Path:
    folder = assets_dir() / place
    if not folder.is_dir():
        raise PassiveError(
            f"The samples are not in this copy of Telltale: the folder “assets/{place}” is "
            "missing. Get the whole of it."
        )
    return folder
