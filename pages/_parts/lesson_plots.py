"""The charts of Understand. Nothing is told by colour alone: lines differ by dash and are named."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go

from auditcore.lab.lessons.members import FEW_WRONG, Seen
from auditcore.lab.lessons.photos_needed import Power
from auditcore.lab.lessons.settling import Settling
from pages._parts.figures import GREY, ORANGE, TEAL
from pages._parts.online_plots import VIOLET, jitter

_HEIGHT = 360
_LEAST_TOP = 0.15
_SETTLED = 5  # of the audits, the first one in so many is left out when the axis is scaled
_BAND = 0.18
_TALL = 0.4  # on an axis that long, names at the end would stand on each other


@dataclass(frozen=True)
class Line:
    """A counted rate on its way, its name, and whether the rules were kept."""

    name: str
    path: Settling
    kept: bool


def rates(lines: Sequence[Line], accepted: float, total: int) -> go.Figure:
    """Plot counted false-alarm rates with their intervals against what is accepted."""
    figure = go.Figure()
    top = max(_LEAST_TOP, *(_highest(line.path) for line in lines))
    for line in lines:
        _band(figure, line)
    for line in lines:
        colour = TEAL if line.kept else GREY
        figure.add_scatter(
            x=line.path.audits, y=line.path.rates, name=line.name, mode="lines",
            line={"color": colour, "width": 3.5, "dash": "solid" if line.kept else "dashdot"},
            hovertemplate=f"{line.name}: %{{y:.1%}} of %{{x}}<extra></extra>",
        )  # fmt: skip
        _name_end(figure, line, colour, _above(line, accepted, top))
    _accepted(
        figure, accepted, f"accepted: {accepted:.0%}".replace("%", " %"),
        under=top < _TALL and all(_above(line, accepted, top) for line in lines),
        across=0.98 if top < _TALL else 0.5,
    )  # fmt: skip
    _finish(figure, "innocent models audited", "accused")
    figure.update_xaxes(range=[0, total])
    figure.update_yaxes(range=[0, top], tickformat=".0%")
    return figure


def _highest(path: Settling) -> float:
    """Return how far up a line and its interval must be seen, once the first few are past."""
    later = slice(len(path.audits) // _SETTLED, None)
    return float(min(1.02, max(path.rates[later].max() * 1.15, path.highs[-1] * 1.1)))


def _band(figure: go.Figure, line: Line) -> None:
    path = line.path
    shade = TEAL if line.kept else GREY
    red, green, blue = (int(shade[at : at + 2], 16) for at in (1, 3, 5))
    figure.add_scatter(
        x=np.concatenate([path.audits, path.audits[::-1]]),
        y=np.concatenate([path.highs, path.lows[::-1]]),
        fill="toself", mode="lines", hoverinfo="skip",
        line={"width": 0}, fillcolor=f"rgba({red},{green},{blue},{_BAND})",
    )  # fmt: skip


def _above(line: Line, accepted: float, top: float) -> bool:
    """Say whether a line's name stands above it: away from what is accepted, and inside."""
    end = float(line.path.rates[-1])
    return accepted <= end < 0.85 * top


def _name_end(figure: go.Figure, line: Line, colour: str, above: bool) -> None:
    x, y = float(line.path.audits[-1]), float(line.path.rates[-1])
    _note(figure, x, y, line.name, colour, "right", "bottom" if above else "top")


def powers(found: Sequence[Power], p: float) -> go.Figure:
    """Plot the chance to find a use over the strength of its trace, one line a number of photos."""
    figure = go.Figure()
    styles = (
        ("dot", "diamond-open", 0.62),
        ("dash", "square-open", 0.8),
        ("solid", "circle", 0.93),
    )
    for one, (dash, symbol, at) in zip(found, styles, strict=True):
        name = "1 photo" if one.photos == 1 else f"{one.photos} photos"
        figure.add_scatter(
            x=one.traces, y=one.found, name=name, mode="lines+markers",
            line={"color": TEAL, "width": 3, "dash": dash}, marker={"symbol": symbol, "size": 8},
            hovertemplate=f"{name}: %{{y:.0%}} at %{{x}}<extra></extra>",
        )  # fmt: skip
        x = float(np.interp(at, np.maximum.accumulate(one.found), one.traces))
        _note(figure, x, at, name, TEAL, "left", "middle", shift=9)
    _accepted(figure, p, "false alarms accepted")
    _finish(figure, "trace left in each photo<br>(standard deviations)", "use found")
    figure.update_xaxes(range=[0, max(found[0].traces)])
    figure.update_yaxes(range=[0, 1.04], tickformat=".0%")
    return figure


