"""Curves as one page that needs no network."""

from collections.abc import Sequence
from html import escape
from pathlib import Path

import plotly.graph_objects as go

from auditcore.cli.output import say
from auditcore.errors import PassiveError
from auditcore.passive.grade import GRADE_MEANS


def check_page(path: Path | None) -> None:
    """Refuse a file that cannot be written, before any work is done.

    Raises:
        PassiveError: it is a folder, or its folder is not there.
    """
    if path is not None and (path.is_dir() or not path.parent.is_dir()):
        raise PassiveError(f"{path} cannot be written. Name a file in a folder that is there.")


def write_page(path: Path, title: str, figures: Sequence[go.Figure]) -> None:
    """Write figures below each other, the grade of the evidence above them.

    Raises:
        PassiveError: it cannot be written.
    """
    parts = [
        figure.to_html(full_html=False, include_plotlyjs=number == 0)
        for number, figure in enumerate(figures)
    ]
    page = (
        f'<!doctype html><meta charset="utf-8"><title>{escape(title)}</title><p>{GRADE_MEANS}</p>'
    )
    try:
        path.write_text(page + "".join(parts), encoding="utf-8")
    except OSError as error:
        raise PassiveError(
            f"The curves cannot be written to {path} ({error.strerror}). Name another file."
        ) from error
    say(f"Curves: {path}")
