"""What a model remembers: pictures it learned from beside others, epoch by epoch."""

import streamlit as st

from auditcore.errors import TelltaleError
from auditcore.jobs import lab
from auditcore.lab.experiments import WITH, Snapshot, shipped_experiment
from auditcore.lab.lessons.members import FEW_WRONG, Seen, seen
from pages._parts import keys, lesson_frame, lesson_plots, session
from pages._parts.lesson_frame import percent, reach

_SCORES, _APART = "Scores", "Told apart"
_YOURS = "These are figures of the experiment that you made last in the Lab."
_SHIPPED = (
    "These are figures of an experiment made earlier and shipped with Telltale. Train a model in "
    "the Lab to see your own."
)


def show() -> None:
    """Show the piece."""
    lesson_frame.idea(
        "What a model remembers",
        "A model finds the pictures it learned from more familiar than others of the same kind. "
        "Turn the training back and forth: the longer it learns the same pictures, the further the "
        "two part. That is overfitting, and it is what every search for training pictures lives "
        "on.",
    )
    try:
        snapshots, whose = _snapshots()
        epochs = seen(snapshots)
    except TelltaleError as error:
        st.error(str(error), icon=":material/error:")
        return
    one = _chosen(epochs)
    _draw(one)
    st.caption(whose)
    st.page_link("pages/lab.py", label="Train one in the Lab", icon=":material/science:")
    lesson_frame.take_home(_lesson(epochs))


def _snapshots() -> tuple[tuple[Snapshot, ...], str]:
    mine = lab.latest(session.queue(), session.owner())
    if mine is not None and mine.memory(WITH):
        return mine.memory(WITH), _YOURS
    return shipped_experiment().memory(WITH), _SHIPPED


def _chosen(epochs: tuple[Seen, ...]) -> Seen:
    numbers = [one.epoch for one in epochs]
    chosen = st.select_slider(
        "Trained for so many rounds over all pictures", numbers, value=numbers[-1],
        key=keys.LESSON_EPOCH,
    )  # fmt: skip
    return epochs[numbers.index(chosen)]


def _draw(one: Seen) -> None:
    look = st.segmented_control(
        "Look at", [_SCORES, _APART], default=_SCORES, required=True, key=keys.LESSON_LOOK
    )
    said = (
        f"After round {one.epoch}, a picture it learned from looks more familiar than another one "
        f"in **{percent(one.auc.value)}** of pairs (95 % interval {reach(one.auc)}; a coin toss is "
        "50 %)."
    )
    if one.found is not None:
        said += (
            f" Allowing {100 * FEW_WRONG:.0f} mistakes in 100 others, "
            f"**{percent(one.found.value)}** of the pictures it learned from are found."
        )
    st.markdown(said)
    draw = lesson_plots.spread if look == _SCORES else lesson_plots.told_apart
    lesson_frame.chart(f"members.{look}", draw(one), said.replace("**", ""))


def _lesson(epochs: tuple[Seen, ...]) -> str:
    first, last = epochs[0], epochs[-1]
    return (
        f"From round {first.epoch} to {last.epoch} the pairs told apart rose from "
        f"{percent(first.auc.value)} to {percent(last.auc.value)}. We can tell because the others "
        "were drawn from the same heap as the training pictures. Of a model out there nobody has "
        "such others, so its scores stay an **indication**. A guarantee brings its own: the hidden "
        "versions of each photo."
    )
