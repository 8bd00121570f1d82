"""The curve of a method on logarithmic axes, as a plotly figure for page and file."""

from collections.abc import Mapping

import numpy as np
import plotly.graph_objects as go

from auditcore.passive.evaluation import Roc

_DASHES = ("solid", "dash", "dot", "dashdot")


def roc_figure(curves: Mapping[str, Roc], least: float = 1e-3) -> go.Figure:
    """Draw members found against non-members wrongly called members, both on log axes.

    Curves differ by dash as well as by colour. Chance is the thin diagonal.

    Args:
        curves: by the name in the legend.
        least: the smallest rate drawn; rates of 0 have no place on such axes and are left out.
    """
    figure = go.Figure()
    for number, (name, curve) in enumerate(curves.items()):
        drawn = (curve.fpr > 0) & (curve.tpr > 0)
        line = {"dash": _DASHES[number % len(_DASHES)], "shape": "hv"}
        figure.add_scatter(
            x=curve.fpr[drawn], y=curve.tpr[drawn], name=name, mode="lines", line=line
        )
    chance = np.geomspace(least, 1, 50)
    figure.add_scatter(
        x=chance, y=chance, name="chance", mode="lines", line={"width": 1, "color": "#7a8486"}
    )
    span = [float(np.log10(least)), 0.0]
    figure.update_xaxes(title="non-members called members", type="log", range=span)
    figure.update_yaxes(title="members found", type="log", range=span)
    return figure
