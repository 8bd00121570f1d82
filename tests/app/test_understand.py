"""Understand: every piece says one idea, counts for real, and ends with a line to take home."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from auditcore.lab.experiments import Snapshot
from auditcore.lab.lessons import photos_needed
from auditcore.lab.lessons.hazards import HAZARDS, measure
from auditcore.lab.lessons.settling import counted, settling
from auditcore.lab.lessons.thousand import Case, audit_models
from auditcore.lab.registries import LabError
from auditcore.passive.evaluation import Rate
from pages._parts import (
    keys,
    lesson_hazards,
    lesson_indications,
    lesson_members,
    lesson_plots,
    lesson_thousand,
)
from pages._parts.lesson_frame import percent, reach
from tests.app.reading import press, told

Visit = Callable[..., AppTest]
PATIENCE = 30

PIECES = (
    "A fair draw",
    "Watching and cheating",
    "What a model remembers",
    "How many photos",
    "Indication or guarantee",
)


def rate_of(case: Case) -> Rate:
    return counted(audit_models(case, 0, MODELS))


def until(app: AppTest, words: str) -> AppTest:
    """Let frames pass until the page says something."""
    for _ in range(PATIENCE):
        if words in told(app):
            return app
        app.run()
    raise AssertionError(f"{words!r} never came:\n{told(app)}")


def choose(app: AppTest, key: str, value: object) -> AppTest:
    return app.segmented_control(key=key).set_value(value).run()


MODELS, AUDITS = 200, 300


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count fewer audits than a visitor sees: the way there is the same."""
    monkeypatch.setattr(lesson_thousand, "MODELS", MODELS)
    monkeypatch.setattr(lesson_hazards, "_AUDITS", AUDITS)
    monkeypatch.setattr(lesson_indications, "_MODELS", 10)
    monkeypatch.setattr(photos_needed, "TRACES", (0.0, 1.5, 3.5))


@pytest.fixture
def remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """An experiment that grows to know its pictures."""
    rng = np.random.default_rng(8)
    spread = [(epoch, *rng.normal(size=(2, 100))) for epoch in (1, 20, 40)]
    found = tuple(
        Snapshot(epoch, (), tuple((inside + epoch / 20).tolist()), tuple(outside.tolist()))
        for epoch, inside, outside in spread
    )
    monkeypatch.setattr(lesson_members, "_snapshots", lambda: (found, lesson_members._SHIPPED))


def test_every_piece_opens_by_its_address(visit: Visit, remembered: None) -> None:
    for piece in PIECES:
        app = visit("understand", piece=piece)
        assert not app.exception
        assert not app.error
        assert app.segmented_control(key=keys.LESSON_PIECE).value == piece
        assert len(app.get("plotly_chart")) == 1, piece
        if piece != "Watching and cheating":
            assert "To take home." in told(app), piece


def test_a_thousand_are_audited_while_one_watches(visit: Visit) -> None:
    app = visit("understand")
    assert "of 100**" in told(app)
    until(app, "of 200**")
    expected = rate_of(Case("measured"))
    assert f"**{expected.count} of 200** innocent models accused" in told(app)
    assert f"accused: **{percent(expected.value)}**." in told(app)
    assert f"as far as 200 audits can tell: now {reach(expected)} (95 % interval)" in told(app)
    assert "it settles at **4.9 %**" in told(app)


def test_picking_the_nicest_breaks_the_promise_on_screen(visit: Visit) -> None:
    app = choose(visit("understand"), keys.LESSON_CHOICE, "You pick the nicest")
    until(app, "of 200**")
    expected = rate_of(Case("measured", nicest=True))
    assert f"**{expected.count} of 200**" in told(app)
    assert "settles" not in told(app)
    assert "you cannot choose" in told(app)


def test_another_shape_and_another_thousand_are_counted_anew(visit: Visit) -> None:
    app = until(choose(visit("understand"), keys.LESSON_SHAPE, "ties"), "of 200**")
    assert f"**{rate_of(Case('ties')).count} of 200**" in told(app)
    press(app, keys.LESSON_AGAIN)
    until(app, f"**{rate_of(Case('ties', seed=2)).count} of 200**")


