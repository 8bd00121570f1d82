"""What an audit says in the end, as data; `words` puts it into sentences."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any


class Decision(StrEnum):
    """The three answers. Not finding evidence is never "not used"."""

    USED = "used"
    NOT_SHOWN = "not shown"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class PhotoVerdict:
    """One photo: the decision, and the figures it rests on.

    Attributes:
        hidden_queries: hidden versions applied (t). beaten_by: how many beat the published (K).
        statistic: evidence in the test's own unit. threshold: where "used" begins.
    """

    file: str
    decision: Decision
    hidden_queries: int
    beaten_by: int
    statistic: float
    threshold: float


@dataclass(frozen=True)
class CollectionVerdict:
    """All photos together: "none of these was used" is rejected, or not.

    Attributes:
        statistic: evidence; the e-value ("evidence") or, for the rank-sum, the p-value.
        threshold: "used" at or above it for evidence, at or below it for a p-value.
    """

    decision: Decision
    statistic: float | None
    threshold: float | None
    statistic_name: str


@dataclass(frozen=True)
class Verdict:
    """The outcome of one audit: one statement at one level.

    Attributes:
        level: the level of this attempt as a fraction in text, such as "1/40".
        queries: versions asked about in all, published ones included.
        reason: why nothing can be told (the model changed while it was asked), else None.
    """

    claim: str
    level: str
    photos: tuple[PhotoVerdict, ...]
    collection: CollectionVerdict
    queries: int
    reason: str | None = None

    @property
    def decision(self) -> Decision:
        """The answer to the claim itself; for `each`: used when any photo is."""
        if self.claim == "collection":
            return self.collection.decision
        told = {photo.decision for photo in self.photos}
        for decision in (Decision.USED, Decision.NOT_SHOWN):
            if decision in told:
                return decision
        return Decision.CANNOT_TELL

    def to_json(self) -> dict[str, Any]:
        """Return the verdict as plain JSON values."""
        values = asdict(self)
        values["photos"] = [
            {**photo, "decision": photo["decision"].value} for photo in values["photos"]
        ]
        values["collection"]["decision"] = self.collection.decision.value
        return values

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Verdict":
        """Read back what `to_json` wrote (trusted: it comes from our own log)."""
        photos = tuple(
            PhotoVerdict(**{**item, "decision": Decision(item["decision"])})
            for item in values["photos"]
        )
        together = {**values["collection"], "decision": Decision(values["collection"]["decision"])}
        collection = CollectionVerdict(**together)
        return cls(**{**values, "photos": photos, "collection": collection})
