"""Lines of the presentation: drawn to fill whatever room there is, from a phone to a projector.

The page lets no drawing in but as a picture, so lines are pictures, and words are laid over them.
"""

from base64 import b64encode
from collections.abc import Sequence
from html import escape

from pages._parts.figures import GREY, ORANGE, TEAL

Points = Sequence[tuple[float, float]]
_UNITS = 1000
_STYLES = {
    "with": f"stroke='{TEAL}' stroke-width='5'",
    "without": f"stroke='{GREY}' stroke-width='4' stroke-dasharray='11 8'",
    "enough": f"stroke='{ORANGE}' stroke-width='4' stroke-dasharray='1 9' stroke-linecap='round'",
}


def plot(lines: Sequence[tuple[str, Points]], words: str, alt: str) -> str:
    """Return a plot in HTML that fills its box and grows from left to right.

    Args:
        lines: kind ("with", "without" or "enough", for its colour and dashes) and points (x, y),
            0 to 1 each, y upwards. "enough" is there from the beginning.
        words: HTML laid over it.
        alt: what is seen, in words.
    """
    still = _picture([line for line in lines if line[0] == "enough"], "tp-still")
    growing = _picture([line for line in lines if line[0] != "enough"], "tp-grow")
    return (
        f"<div class='tp-plot' role='img' aria-label='{escape(alt)}'>{still}{growing}{words}</div>"
    )


def name(text: str, x: float, y: float) -> str:
    """Return words to lay over a plot, their lower left corner at (x, y), 0 to 1 each."""
    return f"<span style='left:{100 * x:.1f}%;bottom:{100 * y:.1f}%'>{escape(text)}</span>"


def scaled(points: Points, across: float, low: float, high: float) -> list[tuple[float, float]]:
    """Bring points to 0 .. 1: x from 0 to `across`, y from `low` to `high`; what is beyond is cut.

    Args:
        points: x rising.
    """
    inside = [(x, y) for x, y in points if x <= across]
    return [(x / across, min(max((y - low) / (high - low), 0.0), 1.0)) for x, y in inside]


def _picture(lines: Sequence[tuple[str, Points]], style: str) -> str:
    paths = "".join(_path(kind, points) for kind, points in lines)
    drawing = (
        f"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 {_UNITS} {_UNITS}' "
        f"preserveAspectRatio='none'>{paths}</svg>"
    )
    address = f"data:image/svg+xml;base64,{b64encode(drawing.encode()).decode()}"
    return f"<img class='{style}' src='{address}' alt=''>"


def _path(kind: str, points: Points) -> str:
    places = " ".join(f"{_UNITS * x:.1f},{_UNITS * (1 - y):.1f}" for x, y in points)
    return (
        f"<path d='M{places}' fill='none' vector-effect='non-scaling-stroke' "
        f"stroke-linejoin='round' {_STYLES[kind]}/>"
    )
