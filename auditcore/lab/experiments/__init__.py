"""Experiments: a model trained with a person's photos, a twin without them, and their audits.

setup       what is chosen
experiment  what there is of an experiment so far, as its folder tells it
journal     how it writes down what happens
sealing     the kit, drawn at random before training begins
material    what the twins learn from, and what they are tried on
twin        `python -m auditcore.lab.experiments.twin`: one twin, trained and audited
forgetter   `python -m auditcore.lab.experiments.forgetter`: one method of forgetting, audited
children    processes that end when their parent does, and are started again when they die
running     all of it, in order, with progress: `train` and `forget`

What is exported here is light to import; `running` is not needed to read an experiment.
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
    METHODS,
    OWN,
    OWN_MAX,
    SAMPLE,
    Setup,
    bounds,
    changed,
    default_setup,
)

__all__ = [
    "AUGMENTATIONS",
    "DEFAULT_KIND",
    "KINDS",
    "LEVELS",
    "METHODS",
    "OWN",
    "OWN_MAX",
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
    "bounds",
    "changed",
    "check_photos",
    "create",
    "default_setup",
    "experiment_folder",
    "shipped_experiment",
]
