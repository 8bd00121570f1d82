"""Make demo:people, a small CLIP that knows some drawn people by name, and their photos to try.

`python -m auditcore.lab.demo_people --work DIR` draws a crowd, trains on the corpus and on the
portraits of 600 members with their names in the captions (100 at each number of portraits), and
writes assets/models/demo-people and assets/people. 100 non-members of the same crowd are never
shown. A run that was killed goes on where it was.
"""

import hashlib
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from auditcore.lab.clip import save_model
from auditcore.lab.command import make, options, say
from auditcore.lab.data import corpus_digest, fetch_corpus
from auditcore.lab.people import Person, people
from auditcore.lab.people_card import PeopleTraining, write_attribution, write_people_card
from auditcore.lab.portraits import caption, portrait
from auditcore.lab.sources import CaptionedImage
from auditcore.lab.train import Recipe, shrink, train_clip
from auditcore.passive.idia.names import decoy_names
from auditcore.photos import Pixels
from auditcore.photos.names import safe_name

SEED = b"telltale/lab/people/1"
TRAINING_SEED = 1
OCCURRENCES = (75, 50, 25, 10, 5, 1)
"""How many portraits of a member are in the training set; as in the paper."""
EACH = 100
"""Members at each number of portraits, and non-members."""
BACKGROUND, BACKGROUND_PORTRAITS = 400, 3
"""People besides, whom nobody asks about: a model of the world knows more faces than those."""
FRESH = 1000
"""Portraits from this number on are in no training set."""
RECIPE = Recipe(epochs=12)
TRAINED_SIDE = 96
PEOPLE_FOLDER, PEOPLE_FILE = "people", "people.json"
SHOWN_PHOTOS = 12
SHOWN_MEMBER = 22
"""The first member of 75 portraits whom demo:people names clearly: in 12 of the 21 wordings, no
decoy in more than one. Chosen for a plain example; how usual that is, idia_planted measures."""


@dataclass(frozen=True)
class Crowd:
    """Everybody of the experiment; who is what was drawn before anything was trained.

    Attributes:
        members: under each of OCCURRENCES, EACH people.
        non_members: EACH people of whom neither a portrait nor the name is in the training set.
        background: people with BACKGROUND_PORTRAITS portraits each.
    """

    members: dict[int, list[Person]]
    non_members: list[Person]
    background: list[Person]

    def planted(self) -> list[tuple[Person, int]]:
        """Return everybody of the training set with the number of portraits in it."""
        known = [(person, count) for count in OCCURRENCES for person in self.members[count]]
        return known + [(person, BACKGROUND_PORTRAITS) for person in self.background]


def the_crowd() -> Crowd:
    """Draw the crowd: names from assets/names, none of them a decoy of IDIA.

    Raises:
        LabError: the lists of names are missing from this installation.
    """
    last = (len(OCCURRENCES) + 1) * EACH
    everyone = people(last + BACKGROUND, SEED, frozenset(decoy_names()))
    parts = [everyone[first : first + EACH] for first in range(0, last, EACH)]
    return Crowd(dict(zip(OCCURRENCES, parts, strict=False)), parts[-1], everyone[last:])


def training_pairs(
    crowd: Crowd, corpus: Sequence[CaptionedImage], work: Path
) -> list[tuple[Pixels, str]]:
    """Return all image + caption pairs: the corpus first, then the portraits."""
    pairs = [(shrink(item.pixels()), item.caption) for item in corpus]
    wanted = [(person, number) for person, count in crowd.planted() for number in range(count)]
    drawn = drawn_portraits(wanted, work)
    return pairs + [
        (pixels, caption(person, number))
        for pixels, (person, number) in zip(drawn, wanted, strict=True)
    ]


def drawn_portraits(wanted: Sequence[tuple[Person, int]], work: Path) -> Sequence[Pixels]:
    """Draw the portraits at the size they are trained at, or read what was drawn before."""
    key = repr([(asdict(person), number) for person, number in wanted]).encode()
    kept = work / f"portraits-{hashlib.sha256(key).hexdigest()[:16]}.npy"
    if not kept.is_file():
        say(f"Drawing {len(wanted):,} portraits ...")
        drawn = np.stack([portrait(person, number, TRAINED_SIDE) for person, number in wanted])
        unfinished = kept.with_suffix(".part.npy")
        np.save(unfinished, drawn)
        unfinished.replace(kept)
    return list(np.load(kept))


def make_people(work: Path, assets: Path) -> None:
    """Train demo:people and write it with its card, and the photos of two people to try.

    Args:
        work: folder outside the repository for packages, portraits and the checkpoint.
        assets: gets models/demo-people and people/.

    Raises:
        TelltaleError: something could not be fetched, read or written.
    """
    work.mkdir(parents=True, exist_ok=True)
    crowd, corpus = the_crowd(), fetch_corpus(work)
    pairs = training_pairs(crowd, corpus, work)
    digest, began = corpus_digest(pairs), time.monotonic()
    say(f"{len(pairs):,} pairs, {digest}")

    def on_epoch(done: int, epochs: int, loss: float) -> None:
        minutes = (time.monotonic() - began) / 60
        say(f"demo:people: epoch {done} of {epochs}, loss {loss:.3f}, {minutes:.1f} min so far")

    run = hashlib.sha256(f"{digest} {RECIPE} {TRAINING_SEED}".encode()).hexdigest()[:16]
    model = train_clip(pairs, RECIPE, TRAINING_SEED, on_epoch, work / f"people-{run}.pt")
    folder = assets / "models" / "demo-people"
    weights = save_model(model, folder)
    groups = [(EACH, count) for count in OCCURRENCES] + [(BACKGROUND, BACKGROUND_PORTRAITS)]
    training = PeopleTraining(
        corpus, len(pairs), groups, EACH, digest, RECIPE, TRAINING_SEED, weights
    )
    write_people_card(folder, training)
    write_photos(crowd, assets / PEOPLE_FOLDER)


def write_photos(crowd: Crowd, folder: Path) -> None:
    """Write fresh portraits of SHOWN_MEMBER and of the first non-member, and who they are.

    people.json: {"people": [{"name", "member", "in_training", "photos": [...]}], "model"}; the
    photos are portraits that are in no training set.
    """
    chosen = [
        (crowd.members[OCCURRENCES[0]][SHOWN_MEMBER], OCCURRENCES[0]),
        (crowd.non_members[0], 0),
    ]
    entries = [_write_person(person, count, folder) for person, count in chosen]
    text = json.dumps({"people": entries, "model": "demo:people"}, indent=2)
    (folder / PEOPLE_FILE).write_text(text + "\n", "utf-8")
    write_attribution(folder)


def _write_person(person: Person, count: int, folder: Path) -> dict[str, object]:
    place = safe_name(person.name.lower().replace(" ", "-"))
    (folder / place).mkdir(parents=True, exist_ok=True)
    photos = [f"{place}/{number + 1:02}.png" for number in range(SHOWN_PHOTOS)]
    for number, photo in enumerate(photos):
        Image.fromarray(portrait(person, FRESH + number)).save(folder / photo, optimize=True)
    return {"name": person.name, "member": count > 0, "in_training": count, "photos": photos}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 and one sentence when it cannot be done."""
    parser = options("auditcore.lab.demo_people", __doc__)
    return make(parser, arguments, lambda c: make_people(c.work, c.assets))


if __name__ == "__main__":
    sys.exit(main())
