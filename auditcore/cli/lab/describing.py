"""An experiment in words for people, or as JSON."""

from typing import Any

from auditcore.audit import Decision, verdict_words
from auditcore.cli.output import one_line, print_json, tell
from auditcore.lab.experiments import TWINS, WITH, WITHOUT, Audited, Experiment
from auditcore.lab.unlearning.methods import METHODS

_TITLES = {WITH: "The model trained with the photos", WITHOUT: "Its twin, trained without them"}


def show_experiment(experiment: Experiment, as_json: bool) -> None:
    """Print what there is of an experiment."""
    if as_json:
        print_json(as_values(experiment))
    else:
        tell("\n".join(_lines(experiment)))


def as_values(experiment: Experiment) -> dict[str, Any]:
    """Return what there is of an experiment as JSON values."""
    return {
        "experiment": experiment.id,
        "setup": experiment.setup.to_json(),
        "finished": experiment.finished,
        "seconds": experiment.seconds,
        "photos": list(experiment.files),
        "twins": {name: _model_values(experiment, name) for name in TWINS},
        "forgetting": {name: _model_values(experiment, name) for name in experiment.forgetting},
    }


def _model_values(experiment: Experiment, name: str) -> dict[str, Any]:
    outcome, audited = experiment.outcome(name), experiment.audit(name)
    return {
        "utility": None if outcome is None else outcome.utility,
        "utility_is": None if outcome is None else outcome.utility_title,
        "seconds": None if outcome is None else outcome.seconds,
        "epsilon": None if outcome is None else outcome.epsilon,
        **_audit_values(audited),
    }


def _audit_values(audited: Audited | None) -> dict[str, Any]:
    if audited is None or audited.verdict is None:
        return {"decision": None}
    words = verdict_words(audited.verdict, audited.plan)
    return {
        "decision": audited.verdict.decision.value,
        "headline": words.headline,
        "grade": words.grade if audited.verdict.decision is Decision.USED else None,
        "queries": audited.verdict.queries,
        "level": str(audited.plan.level),
    }


def _lines(experiment: Experiment) -> list[str]:
    setup = experiment.setup
    lines = [
        f"Experiment {experiment.id}: {setup.kind}, {setup.photos} photos, {setup.rest} others, "
        f"{setup.epochs} epochs"
    ]
    for name in TWINS:
        lines += _model_lines(experiment, name, _TITLES[name])
    for name in experiment.forgetting:
        lines += _model_lines(experiment, name, f"After forgetting: {METHODS[name].title}")
    return lines


def _model_lines(experiment: Experiment, name: str, title: str) -> list[str]:
    outcome, audited = experiment.outcome(name), experiment.audit(name)
    if outcome is None:
        return [f"{title}: not ready."]
    use = f"{outcome.utility:.0%} ({outcome.utility_title})"
    lines = [f"{title}: use {use}; it took {outcome.seconds:.0f} s."]
    if audited is None or audited.verdict is None:
        return [*lines, "  Not audited to the end."]
    words = verdict_words(audited.verdict, audited.plan)
    used = audited.verdict.decision is Decision.USED
    worth = f"evidence: {words.grade}" if used else "this is never the same as “not used”"
    asked = f"{audited.verdict.queries:,} questions; {worth}"
    return [*lines, f"  {one_line(words.headline)} ({asked})"]
