"""`passive encodermi evaluate`: how strong the method is where members are known."""

import argparse
from typing import Any

from auditcore.cli.output import one_line, print_json, tell
from auditcore.cli.passive.encodermi_ask import ask_about, facts, folder_of
from auditcore.cli.passive.page import check_page, write_page
from auditcore.passive.curves import roc_figure
from auditcore.passive.encodermi.attacks import Attacks
from auditcore.passive.encodermi.keeping import load_attacks
from auditcore.passive.encodermi.shape import VARIANTS, Similarities
from auditcore.passive.encodermi.threshold import mean_similarity
from auditcore.passive.encodermi.words import VARIANT_TITLES
from auditcore.passive.evaluation import decisions, evaluate, roc
from auditcore.passive.grade import GRADE_MEANS

MEAN = "mean similarity"
Scores = tuple[list[float], list[float]]


def run(arguments: argparse.Namespace) -> int:
    """Measure, and say how strong it is."""
    check_page(arguments.plot)
    attacks, card = load_attacks(arguments.attack) if arguments.attack else (None, None)
    members, others = folder_of(arguments.members), folder_of(arguments.non_members)
    model = ask_about(arguments, members, others)
    scores = _scores(attacks, members.similarities, others.similarities)
    measured = {name: _measure(name, pair) for name, pair in scores.items()}
    if arguments.plot is not None:
        curves = {VARIANT_TITLES.get(name, name): roc(*pair) for name, pair in scores.items()}
        write_page(arguments.plot, "EncoderMI", [roc_figure(curves)])
    if arguments.json:
        left_out = members.left_out + others.left_out
        print_json({**facts(model, card), "scores": measured, "left_out": left_out})
    else:
        tell("\n".join([one_line(GRADE_MEANS), "", *map(_line, measured.items())]))
    return 0


def _scores(
    attacks: Attacks | None, members: Similarities, others: Similarities
) -> dict[str, Scores]:
    """Return the scores of members and others: of their means, and of each attack."""
    scores = {MEAN: (mean_similarity(members).tolist(), mean_similarity(others).tolist())}
    if attacks is not None:
        for name in VARIANTS:
            pair = (attacks.scores(name, part).tolist() for part in (members, others))
            scores[name] = (next(pair), next(pair))
    return scores


def _measure(name: str, pair: Scores) -> dict[str, Any]:
    """Return what scores tell; of an attack also its decisions, at a score of 0."""
    measured = evaluate(*pair)
    if name != MEAN:
        flags = ([score > 0 for score in part] for part in pair)
        measured["decisions"] = decisions(*flags).to_json()
    return measured


def _line(named: tuple[str, dict[str, Any]]) -> str:
    name, measured = named
    area, low = measured["auc"], measured["tpr_at_fpr"]["0.01"]
    found = "too few non-members to tell" if low is None else f"{low['value']:.1%}"
    line = (
        f"{VARIANT_TITLES.get(name, name):22} area {area['value']:.3f} "
        f"({area['low']:.3f} to {area['high']:.3f}); members found at 1% of non-members: {found}"
    )
    if "decisions" not in measured:
        return line
    return f"{line}; right {measured['decisions']['accuracy']['value']:.1%}"
