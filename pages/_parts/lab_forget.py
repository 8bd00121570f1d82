"""Making the trained model forget: methods to choose, the work watched, before and after."""

from collections.abc import Mapping, Sequence

import streamlit as st

from auditcore.audit import Decision
from auditcore.errors import TelltaleError
from auditcore.jobs import lab
from auditcore.jobs.queue import Job, JobState
from auditcore.lab.experiments import (
    WITH,
    Audited,
    Experiment,
    Forgotten,
    Outcome,
    experiment_folder,
)
from auditcore.lab.unlearning import METHODS
from pages._parts import (
    figures,
    keys,
    lab_answers,
    lab_plots,
    lab_words,
    phrases,
    session,
    signs,
    waiting,
)

_RETRAIN = "retrain"


def show(experiment: Experiment) -> None:
    """Offer to make the model forget, follow the work, and show what came of it."""
    _introduce()
    job = lab.forgetting_job(session.queue(), experiment.id, session.owner())
    if job is not None and not job.ended:
        _running(job, experiment.id)
        return
    if job is not None and job.state is JobState.FAILED:
        waiting.failed(job, keys.LAB_FORGET_RETRY)
    results(experiment)
    if _was_found(experiment):
        _choose(experiment)
    else:
        st.info(lab_words.NOTHING_TO_FORGET, icon=":material/info:")


def _was_found(experiment: Experiment) -> bool:
    audited = experiment.audit(WITH)
    verdict = None if audited is None else audited.verdict
    return verdict is not None and verdict.decision is Decision.USED


def show_results(experiment: Experiment) -> None:
    """Show what came of making the model forget, where nothing more can be tried."""
    _introduce()
    results(experiment)


def _introduce() -> None:
    st.header("Make it forget", anchor=False)
    st.markdown(
        "Somebody wants their photos out of the model. Training it again without them takes as "
        "long as the first time, so short cuts were invented that change the finished model a "
        "little. Try them on the model that learned from the photos, and ask it again."
    )


def _running(job: Job, experiment_id: str) -> None:
    if job.state is JobState.PAUSED:
        st.info("Paused. What is finished is kept.", icon=":material/pause_circle:")
        st.button(
            "Go on", type="primary", key=keys.LAB_FORGET_RETRY, icon=":material/play_arrow:",
            on_click=session.queue().resume, args=(job.id, session.owner()),
        )  # fmt: skip
        results(lab.experiment_of(session.queue(), experiment_id, session.owner()))
        return
    _follow(job.id, experiment_id)


@st.fragment(run_every=1.0)
def _follow(job_id: str, experiment_id: str) -> None:
    session.waker().wake()
    job = waiting.find(job_id)
    if job is None or job.ended or job.state is JobState.PAUSED:
        st.rerun()
    with st.container(key=keys.LAB_LIVE):
        waiting.show(job)
        st.button(
            "Cancel", key=keys.LAB_CANCEL, icon=":material/close:",
            on_click=session.queue().cancel, args=(job_id, session.owner()),
        )  # fmt: skip
        experiment = Experiment(experiment_folder(experiment_id))
        if experiment.exists:
            results(experiment)


def _choose(experiment: Experiment) -> None:
    """Let methods be chosen that were not tried yet, and start them."""
    left = {name: method for name, method in METHODS.items() if name not in experiment.forgetting}
    if not left:
        return
    chosen = [name for name, method in left.items() if _wanted(name, method.title, method.sentence)]
    pressed = st.button(
        "Make it forget", type="primary", key=keys.LAB_FORGET, disabled=not chosen,
        icon=":material/ink_eraser:",
    )  # fmt: skip
    if pressed:
        _start(experiment.id, chosen)


def _wanted(name: str, title: str, sentence: str) -> bool:
    wanted = st.checkbox(title, value=name != _RETRAIN, key=f"{keys.LAB_METHOD}.{name}")
    st.caption(sentence)
    return wanted


def _start(experiment_id: str, methods: Sequence[str]) -> None:
    try:
        lab.submit_forget(session.queue(), experiment_id, methods, owner=session.owner())
    except TelltaleError as error:
        st.error(phrases.plain(str(error)), icon=":material/error:")
        return
    st.rerun()


def results(experiment: Experiment) -> None:
    """Show each method that was tried, on one chart with the model as it was before."""
    before, tried = experiment.audit(WITH), experiment.forgetting
    if before is None or before.verdict is None or not tried:
        return
    after = {name: one.audit for name, one in tried.items() if one.audit is not None}
    names = {name: METHODS[name].title for name in after}
    courses = [figures.Course("before", *before[:2], *lab_plots.STROKES[WITH])]
    courses += [
        figures.Course(names[name], *audited[:2], *lab_plots.STROKES[name])
        for name, audited in after.items()
    ]
    _headline(tried)
    st.markdown(lab_words.left({names[name]: audited for name, audited in after.items()}))
    lab_answers.chart(courses, f"{keys.CHART}.forgetting")
    trained = experiment.outcome(WITH)
    if trained is not None:
        st.table(_rows(experiment, trained, tried), border="horizontal")
        skill = lab_words.skill(trained.utility_title, experiment.setup.kind)
        st.caption(f"{skill} **Work**: seconds of computing.")


def _headline(tried: Mapping[str, Forgotten]) -> None:
    cuts = [
        one.audit.verdict.decision
        for name, one in tried.items()
        if name != _RETRAIN and one.audit is not None and one.audit.verdict is not None
    ]
    if cuts:
        found = sum(decision is Decision.USED for decision in cuts)
        st.subheader(lab_words.after_forgetting(found, len(cuts)), anchor=False)
    anew = tried[_RETRAIN].audit if _RETRAIN in tried else None
    if anew is not None and anew.verdict is not None and anew.verdict.decision is Decision.USED:
        st.markdown(lab_words.innocent_accused(anew.plan))


def _rows(
    experiment: Experiment, trained: Outcome, tried: Mapping[str, Forgotten]
) -> list[dict[str, str]]:
    before = experiment.audit(WITH)
    rows = [_row("Before", before, trained.utility, trained.seconds)]
    for name, one in tried.items():
        rows.append(_row(METHODS[name].title, one.audit, one.utility_after, one.seconds))
    return rows


def _row(model: str, audited: Audited | None, utility: float, seconds: float) -> dict[str, str]:
    verdict = None if audited is None else audited.verdict
    return {
        "Model": model,
        "Answer": "…" if verdict is None else signs.signed(verdict.decision),
        "Evidence": "…" if audited is None else lab_words.reached(audited),
        "Skill": f"{utility:.0%}",
        "Work": f"{seconds:,.0f} s",
    }
