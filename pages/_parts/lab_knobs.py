"""The knobs of an experiment, each with what it does; nobody has to touch them."""

from dataclasses import replace
from fractions import Fraction
from typing import Any

import streamlit as st

from auditcore.errors import TelltaleError
from auditcore.lab.experiments import AUGMENTATIONS, LEVELS, RANGES, Setup, default_setup
from auditcore.marks import VISIBILITY_DEFAULT
from pages._parts import claims, keys, phrases

_STRONG = "Strong: small cuts, mirrored, in other light and colours. Hardest to learn by heart."
_VARY = {
    "clip": {
        "none": "None: always the same picture. Easiest to learn by heart.",
        "usual": "Usual: a little is cut off at the edges, somewhere else each time.",
        "strong": _STRONG,
    },
    "classifier": {
        "none": "None: always the same picture. Easiest to learn by heart.",
        "usual": "Usual: some is cut off at the edges, and every other time it is mirrored.",
        "strong": _STRONG,
    },
    "encoder": {
        "none": "None: only cut and mirrored, which is what it learns from. Colours stay.",
        "usual": "Usual: cut and mirrored, in other light and colours.",
        "strong": _STRONG,
    },
}
_PRIVACY = {"off": None, "weak": 50.0, "medium": 8.0, "strong": 1.0}
_PATIENCE = 5
_CLASSIFIER = "classifier"


def choose(kind: str, photos: str, visibility: float | None) -> Setup | None:
    """Let every choice be made that is not made yet; None, said on the page, if they do not fit.

    Args:
        kind: of model.
        photos: sample or own.
        visibility: of the marks; None if it is to be chosen here.
    """
    start = default_setup(kind)
    with st.expander("Change how they are trained, and how strictly they are asked"):
        choices: dict[str, Any] = {
            "rest": _rest(start),
            "epochs": _epochs(start),
            "augmentation": _vary(start),
            "patience": _early(),
            "epsilon": _privacy() if kind == _CLASSIFIER else None,
            "visibility": _visibility(start) if visibility is None else visibility,
            "p": _rarity(start),
            "seed": _seed(start),
        }
    try:
        return replace(start, photos=photos, **choices)
    except TelltaleError as error:
        st.error(phrases.plain(str(error)), icon=":material/error:")
        return None


def _rest(start: Setup) -> int:
    return _slider(
        "Other pictures in the training set", "rest", start.rest, keys.LAB_REST, start.kind,
        "The more others there are, the less a single one stands out, and the longer it takes.",
        step=10,
    )  # fmt: skip


def _epochs(start: Setup) -> int:
    return _slider(
        "Rounds, each with every picture once (epochs)", "epochs", start.epochs, keys.LAB_EPOCHS,
        start.kind,
        "The more often, the better a model knows its own pictures by heart. That is called "
        "overfitting.",
    )  # fmt: skip


def _slider(
    label: str, name: str, value: int, key: str, kind: str, told: str, step: int = 1
) -> int:
    least, most = RANGES[name]
    label = f"{label}, {least:,} to {most:,}"
    chosen = st.slider(label, int(least), int(most), value, step=step, key=f"{key}.{kind}")
    st.caption(told)
    return chosen


def _vary(start: Setup) -> str:
    chosen = st.segmented_control(
        "How much pictures are varied while training (augmentation)",
        AUGMENTATIONS,
        default=start.augmentation,
        required=True,
        format_func=str.capitalize,
        key=f"{keys.LAB_VARY}.{start.kind}",
    )
    chosen = chosen or start.augmentation
    st.caption(_VARY[start.kind][chosen])
    return chosen


def _early() -> int | None:
    early = st.toggle("Stop early", key=keys.LAB_EARLY)
    st.caption(
        "Ends the training once pictures it never saw are no longer handled better, and takes the "
        "model as it was at its best. A usual way against learning by heart."
    )
    if not early:
        return None
    least, most = RANGES["patience"]
    return int(
        st.number_input(
            "Rounds without progress before it stops",
            int(least),
            int(most),
            _PATIENCE,
            key=keys.LAB_PATIENCE,
        )
    )


def _privacy() -> float | None:
    chosen = st.segmented_control(
        "Differential privacy while training (DP-SGD)",
        list(_PRIVACY),
        default="off",
        required=True,
        format_func=str.capitalize,
        key=keys.LAB_PRIVACY,
    )
    epsilon = _PRIVACY[chosen or "off"]
    st.caption(
        "Noise is added at every step, so that no single picture can matter much. Protects the "
        "photos, and costs the model some of its skill."
        + ("" if epsilon is None else f" Here: epsilon {epsilon:g}; smaller protects more.")
    )
    return epsilon


def _visibility(start: Setup) -> float:
    least, most = RANGES["visibility"]
    chosen = st.slider(
        f"How visible the mark is, {least:g} to {most:g} (mean CIEDE2000)",
        float(least),
        float(most),
        start.visibility,
        step=0.5,
        key=keys.VISIBILITY,
    )
    st.caption(
        "About 1 is the least that a person notices; Protect begins with "
        f"{VISIBILITY_DEFAULT:g}. Stronger marks are found more easily, and so small a training "
        "needs that."
    )
    return chosen


def _rarity(start: Setup) -> Fraction:
    chosen: Fraction | None = st.segmented_control(
        "How rare must a false alarm be?",
        LEVELS,
        default=start.p,
        required=True,
        format_func=claims.rarity,
        key=f"{keys.RARITY}.{start.kind}",
    )
    st.caption("The rarer, the more questions are needed before the answer is “used”.")
    return chosen or start.p


def _seed(start: Setup) -> int:
    least, most = RANGES["seed"]
    chosen = st.number_input(
        "Number that chance begins with (seed)",
        int(least),
        int(most),
        start.seed,
        key=keys.LAB_SEED,
    )
    st.caption("The same number trains the same two models again. Marks are drawn without it.")
    return int(chosen)
