"""What a model makes of every candidate name in every wording.

The decoys' features depend on the model alone, so they are kept: one file a model and wording,
about 2 MB, written when it is complete, so that a run that was cut off goes on where it was. The
names of people are asked anew each time and never written anywhere.

A kept file is used only if its form is right and the model, asked about the first decoy
again, says the same as then: a hosted model may have been changed behind its name.
"""

import hashlib
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from auditcore import paths
from auditcore.errors import Cancelled, PassiveError
from auditcore.models import Model
from auditcore.passive.idia.names import Names, decoy_names
from auditcore.passive.idia.prompts import filled

_AT_ONCE = 250  # texts in one question, between two looks at whether to stop
_SAME = 0.999  # cosine of two answers to one text: far above what 16 bits or a batch change
_UNIT = 1e-3  # how far from 1 the length of a kept row may be


def name_features(
    model: Model, names: Names, template: str, should_stop: Callable[[], bool] = lambda: False
) -> NDArray[np.float32]:
    """Return the features of all candidates in one wording, unit rows, shape (N, D).

    Args:
        model: gives text features.
        names: rows stand in the order of `names.everyone`.
        template: one of TEMPLATES.
        should_stop: asked between questions; True ends with Cancelled.

    Raises:
        ModelError: the model does not answer.
        PassiveError: it answers with something that is no direction.
        Cancelled: the person stopped.
    """
    first, *_ = every = decoy_names()
    fresh = _ask(model, template, [first, *names.real], should_stop)
    kept = _recall(model, template)
    if kept is None or not _agrees(kept[0], fresh[0]):
        kept = _ask(model, template, every, should_stop)
        _remember(model, template, kept)
    places = {name: place for place, name in enumerate(every)}
    return np.concatenate([kept[[places[name] for name in names.decoys]], fresh[1:]])


def unit_rows(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return rows scaled to length 1.

    Raises:
        PassiveError: a row is not finite, or all zeros.
    """
    exact = np.asarray(rows, dtype=np.float64)
    lengths = np.linalg.norm(exact, axis=1, keepdims=True)
    if not (np.isfinite(lengths).all() and (lengths > 0).all()):
        raise PassiveError(
            "The model answered with something that is not a number, or with zeros alone, so "
            "nothing can be compared. Choose another model, or the precision float32."
        )
    unit: NDArray[np.float32] = (exact / lengths).astype(np.float32)
    return unit


def _ask(
    model: Model, template: str, names: Sequence[str], should_stop: Callable[[], bool]
) -> NDArray[np.float32]:
    texts = [filled(template, name) for name in names]
    parts = []
    for start in range(0, len(texts), _AT_ONCE):
        if should_stop():
            raise Cancelled("Stopped. The decoys' features that were complete are kept.")
        parts.append(unit_rows(model.text_features(texts[start : start + _AT_ONCE])))
    return np.concatenate(parts)


def _agrees(kept: NDArray[np.float32], fresh: NDArray[np.float32]) -> bool:
    return kept.shape == fresh.shape and float(kept @ fresh) >= _SAME


def _file(model: Model, template: str) -> Path:
    """Return where a wording's features are kept: other names or precision, another file."""
    precision = model.identity.details.get("precision", "")
    asked = "\n".join([precision, template, *decoy_names()])
    digest = hashlib.sha256(asked.encode()).hexdigest()
    return paths.data_dir() / "text-features" / model.identity.fingerprint / f"{digest}.safetensors"


def _recall(model: Model, template: str) -> NDArray[np.float32] | None:
    """Return the kept features, None if there are none or the file is not what was written."""
    try:
        found = load(_file(model, template).read_bytes()).get("features")
    except (OSError, SafetensorError):
        return None
    if found is None or found.dtype != np.float32 or found.ndim != 2:
        return None
    lengths = np.linalg.norm(found.astype(np.float64), axis=1)
    whole = len(found) == len(decoy_names()) and bool((np.abs(lengths - 1) < _UNIT).all())
    return found if whole else None


def _remember(model: Model, template: str, rows: NDArray[np.float32]) -> None:
    """Keep the features; the file appears complete or not at all."""
    path = _file(model, template)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as drafts:
            draft = Path(drafts) / path.name
            draft.write_bytes(save({"features": rows}))
            draft.replace(path)
    except OSError as error:
        raise PassiveError(
            f"What the model makes of the decoy names cannot be kept in {path.parent}: "
            f"{error.strerror or error}. Make room there and start again; what was kept stays."
        ) from error
