"""Is a photo found in a model that the Lab trained, and which marks and scores find it best?

    nice python tests/benchmarks/lab_power.py audits marks more tables --work DIR

- audits: photo in, photo out. Per kind of model (classifier, SimCLR encoder, CLIP) 100 kits of one
  photo and 100 of ten, n = 1000 versions, the product's marks, scores and sequential tests.
- more: the papers' test on the same scores, and what was put off of the kits of ten.
- marks: families of marks x scores x kinds at equal mean CIEDE2000, the papers' way beside them.
- tables: writes results/lab_power.json and .md from what there is.

Everything is kept in DIR as it comes; the same command goes on where it was.
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

import lab_power_audits as in_and_out
import lab_power_ranks as ranks
import lab_power_tables
import torch
from lab_power_audits import Stage
from lab_power_pictures import KITS, pictures

KINDS = ("clip", "classifier", "encoder")
STRONG = [plan for plan in KITS if plan.visibility == 4]
USUAL = [plan for plan in KITS if plan.visibility == 3]
PAPERS_KITS = 20
STAGES = (
    Stage(in_and_out.alone, STRONG),
    Stage(in_and_out.together, STRONG[:20]),
    Stage(in_and_out.alone, USUAL),
)
LATER = (
    Stage(in_and_out.papers, STRONG[:PAPERS_KITS]),
    Stage(in_and_out.together, STRONG),
    Stage(in_and_out.together, USUAL),
)
ROUNDS = 1


def audits(kinds: Sequence[str], work: Path) -> None:
    """Run the audits of Show 1 that matter most."""
    _run(STAGES, kinds, work)


def more(kinds: Sequence[str], work: Path) -> None:
    """Run the papers' test on the same scores, and the rest of the kits of ten."""
    _run(LATER, kinds, work)


def _run(stages: Sequence[Stage], kinds: Sequence[str], work: Path) -> None:
    known = pictures(work)
    for stage in stages:
        for kind in kinds:
            in_and_out.run(kind, stage, known, work)
            print(kind, stage.asks.__name__, len(stage.kits), stage.sides, flush=True)


def marks(kinds: Sequence[str], work: Path) -> None:
    """Train and ask the models of Show 3."""
    known = pictures(work)
    ranks.write_looks(known, work)
    for trial in range(ROUNDS):
        for kind in kinds:
            ranks.run(kind, trial, known, work)


def tables(_kinds: Sequence[str], work: Path) -> None:
    """Write what there is."""
    lab_power_tables.write(work)


COMMANDS = {"audits": audits, "more": more, "marks": marks, "tables": tables}


def main() -> None:
    """Run the commands that are named, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("commands", choices=COMMANDS, nargs="+")
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--kinds", choices=KINDS, nargs="+", default=KINDS)
    given = parser.parse_args()
    torch.set_num_threads(1)
    for command in given.commands:
        COMMANDS[command](given.kinds, given.work)


if __name__ == "__main__":
    main()
