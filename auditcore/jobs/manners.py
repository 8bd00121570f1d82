"""How each kind of job takes its turns: which are quick questions, how long a turn lasts.

Nothing is guessed from how long a job took before: a kind is quick or it is not.
"""

from auditcore.jobs.lanes import WEB

AUDIT, ESTIMATE, CONNECT = "audit", "estimate", "connect"
PROTECT = "protect"
PICTURES, FACES = "encodermi", "idia"
TRAIN, FORGET = "lab-train", "lab-forget"

QUICK = {ESTIMATE, CONNECT}
"""Somebody looks at the page and waits for the answer, which takes seconds."""

TURN_SECONDS = {AUDIT: 15.0, PROTECT: 20.0, PICTURES: 20.0, TRAIN: 45.0, FORGET: 45.0}
"""How long a job of this kind works before it lets others go first, who wait. Only jobs that go on
exactly where they were; what the Lab trains starts its processes anew and repeats part of a round,
so its turns are longer. The others finish once begun."""

_WEB_TURN_SECONDS = {AUDIT: 120.0}
"""Going on with a hosted model sends one picture more, its connection test; what is not kept on the
way would be sent twice, so nothing else steps aside there."""


def is_quick(kind: str) -> bool:
    """Say whether this kind of job goes before its owner's other work."""
    return kind in QUICK


def turn_seconds(kind: str, lane: str) -> float | None:
    """Return how long a job works before it steps aside for others; None if it never does."""
    return (_WEB_TURN_SECONDS if lane == WEB else TURN_SECONDS).get(kind)
