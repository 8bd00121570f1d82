"""Step 4 of the presentation: a thousand innocent models, audited while one watches."""

import secrets
from fractions import Fraction

import numpy as np
import streamlit as st

from auditcore.lab.lessons.thousand import MODELS, Case, Flags, audit_models
from pages._parts import keys, present_words
from pages._parts.present_data import Shown
from pages._parts.present_steps import Step

_CHUNK, _SECONDS = 125, 1.0


def show(shown: Shown) -> None:
    """Show the step: audit on while some of the thousand are left."""
    case = _case(shown.seen.plan.level)
    if _done().size < MODELS:
        _audit_on(case, shown.seen.plan.p)
    else:
        st.html(step(_done(), shown.seen.plan.p).html())


def forget() -> None:
    """Drop the thousand: the next time they are others."""
    for name in (keys.PRESENT_SEED, keys.PRESENT_ACCUSED):
        st.session_state.pop(name, None)


def step(accused: Flags, p: Fraction) -> Step:
    """Return the step after so many audits.

    Args:
        accused: whether each was accused, shape (audits so far,).
        p: what was promised.
    """
    count, done = int(accused.sum()), accused.size
    finished = done == MODELS
    say = present_words.innocent(count, done, p) if finished else present_words.auditing(MODELS)
    alt = f"{done:,} models audited, {count:,} of them accused."
    facts = (
        f"<div class='tp-count'><p><strong>{count:,}</strong>▲ wrongly accused</p>"
        f"<p><strong>{done:,}</strong>● audited so far</p>"
        f"<p>{present_words.luck(count, MODELS, p)}</p></div>"
    )
    dots = f"<div class='tp-dots' role='img' aria-label='{alt}'>{_dots(accused)}</div>"
    return Step(4, say, f"<div class='tp-show tp-thousand'>{dots}{facts}</div>", present_words.LIVE)


def _dots(accused: Flags) -> str:
    kinds = ["<i class='accused'></i>" if one else "<i class='fine'></i>" for one in accused]
    return "".join(kinds) + "<i></i>" * (MODELS - accused.size)


def _case(level: Fraction) -> Case:
    seed = st.session_state.setdefault(keys.PRESENT_SEED, secrets.randbelow(2**31))
    return Case(p=level, seed=seed)


def _done() -> Flags:
    return st.session_state.setdefault(keys.PRESENT_ACCUSED, np.zeros(0, dtype=np.bool_))


@st.fragment(run_every=_SECONDS)
def _audit_on(case: Case, p: Fraction) -> None:
    done = _done()
    if done.size >= MODELS:
        st.rerun()
    new = audit_models(case, done.size, min(_CHUNK, MODELS - done.size))
    st.session_state[keys.PRESENT_ACCUSED] = np.concatenate([done, new])
    st.html(step(st.session_state[keys.PRESENT_ACCUSED], p).html())
