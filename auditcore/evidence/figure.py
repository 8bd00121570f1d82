"""The figure of a report: how the evidence moved towards its threshold."""

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import plotly.graph_objects as go

from auditcore.audit import Plan
from auditcore.audit.courses import LARGEST_LOG, display_test
from auditcore.audit.plan import EACH, RANK_SUM
from auditcore.sequential.tail import GIVE_UP_AT

FLOOR = math.log(1e-3)
POINTS = 2_000
"""Points of a line in the figure; a screen has no room for more."""
GIVE_UP = float(GIVE_UP_AT)
TEAL, GREY, ORANGE = "#0b8077", "#8a9496", "#c05a10"
USED = ("used from here on", "dash", ORANGE)
NEEDED = ("each photo needs at least this", "dash", ORANGE)
HOPELESS = ("little hope below", "dot", GREY)


def evidence_figure(
    plan: Plan, trace: Mapping[str, Any], shown: Sequence[int] | None = None
) -> go.Figure:
    """Return the figure for a plan and its trace (as in a report); `shown`: of these photos.

    The collection's evidence where the claim is about the collection, else one line a photo, on a
    logarithmic axis between the line that decides (dashed) and the advice to give up (dotted). Of
    several photos with an answer each, some cross their line by chance alone, and it is named so.
    """
    figure = go.Figure()
    if trace["collection"] and plan.together:
        x, logs = zip(*_thinned(trace["collection"]), strict=True)
        _draw(figure, "all photos together", x, logs, {"color": TEAL, "width": 3})
        _draw_line(figure, float(1 / plan.level), USED)
    else:
        for photo in plan.photos if shown is None else shown:
            points = trace["photos"][photo]
            x, logs = tuple(p[0] for p in points), tuple(p[2] for p in points)
            _draw(figure, escape(plan.files[photo]), x, logs, {"width": 2})
        if plan.collection_test != RANK_SUM:
            several = plan.claim.kind == EACH and len(plan.photos) > 1
            line = NEEDED if several else USED
            _draw_line(figure, math.exp(display_test(plan).log_threshold), line)
            _draw_line(figure, GIVE_UP, HOPELESS)
    _lay_out(figure)
    return figure


def _thinned(points: Sequence[Sequence[float]]) -> list[Sequence[float]]:
    """Return about POINTS of the points, evenly; the last one always, which is where it ended."""
    step = -(-len(points) // POINTS)
    return [*points[: len(points) - 1 : step], points[-1]]


def _draw(
    figure: go.Figure,
    name: str,
    x: Sequence[int],
    logs: Sequence[float | None],
    line: Mapping[str, Any],
) -> None:
    """Draw one line of evidence; it starts at 1, before anything was asked."""
    y = [math.exp(max(FLOOR, FLOOR if log is None else min(log, LARGEST_LOG))) for log in logs]
    style = {"shape": "hv", **line}
    figure.add_trace(go.Scatter(x=[0, *x], y=[1.0, *y], name=name, mode="lines", line=style))


def _draw_line(figure: go.Figure, height: float, style: tuple[str, str, str]) -> None:
    """Draw a level line from end to end, with its meaning written at its start."""
    text, dash, colour = style
    end = max(point for line in figure.data for point in line.x)
    figure.add_trace(
        go.Scatter(
            x=[0, end],
            y=[height, height],
            mode="lines+text",
            text=[text, ""],
            textposition="top right",
            line={"dash": dash, "color": colour, "width": 2},
            textfont={"color": colour},
            name=text,
            showlegend=False,
        )
    )


def _lay_out(figure: go.Figure) -> None:
    figure.update_layout(
        height=420,
        margin={"l": 60, "r": 20, "t": 20, "b": 50},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"color": GREY, "size": 14},
        legend={"orientation": "h", "y": -0.2},
        showlegend=sum(line.mode == "lines" for line in figure.data) > 1,
    )
    figure.update_xaxes(title="hidden versions compared", gridcolor="rgba(128,128,128,.25)")
    figure.update_yaxes(title="evidence", type="log", dtick=1, gridcolor="rgba(128,128,128,.25)")
