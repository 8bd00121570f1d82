"""What breaks the guarantee, and the guard that keeps it: each practice by name.

Rates are counted over whole simulated audits of innocent models (practices.py), with the guard off
and on, at an accepted false alarm of 1 in 20. `told` is the figure that the project's methodology
gives for the practice without its guard ("What breaks the guarantee").
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from auditcore.lab.lessons import practices as do
from auditcore.lab.lessons.audits import Flags
from auditcore.lab.lessons.settling import counted
from auditcore.lab.registries import LabError
from auditcore.passive.evaluation import Rate

CHUNK = 100
"""Audits that are simulated at a time; the draws of each chunk follow from its number."""

Simulation = Callable[[np.random.Generator, int], Flags]


@dataclass(frozen=True)
class Hazard:
    """A practice, and what keeps it from doing harm.

    Attributes:
        title: the practice, for a list.
        practice: what is done, in a sentence.
        guard: what Telltale does instead, in a sentence.
        told: the rate without the guard as the methodology gives it.
        off, on: the simulation without and with the guard.
    """

    title: str
    practice: str
    guard: str
    told: float
    off: Simulation
    on: Simulation

    @property
    def harmless(self) -> bool:
        """Whether the practice needs no guard."""
        return self.off is self.on


_LEDGER = (
    "Attempts are counted for each kit and model. Attempt 1 is held to half of what you accept, "
    "attempt 2 to a quarter, and so on: together they stay below it."
)
_ORDER = "The order is fixed in the sealed kit, before any model is asked."
_CALLS = "Every version is asked about in the same way and equally often."
_TIES = "Random numbers in the sealed kit decide between equal scores."

HAZARDS = {
    "peeking": Hazard(
        "Watching, and stopping at will",
        "You look at the evidence after every answer and stop as soon as it is enough.",
        "No guard is needed: the default test allows for looking.",
        0.049,
        do.honest,
        do.honest,
    ),
    "share": Hazard(
        "Watching the wrong number",
        "You watch the share of versions that beat the published one, and stop once it is below "
        "1 in 20.",
        "The share is never shown as evidence; the test follows a quantity that may be watched.",
        0.080,
        do.share_of_beats,
        do.honest,
    ),
    "order": Hazard(
        "Easy opponents first",
        "You compare with the lowest hidden scores first.",
        _ORDER,
        0.88,
        do.sorted_by_score,
        do.honest,
    ),
    "proxy": Hazard(
        "Guessing who is easy",
        "You begin with the hidden versions that something else, half related to the scores, says "
        "are low.",
        _ORDER,
        0.21,
        do.sorted_by_proxy,
        do.honest,
    ),
    "reshuffle": Hazard(
        "Shuffling again",
        "You shuffle the hidden versions and audit again, up to ten times, until it accuses.",
        _LEDGER,
        0.12,
        do.reshuffled,
        do.reshuffled_in_a_ledger,
    ),
    "repeat": Hazard(
        "Asking a noisy model again",
        "The model's answers vary. You repeat the whole audit up to ten times, until it accuses.",
        _LEDGER,
        0.25,
        do.repeated,
        do.repeated_in_a_ledger,
    ),
    "best-call": Hazard(
        "The best of five answers",
        "The published version gets the best of five answers, each hidden one a single answer.",
        _CALLS,
        0.16,
        do.best_of_calls,
        do.same_calls,
    ),
    "mean-call": Hazard(
        "The mean of five answers",
        "The published version gets the mean of five answers, each hidden one a single answer. "
        "That harms the audit: it overlooks more.",
        _CALLS,
        0.020,
        do.mean_of_calls,
        do.same_calls,
    ),
    "ties-for": Hazard(
        "Ties for you",
        "The model only says yes or no, and every tie is given to the published version.",
        _TIES,
        0.37,
        do.ties_for_published,
        do.ties_by_priority,
    ),
    "ties-against": Hazard(
        "Ties against you",
        "The model only says yes or no, and every tie is given to the hidden version. That harms "
        "the audit: it finds nothing.",
        _TIES,
        0.0,
        do.ties_against_published,
        do.ties_by_priority,
    ),
    "drift": Hazard(
        "A model that changes meanwhile",
        "The published version is asked about first, and all later scores fall a little.",
        "A model that others run is asked about all versions of a photo in one random order.",
        0.16,
        do.drifting,
        do.one_shuffled_batch,
    ),
    "score": Hazard(
        "The best of five methods",
        "You try five ways to ask how familiar a picture looks, and keep the one that accuses.",
        "The way is fixed before the first question.",
        0.17,
        do.best_function,
        do.one_function,
    ),
    "top": Hazard(
        "Moving the goal afterwards",
        "You decide after the answers how high the published version had to stand.",
        "The goal follows from the level and the number of versions, before the first question.",
        0.068,
        do.best_top,
        do.honest,
    ),
    "photos": Hazard(
        "Twenty photos, twenty chances",
        "You test twenty photos, each at 1 in 20, and accuse if any of them is called used.",
        "One audit makes one statement, chosen before it starts: here, about all photos together.",
        0.64,
        do.each_photo,
        do.one_statement,
    ),
    "models": Hazard(
        "Ten models, ten chances",
        "You test ten models, each at 1 in 20, and accuse whichever is called a user.",
        "Each of ten models is held to a tenth of what you accept.",
        0.40,
        do.each_model,
        do.each_model_in_its_share,
    ),
    "checkpoints": Hazard(
        "Counting the same luck twice",
        "You multiply the evidence from two copies of nearly the same model.",
        "One of them is audited: both stand on the same draw.",
        0.076,
        do.checkpoints_multiplied,
        do.one_checkpoint,
    ),
}


@dataclass(frozen=True)
class Measured:
    """The rates of one practice, counted over the same number of audits."""

    name: str
    hazard: Hazard
    off: Rate
    on: Rate


def hazard_called(name: str) -> Hazard:
    """Return one of HAZARDS.

    Raises:
        LabError: no such practice.
    """
    if name not in HAZARDS:
        raise LabError(
            f"There is no practice called {name!r}. Choose one of: {', '.join(HAZARDS)}."
        )
    return HAZARDS[name]


def simulate_chunk(name: str, *, guarded: bool, number: int, seed: int = 1) -> Flags:
    """Simulate CHUNK audits and return which accused their innocent model, shape (CHUNK,).

    Args:
        name: one of HAZARDS.
        guarded: with the guard.
        number: of the chunk, from 0 on; with the seed it fixes every draw.
        seed: another seed, other audits.

    Raises:
        LabError: no such practice.
    """
    hazard = hazard_called(name)
    rng = np.random.default_rng([seed, list(HAZARDS).index(name), number])
    return (hazard.on if guarded else hazard.off)(rng, CHUNK)


def measure(name: str, audits: int = 2000, seed: int = 1) -> Measured:
    """Count the false alarms of a practice, without its guard and with it.

    Args:
        name: one of HAZARDS.
        audits: at least so many of each; whole chunks.
        seed: as in `simulate_chunk`.

    Raises:
        LabError: no such practice, or no audit.
    """
    chunks = range(-(-audits // CHUNK))
    if not chunks:
        raise LabError("At least one audit must be run before a rate can be told.")
    off, on = (
        np.concatenate([simulate_chunk(name, guarded=guarded, number=n, seed=seed) for n in chunks])
        for guarded in (False, True)
    )
    return Measured(name, hazard_called(name), counted(off), counted(on))


def measure_all(audits: int = 2000, seed: int = 1) -> Iterator[Measured]:
    """Yield every practice as `measure` does, in the order of HAZARDS."""
    for name in HAZARDS:
        yield measure(name, audits, seed)
