"""Drawn people: who somebody is, in traits that every portrait of the person keeps.

IDIA (Hintersdorf et al., JAIR 2024) asks whether a model knows a face by name. To measure it
without the face of anybody, people are drawn. A person is hair, colours, skin, beard, glasses and a
few small things; `portraits` draws the person again and again. Any two people of one crowd differ
in at least two of the traits that are seen at 64 pixels. Their names are drawn from lists of
frequent names; that somebody has the same name is chance.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from auditcore.lab.registries import LabError
from auditcore.paths import assets_dir
from auditcore.randomness import Stream, derive

T = TypeVar("T")

MOST_PEOPLE = 2000
"""The largest crowd: well below what two different traits each leave room for."""

HAIR = {
    "f": (
        *("big_hair", "bob", "bun", "curly", "curvy", "frida", "long_not_too_long", "mia_wallace"),
        *("straight_1", "straight_strand", "braids", "bride", "curly_2", "dreadlocks", "wild"),
        *("half_shaved", "loose_hair", "pixie", "twist_long_hair", "fro_band", "fro", "shaggy"),
    ),
    "m": (
        *("frizzle", "short_curly", "short_dreads_1", "short_dreads_2", "short_flat", "sides"),
        *("short_waved", "buzzcut", "einstein_hair", "elvis", "evil_spike", "mohawk", "mowgli"),
        *("quiff", "dreads", "fro", "wick", "cornrows", "shaggy_mullet", "shaggy", "wild"),
    ),
}
HAIR_COLOURS = {
    "black": "#2C1B18",
    "brown": "#724133",
    "auburn": "#A55728",
    "red": "#D8480F",
    "blond": "#D6B370",
    "platinum": "#ECDCBF",
    "grey": "#9A9A9A",
    "pink": "#F59797",
    "blue": "#4A6FD8",
    "green": "#3F9B5B",
    "purple": "#7B4BA8",
}
_NATURAL = tuple(HAIR_COLOURS)[:7]
BEARDS = ("beard_light", "beard_magestic", "beard_medium", "moustache_fancy", "moustache_magnum")
GLASSES = (
    ("prescription_01", "#252C2F"),
    ("prescription_02", "#252C2F"),
    ("prescription_02", "#C62828"),
    ("prescription_02", "#1E5FC4"),
    ("round", "#252C2F"),
    ("round", "#C98A00"),
    ("eyepatch", "#252C2F"),
)
EARRINGS = ("#F2B705", "#E53935", "#1E88E5", "#43A047")
SKIN_STOPS = ("#FFDBB4", "#EDB98A", "#D08B5B", "#AE5D29", "#614335")
SKIN_BANDS = 5
_LISTS = {"f": "female.txt", "m": "male.txt", "surnames": "surnames.txt"}
BROWS = ("natural", "thin", "strong")
CHEEKS = ("", "", "", "freckles", "rosy", "mole")


@dataclass(frozen=True)
class Person:
    """Somebody who does not exist.

    Attributes:
        number: position in the crowd, 0 and up.
        seed: of the crowd, bytes; portraits derive from it.
        name: first name and surname.
        sex: "f" or "m"; decides which first names and hair are drawn, no more.
        hair, hair_colour, beard, glasses, glasses_colour, earrings, brows, nose, cheeks: fixed
            traits; "" where there is none. Colours as #RRGGBB.
        skin: shade, 0 (lightest) to 1 (darkest).
    """

    number: int
    seed: bytes
    name: str
    sex: str
    hair: str
    hair_colour: str
    beard: str
    beard_colour: str
    glasses: str
    glasses_colour: str
    earrings: str
    brows: str
    nose: str
    cheeks: str
    skin: float

    @property
    def looks(self) -> tuple[str, ...]:
        """The traits that are seen at 64 pixels; two people differ in at least two of them."""
        band = str(min(int(self.skin * SKIN_BANDS), SKIN_BANDS - 1))
        glasses = self.glasses + self.glasses_colour
        return (self.hair, self.hair_colour, band, self.beard, glasses, self.earrings)


def people(count: int, seed: bytes, unwanted: frozenset[str] = frozenset()) -> list[Person]:
    """Draw a crowd; the first `n` of a larger crowd of one seed are the crowd of `n`.

    Args:
        count: 1 to MOST_PEOPLE.
        seed: any bytes; everything follows from it and the lists of names in assets/names.
        unwanted: full names that nobody may have, such as decoys of IDIA.

    Returns:
        People of whom no two share a name, and any two differ in two of their `looks`.

    Raises:
        LabError: a larger crowd than can be told apart, or no lists of names.
    """
    if not 1 <= count <= MOST_PEOPLE:
        raise LabError(f"A crowd has 1 to {MOST_PEOPLE:,} people, not {count:,}.")
    lists = {kind: _read(file) for kind, file in _LISTS.items()}
    crowd: list[Person] = []
    taken, seen = set(unwanted), set[tuple[str, ...]]()
    for attempt in range(200 * MOST_PEOPLE):
        person = _draw(len(crowd), seed, attempt, lists)
        near = set(_near(person.looks))
        if person.name in taken or near & seen:
            continue
        crowd.append(person)
        taken.add(person.name)
        seen |= near
        if len(crowd) == count:
            return crowd
    raise LabError(f"Only {len(crowd):,} people could be told apart; {count:,} were wanted.")


def _near(looks: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Yield the looks with one trait left open: two people who share one differ in at most it."""
    for i in range(len(looks)):
        yield (str(i), *looks[:i], *looks[i + 1 :])


def _draw(number: int, seed: bytes, attempt: int, lists: dict[str, list[str]]) -> Person:
    stream = derive(seed, "person", attempt)
    sex = "fm"[stream.below(2)]
    colour = HAIR_COLOURS[_hair_colour(stream)]
    beard = one_of(stream, BEARDS) if sex == "m" and stream.unit() < 0.55 else ""
    glasses, glasses_colour = one_of(stream, GLASSES) if stream.unit() < 0.5 else ("", "")
    earrings = one_of(stream, EARRINGS) if stream.unit() < (0.5 if sex == "f" else 0.15) else ""
    return Person(
        number=number,
        seed=seed,
        name=f"{one_of(stream, lists[sex])} {one_of(stream, lists['surnames'])}",
        sex=sex,
        hair=one_of(stream, HAIR[sex]),
        hair_colour=colour,
        beard=beard,
        beard_colour=colour if beard else "",
        glasses=glasses,
        glasses_colour=glasses_colour,
        earrings=earrings,
        brows=one_of(stream, BROWS),
        nose=one_of(stream, ("default", "small", "wide")),
        cheeks=one_of(stream, CHEEKS),
        skin=stream.unit(),
    )


def _read(file: str) -> list[str]:
    try:
        return (assets_dir() / "names" / file).read_text("utf-8").split()
    except FileNotFoundError as error:
        raise LabError(
            "The lists of names are missing from this copy of Telltale (assets/names). "
            "Install it again."
        ) from error


def _hair_colour(stream: Stream) -> str:
    """Natural colours are drawn twice as often as dyed ones."""
    return one_of(stream, (*_NATURAL, *HAIR_COLOURS))


def one_of(stream: Stream, items: Sequence[T]) -> T:
    """Draw one of the items, each alike."""
    return items[stream.below(len(items))]
