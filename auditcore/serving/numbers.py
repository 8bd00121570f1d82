"""Numbers as JSON that lose nothing on the way."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditcore.serving.refusing import Refused


def exact(values: NDArray[Any]) -> list[float]:
    """Return the values, flat, as floats whose JSON gives the same values back.

    For float32 these are the shortest decimals that read back, also by way of a double, as the same
    float32 (the way numpy prints them); float64 has that in Python's own printing.

    Raises:
        Refused: 500, when the model's answer holds something that is not a number.
    """
    flat = values.ravel()
    if not np.isfinite(flat).all():
        raise Refused(500, "The model gave an answer that is not a number for this request.")
    if flat.dtype != np.float32:
        return [float(value) for value in flat.astype(np.float64)]
    short = flat.astype(str).astype(np.float64)
    back: NDArray[np.bool_] = short.astype(np.float32) == flat
    return [float(value) for value in np.where(back, short, flat.astype(np.float64))]
