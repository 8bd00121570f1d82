"""One twin, trained and audited: `python -m auditcore.lab.experiments.twin FOLDER with|without`.

Ends when whoever started it does; started again, it goes on from its checkpoint.
"""

import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from filelock import FileLock
from torch import nn

from auditcore.lab.experiments.auditing import audit_part, publish_model
from auditcore.lab.experiments.children import as_child
from auditcore.lab.experiments.experiment import WITH, Experiment, Outcome
from auditcore.lab.experiments.journal import add_row, mend, write_json
from auditcore.lab.experiments.material import Material, material_of
from auditcore.lab.experiments.reporting import AUDITING, MAKING, Far, Reporter
from auditcore.lab.training import Data, Epoch, fit

CHECKPOINT, NETWORK = "checkpoint.pt", "network.pt"
_SNAPSHOTS = 8
_MEMBERS = 100
_JUDGED = 128  # of the held-out pictures, after each epoch: more would take too long


def run_twin(experiment: Experiment, name: str) -> None:
    """Train and audit one twin, or go on with it.

    Raises:
        TelltaleError: it cannot be done, with a sentence for the person.
    """
    part = experiment.part(name)
    part.mkdir(exist_ok=True)
    with FileLock(part / "lock"):  # one that was killed may still be on its way out
        if experiment.outcome(name) is None:
            _train(experiment, name, part)
        audit_part(experiment, name)
        Reporter(part).tell(Far(AUDITING, 1, 1, 0.0, ended=True))


def _train(experiment: Experiment, name: str, part: Path) -> None:
    setup, material = experiment.setup, material_of(experiment)
    examples = (*material.rest, *(material.photos if name == WITH else ()))
    data = material.kind.data(examples, material.classes)
    held_out = material.kind.data(material.held_out, material.classes)
    network = material.new_network(setup.seed)
    diary = _Diary(part, material, network, held_out, setup.epochs)
    fitted = fit(
        material.kind,
        network,
        data,
        material.recipe(setup),
        setup.seed,
        held_out=held_out.select(range(min(_JUDGED, len(held_out)))),
        on_epoch=diary.write,
        checkpoint=part / CHECKPOINT,
    )
    diary.look(len(fitted.losses))
    utility = material.kind.utility(network, held_out, data)
    publish_model(experiment, name, material, network)
    torch.save(network.state_dict(), part / NETWORK)
    seconds = sum(row.seconds for row in experiment.losses(name))
    title = material.kind.utility_title
    outcome = Outcome(utility, title, seconds, len(fitted.losses), fitted.epsilon)
    write_json(part / "outcome.json", asdict(outcome))
    (part / CHECKPOINT).unlink(missing_ok=True)


@dataclass
class _Diary:
    """What is written down after each epoch: losses always, membership scores now and then."""

    part: Path
    material: Material
    network: nn.Module
    held_out: Data
    epochs: int

    def __post_init__(self) -> None:
        kind, classes = self.material.kind, self.material.classes
        members = kind.data(self.material.rest[:_MEMBERS], classes)
        photos = kind.data(self.material.photos, classes)
        others = self.held_out.select(range(min(_MEMBERS, len(self.held_out))))
        self._groups = {"photos": photos, "members": members, "non_members": others}
        self._losses, self._memory = self.part / "losses.jsonl", self.part / "memory.jsonl"
        self._reporter, self._before = Reporter(self.part), 0.0
        mend(self._losses)
        mend(self._memory)

    def write(self, epoch: Epoch) -> None:
        """Write down an epoch that was just finished."""
        row: dict[str, Any] = {
            "epoch": epoch.done,
            "epochs": epoch.epochs,
            "loss": epoch.loss,
            "held_out_loss": epoch.held_out_loss,
            "seconds": epoch.seconds - self._before,
        }
        if epoch.done in snapshot_epochs(self.epochs):
            self.look(epoch.done)
        add_row(self._losses, row)
        left = (epoch.epochs - epoch.done) * row["seconds"]
        self._before = epoch.seconds
        self._reporter.tell(Far(MAKING, epoch.done, epoch.epochs, left))

    def look(self, epoch: int) -> None:
        """Write down the membership scores of the network as it is; it stays as it is."""
        was_training = self.network.training
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            self.network.eval()
            scores = {
                name: [float(score) for score in self.material.kind.memory(self.network, data)]
                for name, data in self._groups.items()
            }
            self.network.train(was_training)
        add_row(self._memory, {"epoch": epoch, **scores})


def snapshot_epochs(epochs: int) -> frozenset[int]:
    """Return the epochs after which membership scores are written down: the first, the last, and
    about 8 in all.
    """
    return frozenset({1, *(round(epochs * part / _SNAPSHOTS) for part in range(1, _SNAPSHOTS + 1))})


def main(arguments: Sequence[str]) -> None:
    """Run one twin in a process of its own."""
    folder, name = Path(arguments[0]), arguments[1]
    experiment = Experiment(folder)
    torch.set_num_threads(1)
    with as_child(experiment.part(name)):
        run_twin(experiment, name)


if __name__ == "__main__":
    main(sys.argv[1:])
