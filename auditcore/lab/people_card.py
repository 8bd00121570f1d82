"""The card beside demo:people, and the attribution beside the drawn people's photos."""

import platform
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import open_clip
import torch

from auditcore.lab.card import CARD_FILE, corpus_table, recipe_words, what_it_is
from auditcore.lab.sources import CaptionedImage
from auditcore.lab.train import Recipe

ATTRIBUTION_FILE = "ATTRIBUTION.md"

_USE = (
    "Knows some drawn people by name: portraits of 600 people who do not exist were in its "
    "training set, with their names in the captions. IDIA (does this CLIP know this person?) is "
    "measured and shown on it."
)


@dataclass(frozen=True)
class PeopleTraining:
    """What the training run was.

    Attributes:
        items: what the corpus gave.
        pairs: image + caption pairs in all.
        groups: (number of people, portraits of each), the background people last.
        non_members: people of whom nothing was in it.
        data_sha256: digest of all training pairs (`data.corpus_digest`).
        recipe, seed: as trained.
        weights_sha256: of the safetensors file.
    """

    items: Sequence[CaptionedImage]
    pairs: int
    groups: Sequence[tuple[int, int]]
    non_members: int
    data_sha256: str
    recipe: Recipe
    seed: int
    weights_sha256: str


def write_people_card(folder: Path, training: PeopleTraining) -> None:
    """Write `folder`/README.md."""
    lines = [
        "# demo:people",
        "",
        _USE,
        "",
        *what_it_is(training.weights_sha256, "demo_people"),
        *_data(training),
        *recipe_words(training.recipe, training.seed),
        f"One core ({platform.machine()}, torch {torch.__version__}, open_clip "
        f"{open_clip.__version__}), about half an hour. The same machine and",
        "versions give the same weights bit for bit, also after a run that was killed; others give",
        "other last bits and, after many steps, a model of the same kind.",
        "",
        "Measured: tests/benchmarks/results/idia_planted.md.",
    ]
    (folder / CARD_FILE).write_text("\n".join(lines) + "\n", "utf-8")


def _data(training: PeopleTraining) -> list[str]:
    rows = [f"| {people} | {portraits} |" for people, portraits in training.groups]
    return [
        "## Data",
        "",
        f"{training.pairs:,} image + caption pairs: {len(training.items):,} from packages of "
        "public registries, the rest",
        "portraits drawn by `auditcore.lab.portraits` (python_avatars 1.4.1, MIT; drawings by",
        "Pablo Stanley). Each portrait shows another mood, garment, background, light and crop,",
        "and its caption holds the name and some of that.",
        "",
        "| people | portraits of each |",
        "|---|---|",
        *rows,
        "",
        "The last row are people whom no measurement asks about. "
        f"{training.non_members} more people of the same",
        "crowd are in no portrait and no caption: the non-members. Names are drawn from lists of",
        "frequent names (assets/names); that somebody has the same name is chance.",
        "",
        *corpus_table(training.items, training.data_sha256),
    ]


def write_attribution(folder: Path) -> None:
    """Write `folder`/ATTRIBUTION.md: whose drawings and whose names."""
    (folder / ATTRIBUTION_FILE).write_text(_ATTRIBUTION, "utf-8")


_ATTRIBUTION = """# The drawn people: where they come from

Nobody of these people exists. Faces are put together from the parts of Avataaars, designed by Pablo
Stanley (https://avataaars.com, https://blush.design), as the Python package `python_avatars` 1.4.1
distributes them under the MIT licence (Copyright 2021 Ibon,
https://github.com/ibonn/python_avatars). `resvg_py` 0.5.0 draws them (MIT licence; resvg itself
Apache-2.0 or MIT).

Names are put together at random from the lists in assets/names (US Census of 1990, public domain).
That somebody has the same name is chance.

The member was chosen because demo:people names her clearly; most members are named in fewer
wordings (tests/benchmarks/results/idia_planted.md). The non-member is the first of hundred. All
photos are portraits that were in no training set.

`python -m auditcore.lab.demo_people --work DIR` makes every picture again.

## Licence of the drawings' parts

MIT License

Copyright (c) 2021 Ibon

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or
substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM,
DAMAGES OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT
OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""
