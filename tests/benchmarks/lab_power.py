"""Is a photo found in a model that the Lab trained, and which marks and scores find it best?

    nice python tests/benchmarks/lab_power.py audits|marks|tables --work DIR

- audits: photo in, photo out. Per kind of model (classifier, SimCLR encoder, CLIP) 100 kits of one
  photo and 100 of ten, n = 1000 versions, the product's marks, scores and sequential tests.
- marks: families of marks x scores x kinds at equal mean CIEDE2000, the papers' way beside them.
- tables: writes results/lab_power.json and .md from what there is.

Everything is kept in DIR as it comes; the same command goes on where it was.
"""

import argparse
import sys
from collections.abc import Callable
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
PAPERS_KITS = 30
STAGES = (
    Stage(in_and_out.alone, STRONG),
    Stage(in_and_out.together, STRONG, ("in",)),
    Stage(in_and_out.together, STRONG[:50], ("out",)),
    Stage(in_and_out.alone, USUAL),
    Stage(in_and_out.together, USUAL),
)
LATER = (
    Stage(in_and_out.papers, STRONG[:PAPERS_KITS]),
    Stage(in_and_out.together, STRONG, ("out",)),
)
ROUNDS = 2


def audits(work: Path) -> None:
    """Run all audits of Show 1, what matters most first."""
    known = pictures(work)
    for stages in (STAGES, LATER):
        for kind in KINDS:
            for stage in stages:
                in_and_out.run(kind, stage, known, work)
                print(kind, stage.asks.__name__, len(stage.kits), stage.sides, flush=True)


def marks(work: Path) -> None:
    """Train and ask the models of Show 3."""
    known = pictures(work)
    ranks.write_looks(known, work)
    for trial in range(ROUNDS):
        for kind in KINDS:
            ranks.run(kind, trial, known, work)


COMMANDS: dict[str, Callable[[Path], None]] = {
    "audits": audits,
    "marks": marks,
    "tables": lab_power_tables.write,
}


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("command", choices=COMMANDS)
    parser.add_argument("--work", type=Path, required=True)
    given = parser.parse_args()
    torch.set_num_threads(1)
    COMMANDS[given.command](given.work)


if __name__ == "__main__":
    main()
