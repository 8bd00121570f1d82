"""One method of forgetting, and the audit of what it left:
`python -m auditcore.lab.experiments.forgetter FOLDER METHOD`.

Ends when whoever started it does; started again, it begins anew, but for training without the
photos, which goes on from its checkpoint, and for the audit.
"""

import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import torch
from filelock import FileLock
from torch import nn

from auditcore.lab.experiments.auditing import audit_part, publish_model
from auditcore.lab.experiments.children import as_child
from auditcore.lab.experiments.experiment import WITH, Experiment, Outcome
from auditcore.lab.experiments.journal import write_json
from auditcore.lab.experiments.material import Material, material_of
from auditcore.lab.experiments.reporting import AUDITING, MAKING, Far, Reporter
from auditcore.lab.experiments.twin import CHECKPOINT, NETWORK
from auditcore.lab.unlearning import unlearn

_OTHER_SEED = 7919
"""Added to the twins' seed: training again must not begin where the first training began."""


def run_forgetter(experiment: Experiment, method: str) -> None:
    """Make a copy of the model "with" forget the photos, and audit it, or go on with that.

    Raises:
        TelltaleError: it cannot be done, with a sentence for the person.
    """
    part = experiment.part(method)
    part.parent.mkdir(exist_ok=True)
    part.mkdir(exist_ok=True)
    with FileLock(part / "lock"):
        if experiment.outcome(method) is None:
            _forget(experiment, method, part)
        audit_part(experiment, method)
        Reporter(part).tell(Far(AUDITING, 1, 1, 0.0, ended=True))


def _forget(experiment: Experiment, method: str, part: Path) -> None:
    material, began = material_of(experiment), time.monotonic()
    network = _forgetful(experiment, material, method, part)
    seconds = time.monotonic() - began
    kind, classes = material.kind, material.classes
    keep, held_out = kind.data(material.rest, classes), kind.data(material.held_out, classes)
    utility = kind.utility(network, held_out, keep)
    publish_model(experiment, method, material, network)
    outcome = Outcome(utility, kind.utility_title, seconds, 0, None)
    write_json(part / "outcome.json", asdict(outcome))
    (part / CHECKPOINT).unlink(missing_ok=True)


def _forgetful(experiment: Experiment, material: Material, method: str, part: Path) -> nn.Module:
    setup, reporter, began = experiment.setup, Reporter(part), time.monotonic()
    network = material.new_network(setup.seed)
    kept = experiment.part(WITH) / NETWORK
    network.load_state_dict(torch.load(kept, weights_only=True))

    def on_step(done: int, total: int) -> None:
        left = (time.monotonic() - began) / done * (total - done)
        reporter.tell(Far(MAKING, done, total, left))

    return unlearn(
        method,
        material.kind,
        network,
        material.kind.data(material.photos, material.classes),
        material.kind.data(material.rest, material.classes),
        material.recipe(setup),
        setup.seed + _OTHER_SEED,
        on_step=on_step,
        classes=material.classes,
        held_out=material.kind.data(material.held_out, material.classes),
        checkpoint=part / CHECKPOINT,
    )


def main(arguments: Sequence[str]) -> None:
    """Run one method in a process of its own."""
    folder, method = Path(arguments[0]), arguments[1]
    experiment = Experiment(folder)
    torch.set_num_threads(1)
    with as_child(experiment.part(method)):
        run_forgetter(experiment, method)


if __name__ == "__main__":
    main(sys.argv[1:])
