"""Surveys on a page: one model asked about a folder of kits, each kit a statement of its own."""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import streamlit as st

from auditcore.audit import UNFINISHED, Decision, Listed, Store, list_kits
from auditcore.audit.words import NO_GRADE
from pages._parts import claims, keys, paging, phrases, signs, tables_out

if TYPE_CHECKING:
    from auditcore.survey import SurveyRecord, Surveys

A_PAGE = 20
_EVERY = "Every answer"
_WAITING = "No answer yet"
_ALONE = "Asked about by itself"
_ALONE_NOTE = (
    "Not counted in this survey: the model was asked about this kit by itself, at another accepted "
    "chance of a false alarm than the survey's share."
)


class Kit(NamedTuple):
    """A kit of a survey: its id and name, and its newest audits.

    Attributes:
        audit: at the survey's share, the only ones that the survey's promise covers.
        alone: at another p, where there is none at the share.
    """

    id: str
    name: str
    audit: Listed | None
    alone: Listed | None

    @property
    def answer(self) -> str:
        """Its answer with its sign."""
        if self.audit is None and self.alone is not None:
            return _ALONE
        known = self.audit is not None and self.audit.answer != UNFINISHED
        return signs.signed(Decision(self.audit.answer)) if known else _WAITING


@st.cache_resource
def _surveys(_store: Store) -> "Surveys":
    from auditcore.survey import Surveys

    return Surveys(_store)


def surveys(store: Store, owner: str) -> list["SurveyRecord"]:
    """Return the owner's surveys, newest first."""
    return _surveys(store).surveys(owner)


def links(records: Sequence["SurveyRecord"]) -> None:
    """List surveys; each links to its own address."""
    for record in records:
        st.page_link(
            "pages/results.py",
            label=phrases.plain(f"{phrases.count(record.size, 'kit')} and {record.model}"),
            icon=":material/folder_open:",
            query_params={keys.SURVEY: record.id},
        )
        when = record.created.replace("T", " ").removesuffix("Z")
        strict = claims.rarity(record.p)
        st.caption(phrases.plain(f"False alarms about any kit {strict}. Begun {when} UTC."))


def open_address(store: Store, owner: str, address: str) -> None:
    """Show the survey that an address names."""
    found = [record for record in surveys(store, owner) if record.id == address]
    if not found:
        st.warning("There is no such survey here.", icon=":material/link_off:")
        return
    (record,) = found
    kits = _kits(store, owner, record)
    st.header(f"{phrases.count(record.size, 'kit')} in one folder", anchor=False)
    st.markdown(phrases.plain(f"Asked of {record.model}, each kit one statement of its own."))
    _counts(record, kits)
    _promise(record)
    _pages(kits)
    done = [(kit.audit.id, kit.name) for kit in kits if kit.audit and kit.answer != _WAITING]
    if done:
        name = f"telltale-survey-{record.id[:8]}"
        notes = [(kit.id, kit.name, _ALONE_NOTE) for kit in kits if kit.answer == _ALONE]
        tables_out.offer(store, owner, done, name, keys.SAVE_SURVEY, notes)


def _kits(store: Store, owner: str, record: "SurveyRecord") -> list[Kit]:
    within = list_kits(store, owner, record.fingerprint, record.share)
    every = list_kits(store, owner, record.fingerprint)
    return [
        Kit(kit_id, name, within.get(kit_id), None if kit_id in within else every.get(kit_id))
        for kit_id, name in record.kits
    ]


def _counts(record: "SurveyRecord", kits: Sequence[Kit]) -> None:
    """Show how many kits have which answer; those without a guarantee are counted apart."""
    counted = [kit for kit in kits if kit.audit is None or kit.audit.grade != NO_GRADE]
    of = Counter(kit.answer for kit in counted)
    of[_WAITING] += record.size - len(kits)
    with st.container(horizontal=True, gap="large"):
        for answer in (*map(signs.signed, Decision), _WAITING, _ALONE):
            if of[answer]:
                st.metric(answer, f"{of[answer]:,} of {record.size:,}", width="content")
    if apart := len(kits) - len(counted):
        st.caption(
            f"{phrases.count(apart, 'kit')} not counted: made from a given seed, so that no "
            "guarantee holds."
        )


def _promise(record: "SurveyRecord") -> None:
    st.caption(
        "The accepted chance of a false alarm was shared out before the first question: each kit "
        f"is held to {claims.rarity(record.share)}, so that any kit is wrongly called used in at "
        f"most {claims.rarity(record.p)} surveys. “Not shown” is no proof of the opposite, and "
        "the number of kits called used is no estimate of how many were used."
    )


def _pages(kits: Sequence[Kit]) -> None:
    again = {"on_change": paging.first_page, "args": (keys.SURVEY_PAGE,)}
    left, right = st.columns([2, 1])
    words = left.text_input("Name of the kit", key=keys.SURVEY_WORDS, **again).casefold()
    answers = [_EVERY, *map(signs.signed, Decision), _WAITING]
    answers += [_ALONE] * any(kit.answer == _ALONE for kit in kits)
    answer = right.selectbox("Answer", answers, key=keys.SURVEY_ANSWER, **again)
    found = [kit for kit in kits if answer in (_EVERY, kit.answer) and words in kit.name.casefold()]
    above = st.container()
    page = paging.turned_to(len(found), A_PAGE, keys.SURVEY_PAGE)
    with above:
        st.caption(f"{paging.where(page, A_PAGE, len(found))}.")
        for kit in found[page * A_PAGE : (page + 1) * A_PAGE]:
            _link(kit)


def _link(kit: Kit) -> None:
    audit = kit.audit or kit.alone
    if audit is None:
        st.markdown(phrases.plain(kit.name))
        st.caption("Not asked about yet.")
        return
    st.page_link(
        "pages/results.py",
        label=phrases.plain(f"{kit.name}: {kit.answer}"),
        icon=":material/pause_circle:" if kit.answer == _WAITING else ":material/fact_check:",
        query_params={keys.AUDIT: audit.id},
    )
    note = _ALONE_NOTE if kit.answer == _ALONE else audit.headline or "Not finished."
    st.caption(phrases.plain(note))
