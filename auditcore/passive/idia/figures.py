"""How strong the method is, drawn: shares recognised over the number of photos, and over tau."""

from collections.abc import Sequence

import plotly.graph_objects as go

from auditcore.passive.idia.strength import Point, Share, Strength


def over_photos(measured: Strength) -> go.Figure:
    """Draw the shares of members, non-members and decoys recognised, with 95 % intervals."""
    points = measured.over_photos
    return _drawn(points, [point.photos for point in points], "photos of a person")


def over_tau(measured: Strength) -> go.Figure:
    """Draw the same over the number of wordings that must name a person."""
    points = measured.over_tau
    return _drawn(points, [point.tau for point in points], "wordings that must name the person")


def _drawn(points: Sequence[Point], across: Sequence[int], title: str) -> go.Figure:
    figure = go.Figure()
    _add(figure, across, [point.members for point in points], "members", "solid")
    _add(figure, across, [point.non_members for point in points], "non-members", "dash")
    decoys = [point.decoys for point in points]
    figure.add_scatter(x=across, y=decoys, name="decoy names", mode="lines", line={"dash": "dot"})
    figure.update_xaxes(title=title)
    figure.update_yaxes(title="share recognised", range=[0, 1.02])
    return figure


def _add(
    figure: go.Figure, across: Sequence[int], shares: Sequence[Share], name: str, dash: str
) -> None:
    reach = {
        "type": "data",
        "symmetric": False,
        "array": [max(0.0, share.rate.high - share.mean) for share in shares],
        "arrayminus": [max(0.0, share.mean - share.rate.low) for share in shares],
    }
    figure.add_scatter(
        x=across,
        y=[share.mean for share in shares],
        error_y=reach,
        name=name,
        mode="lines+markers",
        line={"dash": dash},
    )
