"""What an experiment shows: how both trainings went, both audits on one chart, both answers."""

import streamlit as st

from auditcore.audit import Decision, verdict_words
from auditcore.audit.words import headline
from auditcore.lab.experiments import TWINS, Audited, Experiment
from pages._parts import evidence_plot, figures, keys, lab_plots, lab_words, phrases, verdict_view

QUIET = {"displayModeBar": False, "scrollZoom": False}
_PHOTOS, _WIDTH = 4, 150


def trainings(experiment: Experiment) -> None:
    """Show how far both twins are, and how far off they still are."""
    rows = [
        (twin, lab_words.TWINS[twin], so_far)
        for twin in TWINS
        if (so_far := experiment.losses(twin))
    ]
    if not rows:
        return
    far = ", ".join(
        f"{name}: {so_far[-1].epoch} of {lab_words.epochs(so_far[-1].epochs)}, loss "
        f"{so_far[-1].loss:.3g}"
        for _twin, name, so_far in rows
    )
    st.plotly_chart(
        lab_plots.losses(rows, experiment.setup.epochs),
        key=f"{keys.CHART}.losses",
        config=QUIET,
        alt=f"The loss of both models over the rounds of training. {far}.",
    )
    st.caption(
        "The loss says how far off a model still is on its own pictures. A falling line says that "
        "it learns, and not from which photos."
    )


def photos(experiment: Experiment) -> None:
    """Show some of the photos as the first model sees them, once they are marked."""
    marked = [one for one in experiment.pictures if one.published is not None][:_PHOTOS]
    if not marked:
        return
    with st.container(horizontal=True, gap="small"):
        for picture in marked:
            st.image(str(picture.published), alt=f"{picture.file}, marked", width=_WIDTH)
    st.caption("Some of the photos as the first model sees them, each with its hidden mark.")


def audits(experiment: Experiment) -> None:
    """Show both audits on one chart, as far as they are."""
    courses = [
        figures.Course(f"the model that {lab_words.TWINS[twin]}", *audited[:2], *stroke)
        for twin in TWINS
        if (audited := experiment.audit(twin)) and (stroke := lab_plots.STROKES[twin])
    ]
    if not courses:
        return
    chart(courses, f"{keys.CHART}.twins")
    st.caption(
        "Each line is one model being asked, and how much more its answers speak for use than at "
        "the start, where all stand at 1×. An audit ends as soon as its line reaches the dashed "
        "one. Each photo's published version costs one more question. "
        + lab_words.bar(courses[0].plan)
    )


def chart(courses: list[figures.Course], key: str) -> None:
    """Show audits on one chart, with what it says in words for those who cannot see it."""
    standing = [evidence_plot.evidence(course.plan, course.trace) for course in courses]
    said = " ".join(
        f"{course.name}: {evidence_plot.times(reached)}."
        for course, (reached, _needed) in zip(courses, standing, strict=True)
    )
    st.plotly_chart(
        figures.compared(courses),
        key=key,
        config=QUIET,
        alt=f"Evidence over the hidden versions compared; {evidence_plot.times(standing[0][1])} "
        f"is enough. {said}",
    )


def answers(experiment: Experiment) -> None:
    """Show both answers side by side, the known truth beside each, and what kind they are."""
    for twin, column in zip(TWINS, st.columns(2), strict=True):
        audited = experiment.audit(twin)
        if audited is not None and audited.verdict is not None:
            with column:
                _answer(twin, audited)


def _answer(twin: str, audited: Audited) -> None:
    plan, verdict = audited.plan, audited.verdict
    assert verdict is not None, "only a finished audit has an answer"
    st.subheader(f"The model that {lab_words.TWINS[twin]}", anchor=False)
    verdict_view.framed(verdict, headline(verdict, plan), lab_words.basis(audited))
    st.markdown(lab_words.truth(twin, verdict.decision, plan))
    if verdict.decision is Decision.USED:
        st.badge("Guaranteed", icon=":material/verified:", color="primary")
        st.caption(lab_words.guaranteed(plan))


def meaning(experiment: Experiment) -> None:
    """Say what the answer about the model that learned from the photos means."""
    audited = experiment.audit(TWINS[0])
    if audited is not None and audited.verdict is not None:
        words = verdict_words(audited.verdict, audited.plan)
        st.markdown(f"**About the answer on the model that {lab_words.TWINS[TWINS[0]]}:**")
        verdict_view.meaning(words)
        with st.expander("What could defeat an audit like this"):
            st.markdown("\n".join(f"- {line}" for line in words.limits))


def trained(experiment: Experiment) -> None:
    """Say how good both models became, and show how their trainings went."""
    st.header("The two models", anchor=False)
    outcomes = {twin: experiment.outcome(twin) for twin in TWINS}
    told = [outcome for outcome in outcomes.values() if outcome is not None]
    if told:
        st.markdown(lab_words.skill(told[0].utility_title, experiment.setup.kind))
    with st.container(horizontal=True, gap="large"):
        for twin, outcome in outcomes.items():
            if outcome is not None:
                name = lab_words.TWINS[twin].capitalize()
                st.metric(name, f"{outcome.utility:.0%}", width="content")
    trainings(experiment)
    photos(experiment)
    with st.expander("How they were trained"):
        facts = lab_words.facts(experiment.setup, outcomes, experiment.record)
        table = {name: phrases.plain(fact) for name, fact in facts.items()}
        st.table(table, hide_header=True)
