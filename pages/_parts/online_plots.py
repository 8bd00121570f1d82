"""The plots of indications: two collections side by side, and a name over the number of photos.

Never in the colours of a verdict; whatever means something is named in the plot or has a shape of
its own.
"""

from collections.abc import Sequence

import plotly.graph_objects as go

from auditcore.passive.encodermi.comparing import Comparison
from auditcore.passive.evaluation import Rate
from auditcore.passive.idia.curves import Curve
from auditcore.passive.strength import EncoderMIStrength, IdiaStrength

VIOLET, GREY = "#8a72c0", "#7d888a"
_MINE, _REFERENCE = "your pictures", "pictures to compare with"
_SPREAD = 0.62  # of the way between two rows
_HEIGHT = 300


def two_strips(found: Comparison, names: Sequence[str]) -> go.Figure:
    """Plot each picture as a point, yours above, the others below, and the top of the others."""
    figure = go.Figure()
    hover = "%{text}: %{x:.3f}<extra></extra>"
    for row, values, label, symbol, colour, text in (
        (1, found.mine, _MINE, "circle", VIOLET, names),
        (0, found.reference, _REFERENCE, "diamond-open", GREY, ["a picture to compare with"]),
    ):
        figure.add_scatter(
            x=list(values),
            y=jitter(len(values), row),
            text=list(text) if len(text) > 1 or row else list(text) * len(values),
            name=label,
            mode="markers",
            marker={
                "symbol": symbol,
                "color": colour,
                "size": 10,
                "line": {"width": 1.5, "color": colour},
            },
            hovertemplate=hover,
        )
    if found.cut is not None:
        figure.add_vline(x=found.cut, line={"dash": "dash", "color": VIOLET, "width": 2})
        figure.add_annotation(
            x=found.cut, yref="paper", y=1.0, xanchor="right", yanchor="bottom", showarrow=False,
            text="highest 5 % of those to compare with ", font={"size": 13},
        )  # fmt: skip
    _finish(figure, "how alike the model finds<br>parts of the same picture", "")
    figure.update_layout(showlegend=False)  # the rows are named
    figure.update_yaxes(
        tickvals=[0, 1], ticktext=["to compare<br>with", "yours"], range=[-0.6, 1.6], zeroline=False
    )
    return figure


def over_photos(curve: Curve, tau: int) -> go.Figure:
    """Plot in how many random draws of fewer photos the name still comes up."""
    figure = go.Figure()
    shares = curve.recognised(tau)
    decoys = curve.decoys[:, tau - 1]
    _line(figure, curve.sizes, shares, "the name asked about", VIOLET, "solid")
    _line(figure, curve.sizes, decoys, "an invented name", GREY, "dot")
    _finish(figure, "photos asked about", "share of draws with the name")
    figure.update_yaxes(range=[-0.03, 1.06], tickformat=".0%")
    figure.update_xaxes(tickvals=list(curve.sizes))
    return figure


def over_wordings(curve: Curve) -> go.Figure:
    """Plot the same for all photos, over the number of wordings that must name the person."""
    figure = go.Figure()
    taus = list(range(1, curve.decoys.shape[1] + 1))
    shares = [float(curve.recognised(tau)[-1]) for tau in taus]
    _line(figure, taus, shares, "the name asked about", VIOLET, "solid")
    _line(figure, taus, curve.decoys[-1], "an invented name", GREY, "dot")
    _finish(figure, "wordings that must name the person", "share recognised")
    figure.update_yaxes(range=[-0.03, 1.06], tickformat=".0%")
    return figure


def strength_of_pictures(measured: EncoderMIStrength) -> go.Figure:
    """Plot how well single pictures could be told apart, over the size of the training set."""
    figure = go.Figure()
    for points, name, colour, dash in (
        (measured.same_samples, "each picture seen less often in a larger set", VIOLET, "solid"),
        (measured.same_epochs, "each picture seen equally often", GREY, "dot"),
    ):
        _line(
            figure, [p.pictures for p in points], [p.auc.value for p in points], name, colour, dash
        )
        figure.data[-1].error_y = _reach([(p.auc.low, p.auc.value, p.auc.high) for p in points])
    sizes = sorted({point.pictures for point in (*measured.same_samples, *measured.same_epochs)})
    _finish(figure, "pictures in the training set", "told apart rightly")
    figure.update_xaxes(type="log", tickvals=sizes, ticktext=[f"{size:,}" for size in sizes])
    figure.add_hline(y=0.5, line={"dash": "dash", "color": GREY, "width": 2})
    figure.add_annotation(
        x=0, xref="paper", y=0.5, xanchor="left", yanchor="top", text="a coin toss",
        showarrow=False, font={"size": 13},
    )  # fmt: skip
    figure.update_yaxes(range=[0.4, 1.03], tickformat=".0%")
    return figure


def strength_of_faces(measured: IdiaStrength, photos: int) -> go.Figure:
    """Plot how many people were recognised, over how often they stood in the training set."""
    figure = go.Figure()
    often = sorted(measured.by_occurrence)
    groups = [measured.non_members, *(measured.by_occurrence[times] for times in often)]
    rates: list[Rate] = [group[photos] for group in groups]
    figure.add_scatter(
        x=["never", *map(str, often)], y=[rate.value for rate in rates], mode="markers",
        marker={"color": VIOLET, "size": 11},
        error_y=_reach([(rate.low, rate.value, rate.high) for rate in rates]),
    )  # fmt: skip
    _finish(figure, "portraits in the training set", "people recognised")
    figure.update_xaxes(type="category")
    figure.update_yaxes(range=[-0.03, 1.06], tickformat=".0%")
    return figure


def _reach(intervals: Sequence[tuple[float, float, float]]) -> dict[str, object]:
    """Return error bars from (low, value, high) triples."""
    return {
        "type": "data",
        "symmetric": False,
        "array": [high - value for _low, value, high in intervals],
        "arrayminus": [value - low for low, value, _high in intervals],
    }


def _line(
    figure: go.Figure, x: Sequence[int], y: Sequence[float], name: str, colour: str, dash: str
) -> None:
    figure.add_scatter(
        x=list(x), y=list(y), name=name, mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 3},
        marker={"size": 9, "symbol": "circle" if dash == "solid" else "diamond-open"},
    )  # fmt: skip


def jitter(count: int, row: int) -> list[float]:
    """Spread points over the height of a row, always in the same way (golden-ratio steps)."""
    return [row + _SPREAD * ((0.5 + n * 0.618034) % 1 - 0.5) for n in range(count)]


def _finish(figure: go.Figure, across: str, up: str) -> None:
    figure.update_layout(
        height=_HEIGHT,
        margin={"l": 8, "r": 8, "t": 28, "b": 8},
        legend={"orientation": "h", "y": -0.3},
        dragmode=False,
        hoverlabel={"namelength": -1},
    )
    figure.update_xaxes(title=across, automargin=True)
    figure.update_yaxes(title=up, automargin=True)
