"""Reading answers that may hold anything: each function returns what it names or raises."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import ChangedAnswer
from auditcore.models.base import Capability
from auditcore.photos import shown

LABEL_MOST = 200
"""Letters of the name of a class."""
CLASSES_MOST = 200_000
WIDTH_MOST = 65_536
"""Numbers of a feature vector."""

_LISTED = 8
_VECTORS = (Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES)
_SUM_TOLERANCE = 0.01  # a provider that rounds to three digits stays within it


def entry(values: Any, key: str) -> Any:
    """Return one entry of a JSON object."""
    if not isinstance(values, Mapping) or key not in values:
        raise ChangedAnswer(f"The model's answer has no '{key}'. {ADVICE}")
    return values[key]


def items(values: Any, count: int | None = None) -> list[Any]:
    """Return a JSON list, of `count` items if that is given."""
    if not isinstance(values, list):
        raise ChangedAnswer(f"The model's answer is no list where one belongs. {ADVICE}")
    if count is not None and len(values) != count:
        raise ChangedAnswer(f"The model answered {len(values)} times to {count} inputs. {ADVICE}")
    return values


def listed(names: Sequence[str]) -> str:
    """Return names that a provider chose as they may stand in a sentence."""
    words = [shown(name) for name in names[:_LISTED]] + ["..."] * (len(names) > _LISTED)
    return ", ".join(words) or "none"


def numbers(values: Any) -> NDArray[np.float64]:
    """Return numbers as an array of whatever shape they have; all finite."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise ChangedAnswer(f"The model's answer holds no numbers. {ADVICE}") from error
    if isinstance(values, str) or array.size == 0:
        raise ChangedAnswer(f"The model's answer holds no numbers. {ADVICE}")
    if not np.isfinite(array).all():
        raise ChangedAnswer(f"The model's answer holds a value that is not a number. {ADVICE}")
    return array


def label(value: Any) -> str:
    """Return the name of a class: a text or a number, printable and not too long."""
    if not isinstance(value, str | int | float):
        raise ChangedAnswer(f"The model names a class by something else than a text. {ADVICE}")
    name = str(value)
    if not name.isprintable() or not 0 < len(name) <= LABEL_MOST:
        raise _unfit_label()
    return name


def labels(values: Any) -> tuple[str, ...]:
    """Return a JSON list of names of classes."""
    found = items(values)
    if len(found) > CLASSES_MOST:
        raise ChangedAnswer(f"The model names {len(found):,} classes, {_more_than(CLASSES_MOST)}")
    return tuple(map(label, found))


def features(rows: Sequence[Any]) -> NDArray[np.float32]:
    """Return feature vectors of one length, shape (B, D)."""
    vectors = [numbers(row) for row in rows]
    if any(vector.ndim != 1 for vector in vectors) or len({v.size for v in vectors}) != 1:
        raise ChangedAnswer(
            f"The model's answer is not one vector an input, all of one length. {ADVICE}"
        )
    if vectors[0].size > WIDTH_MOST:
        raise _too_wide(vectors[0].size, WIDTH_MOST)
    with np.errstate(over="ignore"):
        return np.stack(vectors).astype(np.float32)


def distributions(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities, shape (B, C), whose rows sum to exactly 1.

    They may be rounded, so that their sum is a little off.
    """
    with np.errstate(over="ignore"):
        sums = rows.sum(axis=1, keepdims=True)
    if rows.min() < 0 or np.abs(sums - 1).max() > _SUM_TOLERANCE:
        raise ChangedAnswer(
            "The model's answer is no set of probabilities: each must be at least 0 and together "
            f"they must be 1, but together they are {sums.flat[0]:.3g}. {ADVICE}"
        )
    result: NDArray[np.float64] = rows / sums
    return result


def are_probabilities(scores: Sequence[float]) -> bool:
    """Say whether these can be all the probabilities of one answer."""
    return min(scores) >= 0 and abs(sum(scores) - 1) <= _SUM_TOLERANCE


def softmax(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the softmax of each row, in float64."""
    with np.errstate(over="ignore"):
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return result


def well_formed(asks: Capability, answer: Any) -> NDArray[Any]:
    """Return what an adapter made of an answer if it is rows that can be kept and compared."""
    kinds = {"f": WIDTH_MOST if asks in _VECTORS else CLASSES_MOST, "U": 1}
    kind = answer.dtype.kind if isinstance(answer, np.ndarray) else ""
    if kind not in kinds or answer.ndim != 2 or not answer.size:
        raise ChangedAnswer(f"The model's answer is not one row an input. {ADVICE}")
    if answer.shape[1] > kinds[kind]:
        raise _too_wide(answer.shape[1], kinds[kind])
    if kind == "f" and not np.isfinite(answer).all():
        raise ChangedAnswer(f"The model's answer holds a value that is not a number. {ADVICE}")
    if kind == "U" and answer.itemsize > LABEL_MOST * np.dtype("U1").itemsize:
        raise _unfit_label()
    found: NDArray[Any] = answer
    return found


def _too_wide(width: int, most: int) -> ChangedAnswer:
    return ChangedAnswer(f"The model answers with {width:,} numbers, {_more_than(most)}")


def _unfit_label() -> ChangedAnswer:
    return ChangedAnswer(
        f"The model names a class by a text that is empty, longer than {LABEL_MOST} letters, or "
        f"holds signs that cannot be shown. {ADVICE}"
    )


def _more_than(most: int) -> str:
    return f"more than the {most:,} that can be read. {ADVICE}"


ADVICE = (
    "Nothing is concluded from it; what was answered before is kept. Test the connection again: if "
    "the model behind the address is another one now, start a new audit."
)
"""What to do about an answer of another shape."""
