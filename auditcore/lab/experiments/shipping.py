"""The experiment that is shipped: real figures before anybody has trained one.

    python -m auditcore.lab.experiments.shipping --work DIR

Does the default experiment, makes its model forget by every method, and writes what was measured
into assets/lab/example: no weights, no kit, and a few of the marked photos. One that was cut off
goes on.
"""

import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from auditcore.kit import PUBLISH_FOLDER
from auditcore.lab.command import make, options, say
from auditcore.lab.experiments.experiment import TWINS, Experiment, create
from auditcore.lab.experiments.running import forget, train
from auditcore.lab.experiments.setup import default_setup
from auditcore.lab.unlearning.methods import METHODS

EXAMPLE = "example"
_TOLD = ("setup.json", "pictures.json", "record.json")
_TOLD_OF_A_MODEL = ("losses.jsonl", "memory.jsonl", "outcome.json", "audit.json")
_PHOTOS_SHOWN = 1


def make_example(work: Path, assets: Path) -> None:
    """Do the default experiment in `work`, or go on with it, and ship it.

    Raises:
        TelltaleError: it cannot be done.
    """
    experiment = Experiment(work / EXAMPLE)
    if not experiment.exists:
        create(experiment.folder, default_setup())
    train(experiment, on_stage=lambda stage: say(stage.now))
    forget(experiment, tuple(METHODS), on_stage=lambda stage: say(stage.now))
    ship(experiment, assets / "lab" / EXAMPLE)


def ship(experiment: Experiment, folder: Path) -> None:
    """Write what a finished experiment measured into `folder`, in place of what was there."""
    shutil.rmtree(folder, ignore_errors=True)
    names = [*TWINS, *experiment.forgetting]
    told = [experiment.folder / name for name in _TOLD]
    told += [experiment.part(name) / file for name in names for file in _TOLD_OF_A_MODEL]
    told += [experiment.folder / PUBLISH_FOLDER / file for file in shown(experiment)]
    for path in told:
        if path.is_file():  # a method of forgetting has no epochs
            target = folder / path.relative_to(experiment.folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


def shown(experiment: Experiment) -> Sequence[str]:
    """Return the photos that are shipped as they were published: few, the smallest files."""

    def size(file: str) -> int:
        return (experiment.folder / PUBLISH_FOLDER / file).stat().st_size

    return sorted(experiment.files, key=size)[:_PHOTOS_SHOWN]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 and one sentence when it cannot be done."""
    parser = options("auditcore.lab.experiments.shipping", __doc__)
    return make(parser, arguments, lambda chosen: make_example(chosen.work, chosen.assets))


if __name__ == "__main__":
    sys.exit(main())
