"""The audit of one model of an experiment: the product's own, with the experiment's kit."""

from contextlib import chdir
from pathlib import Path

from torch import nn

from auditcore.audit import run_audit, start_audit
from auditcore.kit import Kit, open_kit
from auditcore.lab.experiments.experiment import Experiment
from auditcore.lab.experiments.journal import read_json, write_json
from auditcore.lab.experiments.material import Material
from auditcore.lab.experiments.reporting import AUDITING, Far, Reporter
from auditcore.models import Model, open_model

_SPEC = "spec.json"


def publish_model(
    experiment: Experiment, name: str, material: Material, network: nn.Module
) -> None:
    """Save a model as anybody would publish it, under a name of its own, for `audit_part`."""
    part = experiment.part(name)
    with chdir(experiment.folder):  # what is written of the audit names no place of this machine
        folder = part.relative_to(experiment.folder) / f"lab-{name}"
        spec = material.kind.save(network, material.classes, folder)
    write_json(part / _SPEC, spec)


def audit_part(experiment: Experiment, name: str) -> None:
    """Audit one model of an experiment to its verdict, or go on with its audit, once.

    Several photos are asked about together, one by its name.

    Args:
        experiment: whose kit.
        name: one of TWINS or a method of forgetting, whose model was published.

    Raises:
        AuditError, ModelError, KitError: see `run_audit`.
    """
    part = experiment.part(name)
    if (part / "audit.json").is_file():
        return
    with chdir(experiment.folder):
        model = open_model(str(read_json(part / _SPEC)))
    kit = open_kit(experiment.kit_file)
    audit_id = _started(experiment, part, kit, model)
    reporter = Reporter(part)
    for event in run_audit(experiment.store, audit_id, kit, model):
        far = event.progress
        reporter.tell(Far(AUDITING, far.done, far.expected, far.seconds_left))
    _write_down(experiment, part, audit_id)


def _started(experiment: Experiment, part: Path, kit: Kit, model: Model) -> str:
    begun = read_json(part / "audit-id.json")
    if begun is not None:
        return str(begun["audit"])
    together = len(kit.photos) > 1
    claim = "collection" if together else f"photo:{kit.photos[0].file}"
    audit_id = start_audit(experiment.store, kit, model, claim=claim, p=experiment.setup.p)
    write_json(part / "audit-id.json", {"audit": audit_id})
    return audit_id


def _write_down(experiment: Experiment, part: Path, audit_id: str) -> None:
    record = experiment.store.audit(audit_id)
    assert record.verdict is not None, "the audit ran to its end"
    moves = [move.to_json() for move in experiment.store.moves(audit_id)]
    told = {"plan": record.plan.to_json(), "moves": moves, "verdict": record.verdict.to_json()}
    write_json(part / "audit.json", told)
