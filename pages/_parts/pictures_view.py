"""The answer about pictures: two collections side by side, in a picture, sentences and a table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import streamlit as st

from auditcore.passive import strength
from auditcore.passive.encodermi.comparing import Comparison, Reading
from auditcore.passive.encodermi.words import comparison_words
from pages._parts import indication, keys, lines, online_plots, phrases


def show(result: Mapping[str, Any], deletion: Callable[[], None]) -> None:
    """Show a comparison, the answer first.

    Args:
        result: what the job left in its folder.
        deletion: puts the way to delete everything on the page.
    """
    found = Comparison.from_json(result["comparison"])
    words = comparison_words(found)
    enough = found.reading is not Reading.TOO_FEW  # else every figure would mislead
    figures = words.figures if enough else ()
    asked = " ".join([f"Asked: {result['model']}.", *figures[:1]])
    indication.answer(words.headline, asked, words.caution)
    deletion()
    if enough:
        _strips(found, result["mine"])
    if figures[1:]:
        st.markdown("\n\n".join(figures[1:]))
    indication.means(words.means, words.means_not)
    _strength()
    if words.attacks and enough:
        with st.expander("What the trained attack says"):
            st.markdown("\n".join(f"- {phrases.plain(line)}" for line in words.attacks))
    if enough:
        _table(found, result["mine"])
    _refused(result["refused"])
    indication.protect_next()


def _strips(found: Comparison, names: Sequence[str]) -> None:
    st.plotly_chart(
        online_plots.two_strips(found, names),
        key=f"{keys.CHART}.strips",
        config={"displayModeBar": False},
    )
    st.caption(
        "Each mark is a picture. Further right: the model finds its parts more alike, as models do "
        "with pictures that they learned from for long."
    )


def _strength() -> None:
    measured = strength.encodermi_strength()
    if measured is not None:
        words = strength.encodermi_words(measured)
        plot = online_plots.strength_of_pictures(measured)
        indication.strength(words, plot, f"{keys.CHART}.strength")


def _table(found: Comparison, names: Sequence[str]) -> None:
    with st.expander(f"Your pictures, one by one ({len(names)})"):
        rows = {
            "Picture": list(names),
            "How alike its parts": [round(value, 3) for value in found.mine],
            "In the top 5 %": [_above(value, found.cut) for value in found.mine],
        }
        rows |= {
            f"Attack {variant} calls it": [
                "training data" if called else "–" for called in one.pictures
            ]
            for variant, one in found.attacks.items()
            if one.fits
        }
        st.dataframe(rows, hide_index=True)
        st.caption("No single line says anything sure: look at all of them together.")


def _above(value: float, cut: float | None) -> str:
    return "too few" if cut is None else "yes" if value > cut else "no"


def _refused(refused: Sequence[Mapping[str, str]]) -> None:
    if refused:
        st.header("Left out", anchor=False)
        lines.show(
            lines.file_line(one["name"], good=False, word="left out.", notes=(one["why"],))
            for one in refused
        )
