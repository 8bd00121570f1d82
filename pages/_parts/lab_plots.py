"""The plots of the Lab: how two trainings went, and what the audits of several models found.

Every line has a dash of its own beside its colour, and the legend shows both.
"""

from collections.abc import Sequence
from typing import NamedTuple

import plotly.graph_objects as go

from auditcore.lab.experiments import EpochRow
from pages._parts import figures
from pages._parts.figures import TEAL

BLUE, BROWN, PLUM, GREY = "#4a7fb5", "#a8763e", "#a0609a", "#7d888a"


class Stroke(NamedTuple):
    """How the line of a model is drawn, the same in every plot."""

    colour: str
    dash: str


STROKES = {
    "with": Stroke(TEAL, "solid"),
    "without": Stroke(BLUE, "dot"),
    "ascent": Stroke(BROWN, "dash"),
    "sparse": Stroke(PLUM, "dashdot"),
    "salun": Stroke(GREY, "longdash"),
    "retrain": Stroke(BLUE, "dot"),
}
_HEIGHT = 300


def losses(rows: Sequence[tuple[str, str, Sequence[EpochRow]]], epochs: int) -> go.Figure:
    """Plot the losses of twins: (twin, what it is called, its epochs so far) each."""
    figure = go.Figure()
    for twin, name, so_far in rows:
        stroke = STROKES[twin]
        figure.add_scatter(
            x=[row.epoch for row in so_far], y=[row.loss for row in so_far], name=name,
            mode="lines", line={"color": stroke.colour, "dash": stroke.dash, "width": 3},
            hovertemplate="%{fullData.name}: %{y:.3g} after %{x} rounds<extra></extra>",
        )  # fmt: skip
    figure.update_layout(
        height=_HEIGHT, margin={"l": 8, "r": 8, "t": 12, "b": 8}, showlegend=True,
        legend=figures.UNDER | {"y": -0.3}, dragmode=False, uirevision="losses",
        hoverlabel={"namelength": -1},
    )  # fmt: skip
    figure.update_xaxes(title="rounds of training", automargin=True, range=[0, epochs * 1.02])
    figure.update_yaxes(title="loss", automargin=True, rangemode="tozero")
    return figure
