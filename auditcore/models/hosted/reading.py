"""Reading answers that may hold anything: each function returns what it names or raises."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import ChangedAnswer
from auditcore.photos import shown

_LISTED = 8
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


def features(rows: Sequence[Any]) -> NDArray[np.float32]:
    """Return feature vectors of one length, shape (B, D)."""
    vectors = [numbers(row) for row in rows]
    if any(vector.ndim != 1 for vector in vectors) or len({v.size for v in vectors}) != 1:
        raise ChangedAnswer(
            f"The model's answer is not one vector an input, all of one length. {ADVICE}"
        )
    with np.errstate(over="ignore"):
        return np.stack(vectors).astype(np.float32)


def distributions(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return probabilities, shape (B, C), whose rows sum to exactly 1.

    They may be rounded, so that their sum is a little off.
    """
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
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    result: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return result


ADVICE = (
    "Nothing is concluded from it; what was answered before is kept. Test the connection again: if "
    "the model behind the address is another one now, start a new audit."
)
"""What to do about an answer of another shape."""
