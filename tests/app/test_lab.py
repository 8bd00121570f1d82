"""The page of the Lab: what can be chosen, every state of an experiment, both answers, deletion."""

import shutil
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from io import BytesIO
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from auditcore.jobs import lab
from auditcore.jobs.queue import JobState, Queue
from auditcore.lab.experiments import Experiment, default_setup, experiment_folder
from auditcore.lab.pack import CLASSES
from pages._parts import keys, lab_words
from tests.app.conftest import ROOT
from tests.app.lab_planted import begun, ended, finished, tried
from tests.app.reading import labels, press, told

Visit = Callable[..., AppTest]

FOUND, LOST = {"with": 0.6, "without": 0.0}, {"with": 0.0, "without": 0.0}


@pytest.fixture
def page(visit: Visit) -> Callable[..., AppTest]:
    """Return a way to open the Lab at an experiment."""

    def _open(experiment: str | None = None) -> AppTest:
        app = visit("lab", **({keys.EXPERIMENT: experiment} if experiment else {}))
        assert not app.exception
        return app

    return _open


Open = Callable[..., AppTest]


def photo(seed: int) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    out = BytesIO()
    Image.fromarray(noise).resize((80, 60), Image.Resampling.BICUBIC).save(out, "PNG")
    return out.getvalue()


def own(app: AppTest, kind: str, *files: tuple[str, bytes]) -> AppTest:
    app.radio(key=keys.LAB_PHOTOS).set_value("own").run()
    app.radio(key=keys.LAB_KIND).set_value(kind).run()
    uploader = app.file_uploader(key=f"{keys.LAB_UPLOAD}.0")
    app = uploader.set_value([(name, data, "") for name, data in files]).run()
    assert not app.exception
    return app


def submitted() -> Experiment:
    [job] = lab.experiments(Queue())
    return Experiment(experiment_folder(job.id))


# Setting up


def test_one_click_trains_with_everything_as_it_is(page: Open) -> None:
    app = press(page(), keys.LAB_TRAIN)
    experiment = submitted()
    assert experiment.setup == default_setup()
    assert app.query_params[keys.EXPERIMENT] == experiment.id
    assert {"Pause", "Cancel"} <= set(labels(app))
    assert "One learns from the sample photos" in told(app)


def test_every_knob_reaches_the_training(page: Open) -> None:
    app = page()
    app.slider(key=f"{keys.LAB_REST}.clip").set_value(100)
    app.slider(key=f"{keys.LAB_EPOCHS}.clip").set_value(7)
    app.slider(key=keys.VISIBILITY).set_value(2.0)
    app.toggle(key=keys.LAB_EARLY).set_value(True).run()
    app.number_input(key=keys.LAB_PATIENCE).set_value(4)
    app.number_input(key=keys.LAB_SEED).set_value(99)
    app.get("button_group")[0].set_value("strong").run()
    app.get("button_group")[1].set_value(Fraction(1, 20)).run()
    press(app, keys.LAB_TRAIN)
    chosen = submitted().setup
    assert (chosen.rest, chosen.epochs, chosen.patience) == (100, 7, 4)
    assert (chosen.augmentation, chosen.visibility, chosen.seed) == ("strong", 2.0, 99)
    assert (chosen.p, chosen.epsilon) == (Fraction(1, 20), None)


def test_differential_privacy_is_for_the_classifier_alone(page: Open) -> None:
    app = page()
    assert keys.LAB_PRIVACY not in [group.key for group in app.get("button_group")]
    app = app.radio(key=keys.LAB_KIND).set_value("classifier").run()
    [group] = [one for one in app.get("button_group") if one.key == keys.LAB_PRIVACY]
    press(group.set_value("medium").run(), keys.LAB_TRAIN)
    chosen = submitted().setup
    assert (chosen.kind, chosen.epsilon) == ("classifier", 8.0)


def test_photos_without_words_are_enough_for_the_kind_that_needs_none(page: Open) -> None:
    app = own(page(), "encoder", ("mine.png", photo(1)), ("letter.txt", b"a letter"))
    assert "letter.txt</span>: left out." in told(app)
    press(app, keys.LAB_TRAIN)
    folder = submitted().folder / "photos"
    assert [file.read_bytes() for file in folder.iterdir()] == [photo(1)]


