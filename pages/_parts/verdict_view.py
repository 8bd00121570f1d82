"""A verdict on a page: the answer, its grade, what it means and what it does not, the report."""

from collections.abc import Callable
from html import escape

import streamlit as st

from auditcore.audit import AuditRecord, Plan, Store, Verdict, verdict_words
from auditcore.audit.courses import EVIDENCE
from auditcore.audit.machine import Move
from auditcore.audit.plan import COLLECTION, PHOTO
from auditcore.audit.words import VerdictWords
from auditcore.errors import TelltaleError
from auditcore.evidence import build_report, render_html, report_bytes, sample_kit_id
from auditcore.jobs.check import open_kept
from pages._parts import claims, evidence_plot, keys, photos_view, phrases, signs, tables_out

SAMPLE = (
    "This is the sample kit. Its secret is public, so the answer shows how the method works and is "
    "no evidence about a model."
)
_WRITE = "Write the report. With so many photos that takes a while, and the files are large"
_LARGE = 500
"""From so many photos on, a report takes seconds to write and is written when it is asked for."""


def show(store: Store, record: AuditRecord, next_step: Callable[[], None] | None = None) -> None:
    """Show a finished audit, the answer first; `next_step` follows its plot."""
    verdict, plan = record.verdict, record.plan
    assert verdict is not None, "only finished audits have a verdict to show"
    words = verdict_words(verdict, plan)
    _answer(verdict, words, plan)
    evidence_plot.finished(plan, _moves(store, record.id), record.id)
    if next_step is not None:
        next_step()
    meaning(words)
    photos_view.show(verdict, plan)
    with st.expander("What could defeat an audit like this"):
        st.markdown("\n".join(f"- {line}" for line in words.limits))
    with st.expander("The figures"):
        facts = _facts(verdict, plan).items()
        st.table({name: phrases.plain(fact) for name, fact in facts}, hide_header=True)
    _save(store, record)


@st.cache_resource(max_entries=4, show_spinner=False)
def _moves(_store: Store, audit_id: str) -> list[Move]:
    """Return the moves of a finished audit, which stay as they are."""
    return _store.moves(audit_id)


def framed(verdict: Verdict, headline: str, basis: str, label: str = "Answer") -> None:
    """Show an answer in the frame, with the sign and the short word that belong to it."""
    style, sign, short = signs.SIGNS[verdict.decision]
    st.html(
        f"<section class='tt-verdict {style}' role='status' aria-label='{escape(label)}'>"
        f"<p class='kicker'><span aria-hidden='true'>{sign} </span>{short}</p>"
        f"<p class='answer'>{escape(headline)}</p>"
        f"<p class='basis'>{escape(basis)}</p></section>"
    )


def _answer(verdict: Verdict, words: VerdictWords, plan: Plan) -> None:
    framed(verdict, words.headline, _basis(verdict, plan))
    promised = plan.test_seed is None
    icon = ":material/verified:" if promised else ":material/science:"
    st.badge(words.grade.capitalize(), icon=icon, color="primary" if promised else "gray")
    st.caption(words.grade_means)
    if plan.kit_id == sample_kit_id():
        st.caption(SAMPLE)


def _basis(verdict: Verdict, plan: Plan) -> str:
    """Say in one line what the answer rests on: the model, the evidence, the questions."""
    asked = f"{verdict.queries:,} questions to {plan.model['name']}."
    together = verdict.collection
    if plan.claim.kind == COLLECTION and together.statistic_name == EVIDENCE:
        reached, needed = evidence_plot.times(together.statistic), together.threshold
        return f"{asked} Evidence {reached}; {evidence_plot.times(needed)} is enough."
    if plan.claim.kind == PHOTO:
        photo = verdict.photos[plan.photos[0]]
        beaten, hidden = photo.beaten_by, photo.hidden_queries
        return f"{asked} {beaten} of {hidden} hidden versions beat the published one."
    return asked


def meaning(words: VerdictWords) -> None:
    """Say side by side what a verdict means, and what it does not."""
    left, right = st.columns(2)
    with left.container(border=True, height="stretch"):
        st.header("What this means", anchor=False)
        st.markdown("\n\n".join(words.means))
    with right.container(border=True, height="stretch"):
        st.header("What it does not mean", anchor=False)
        st.markdown("\n\n".join(words.means_not))


def _save(store: Store, record: AuditRecord) -> None:
    st.header("Keep the report", anchor=False)
    if len(record.plan.photos) > photos_view.FEW:
        name, audits = f"telltale-tables-{record.id[:8]}", [(record.id, record.plan.kit_id)]
        tables_out.offer(store, record.owner, audits, name, keys.SAVE_TABLES)
    large = len(record.plan.photos) >= _LARGE
    if large and not st.toggle(
        "Write the report now: with many photos it takes a while", key=keys.WRITE_REPORT
    ):
        return
    try:
        page, data = _report(store, record.id, record.plan.kit_id, record.owner)
    except TelltaleError as error:
        st.warning(f"{error} The report needs the kit.", icon=":material/key_off:")
        return
    st.markdown(
        "The page is for reading and printing. The data file lets anyone who has your kit repeat "
        "every step: `python -m auditcore verify report.json kit.zip`."
    )
    name = f"telltale-report-{record.id[:8]}"
    with st.container(horizontal=True):
        st.download_button(
            "Save as a page (HTML)", page, f"{name}.html", "text/html", key=keys.SAVE_HTML,
            icon=":material/description:", on_click="ignore", type="primary",
        )  # fmt: skip
        st.download_button(
            "Save the data (JSON)", data, f"{name}.json", "application/json", key=keys.SAVE_JSON,
            icon=":material/data_object:", on_click="ignore",
        )  # fmt: skip


@st.cache_data(max_entries=8, show_spinner="Writing the report")
def _report(_store: Store, audit_id: str, kit_id: str, owner: str) -> tuple[str, bytes]:
    report = build_report(_store, audit_id, open_kept(kit_id, owner))
    return render_html(report), report_bytes(report)


def _facts(verdict: Verdict, plan: Plan) -> dict[str, str]:
    together = verdict.collection
    facts = {
        "Model": f"{plan.model['name']} ({plan.model['spec']})",
        "Question": claims.asked(str(plan.claim), len(plan.files)),
        "Accepted chance of a false alarm": claims.rarity(plan.p),
        "Attempt of this kit on this model": f"{plan.attempt}, held to {claims.rarity(plan.level)}",
        "Questions to the model": f"{verdict.queries:,} of at most {plan.at_most:,}",
        "Test": plan.test,
        "Score": str(plan.score["name"]),
        "Started (UTC)": plan.started,
    }
    if together.statistic is not None and together.threshold is not None:
        facts["Evidence, all photos together"] = (
            f"{together.statistic:,.3g} ({together.threshold:,.3g} decides)"
        )
    return facts
