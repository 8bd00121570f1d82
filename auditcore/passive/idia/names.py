"""The candidate names a model chooses from: the person's own among decoys.

The published recipe (arXiv 2209.07341, the authors' notebooks): frequent US first names x frequent
surnames, half of them female and half male, drawn without replacement with seed 42; together with
the real names they are 1,000. What differs here: the lists are those of the US Census of 1990,
which are in the public domain (assets/names), and the draws are this project's, so the decoys are
not the authors' own.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from auditcore import paths
from auditcore.errors import PassiveError
from auditcore.photos import shown
from auditcore.photos.names import is_plain
from auditcore.randomness import Stream, derive

CANDIDATES = 1000
"""How many names a model chooses from, the real ones included."""

LONGEST = 80
"""Most characters of a name: what a text model reads is cut off after some dozens of words."""

_SEED = b"telltale/idia/names/42"
_SEXES = ("female", "male")


@dataclass(frozen=True)
class Names:
    """The names a model chooses from, no two alike (not even in case).

    Attributes:
        real: the names of the people asked about.
        decoys: names drawn at random, in the order of `decoy_names`.
    """

    real: tuple[str, ...]
    decoys: tuple[str, ...]

    @property
    def everyone(self) -> tuple[str, ...]:
        """Return all candidates, the decoys first: the first of two that are level wins.

        So a real name is the answer only where the model prefers it to every decoy.
        """
        return self.decoys + self.real

    def index(self, name: str) -> int:
        """Return where a real name stands in `everyone`.

        Raises:
            PassiveError: it is none of the real names.
        """
        wanted = tidy_name(name)
        if wanted not in self.real:
            raise PassiveError(f"{shown(name)} is none of the names that the model was asked for.")
        return len(self.decoys) + self.real.index(wanted)


def candidate_names(real: Sequence[str], count: int = CANDIDATES) -> Names:
    """Return the real names and as many decoys as make `count` together.

    Args:
        real: at least one; white space is tidied, nothing else is changed.
        count: names in all, at most CANDIDATES, at least twice as many as there are real ones.

    Raises:
        PassiveError: no name, one that cannot be used, the same one twice, or too many.
    """
    own = tuple(tidy_name(name) for name in real)
    keys = [name.casefold() for name in own]
    twice = next((name for name, key in zip(own, keys, strict=True) if keys.count(key) > 1), None)
    if not own:
        raise PassiveError("Give the name of at least one person.")
    if twice is not None:
        raise PassiveError(
            f"The name {shown(twice)} is there twice. Put all photos of one person together; two "
            "people of one name cannot be told apart by it."
        )
    if not len(own) <= count / 2 <= CANDIDATES / 2:
        raise PassiveError(
            f"{len(own):,} people are too many among {min(count, CANDIDATES):,} names: at least "
            "half of the names must be decoys. Ask about fewer people at once."
        )
    decoys = [name for name in decoy_names() if name.casefold() not in set(keys)]
    return Names(own, tuple(decoys[: count - len(own)]))


@cache
def decoy_names() -> tuple[str, ...]:
    """Return the CANDIDATES decoys, always the same: a female and a male one in turn.

    Raises:
        PassiveError: the lists of names are missing from this installation.
    """
    streams = {sex: derive(_SEED, sex) for sex in _SEXES}
    firsts = {sex: _read(sex) for sex in _SEXES}
    surnames = _read("surnames")
    drawn: dict[str, None] = {}  # keeps the order, and each name once
    while len(drawn) < CANDIDATES:
        sex = _SEXES[len(drawn) % 2]
        drawn.setdefault(_one(streams[sex], firsts[sex], surnames))
    return tuple(drawn)


def tidy_name(name: str) -> str:
    """Return a name in composed Unicode with single spaces.

    Raises:
        PassiveError: it is empty, too long, or has no letter or characters that are not shown.
    """
    tidy = " ".join(unicodedata.normalize("NFC", name).split())
    if not tidy:
        raise PassiveError("A name is empty. Write the person's name as it stands beside photos.")
    if not any(char.isalpha() for char in tidy) or not is_plain(tidy):
        raise PassiveError(
            f"{shown(tidy)} cannot be used as a name: it must have letters, and no characters that "
            "are not shown. Type it anew."
        )
    if len(tidy) > LONGEST:
        raise PassiveError(
            f"The name {shown(tidy)} is too long ({len(tidy)} characters; at most {LONGEST})."
        )
    return tidy


def _one(stream: Stream, firsts: Sequence[str], surnames: Sequence[str]) -> str:
    return f"{firsts[stream.below(len(firsts))]} {surnames[stream.below(len(surnames))]}"


def _read(kind: str) -> tuple[str, ...]:
    path = paths.assets_dir() / "names" / f"{kind}.txt"
    try:
        return tuple(path.read_text(encoding="utf-8").split())
    except FileNotFoundError as error:
        raise PassiveError(
            "The lists of names are not in this copy of Telltale: the folder assets/names is "
            "missing. Install it again."
        ) from error
