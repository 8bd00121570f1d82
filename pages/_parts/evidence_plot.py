"""The plot of an audit with its views; what the claim is about comes first."""

import math
from collections.abc import Sequence

import streamlit as st

from auditcore.audit import Plan, Trace, trace_of
from auditcore.audit.machine import Move
from auditcore.audit.plan import EACH
from pages._parts import figures, keys

TOGETHER, PHOTOS, STEPS = "Together", "Photo by photo", "Count of versions"
_MOST = 60.0
_FRAMES, _FRAME_SECONDS = 24, 1.0
_QUIET = {"displayModeBar": False, "scrollZoom": False}
_ABOUT = {
    TOGETHER: "How much more the answers speak for use than at the start. The audit ends as soon "
    "as the line reaches the dashed one.",
    PHOTOS: "The evidence on each photo. It is enough once a line reaches the dashed one; below "
    "the dotted one there is little hope.",
    STEPS: "How many of the hidden versions beat the published one. Chance alone puts half of them "
    "above it; a model that learned from the photo hardly any.",
}
_AT_LEAST = (
    "The evidence on each photo. Of many photos some reach the dashed line by chance: each needs "
    "at least that, and all together must stand out as well. Below the dotted one there is little "
    "hope."
)
_BY_PHOTO = (
    "A model behind an address answers for a whole photo before its versions are compared, so "
    "lines move photo by photo."
)
_NO_CLAIM = "This audit makes its claim about the photos together, and none about a single photo."


def show(plan: Plan, trace: Trace) -> None:
    """Show one view of an audit, with a choice of the others."""
    views = _views(plan)
    view = st.segmented_control(
        "View", views, default=views[0], required=True, key=keys.VIEW, label_visibility="collapsed"
    )
    view = view if view in views else views[0]
    said = _say(view, plan, trace)
    st.caption(said)
    draw = {TOGETHER: figures.together, PHOTOS: figures.photo_by_photo, STEPS: figures.stairs}
    st.plotly_chart(
        draw[view](plan, trace),
        key=f"{keys.CHART}.{view}",
        config=_QUIET,
        alt=f"{said} {_standing(trace)}",
    )


def finished(plan: Plan, moves: Sequence[Move], audit_id: str) -> None:
    """Show the plot of a finished audit, and let it build up again for whoever missed it."""
    if st.session_state.get(keys.REPLAY, ("", 0))[0] == audit_id:
        _build_up(plan, moves, audit_id)
        return
    show(plan, trace_of(plan, moves))
    if len(moves) > 1:
        st.button(
            "Watch it build up", key=keys.WATCH, icon=":material/replay:",
            on_click=st.session_state.__setitem__, args=(keys.REPLAY, (audit_id, 0)),
        )  # fmt: skip


@st.fragment(run_every=_FRAME_SECONDS)
def _build_up(plan: Plan, moves: Sequence[Move], audit_id: str) -> None:
    """Show the plot as it was, a little later at each frame, _FRAMES frames in all."""
    shown = st.session_state[keys.REPLAY][1] + max(1, len(moves) // _FRAMES)
    st.session_state[keys.REPLAY] = (audit_id, shown)
    if shown >= len(moves):
        del st.session_state[keys.REPLAY]
        st.rerun()
    trace = trace_of(plan, moves[:shown])
    standing(plan, trace)
    show(plan, trace)


def standing(plan: Plan, trace: Trace) -> None:
    """Show in three figures where a running audit stands."""
    reached, needed = evidence(plan, trace)
    asked = sum(len(points) for points in trace.photos)
    with st.container(horizontal=True, gap="large"):
        several = figures.several(plan)
        now = "Strongest photo now" if several else "Evidence now"
        st.metric(now, times(reached), width="content")
        needs = "A photo needs at least" if several else "Enough at"
        st.metric(needs, times(needed), width="content")
        st.metric("Hidden versions compared", f"{asked:,}", width="content")


def evidence(plan: Plan, trace: Trace) -> tuple[float, float]:
    """Return the evidence of what is claimed, and where it is enough (of photos, the furthest)."""
    logs = [points[-1][2] for points in trace.photos if points]
    if plan.together:
        logs = [log for _, log in trace.collection[-1:]]
    return math.exp(min(max(logs, default=0.0), _MOST)), figures.deciding(plan)


def times(evidence: float) -> str:
    """Say how far the evidence has grown since the start: "44×"."""
    return f"{evidence:,.0f}×" if evidence >= 10 else f"{evidence:.2g}×"


def _views(plan: Plan) -> list[str]:
    if plan.together:
        return [TOGETHER, PHOTOS, STEPS]
    return [PHOTOS, STEPS, TOGETHER] if plan.claim.kind == EACH else [PHOTOS, STEPS]


def _say(view: str, plan: Plan, trace: Trace) -> str:
    about = _AT_LEAST if view == PHOTOS and figures.several(plan) else _ABOUT[view]
    if view == PHOTOS and plan.together:
        about = _NO_CLAIM
    by_photo = [_BY_PHOTO] if plan.hosted else []
    return " ".join([about, *by_photo, *_left_out(view, plan, trace)])


def _left_out(view: str, plan: Plan, trace: Trace) -> list[str]:
    """Say what of a large audit is not drawn."""
    if view == TOGETHER:
        steps = len(trace.collection)
        thin = f"Of its {steps:,} steps about {figures.POINTS:,} are drawn, evenly."
        return [thin] if steps > figures.POINTS else []
    of = len(plan.photos)
    few = f"Drawn are the {figures.LINES} photos with the most evidence, of {of:,}."
    return [few] if of > figures.LINES else []


def _standing(trace: Trace) -> str:
    asked = sum(len(points) for points in trace.photos)
    beaten = sum(points[-1][1] for points in trace.photos if points)
    return f"So far {beaten:,} of {asked:,} hidden versions beat the published one."