def test_a_liberty_is_counted_and_its_guard_beside_it(visit: Visit) -> None:
    app = visit("understand", piece="Watching and cheating")
    assert app.toggle(key=keys.LESSON_GUARD).disabled
    app.selectbox(key=keys.LESSON_PRACTICE).set_value("order").run()
    expected = measure("order", AUDITS)
    until(app, "To take home.")
    assert f"**{expected.off.count:,} of 300** innocent models accused" in told(app)
    assert "Switch the guard on" in told(app)
    app.toggle(key=keys.LESSON_GUARD).set_value(True).run()
    until(app, "The promise holds again")
    assert f"**{expected.on.count:,} of 300**" in told(app)
    app.selectbox(key=keys.LESSON_PRACTICE).set_value("ties-against").run()
    assert not app.toggle(key=keys.LESSON_GUARD).value
    until(app, "a guilty one is found less often")


def test_watching_needs_no_guard(visit: Visit) -> None:
    app = until(visit("understand", piece="Watching and cheating"), "Look as often as you like")
    assert HAZARDS["peeking"].guard in told(app)


def test_the_slider_of_epochs_shows_what_was_remembered(visit: Visit, remembered: None) -> None:
    app = visit("understand", piece="What a model remembers")
    assert "After round 40" in told(app)
    app.select_slider(key=keys.LESSON_EPOCH).set_value(1).run()
    assert "After round 1," in told(app)
    assert "an experiment made earlier" in told(app)
    assert "**indication**" in told(app)
    choose(app, keys.LESSON_LOOK, "Told apart")
    assert len(app.get("plotly_chart")) == 1


def test_without_an_example_a_sentence_says_so(
    visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    def missing() -> None:
        raise LabError("The example is not in this copy of Telltale. Get the whole of it.")

    monkeypatch.setattr(lesson_members, "shipped_experiment", missing)
    app = visit("understand", piece="What a model remembers")
    assert not app.exception
    assert ["The example is not in this copy" in error.value for error in app.error] == [True]


def test_fewer_photos_need_a_stronger_trace(visit: Visit) -> None:
    app = visit("understand", piece="How many photos")
    assert "one photo needs a trace of 3.5, 10 photos need a trace of" in told(app)


def test_indications_are_wrong_where_pictures_differ(visit: Visit) -> None:
    app = choose(visit("understand", piece="Indication or guarantee"), keys.LESSON_PICTURES, 5)
    until(app, "**10 innocent models** asked")
    assert "the guaranteed test about" in told(app)


def test_the_teachers_sheet_can_be_had(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sheet = tmp_path / "teachers-sheet.md"
    monkeypatch.setattr("auditcore.lab.sheet.sheet_file", lambda: sheet)
    assert not visit("understand").get("download_button")
    sheet.write_text("# A sheet")
    assert len(visit("understand").get("download_button")) == 1


def test_a_line_is_named_and_dashed_not_only_coloured() -> None:
    path = settling(np.arange(2000) % 2 == 0)
    lines = [lesson_plots.Line("without the guard", path, False)]
    lines.append(lesson_plots.Line("with the guard", settling(np.arange(2000) % 25 == 0), True))
    figure = lesson_plots.rates(lines, 0.05, 2000)
    drawn = [trace for trace in figure.data if trace.name in {line.name for line in lines}]
    assert {trace.line.dash for trace in drawn} == {"dashdot", "solid"}
    named = {note.text for note in figure.layout.annotations}
    assert named == {"without the guard", "with the guard", "accepted: 5 %"}
    assert figure.layout.yaxis.range[1] > 0.5


@pytest.mark.parametrize(
    ("share", "said"), [(0.0, "0 %"), (0.049, "4.9 %"), (0.48, "48 %"), (0.998, "99.8 %")]
)
def test_shares_are_said_as_people_say_them(share: float, said: str) -> None:
    assert percent(share) == said


def test_an_interval_is_said_with_one_sign() -> None:
    assert reach(counted(np.arange(1000) % 20 == 0)) == "3.7 to 6.5 %"
