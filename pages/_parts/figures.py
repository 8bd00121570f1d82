"""The plots of an audit: evidence on its way to the line that decides, and K against its stairs.

Colours are middle tones that read on a light and on a dark page; every line that means something
is also named in the plot and drawn in its own way (full, dashed, dotted).
"""

import heapq
import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from auditcore.audit import Plan, Trace
from auditcore.audit.courses import display_test
from auditcore.audit.plan import COLLECTION, EACH
from auditcore.evidence.figure import FLOOR, GIVE_UP
from auditcore.sequential import RankTest

TEAL, ORANGE, GREY = "#1a8a80", "#c8641b", "#7d888a"
_TICKS = [10.0**power for power in range(-3, 13)]
_HEIGHT = 400
UNDER = {"orientation": "h", "yanchor": "top", "y": -0.22, "x": 0, "font": {"size": 14}}
"""A legend under the plot, where it takes no width from it on a phone."""
_SHORTEST = 10
LINES = 40
"""Of more photos than this, only those with the most evidence are drawn."""
POINTS = 2000
"""Of a longer line, only about so many points are drawn; its ends always are."""
_ENOUGH = "enough evidence from the stairs on"
_AT_LEAST = "each photo must reach the stairs at least"
_CHANCE = "what chance alone gives"

Line = tuple[Sequence[int], Sequence[float]]


class Course(NamedTuple):
    """One audit among several in a plot: what it is called, and how its line is drawn."""

    name: str
    plan: Plan
    trace: Trace
    colour: str = TEAL
    dash: str = "solid"


def together(plan: Plan, trace: Trace) -> go.Figure:
    """Plot the evidence on all photos together, towards 1 / level."""
    figure = go.Figure()
    points = thinned(trace.collection)
    line = ([0, *(x for x, _ in points)], [0.0, *(log for _, log in points)])
    _evidence(figure, "all photos together", line, width=3.5)
    decides = float(1 / plan.level)
    if plan.claim.kind == COLLECTION:
        _level(figure, decides, f"enough evidence: {decides:,.0f}×", left=True)
    _finish(figure, "hidden versions compared, over all photos", "evidence")
    _logarithmic(figure, 0.2, decides)
    return figure


def photo_by_photo(plan: Plan, trace: Trace) -> go.Figure:
    """Plot the evidence on the `drawn` photos; with the level lines only if they decide."""
    figure = go.Figure()
    photos = drawn(plan, trace)
    alone = len(photos) == 1
    for photo in photos:
        points = trace.photos[photo]
        line = ([0, *(t for t, _, _ in points)], [0.0, *(log for _, _, log in points)])
        _evidence(figure, plan.files[photo], line, width=3.5 if alone else 1.6)
    if _decides_photos(plan):
        threshold = math.exp(display_test(plan).log_threshold)
        name = "each photo needs at least" if several(plan) else "enough evidence:"
        _level(figure, threshold, f"{name} {threshold:,.0f}×")
        _level(figure, GIVE_UP, "little hope below", dash="dot", colour=GREY)
        _logarithmic(figure, GIVE_UP, threshold)
    else:
        _logarithmic(figure, GIVE_UP, 10.0)
    _finish(figure, "hidden versions compared, for each photo", "evidence")
    return figure


def stairs(plan: Plan, trace: Trace) -> go.Figure:
    """Plot how many hidden versions beat the published one, against the stairs that decide."""
    figure = go.Figure()
    longest = max([8, *(photo[-1][0] for photo in trace.photos if photo)])
    if _decides_photos(plan):
        words = _AT_LEAST if several(plan) else _ENOUGH
        _stairs(figure, display_test(plan), longest, words)
    figure.add_trace(_plain([0, longest], [0, longest / 2], _CHANCE, GREY, "dot"))
    alone = max(max(line.x) for line in figure.data) <= 2 * longest
    _name(figure, longest, longest / 2, _CHANCE, GREY, "right" if alone else "left")
    photos = drawn(plan, trace)
    for photo in photos:
        points = trace.photos[photo]
        figure.add_trace(
            go.Scatter(
                x=[0, *(t for t, _, _ in points)],
                y=[0, *(k for _, k, _ in points)],
                name=plan.files[photo],
                mode="lines",
                line={"shape": "hv", "color": TEAL, "width": 3.5 if len(photos) == 1 else 1.6},
                hovertemplate="%{fullData.name}: %{y} of %{x} hidden versions<extra></extra>",
            )
        )
    _finish(figure, "hidden versions compared", "how many beat the published one")
    return figure


def drawn(plan: Plan, trace: Trace) -> Sequence[int]:
    """Return the photos that get a line, in the kit's order: LINES at most, with most evidence."""
    photos = plan.photos
    if len(photos) <= LINES:
        return photos
    last = {photo: trace.photos[photo][-1][2] for photo in photos if trace.photos[photo]}
    return sorted(heapq.nlargest(LINES, last, key=last.__getitem__))


