"""The presentation: its five steps, what they say when figures are otherwise, keys and reset."""

import itertools
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from auditcore.audit import Decision, Store, run_audit, start_audit
from auditcore.jobs import lab
from auditcore.kit import Kit, open_kit
from auditcore.lab.experiments import (
    WITH,
    WITHOUT,
    EpochRow,
    Experiment,
    Outcome,
    Record,
    default_setup,
)
from auditcore.lab.experiments.journal import add_row, write_json
from auditcore.lab.lessons.thousand import MODELS
from auditcore.lab.registries import LabError
from auditcore.lab.unlearning import METHODS
from auditcore.paths import assets_dir
from pages._parts import keys, present_data, present_thousand, present_words
from tests.app.planted import PlantedModel, planted
from tests.app.reading import labels, press, told

Visit = Callable[..., AppTest]
USED, NOT_SHOWN = Decision.USED, Decision.NOT_SHOWN
JARGON = re.compile(
    r"epoch|loss|utility|martingale|e-value|p-value|statistic|threshold|null|fine-tun|gradient|"
    r"encoder|classifier|embedding|twin|verdict|hypothesis|membership|unlearning",
    re.IGNORECASE,
)


def written(folder: Path, after: Mapping[str, bool]) -> Experiment:
    """A finished experiment, audited by the real engine; `after`: found after that way, or not."""
    folder.mkdir(exist_ok=True)
    write_json(folder / "setup.json", default_setup().to_json())
    write_json(folder / "record.json", asdict(Record("2026-11-22T12:00:00Z", 90.0, "1", "here")))
    kit, ledger = open_kit(assets_dir() / "sample" / "kit.zip"), folder / "audits.sqlite"
    audits = {found: audited(ledger, kit, found) for found in (True, False)}
    for name, found in {WITH: True, WITHOUT: False, **after}.items():
        part = Experiment(folder).part(name)
        part.mkdir(parents=True)
        write_json(part / "outcome.json", asdict(Outcome(0.4, "share", 70.0, 3, None)))
        write_json(part / "audit.json", audits[found])
        for epoch in range(1, 4):
            add_row(part / "losses.jsonl", asdict(EpochRow(epoch, 3, 4.0 / epoch, None, 1.0)))
    return Experiment(folder)


def audited(ledger: Path, kit: Kit, found: bool) -> dict[str, object]:
    store, model = Store(ledger), PlantedModel(f"timm:{found}")
    with planted(0.95 if found else 0.0):
        audit = start_audit(store, kit, model, claim="collection", p=Fraction(1, 100))
        for _event in run_audit(store, audit, kit, model):
            pass
    record = store.audit(audit)
    return {
        "plan": record.plan.to_json(),
        "moves": [move.to_json() for move in store.moves(audit)],
        "verdict": record.verdict.to_json(),
    }