def test_captions_are_asked_for_before_a_clip_is_trained(page: Open) -> None:
    app = own(page(), "clip", ("a.png", photo(1)), ("b.png", photo(2)))
    assert keys.LAB_TRAIN not in [button.key for button in app.button]
    assert "2 photos still without a caption" in told(app)
    first, second = app.text_input
    first.set_value("a red boat").run()
    assert "1 photo still without a caption" in told(app)
    second.set_value(" our dog ").run()
    press(app, keys.LAB_TRAIN)
    rows = (submitted().folder / "photos.json").read_text()
    assert '"a red boat"' in rows and '"our dog"' in rows


def test_a_word_is_asked_for_before_a_classifier_is_trained(page: Open) -> None:
    app = own(page(), "classifier", ("a.png", photo(1)))
    assert keys.LAB_TRAIN not in [button.key for button in app.button]
    [word] = [box for box in app.selectbox if str(box.key).startswith(keys.LAB_TOLD)]
    press(word.set_value(CLASSES[1]).run(), keys.LAB_TRAIN)
    assert f'"{CLASSES[1]}"' in (submitted().folder / "photos.json").read_text()


# An experiment by its address


def test_it_is_watched_while_it_trains(page: Open) -> None:
    app = page(begun().id)
    assert app.get("plotly_chart")
    assert "24 sample photos" in told(app)
    app = press(app, keys.LAB_PAUSE)
    assert "Paused" in told(app)
    app = press(app, keys.LAB_GO_ON)
    app = press(app, keys.LAB_CANCEL)
    assert "Cancelled" in told(app)
    assert Queue().list()[0].state is JobState.CANCELLED


def test_a_folder_that_is_just_being_deleted_breaks_nothing(page: Open) -> None:
    experiment = begun()
    app = page(experiment.id)
    experiment.delete()
    app.run()
    assert not app.exception
    assert "not here any more" in told(app)


def test_a_failure_says_why_and_can_be_tried_again(page: Open) -> None:
    experiment = begun()
    ended(JobState.FAILED, "The disk is full. Make room there.")
    app = page(experiment.id)
    assert "The disk is full" in told(app)
    press(app, keys.LAB_RETRY)
    assert Queue().status(experiment.id).state is JobState.WAITING


