"""The sentences of the presentation, for people who never heard of training a model.

One a step. Each is chosen by what the figures say, so that it stays true whatever they are.
"""

from collections.abc import Mapping
from fractions import Fraction

from auditcore.audit import Decision
from auditcore.audit.words import chance
from auditcore.lab.pack import CLASSES

TITLES = (
    "Before a photo goes online",
    "Two AI models learn",
    "Both are asked",
    "Could it be bad luck?",
    "Told to forget",
)
EARLIER = "These figures come from an experiment made earlier, which is part of Telltale."
HERE = "These figures come from an experiment made on this machine"
PUBLIC = "The secret of the sample photos is public: this shows how the test works, no more."

FAINT = "This is never the same as “not used”: a trace can be too faint to show."

LIVE = (
    "Computed now, on this machine. Each answers as a real model did that never saw the photo, and "
    "for each another copy is drawn for publishing."
)

FORGETTING = {
    "ascent": "Unlearn the photos, then repair the damage",
    "sparse": "Learn on without them, and thin the model out",
    "salun": "Overwrite what it knew about them",
    "retrain": "Start again without them",
}
ANEW = "retrain"
_GROUPED = (
    f"of new pictures are put in the right one of {len(CLASSES)} groups "
    f"(guessing: {1 / len(CLASSES):.0%})"
)
ABILITY = {
    "clip": "of new pictures get the right description, out of 50 (guessing: 2%)",
    "encoder": _GROUPED,
    "classifier": _GROUPED,
}
"""What a model is good for, by kind: follows a percentage or "the share"."""


def lottery(versions: int) -> str:
    """Step 1: what is done to a photo."""
    return (
        f"Before a photo goes online, {versions:,} almost identical copies of it are made; "
        f"chance picks the one that is published, and the other {versions - 1:,} stay locked away."
    )


def twins(photos: int) -> str:
    """Step 2: what the two models are."""
    ours = "our photo" if photos == 1 else f"our {photos} photos"
    return (
        "Two AI models learn from the same pictures in the same way, with one difference: "
        f"only one of them is also given {ours}."
    )


def asked(seen: Decision, unseen: Decision, photos: int) -> str:
    """Step 3: what came of asking the model that saw the photos, and the one that did not."""
    start = "Both models are asked how familiar each copy looks to them"
    if unseen is Decision.USED:
        return f"{start}, and this time even the model that never saw our photos raised an alarm."
    if seen is not Decision.USED:
        return f"{start}, and this time neither gave anything away: some traces are too faint."
    ours = "the copy we published" if photos == 1 else "the copies we published"
    return f"{start}, and only the one that saw our photos keeps preferring {ours}."


def innocent(accused: int, models: int, p: Fraction) -> str:
    """Step 4: how many of so many innocent models were accused."""
    were = {0: "none was", 1: "one was"}.get(accused, f"{accused:,} were")
    return (
        f"Of {models:,} models that never saw the photo, audited just now, {were} wrongly accused; "
        f"the promise is at most {chance(p)}."
    )


def auditing(models: int) -> str:
    """Step 4, while it goes on."""
    return f"{models:,} models that never saw the photo are being audited now, one after the other."


def luck(accused: int, models: int, p: Fraction) -> str:
    """Say how a count stands to what was promised."""
    promised = int(models * p)
    if accused <= promised:
        return f"Promised: on average at most {promised:,} of {models:,}, whatever the model."
    return (
        f"Promised: on average at most {promised:,} of {models:,}; in a single thousand it can be "
        "more, by luck."
    )


def forgotten(found: Mapping[str, Decision]) -> str:
    """Step 5: whether the photos were still found after each way of forgetting.

    Args:
        found: the answer after each way that was tried; at least one.
    """
    quick = [answer for name, answer in found.items() if name != ANEW]
    caught = sum(answer is Decision.USED for answer in quick)
    told, anew = "Told to forget our photos", found.get(ANEW)
    if caught:
        left = f"{told}, the model is still found out after {_of(caught, len(quick))}"
        return f"{left}{_anew(anew, every=caught == len(quick))}."
    left = f"{told}, the model no longer gives away enough for the test"
    return f"{left}{_nothing(len(quick), anew)}; that is no proof that it forgot."


def _of(caught: int, ways: int) -> str:
    if ways == 1:
        return "a quick way of forgetting"
    return f"each of {ways} quick ways" if caught == ways else f"{caught} of {ways} quick ways"


def _anew(answer: Decision | None, *, every: bool) -> str:
    if answer is None:
        return ""
    if answer is Decision.USED:
        return "; even starting again without them raised an alarm, as bad luck can"
    only = "only starting again" if every else "starting again"
    return f"; {only} without them leaves nothing that the test can show"


def _nothing(ways: int, anew: Decision | None) -> str:
    if anew is Decision.USED:
        return " after quick ways, yet starting again without them raised an alarm, as bad luck can"
    if not ways:
        return " after starting again without them"
    after = "a quick way" if ways == 1 else f"{ways} quick ways"
    if anew is None:
        return f" after {after}"
    return f", neither after {after} nor after starting again without them"


def rule(found: Mapping[str, Decision]) -> str:
    """Step 5: what that means for rules."""
    quick = [answer for name, answer in found.items() if name != ANEW]
    if any(answer is Decision.USED for answer in quick):
        return "For rules: a promise to delete is worth what a test like this can confirm."
    return (
        "For rules: forgetting can be tested; but finding nothing is no proof that nothing is left."
    )
