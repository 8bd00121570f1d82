"""How strong each method was when it was measured, for the pages to say beside every result.

The benchmarks `encodermi_clip` and `idia_planted` write the two files of `assets/strength`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditcore.passive.evaluation import Auc, Rate
from auditcore.paths import assets_dir

ENCODERMI_FILE, IDIA_FILE = "encodermi.json", "idia.json"


@dataclass(frozen=True)
class Point:
    """One trained model: how many pictures, how often each, and the area under the curve."""

    pictures: int
    epochs: float
    auc: Auc


@dataclass(frozen=True)
class EncoderMIStrength:
    """Areas under the curve over the size of the training set, smallest first.

    Attributes:
        same_samples: image encoders (SimCLR) that all saw equally many pictures, so those of
            large sets less often each.
        same_epochs: such encoders that all saw each of their pictures equally often.
        clip: models of pictures and captions, as in `same_samples`.
    """

    same_samples: tuple[Point, ...]
    same_epochs: tuple[Point, ...]
    clip: tuple[Point, ...]


@dataclass(frozen=True)
class IdiaStrength:
    """Shares of people called known, by the number of photos asked about.

    Attributes:
        by_occurrence: people of whom so many portraits were in the training set, most first.
        non_members: people of whom none was.
        clear_by_occurrence, clear_non_members: the same for the clear sign of the app, which the
            name must come ahead of every decoy for; the others are for the published rule.
    """

    by_occurrence: Mapping[int, Mapping[int, Rate]]
    non_members: Mapping[int, Rate]
    clear_by_occurrence: Mapping[int, Mapping[int, Rate]]
    clear_non_members: Mapping[int, Rate]

    def nearest(self, photos: int) -> int:
        """Return the largest measured number of photos that is not above this one, at least 1."""
        return max((n for n in self.non_members if n <= photos), default=1)


def encodermi_strength(folder: Path | None = None) -> EncoderMIStrength | None:
    """Return the measured strength of EncoderMI, None if this copy ships none."""
    found = _read(folder, ENCODERMI_FILE)
    if found is None:
        return None
    parts = ("same_samples", "same_epochs", "clip_same_samples")
    return EncoderMIStrength(*(_points(found[part]) for part in parts))


def idia_strength(folder: Path | None = None) -> IdiaStrength | None:
    """Return the measured strength of IDIA, None if this copy ships none."""
    found = _read(folder, IDIA_FILE)
    if found is None:
        return None
    return IdiaStrength(
        _by_occurrence(found["by_occurrence"]),
        _rates(found["non_members"]),
        _by_occurrence(found["clear_by_occurrence"]),
        _rates(found["clear_non_members"]),
    )


def encodermi_words(strength: EncoderMIStrength) -> str:
    """Say how telling a picture's answer is, how that falls, and how little CLIPs give away."""
    few, many = strength.same_samples[0], strength.same_samples[-1]
    best = max(strength.clip, key=lambda point: point.auc.value)
    return (
        "When we trained small image models ourselves, this method put a picture that was used "
        f"above one that was not in {_percent(few.auc.value)} of cases after training on "
        f"{few.pictures:,} pictures, and in {_percent(many.auc.value)} after {many.pictures:,} "
        "(50 % is a coin toss). For small models of the CLIP kind, which learn from captions, it "
        f"was about {_percent(best.auc.value)}. For models trained on hundreds of millions of "
        "pictures, about 51 % is published."
    )


def idia_words(strength: IdiaStrength, photos: int) -> str:
    """Say in sentences how many people it knew, and how many it should not have known.

    Args:
        strength: what was measured.
        photos: how many photos the person gave; the nearest measured number not above is told.
    """
    asked = strength.nearest(photos)
    most, least = next(iter(strength.by_occurrence)), list(strength.by_occurrence)[-1]
    often, rarely = (strength.clear_by_occurrence[n][asked] for n in (most, least))
    wrong = strength.clear_non_members[asked]
    plain = (strength.by_occurrence[most], strength.by_occurrence[least], strength.non_members)
    first, second, third = (rates[asked].count for rates in plain)
    plural = "photos" if asked > 1 else "photo"
    return (
        "In a small model that we trained ourselves on drawn people, asked with "
        f"{asked} {plural} of each, the clear sign of this page came up for {often.count} of "
        f"{often.of} people with {most} portraits in the training set, for {rarely.count} of "
        f"{rarely.of} with {least} portrait, and for {wrong.count} of {wrong.of} who were not in "
        f"it. The published rule, one wording, names {first}, {second} and {third} of them."
    )


def _read(folder: Path | None, name: str) -> dict[str, Any] | None:
    file = (folder or assets_dir() / "strength") / name
    if not file.is_file():
        return None
    values: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return values


def _points(rows: list[dict[str, Any]]) -> tuple[Point, ...]:
    points = (Point(row["pictures"], row["epochs"], Auc(**row["auc"])) for row in rows)
    return tuple(sorted(points, key=lambda point: point.pictures))


def _by_occurrence(rows: Mapping[str, Any]) -> dict[int, dict[int, Rate]]:
    return {int(key): _rates(rows[key]) for key in sorted(rows, key=int, reverse=True)}


def _rates(rows: Mapping[str, Mapping[str, Any]]) -> dict[int, Rate]:
    named = ((int(n), rows[n]) for n in sorted(rows, key=int))
    return {n: Rate(r["count"], r["of"], r["low"], r["high"]) for n, r in named}


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
