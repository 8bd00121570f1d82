"""What the models of an experiment learn from, and what they are tried on."""

from dataclasses import dataclass, replace

import numpy as np
from PIL import Image
from torch import nn

from auditcore.lab.experiments.experiment import Experiment, Picture
from auditcore.lab.experiments.setup import Setup
from auditcore.lab.pack import CLASSES, Example, available, held_out, rest
from auditcore.lab.registries import LabError
from auditcore.lab.training import KINDS, Kind, Privacy, Recipe, recipe_for


@dataclass(frozen=True)
class Material:
    """Everything but the network.

    Attributes:
        kind: of model. classes: what a classifier tells apart.
        photos: the person's, as they are published.
        rest: the other pictures of the training set.
        held_out: all pictures that nothing is trained on.
    """

    kind: Kind
    classes: tuple[str, ...]
    photos: tuple[Example, ...]
    rest: tuple[Example, ...]
    held_out: tuple[Example, ...]

    def new_network(self, seed: int) -> nn.Module:
        """Make an untrained network."""
        return self.kind.new(self.classes, seed)

    def recipe(self, setup: Setup) -> Recipe:
        """Return how each training of the experiment goes under these choices.

        It is one for both twins and for training again: its batch fits the smallest of their
        training sets, its delta the largest.
        """
        largest = len(self.rest) + len(self.photos)
        privacy = None if setup.epsilon is None else Privacy(setup.epsilon, 1 / (2 * largest))
        return replace(
            recipe_for(self.kind, len(self.rest)),
            epochs=setup.epochs,
            augmentation=setup.augmentation,
            patience=setup.patience,
            privacy=privacy,
        )


def material_of(experiment: Experiment) -> Material:
    """Return what an experiment trains on; the same every time.

    Raises:
        LabError: its kit is not sealed, or there are fewer other pictures than chosen.
    """
    setup, kind = experiment.setup, KINDS[experiment.setup.kind]
    labelled = setup.kind == "classifier"
    return Material(
        kind,
        CLASSES,
        tuple(_published(picture) for picture in experiment.pictures),
        tuple(rest(setup.rest, setup.seed, labelled=labelled)),
        tuple(held_out(available(labelled)[1], setup.seed, labelled=labelled)),
    )


def _published(picture: Picture) -> Example:
    if picture.published is None:
        raise LabError("A published photo of this experiment is missing. Start a new one.")
    with Image.open(picture.published) as image:
        pixels = np.asarray(image.convert("RGB"))
    return Example(pixels, picture.caption or "", picture.label or "")
