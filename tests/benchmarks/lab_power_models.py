"""The models of lab_power.py: trained by the Lab's own loop with its default recipes."""

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from lab_power_pictures import HELD_OUT, Picture, classes

from auditcore.lab.pack import Example
from auditcore.lab.training import KINDS, Data, Fitted, Kind, fit, recipe_for
from auditcore.models import Model, open_model
from auditcore.models.running import Running

FACTS = "facts.json"
CHECKPOINT = "checkpoint.pt"


@dataclass(frozen=True)
class Trained:
    """A trained model on disk, and what is known of its training."""

    spec: str
    facts: dict[str, Any]

    def open(self) -> Model:
        """Open the model; CLIP computes in bfloat16, which its versions' ranks do not notice.

        See auditcore.models.precision for what "do not notice" means and how it is measured.
        """
        precision = "bfloat16" if self.spec.startswith("openclip:") else "float32"
        return open_model(self.spec, running=Running(device="cpu", precision=precision))


def examples(chosen: Sequence[Picture]) -> list[Example]:
    """Return pictures as the Lab takes them."""
    return [Example(one.pixels, one.caption, one.label) for one in chosen]


def train_once(
    kind: Kind,
    name: str,
    choose: Callable[[], Sequence[Picture]],
    pictures: list[Picture],
    work: Path,
    seed: int = 1,
) -> Trained:
    """Train a model of a kind on the pictures chosen, or return the one that was trained."""
    folder = work / "models" / f"{kind.name}-{name}"
    if not (folder / FACTS).exists():
        folder.mkdir(parents=True, exist_ok=True)
        known = classes(pictures)
        train, held_out = (kind.data(examples(x), known) for x in (choose(), pictures[HELD_OUT]))
        facts = _train(kind, known, train, held_out, seed, folder)
        (folder / CHECKPOINT).unlink(missing_ok=True)
        (folder / FACTS).write_text(json.dumps(facts, indent=1))
        print(kind.name, name, {k: v for k, v in facts.items() if k != "losses"}, flush=True)
    facts = json.loads((folder / FACTS).read_text())
    return Trained(facts["spec"], facts)


def _train(
    kind: Kind, known: list[str], train: Data, held_out: Data, seed: int, folder: Path
) -> dict[str, Any]:
    network, recipe = kind.new(known, seed), recipe_for(kind, len(train))
    began = time.process_time()
    fitted: Fitted = fit(kind, network, train, recipe, seed, checkpoint=folder / CHECKPOINT)
    seconds = time.process_time() - began
    spec = kind.save(network, known, folder)
    return {
        "spec": spec,
        "pictures": len(train),
        "recipe": asdict(recipe),
        "cpu_seconds": round(seconds, 1),
        "last_loss": round(fitted.losses[-1], 4),
        "utility": round(kind.utility(network, held_out, train), 4),
        "utility_of_trained_on": round(kind.utility(network, train, train), 4),
        "losses": [round(loss, 4) for loss in fitted.losses],
    }


def kind_of(name: str) -> Kind:
    """Return a kind of model by its name."""
    return KINDS[name]
