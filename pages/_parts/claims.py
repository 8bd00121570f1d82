"""What an audit asks, and how strictly, in words."""

from fractions import Fraction

from auditcore.audit.plan import COLLECTION, EACH, PHOTO
from auditcore.audit.words import chance

RARITIES = {
    Fraction(1, 20): ("1 in 20", "Ordinary caution: fewest questions to the model."),
    Fraction(1, 100): ("1 in 100", "Strict: for something you would tell others."),
    Fraction(1, 500): ("1 in 500", "Very strict: for something you would act on."),
}
CLAIMS = {
    COLLECTION: (
        "The photos together",
        "Was at least one of them used? Needs by far the fewest questions.",
    ),
    PHOTO: ("One photo", "Was this one used? You name it before the start."),
    EACH: (
        "Each photo by itself",
        "Which ones were used? One bound on false alarms for all answers together.",
    ),
}


def rarity(p: Fraction) -> str:
    """Say an accepted chance of a false alarm: "1 in 20"."""
    return RARITIES[p][0] if p in RARITIES else chance(p)


def asked(claim: str, photos: int | None = None) -> str:
    """Say what an audit is about: "all 24 photos together", "“cat.jpg” alone"."""
    if claim == COLLECTION:
        return f"all {photos:,} photos together" if photos else "all photos together"
    if claim == EACH:
        return f"each of {photos:,} photos" if photos else "each photo by itself"
    return f"“{claim.removeprefix(f'{PHOTO}:')}” alone"
