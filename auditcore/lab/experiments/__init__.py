"""Experiments: a model trained with a person's photos, a twin without them, and their audits.

setup       what is chosen
experiment  what there is of an experiment so far, as its folder tells it
journal     how it writes down what happens
sealing     the kit, drawn at random before training begins
material    what the twins learn from, and what they are tried on
twin        `python -m auditcore.lab.experiments.twin`: one twin, trained and audited
forgetter   `python -m auditcore.lab.experiments.forgetter`: one method of forgetting, audited
children    processes that end when their parent does, and are started again when they die
reporting   how far one model is, from its process to the parent
stages      how far an experiment is, in steps, seconds and words
auditing    the audit of one model, with the experiment's kit
running     all of it, in order: `train` and `forget`
shipping    `python -m auditcore.lab.experiments.shipping`: the experiment in assets/lab/example

All but material, twin, forgetter and auditing is light to import: torch is for the children alone.
"""

from auditcore.lab.experiments.experiment import (
    TWINS,
    WITH,
    WITHOUT,
    Audited,
    EpochRow,
    Experiment,
    Forgotten,
    Outcome,
    OwnPhoto,
    Picture,
    Record,
    Snapshot,
    check_photos,
    create,
    experiment_folder,
    shipped_experiment,
)
from auditcore.lab.experiments.setup import (
    AUGMENTATIONS,
    DEFAULT_KIND,
    KINDS,
    LEVELS,
    OWN,
    OWN_MAX,
    RANGES,
    SAMPLE,
    Setup,
    changed,
    default_setup,
    expected_seconds,
)

__all__ = [
    "AUGMENTATIONS",
    "DEFAULT_KIND",
    "KINDS",
    "LEVELS",
    "OWN",
    "OWN_MAX",
    "RANGES",
    "SAMPLE",
    "TWINS",
    "WITH",
    "WITHOUT",
    "Audited",
    "EpochRow",
    "Experiment",
    "Forgotten",
    "Outcome",
    "OwnPhoto",
    "Picture",
    "Record",
    "Setup",
    "Snapshot",
    "changed",
    "check_photos",
    "create",
    "default_setup",
    "expected_seconds",
    "experiment_folder",
    "shipped_experiment",
]