@pytest.fixture(scope="module")
def caught(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """The usual outcome: found, found after the quick ways, not shown after starting again."""
    left = {"ascent": True, "sparse": True, "salun": True, "retrain": False}
    return written(tmp_path_factory.mktemp("caught"), left)


@pytest.fixture
def mine(caught: Experiment, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    monkeypatch.setattr(lab, "latest", lambda *_: caught)
    return caught


def said(app: AppTest) -> str:
    """The one sentence of a step."""
    [sentence] = re.findall(r"<h1 class='tp-say'>(.*?)</h1>", told(app))
    return sentence


def audit_on(app: AppTest) -> AppTest:
    """Let the page run on until all models are audited, as its timer does."""
    for _ in range(MODELS // 50 + 1):
        app.run()
    return app


@pytest.mark.parametrize("step", range(1, 6))
def test_every_step_has_one_sentence_and_no_jargon(
    visit: Visit, mine: Experiment, step: int
) -> None:
    app = visit("present", step=str(step))
    if step == 4:
        audit_on(app)
    assert not app.exception
    assert said(app).count(".") == 1
    [shown] = [body.proto.body for body in app.get("html") if "<h1" in body.proto.body]
    assert JARGON.search(re.sub(r"<[^>]*>", " ", shown)) is None


def test_next_and_back_end_at_the_ends(visit: Visit, mine: Experiment) -> None:
    app = visit("present")
    assert app.button(key=keys.PRESENT_BACK).disabled
    seen = [said(app)]
    for step in range(2, 6):
        press(app, keys.PRESENT_NEXT)
        assert app.query_params[keys.PRESENT_STEP] == str(step)
        seen.append(said(app))
    assert len(set(seen)) == 5
    assert app.button(key=keys.PRESENT_NEXT).disabled
    press(app, f"{keys.PRESENT_NEXT}.page")
    assert app.query_params[keys.PRESENT_STEP] == "5"
    press(app, f"{keys.PRESENT_BACK}.page")
    assert app.query_params[keys.PRESENT_STEP] == "4"


@pytest.mark.parametrize("named", ["0", "6", "x", "", "²", "1e0"])
def test_an_address_that_names_no_step_shows_the_first(
    visit: Visit, mine: Experiment, named: str
) -> None:
    app = visit("present", step=named)
    assert not app.exception
    assert "1 of 5" in told(app)


def test_every_key_has_its_button(visit: Visit, mine: Experiment) -> None:
    shortcuts = [button.proto.shortcut for button in visit("present").button]
    assert sorted(shortcuts) == sorted(["left", "right", "s", "escape", "pageup", "pagedown"])


def test_the_thousand_settles_and_starting_again_takes_another(
    visit: Visit, mine: Experiment
) -> None:
    app = visit("present", step="4")
    assert said(app) == present_words.auditing(MODELS)
    assert told(app).count("<i class='fine'>") + told(app).count("<i class='accused'>") == 125
    audit_on(app)
    accused = app.session_state[keys.PRESENT_ACCUSED]
    assert accused.size == MODELS
    assert told(app).count("<i class='accused'>") == accused.sum()
    seed = app.session_state[keys.PRESENT_SEED]
    press(app, keys.PRESENT_AGAIN)
    assert app.query_params[keys.PRESENT_STEP] == "1"
    press(press(press(app, keys.PRESENT_NEXT), keys.PRESENT_NEXT), keys.PRESENT_NEXT)
    assert app.session_state[keys.PRESENT_SEED] != seed
    assert app.session_state[keys.PRESENT_ACCUSED].size == 125


def test_leaving_goes_to_the_start(visit: Visit, mine: Experiment) -> None:
    app = press(visit("present", step="3"), keys.PRESENT_LEAVE)
    assert not app.exception
    assert "Try it with sample photos" in labels(app)


def test_both_answers_are_given_in_the_guaranteed_words(visit: Visit, mine: Experiment) -> None:
    page = told(visit("present", step="3"))
    assert "At least one of these 24 photos was used to train this model." in page
    assert "No use of these 24 photos was shown." in page
    assert "Guaranteed" in page and "at most 1 in 100" in page
    assert "ndication" not in page


def test_an_experiment_of_ones_own_is_told_from_an_earlier_one(
    visit: Visit, caught: Experiment, mine: Experiment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert f"{present_words.HERE} on 22 November 2026." in told(visit("present", step="2"))
    monkeypatch.setattr(lab, "latest", lambda *_: None)
    monkeypatch.setattr(present_data, "shipped_experiment", lambda: caught)
    assert present_words.EARLIER in told(visit("present", step="2"))


def test_forgetting_that_was_not_tried_here_is_shown_from_the_earlier_one(
    visit: Visit, caught: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(caught.folder, tmp_path / "own", ignore=lambda *_: ["forgetting"])
    own = Experiment(tmp_path / "own")
    monkeypatch.setattr(lab, "latest", lambda *_: own)
    monkeypatch.setattr(present_data, "shipped_experiment", lambda: caught)
    page = told(visit("present", step="5"))
    assert present_words.EARLIER in page and present_words.HERE not in page
    assert page.count("▲ Still found") == 3 and page.count("◇ Not shown") == 1


def test_where_nothing_was_found_the_earlier_one_shows_forgetting(
    visit: Visit, caught: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = Experiment(tmp_path / "own")
    shutil.copytree(caught.folder, own.folder)
    shutil.copy(own.part(WITHOUT) / "audit.json", own.part(WITH) / "audit.json")
    monkeypatch.setattr(lab, "latest", lambda *_: own)
    monkeypatch.setattr(present_data, "shipped_experiment", lambda: caught)
    assert "neither gave anything away" in said(visit("present", step="3"))
    assert present_words.EARLIER in told(visit("present", step="5"))


def test_what_cannot_be_shown_is_said_and_the_way_out_stays(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> Experiment:
        raise LabError("The example is not in this copy of Telltale.")

    monkeypatch.setattr(lab, "latest", lambda *_: None)
    monkeypatch.setattr(present_data, "shipped_experiment", missing)
    app = visit("present")
    assert not app.exception
    assert app.error[0].value == "The example is not in this copy of Telltale."
    assert "Leave" in labels(app)


# The sentences, whatever the figures are


def test_what_was_asked_is_told_as_it_came_out() -> None:
    usual = present_words.asked(USED, NOT_SHOWN, 24)
    assert "only the one that saw our photos keeps preferring" in usual
    assert "neither gave anything away" in present_words.asked(NOT_SHOWN, NOT_SHOWN, 24)
    for seen in Decision:
        assert "even the model that never saw" in present_words.asked(seen, USED, 1)


@pytest.mark.parametrize("answers", list(itertools.product([USED, NOT_SHOWN, None], repeat=4)))
def test_forgetting_is_told_as_it_came_out(answers: tuple[Decision | None, ...]) -> None:
    found = {
        name: answer for name, answer in zip(METHODS, answers, strict=True) if answer is not None
    }
    if not found:
        return
    quick = [answer for name, answer in found.items() if name != "retrain"]
    sentence, caught = present_words.forgotten(found), quick.count(USED)
    assert sentence.count(".") == 1 and sentence.endswith(".")
    assert ("still found out" in sentence) == (caught > 0)
    assert ("raised an alarm" in sentence) == (found.get("retrain") is USED)
    only = 0 < caught == len(quick) and found.get("retrain") is NOT_SHOWN
    assert ("only starting again" in sentence) == only
    assert "not used" not in sentence


def test_every_method_has_a_plain_name() -> None:
    assert set(present_words.FORGETTING) == set(METHODS)
    assert not any(JARGON.search(name) for name in present_words.FORGETTING.values())


@pytest.mark.parametrize("accused", [0, 1, 10, 11])
def test_more_than_promised_is_put_down_to_luck(accused: int) -> None:
    flags = np.zeros(MODELS, dtype=np.bool_)
    flags[:accused] = True
    step = present_thousand.step(flags, Fraction(1, 100))
    assert step.show.count("<i class='accused'>") == accused
    assert ("by luck" in step.show) == (accused > 10)
    assert "at most 1 in 100" in step.say