@pytest.fixture(scope="module")
def found_once(tmp_path_factory: pytest.TempPathFactory) -> Experiment:
    """A finished experiment in a data folder of its own; auditing takes a second."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("TELLTALE_DATA", str(tmp_path_factory.mktemp("lab") / "data"))
        experiment = finished(FOUND)
        tried(experiment, ["ascent"], 0.5)
        tried(experiment, ["retrain"], 0.0)
        return experiment


@pytest.fixture
def tried_two(found_once: Experiment, data_dir: Path) -> Experiment:
    """A finished experiment, of which two methods of forgetting were tried."""
    shutil.copytree(found_once.folder.parent.parent, data_dir)
    return Experiment(experiment_folder(found_once.id))


@pytest.fixture
def found(tried_two: Experiment) -> Experiment:
    """A finished experiment."""
    shutil.rmtree(tried_two.folder / "forgetting")
    return tried_two


def test_both_answers_stand_side_by_side_with_the_truth(page: Open, found: Experiment) -> None:
    app = page(found.id)
    said = told(app)
    assert said.count("tt-verdict") == 2 and "tt-indication" not in said
    assert "At least one of these 24 photos was used" in said
    assert "No use of these 24 photos was shown" in said
    assert "it did learn from them. The answer is right." in said
    assert "it never saw them." in said and lab_words.NOT_PROVEN in said
    assert said.count("What is guaranteed") == 1
    assert "wrongly called “used” in at most 1 in 40 audits" in said
    without = said.split(lab_words.NOT_PROVEN)
    assert not any("not used" in part for part in without)
    plot = app.get("plotly_chart")[0].proto.spec
    assert "the model that learned from the photos" in plot
    assert "the model that never saw them" in plot and "enough evidence: 40" in plot


def test_a_miss_is_called_one_and_leaves_nothing_to_forget(page: Open) -> None:
    app = page(finished(LOST).id)
    said = told(app)
    assert "this audit missed it" in said
    assert lab_words.NOTHING_TO_FORGET in said
    assert keys.LAB_FORGET not in [button.key for button in app.button]


def test_a_false_alarm_is_called_one(page: Open) -> None:
    said = told(page(finished({"with": 0.6, "without": 0.6}).id))
    assert "This is a false alarm" in said and "at most 1 in 40 audits" in said


def test_methods_are_chosen_and_started(page: Open, found: Experiment) -> None:
    app = page(found.id)
    app.checkbox(key=f"{keys.LAB_METHOD}.sparse").set_value(False)
    app = press(app, keys.LAB_FORGET)
    [job] = Queue().list(kind=lab.FORGET)
    assert list(job.params["methods"]) == ["ascent", "salun"]
    assert "Cancel" in labels(app)
    press(app, keys.LAB_CANCEL)
    assert "Make it forget" in labels(page(found.id)), "what was cancelled can be begun again"


def test_before_and_after_are_on_one_chart_and_in_a_table(
    page: Open, tried_two: Experiment
) -> None:
    app = page(tried_two.id)
    assert "After this short cut the photos are still found." in told(app)
    assert "The furthest without an answer: Train again without the photos" in told(app)
    [table] = [one.value for one in app.table if "Skill" in one.value]
    assert list(table["Answer"]) == ["▲ Used", "▲ Used", "◇ Not shown"]
    assert list(table["Skill"]) == ["35%", "36%", "41%"]
    assert f"{keys.LAB_METHOD}.ascent" not in [box.key for box in app.checkbox]
    assert f"{keys.LAB_METHOD}.sparse" in [box.key for box in app.checkbox]


@pytest.mark.parametrize(
    ("still", "tries", "said"),
    [
        (0, 1, "After this short cut the audit no longer shows that the photos were used."),
        (1, 1, "After this short cut the photos are still found."),
        (0, 3, "After all 3 short cuts the audit no longer shows that the photos were used."),
        (3, 3, "After all 3 short cuts the photos are still found."),
    ],
)
def test_short_cuts_are_counted(still: int, tries: int, said: str) -> None:
    caution = "" if still else f" {lab_words.NOT_FORGOTTEN}"
    assert lab_words.after_forgetting(still, tries) == f"{said}{caution}"


def test_where_some_are_found_the_others_prove_nothing() -> None:
    said = lab_words.after_forgetting(1, 3)
    assert "After 1 of 3 short cuts the photos are still found." in said
    assert "no proof that they are forgotten" in said


def test_deleting_leaves_nothing(page: Open, found: Experiment) -> None:
    app = press(page(found.id), keys.LAB_DELETE)
    assert not found.folder.exists()
    assert Queue().list() == []
    assert "Deleted: photos, models and answers." in told(app)


def test_nobody_sees_the_experiments_of_others(page: Open, found: Experiment) -> None:
    with patch("pages._parts.admission.owner", lambda: "somebody else"):
        app = page(found.id)
        assert "tt-verdict" not in told(app)
        assert app.warning
        assert "Finished. Started" not in told(page())


def test_earlier_experiments_are_listed(page: Open, found: Experiment) -> None:
    assert "Finished. Started" in told(page())
    assert found.id in str([link.proto.query_string for link in page().get("page_link")])


def test_the_example_can_be_looked_at_and_not_changed(page: Open, tried_two: Experiment) -> None:
    with patch("pages._parts.lab_view.shipped_experiment", lambda: tried_two):
        app = page("example")
    assert "An experiment made earlier." in told(app)
    assert "At least one of these 24 photos was used" in told(app)
    assert "After this short cut the photos are still found." in told(app)
    assert labels(app) == ["Another experiment"]


def test_the_page_stays_light() -> None:
    asked = "import sys, pages._parts.lab_view, pages._parts.lab_setup, pages._parts.lab_list"
    command = [sys.executable, "-c", f"{asked}; sys.exit('torch' in sys.modules)"]
    assert subprocess.run(command, cwd=ROOT).returncode == 0
