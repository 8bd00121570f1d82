"""How far an experiment is, in steps, seconds and words."""

from collections.abc import Sequence
from dataclasses import dataclass

from auditcore.kit.sealing import STEPS_A_PHOTO
from auditcore.lab.experiments.experiment import TWINS, WITH, WITHOUT, Experiment
from auditcore.lab.experiments.reporting import AUDITING, Far, far_of
from auditcore.lab.experiments.setup import AUDIT_SECONDS, PHOTO_SECONDS, expected_seconds
from auditcore.lab.unlearning.methods import METHODS

STEPS = 1000
"""What `done` counts up to, whatever is done."""
_SEALING = 50
_MAKING_SHARE = 0.8
_TITLES = {WITH: "With the photos", WITHOUT: "Without them"}


@dataclass(frozen=True)
class Stage:
    """How far an experiment is: `done` of STEPS, the seconds left, and a sentence."""

    done: int
    now: str
    seconds_left: float


def sealing_stage(experiment: Experiment, done: int, total: int) -> Stage:
    """Return how far it is while the photos are marked."""
    left = expected_seconds(experiment.setup, total // STEPS_A_PHOTO)
    done = _SEALING * done // total
    return Stage(done, "Marking the photos and sealing their kit.", left)


def training_stage(experiment: Experiment) -> Stage:
    """Return how far both twins are; the slower one tells the time left."""
    photos = len(experiment.files)
    seen = {name: far_of(experiment.part(name)) for name in TWINS}
    share = sum(map(_share, seen.values())) / len(seen)
    lefts = [_left(far, photos) for far in seen.values()]
    known = [left for left in lefts if left is not None]
    expected = expected_seconds(experiment.setup, photos) * (1 - share)
    left = max(known) if len(known) == len(lefts) else max([expected, *known])
    words = " ".join(_twin_words(name, far) for name, far in seen.items())
    return Stage(_SEALING + int((STEPS - _SEALING) * share), words, left)


def forgetting_stage(experiment: Experiment, methods: Sequence[str]) -> Stage:
    """Return how far all methods are; those that wait are taken to be like those that run."""
    photos = len(experiment.files)
    seen = {method: far_of(experiment.part(method)) for method in methods}
    share = sum(map(_share, seen.values())) / len(seen)
    lefts = [_left(far, photos) for far in seen.values()]
    left = max((left for left in lefts if left is not None), default=0.0)
    waiting = sum(far is None for far in seen.values())
    words = ", ".join(
        METHODS[method].title for method, far in seen.items() if far is not None and not far.ended
    )
    now = f"Making it forget: {words}." if words else "Getting ready to forget."
    return Stage(int(STEPS * share), now, left + waiting * _audit_seconds(photos))


def _twin_words(name: str, far: Far | None) -> str:
    title = _TITLES[name]
    if far is None:
        return f"{title}: getting ready."
    if far.ended:
        return f"{title}: ready."
    if far.stage == AUDITING:
        return f"{title}: asking it, {far.done:,} questions answered."
    return f"{title}: round {far.done} of {far.total}."


def _share(far: Far | None) -> float:
    if far is None:
        return 0.0
    if far.ended:
        return 1.0
    share = min(1.0, far.done / far.total) if far.total else 0.0
    if far.stage == AUDITING:
        return _MAKING_SHARE + (1 - _MAKING_SHARE) * share
    return _MAKING_SHARE * share


def _left(far: Far | None, photos: int) -> float | None:
    if far is None:
        return None
    if far.ended:
        return 0.0
    if far.stage == AUDITING:
        return _audit_seconds(photos) if far.seconds_left is None else far.seconds_left
    return None if far.seconds_left is None else far.seconds_left + _audit_seconds(photos)


def _audit_seconds(photos: int) -> float:
    return AUDIT_SECONDS + photos * PHOTO_SECONDS
