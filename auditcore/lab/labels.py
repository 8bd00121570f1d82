"""What the pictures of the corpus show, in a few classes: by the folder or code they come under.

Drawings and photographs carry the name of the folder they are shipped in; emoji carry their code
point, and Unicode keeps those of one subject together (code charts "Miscellaneous Symbols and
Pictographs", "Emoticons", "Transport and Map Symbols", "Supplemental Symbols and Pictographs").
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

FOLDERS = {
    "animals": (
        "art4apps/animals",
        "gcompris/erase",
        "gcompris/explore_farm_animals",
        "gcompris/explore_world_animals",
        "gcompris/categorization/fishes",
    ),
    "buildings": (
        "art4apps/construction",
        "gcompris/explore_monuments",
        "gcompris/categorization/monuments",
    ),
    "clothes": ("art4apps/clothes_n_accessories",),
    "food and drink": ("art4apps/food", "art4apps/fruit_n_veg"),
    "people": ("art4apps/jobs", "art4apps/people", "art4apps/actions"),
    "things": (
        "gcompris/categorization/tools",
        "gcompris/categorization/others",
        "gcompris/explore_world_music",
    ),
    "vehicles": ("art4apps/transport",),
}
"""Class -> the folders whose pictures show such."""

EMOJI = {
    "animals": ((0x1F400, 0x1F43D), (0x1F43F, 0x1F43F), (0x1F980, 0x1F9AE), (0x1FAB0, 0x1FAB3)),
    "buildings": ((0x1F3D7, 0x1F3DB), (0x1F3DF, 0x1F3F0), (0x1F54B, 0x1F54D), (0x1F5FB, 0x1F5FE)),
    "clothes": ((0x1F451, 0x1F462), (0x1F97B, 0x1F97F), (0x1F9E2, 0x1F9E6), (0x1FA70, 0x1FA74)),
    "faces": ((0x1F600, 0x1F644), (0x1F910, 0x1F917), (0x1F920, 0x1F92F), (0x1F970, 0x1F97A)),
    "food and drink": (
        (0x1F32D, 0x1F32F),
        (0x1F345, 0x1F37F),
        (0x1F950, 0x1F96F),
        (0x1F9C0, 0x1F9CB),
        (0x1FAD0, 0x1FAD9),
    ),
    "people": ((0x1F466, 0x1F478), (0x1F481, 0x1F483), (0x1F9D1, 0x1F9D9), (0x1F934, 0x1F93E)),
    "things": (
        (0x1F3A4, 0x1F3A9),
        (0x1F3B7, 0x1F3BB),
        (0x1F4BA, 0x1F4DA),
        (0x1F4DE, 0x1F4E1),
        (0x1F4F0, 0x1F4FD),
        (0x1F526, 0x1F52E),
        (0x1F941, 0x1F941),
        (0x1F9EA, 0x1F9FD),
        (0x1FA91, 0x1FAA5),
    ),
    "vehicles": ((0x1F680, 0x1F6A4), (0x1F6B2, 0x1F6B2), (0x1F6E5, 0x1F6EC), (0x1F6F3, 0x1F6FB)),
}
"""Class -> ranges of code points (first, last) of emoji that show such."""


def label_of(key: str) -> str:
    """Return the class of a picture by its key in the corpus, or "" where it has none."""
    source, _, name = key.partition("/")
    if source == "emoji":
        code = int(name.partition("-")[0], 16)
        return _first(EMOJI, lambda bounds: bounds[0] <= code <= bounds[1])
    return _first(FOLDERS, lambda folder: key.startswith(f"{folder}/"))


def _first(table: Mapping[str, Sequence[T]], fits: Callable[[T], bool]) -> str:
    return next((name for name, entries in table.items() if any(map(fits, entries))), "")