def thinned(points: Sequence[tuple[int, float]]) -> Sequence[tuple[int, float]]:
    """Return about POINTS points of a line, evenly, with the last; all of a shorter one."""
    every = -(-len(points) // POINTS)
    return points if every <= 1 else [*points[:-1:every], points[-1]]


def compared(courses: Sequence[Course]) -> go.Figure:
    """Plot audits of the same photos by several models, towards the line that decides."""
    figure = go.Figure()
    for course in courses:
        points = thinned(_claimed(course.plan, course.trace))
        line = ([0, *(x for x, _ in points)], [0.0, *(log for _, log in points)])
        _evidence(figure, course.name, line, width=3.5)
        figure.data[-1].line.update(color=course.colour, dash=course.dash)
    decides = deciding(courses[0].plan)
    _level(figure, decides, f"enough evidence: {decides:,.0f}×")
    _finish(figure, "hidden versions compared", "evidence")
    _logarithmic(figure, 0.2, decides)
    figure.update_layout(showlegend=True, legend=UNDER)
    return figure


def deciding(plan: Plan) -> float:
    """Return the evidence at which an audit of a collection or of one photo says "used"."""
    return float(1 / plan.level) if plan.together else math.exp(display_test(plan).log_threshold)


def _claimed(plan: Plan, trace: Trace) -> list[tuple[int, float]]:
    if plan.together:
        return list(trace.collection)
    return [(t, log) for photo in plan.photos for t, _, log in trace.photos[photo]]


def several(plan: Plan) -> bool:
    """Say whether each of several photos gets an answer: some cross their line by chance alone."""
    return plan.claim.kind == EACH and len(plan.photos) > 1


def _decides_photos(plan: Plan) -> bool:
    return not plan.together


def _evidence(figure: go.Figure, name: str, line: Line, width: float) -> None:
    x, logs = line
    y = [math.exp(min(max(log, FLOOR), 60.0)) for log in logs]
    figure.add_trace(
        go.Scatter(
            x=list(x),
            y=y,
            name=name,
            mode="lines",
            line={"shape": "hv", "color": TEAL, "width": width},
            hovertemplate="%{fullData.name}: %{y:.3g}× after %{x}<extra></extra>",
        )
    )


def _stairs(figure: go.Figure, test: RankTest, longest: int, words: str) -> None:
    """Draw the stairs as far as the audit went, and their first step in any case."""
    steps = [(t, k) for k, t in enumerate(test.staircase) if t <= longest or k == 0]
    x = [steps[0][0], *(t for t, _ in steps), max(longest, steps[-1][0])]
    y = [-0.5, *(k for _, k in steps), steps[-1][1]]
    figure.add_trace(_plain(x, y, words, ORANGE, "dash", "hv"))
    _name(figure, x[-1], y[-1], words, ORANGE, "right")


def _level(
    figure: go.Figure,
    height: float,
    text: str,
    *,
    dash: str = "dash",
    colour: str = ORANGE,
    left: bool = False,
) -> None:
    """Draw a level line, named at the end where the lines of evidence are not."""
    figure.add_hline(y=height, line={"dash": dash, "color": colour, "width": 2.5})
    figure.add_annotation(
        x=0 if left else 1, xref="paper", y=math.log10(height),
        xanchor="left" if left else "right", yanchor="bottom", text=text,
        showarrow=False, font={"color": colour, "size": 14},
    )  # fmt: skip


def _name(figure: go.Figure, x: float, y: float, text: str, colour: str, anchor: str) -> None:
    figure.add_annotation(
        x=x, y=y, xanchor=anchor, yanchor="bottom", text=text, showarrow=False,
        font={"color": colour, "size": 14},
    )  # fmt: skip


def _plain(
    x: Iterable[float], y: Iterable[float], name: str, colour: str, dash: str, shape: str = "linear"
) -> go.Scatter:
    line = {"color": colour, "dash": dash, "shape": shape, "width": 2.5}
    return go.Scatter(x=x, y=y, name=name, mode="lines", line=line, hoverinfo="name")


def _finish(figure: go.Figure, across: str, up: str) -> None:
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 8, "r": 8, "t": 12, "b": 8},
        showlegend=False,
        uirevision="audit",
        dragmode=False,
        hoverlabel={"namelength": -1},
    )
    furthest = max(max(line.x) for line in figure.data)
    figure.update_xaxes(title=across, automargin=True, range=[0, max(_SHORTEST, furthest * 1.04)])
    figure.update_yaxes(title=up, automargin=True)


def _logarithmic(figure: go.Figure, low: float, high: float) -> None:
    """Scale the evidence from below `low` to above `high`, and further where the lines go."""
    reached = [y for line in figure.data for y in line.y]
    bottom, top = min(low, *reached) / 1.6, max(high, *reached) * 2.2
    words = [f"{tick:,.0f}×" if tick >= 1 else f"1/{1 / tick:,.0f}" for tick in _TICKS]
    figure.update_yaxes(
        type="log",
        tickvals=_TICKS,
        ticktext=words,
        range=[math.log10(bottom), math.log10(top)],
    )
