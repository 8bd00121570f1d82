"""Which experiment the presentation shows, and what it needs of it."""

import base64
import math
from dataclasses import dataclass
from datetime import datetime
from io import BytesIO
from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image, ImageOps

from auditcore.audit import Decision
from auditcore.audit.courses import display_test
from auditcore.evidence import sample_kit_id
from auditcore.jobs import lab
from auditcore.lab.experiments import (
    WITH,
    WITHOUT,
    Audited,
    Experiment,
    Forgotten,
    shipped_experiment,
)
from auditcore.paths import assets_dir
from pages._parts import present_words, session

STRONGER = 5
_FAVOURITE = "cat.jpg"
_SIDE, _SOFT = 900, 220


@dataclass(frozen=True)
class Shown:
    """An experiment that is finished: both twins trained and asked.

    Attributes:
        earlier: it is the one that is shipped, not one of this person.
    """

    experiment: Experiment
    earlier: bool
    seen: Audited
    unseen: Audited

    @property
    def photos(self) -> int:
        """Return how many photos it was about."""
        return len(self.seen.plan.files)

    @property
    def source(self) -> str:
        """Say where the figures come from, and what they do not show."""
        if self.earlier:
            said = present_words.EARLIER
        else:
            record = self.experiment.record
            day = f"{datetime.fromisoformat(record.finished):%-d %B %Y}" if record else ""
            said = f"{present_words.HERE} on {day}."
        public = self.seen.plan.kit_id == sample_kit_id()
        return f"{said} {present_words.PUBLIC}" if public else said


def latest() -> Shown:
    """Return the newest finished experiment of this person, else the one that is shipped.

    Raises:
        LabError: it was made by another version; or there is none, and the shipped one is missing.
    """
    own = lab.latest(session.queue(), session.owner())
    return _shown(own, earlier=False) if own is not None else shipped()


def shipped() -> Shown:
    """Return the experiment that is shipped.

    Raises:
        LabError: it is missing.
    """
    return _shown(shipped_experiment(), earlier=True)


def that_forgot(shown: Shown) -> Shown:
    """Return this experiment if its model gave the photos away and was made to forget them.

    Else the one that is shipped: where nothing was found before, nothing is to be seen after.

    Raises:
        LabError: the shipped one is needed and missing.
    """
    found = shown.seen.verdict is not None and shown.seen.verdict.decision is Decision.USED
    return shown if found and forgotten(shown) else shipped()


def forgotten(shown: Shown) -> dict[str, Forgotten]:
    """Return the ways of forgetting that were tried and audited to the end."""
    tried = shown.experiment.forgetting.items()
    return {method: one for method, one in tried if one.audit and one.audit.verdict}


def evidence_of(audited: Audited) -> list[tuple[int, float]]:
    """Return the points (comparisons, log evidence) of an audit, from the start on."""
    plan, trace = audited.plan, audited.trace
    if plan.together:
        return [(0, 0.0), *trace.collection]
    points = trace.photos[plan.photos[0]]
    return [(0, 0.0), *((t, log) for t, _, log in points)]


def enough(audited: Audited) -> float:
    """Return the log evidence from which on a photo counts as used."""
    plan = audited.plan
    return math.log(1 / plan.level) if plan.together else display_test(plan).log_threshold


def _shown(experiment: Experiment, *, earlier: bool) -> Shown:
    seen, unseen = experiment.audit(WITH), experiment.audit(WITHOUT)
    assert seen is not None and unseen is not None, "a finished experiment has both audits"
    return Shown(experiment, earlier, seen, unseen)


def pictures(experiment: Experiment) -> tuple[str, str, str]:
    """Return a photo, its published copy and their difference made STRONGER, as data addresses."""
    original, published = _pair(experiment)
    return _pictures(original, published)


def _pair(experiment: Experiment) -> tuple[Path, Path]:
    """Return the files of a photo that has both; a sample photo where none has."""
    pairs = {
        one.file: (one.original, one.published)
        for one in experiment.pictures
        if one.original is not None and one.published is not None
    }
    sample = assets_dir() / "sample"
    if not pairs:
        return sample / "photos" / _FAVOURITE, sample / "publish" / _FAVOURITE
    return pairs.get(_FAVOURITE) or next(iter(pairs.values()))


@st.cache_data(max_entries=8, show_spinner=False)
def _pictures(original: Path, published: Path) -> tuple[str, str, str]:
    before, after = _read(original), _read(published)
    after = after.resize(before.size, Image.Resampling.LANCZOS)
    return _address(before), _address(after), _address(_difference(before, after))


def _read(path: Path) -> Image.Image:
    with Image.open(path) as file:
        picture = ImageOps.exif_transpose(file).convert("RGB")
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    return picture


def _difference(before: Image.Image, after: Image.Image) -> Image.Image:
    """Return what was added, around a middle grey; without what JPEG does to single pixels."""
    small = [picture.copy() for picture in (before, after)]
    for picture in small:
        picture.thumbnail((_SOFT, _SOFT), Image.Resampling.BOX)
    one, other = (np.asarray(picture, dtype=np.int16) for picture in small)
    strong = np.clip(128 + STRONGER * (other - one), 0, 255).astype(np.uint8)
    return Image.fromarray(strong).resize(before.size, Image.Resampling.BICUBIC)


def _address(picture: Image.Image) -> str:
    out = BytesIO()
    picture.save(out, "JPEG", quality=88)
    return f"data:image/jpeg;base64,{base64.b64encode(out.getvalue()).decode()}"
