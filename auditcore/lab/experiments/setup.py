"""What a person chooses before an experiment, checked in one place. Light to import."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from fractions import Fraction
from typing import Any

from auditcore.audit.words import chance
from auditcore.lab.registries import LabError
from auditcore.marks import VISIBILITY_MAX, VISIBILITY_MIN

KINDS = ("clip", "encoder", "classifier")
"""The kinds of model, as `auditcore.lab.training.KINDS` trains them."""
DEFAULT_KIND = "clip"
SAMPLE, OWN = "sample", "own"
AUGMENTATIONS = ("none", "usual", "strong")
LEVELS = (Fraction(1, 10), Fraction(1, 20), Fraction(1, 100))
"""The levels of false alarms that can be chosen."""
OWN_MAX = 60
"""The most photos of one's own that one experiment takes."""

RANGES: Mapping[str, tuple[float, float]] = {
    "rest": (40, 900),
    "epochs": (1, 300),
    "visibility": (VISIBILITY_MIN, VISIBILITY_MAX),
    "seed": (0, 2**31 - 1),
    "patience": (1, 50),
    "epsilon": (0.5, 100),
}
"""The least and the most that each choice can be which is a number."""
_TITLES = {
    "rest": "The number of other pictures",
    "epochs": "The number of epochs",
    "visibility": "The visibility of the marks",
    "seed": "The seed",
    "patience": "The patience of early stopping",
    "epsilon": "The privacy budget epsilon",
}
SAMPLE_PHOTOS = 24
START_SECONDS = 10.0
"""Seconds until a child is at work: it loads torch, the pictures and the model."""
AUDIT_SECONDS, PHOTO_SECONDS = 4.0, 0.4
"""Seconds of an audit: to open the model, and for each photo."""
_MARK_SECONDS = 0.25  # to mark a photo
_SIGHT_SECONDS = {
    "clip": 3.3e-3,
    "encoder": 1.3e-3,
    "classifier": 1.8e-3,
}  # of one picture, in training
_PRIVATE_COST = 3.0  # how much longer a step of DP-SGD takes
_DEFAULTS = {  # kind: (rest, epochs, augmentation, p), settled by what is found in two minutes
    "clip": (300, 50, "usual", Fraction(1, 100)),
    "encoder": (140, 300, "none", Fraction(1, 20)),
    "classifier": (300, 60, "usual", Fraction(1, 20)),
}
_OPTIONAL = {"patience", "epsilon"}
_WHOLE = {"rest", "epochs", "seed", "patience"}


@dataclass(frozen=True)
class Setup:
    """One experiment's choices: a model trained with the photos, and a twin without them.

    Attributes:
        kind: of model, one of KINDS.
        photos: SAMPLE, or OWN for photos that the person brings.
        rest: how many other pictures are in the training set of both twins.
        epochs: passes over the training set, at most so many with early stopping.
        augmentation: one of AUGMENTATIONS.
        patience: epochs without a better loss on held-out pictures after which training stops;
            None for no early stopping.
        epsilon: privacy budget of DP-SGD, for the classifier alone; None for ordinary training.
        visibility: of the marks, mean CIEDE2000.
        seed: of both twins; they differ by the photos alone.
        p: accepted chance of a false alarm, one of LEVELS.

    Raises:
        LabError: a choice is out of its range, or does not go with another.
    """

    kind: str
    photos: str
    rest: int
    epochs: int
    augmentation: str
    patience: int | None
    epsilon: float | None
    visibility: float
    seed: int
    p: Fraction

    def __post_init__(self) -> None:
        _check_one_of("kind of model", self.kind, KINDS)
        _check_one_of("choice of photos", self.photos, (SAMPLE, OWN))
        _check_one_of("augmentation", self.augmentation, AUGMENTATIONS)
        for name in RANGES:
            _check_range(name, getattr(self, name))
        if self.p not in LEVELS:
            levels = ", ".join(map(chance, LEVELS))
            raise LabError(f"The accepted chance of a false alarm can be {levels}.")
        if self.epsilon is not None and self.kind != "classifier":
            raise LabError(
                "DP-SGD is for the classifier alone: it limits what a single picture adds to a "
                "step, and in the other kinds the loss of one picture depends on the others of "
                "its batch. Choose the classifier, or train without it."
            )

    def to_json(self) -> dict[str, Any]:
        """Return the choices as plain JSON values."""
        return asdict(self) | {"p": str(self.p)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Setup":
        """Read back what `to_json` wrote.

        Raises:
            LabError: a choice is missing, unknown, of the wrong kind or out of its range.
        """
        if set(values) != {item.name for item in fields(cls)}:
            raise LabError("This experiment was set up by another version of Telltale.")
        try:
            return cls(**{**values, "p": Fraction(values["p"])})
        except (TypeError, ValueError, ZeroDivisionError) as error:
            raise LabError(f"The setup of this experiment cannot be read: {error}.") from error


def default_setup(kind: str = DEFAULT_KIND) -> Setup:
    """Return the choices that are made for a person who makes none: about two minutes of work.

    Raises:
        LabError: there is no such kind.
    """
    _check_one_of("kind of model", kind, KINDS)
    rest, epochs, augmentation, p = _DEFAULTS[kind]
    return Setup(
        kind=kind,
        photos=SAMPLE,
        rest=rest,
        epochs=epochs,
        augmentation=augmentation,
        patience=None,
        epsilon=None,
        visibility=4.0,
        seed=1,
        p=p,
    )


def changed(setup: Setup, **choices: Any) -> Setup:
    """Return a setup with some choices made otherwise; None leaves a choice as it is.

    Raises:
        LabError: see `Setup`.
    """
    return replace(setup, **{name: value for name, value in choices.items() if value is not None})


def expected_seconds(setup: Setup, photos: int = SAMPLE_PHOTOS) -> float:
    """Return about how long training and both audits take on two processor cores."""
    private = _PRIVATE_COST if setup.epsilon is not None else 1.0
    sights = setup.epochs * (setup.rest + photos)
    asking = AUDIT_SECONDS + photos * PHOTO_SECONDS
    training = sights * _SIGHT_SECONDS[setup.kind] * private
    return START_SECONDS + photos * _MARK_SECONDS + training + asking


def _check_one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise LabError(f"There is no {what} called {value!r}. Choose one of: {', '.join(known)}.")


def _check_range(name: str, value: float | None) -> None:
    if value is None and name in _OPTIONAL:
        return
    least, most = RANGES[name]
    whole = name in _WHOLE
    number = isinstance(value, int if whole else (int, float)) and not isinstance(value, bool)
    if not number or value is None or not least <= value <= most:
        kind = "a whole number " if whole else ""
        raise LabError(f"{_TITLES[name]} can be {kind}from {least:,g} to {most:,g}, not {value}.")