def wrong(
    differences: Sequence[float], indication: Sequence[float], rank: Sequence[float], p: float
) -> go.Figure:
    """Plot false alarms over how different my pictures are: indication against guarantee."""
    figure = go.Figure()
    for values, name, colour, dash, symbol in (
        (indication, "indication", VIOLET, "dash", "diamond-open"),
        (rank, "guaranteed", TEAL, "solid", "circle"),
    ):
        figure.add_scatter(
            x=differences, y=values, name=name, mode="lines+markers",
            line={"color": colour, "width": 3.5, "dash": dash},
            marker={"symbol": symbol, "size": 9},
            hovertemplate=f"{name}: %{{y:.0%}} wrong<extra></extra>",
        )  # fmt: skip
        _note(figure, differences[-1], float(values[-1]), name, colour, "right", "bottom", up=6)
    _finish(figure, "how much more familiar my pictures look<br>for another reason", "wrong")
    figure.update_yaxes(range=[-0.04, 1.12], tickformat=".0%", tickvals=[0, 0.25, 0.5, 0.75, 1])
    return figure


def spread(one: Seen) -> go.Figure:
    """Plot the score of every picture as a point: learned from above, never seen below."""
    figure = go.Figure()
    for row, scores, name, colour, symbol in (
        (1, one.members, "learned from", VIOLET, "circle"),
        (0, one.strangers, "never seen", GREY, "diamond-open"),
    ):
        figure.add_scatter(
            x=scores, y=jitter(len(scores), row), name=name, mode="markers",
            marker={"color": colour, "symbol": symbol, "size": 8, "opacity": 0.8},
            hovertemplate=f"{name}: %{{x:.2f}}<extra></extra>",
        )  # fmt: skip
    _finish(figure, "how familiar a picture looks to the model", "")
    low, high = one.span
    margin = 0.04 * (high - low)
    figure.update_xaxes(range=[low - margin, high + margin], zeroline=False)
    figure.update_yaxes(
        tickvals=[0, 1], ticktext=["never<br>seen", "learned<br>from"], range=[-0.6, 1.6],
        zeroline=False,
    )  # fmt: skip
    return figure


def told_apart(one: Seen) -> go.Figure:
    """Plot members found against strangers wrongly called members (ROC)."""
    figure = go.Figure()
    figure.add_scatter(
        x=one.curve.fpr, y=one.curve.tpr, name="this model", mode="lines",
        line={"color": VIOLET, "width": 3.5, "shape": "hv"},
        hovertemplate="%{y:.0%} found, %{x:.0%} wrong<extra></extra>",
    )  # fmt: skip
    figure.add_scatter(
        x=[0, 1], y=[0, 1], mode="lines", hoverinfo="skip",
        line={"color": GREY, "width": 2, "dash": "dot"},
    )  # fmt: skip
    figure.add_vline(x=FEW_WRONG, line={"dash": "dash", "color": VIOLET, "width": 1.5})
    _note(figure, 0.62, 0.55, "a coin toss", GREY, "left", "top")
    _finish(figure, "strangers wrongly called learned from", "learned from and found")
    figure.update_xaxes(range=[0, 1], tickformat=".0%")
    figure.update_yaxes(range=[0, 1.03], tickformat=".0%")
    return figure


def _accepted(
    figure: go.Figure, height: float, text: str, *, under: bool = False, across: float = 0.98
) -> None:
    figure.add_hline(y=height, line={"dash": "dash", "color": ORANGE, "width": 2.5})
    figure.add_annotation(
        x=across, xref="paper", y=height, text=text, showarrow=False, xanchor="right",
        yanchor="top" if under else "bottom", font={"color": ORANGE, "size": 14},
    )  # fmt: skip


def _note(
    figure: go.Figure, x: float, y: float, text: str, colour: str,
    across: str, up_down: str, *, shift: int = 0, up: int = 0,
) -> None:  # fmt: skip
    figure.add_annotation(
        x=x, y=y, text=text, showarrow=False, xanchor=across, yanchor=up_down, xshift=shift,
        yshift=up, font={"color": colour, "size": 14},
    )  # fmt: skip


def _finish(figure: go.Figure, across: str, up: str) -> None:
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 8, "r": 8, "t": 12, "b": 8},
        showlegend=False,
        uirevision="lesson",
        dragmode=False,
        hoverlabel={"namelength": -1},
    )
    figure.update_xaxes(title=across, automargin=True, fixedrange=True)
    figure.update_yaxes(title=up, automargin=True, fixedrange=True)
