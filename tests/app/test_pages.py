"""Every page, with what a person may do on it, good and bad, up to the verdict."""

from collections.abc import Callable
from fractions import Fraction
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from auditcore import paths
from auditcore.audit import Store, start_audit
from auditcore.jobs import catalogue, check
from auditcore.jobs.orders import SAMPLE_KIT, Choice, Order, submit_audit
from auditcore.jobs.protect import published_files
from auditcore.jobs.queue import JobState, Queue
from auditcore.jobs.shelf import Shelf
from auditcore.kit import open_kit
from auditcore.models import Capability, ModelEntry
from auditcore.paths import assets_dir
from auditcore.photos import find_metadata
from pages._parts import keys
from tests.app.planted import PlantedModel, planted
from tests.app.reading import labels, press, told

Visit = Callable[..., AppTest]
Work = Callable[[], None]

FEATURES = frozenset({Capability.IMAGE_FEATURES})


def photo(seed: int = 1, size: tuple[int, int] = (160, 120)) -> bytes:
    """A soft random picture as JPEG, with a camera's name in its metadata."""
    noise = np.random.default_rng(seed).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    image = Image.fromarray(noise).resize(size, Image.Resampling.BICUBIC)
    exif = Image.Exif()
    exif[0x010F] = "A camera"
    out = BytesIO()
    image.save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    uploader = app.file_uploader(key=f"{keys.UPLOAD_PHOTOS}.0")
    return uploader.set_value([(name, data, "") for name, data in files]).run()


@pytest.fixture
def listed() -> None:
    """Write a list of models as the worker does."""
    entries = [
        ModelEntry(f"demo:{name}", f"Demo model, {name}", FEATURES, 3_000_000, True)
        for name in ("with", "without")
    ]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(catalogue, "list_models", lambda: entries)
        catalogue.write_catalogue()


@pytest.mark.parametrize(
    "page", ["start", "protect", "check", "already_online", "results", "how_it_works"]
)
def test_every_page_opens(visit: Visit, page: str) -> None:
    app = visit(page)
    assert not app.exception
    assert len(app.title) == 1


def test_start_has_three_doors_and_the_sample_in_one_click(visit: Visit) -> None:
    app = visit("start")
    assert labels(app) == ["Try it with sample photos"]
    doors = {link.proto.page for link in app.get("page_link")}
    assert {"protect", "check", "results", "how_it_works"} <= doors
    press(app, keys.TRY_SAMPLE)
    [job] = Queue().list(kind="audit")
    assert Order.from_json(job.params) == Order(SAMPLE_KIT, Choice("demo:with"), "collection", None)
    assert app.query_params[keys.AUDIT] == job.id
    assert {"Pause", "Cancel"} <= set(labels(app))


@pytest.mark.parametrize("first", [None, Fraction(1, 100)])
def test_the_sample_keeps_to_the_level_of_the_first_attempt(
    visit: Visit, work: Work, first: Fraction | None
) -> None:
    if first is not None:
        audited(work, "each", 0.9, p=first)
    job = press(visit("start"), keys.TRY_SAMPLE).query_params[keys.AUDIT]
    with planted(0.9):
        work()
    app = visit("check", audit=job)
    assert not app.exception
    assert "At least one of these" in told(app)
    assert {one.plan.p for one in Store(paths.database()).audits()} == {first or Fraction(1, 20)}


# Protect


def test_each_file_has_a_line_whatever_it_is(visit: Visit) -> None:
    app = upload(
        visit("protect"),
        ("holiday.jpg", photo()),
        ("letter.txt", b"not a photo at all"),
        ("cut.jpg", photo()[:300]),
        ("<b>x</b>.gif", b"GIF89a"),
    )
    assert not app.exception
    said = told(app)
    assert "holiday.jpg</span>: ready, 160 by 120 pixels." in said
    for name in ("letter.txt", "cut.jpg", "&lt;b&gt;x&lt;/b&gt;.gif"):
        assert f"{name}</span>: left out." in said
    assert "<b>x</b>" not in said
    assert "Protect this photo" in labels(app)


def test_nothing_but_bad_files_offers_nothing_to_start(visit: Visit) -> None:
    app = upload(visit("protect"), ("letter.txt", b"not a photo"))
    assert not app.exception
    assert labels(app) == []


def test_the_knob_changes_how_visible_the_mark_is(visit: Visit) -> None:
    app = upload(visit("protect"), ("holiday.jpg", photo()))
    figures = []
    for level in ("hardly", "clearly"):
        app.get("button_group")[0].set_value(level).run()
        assert not app.exception
        [line] = [text for text in told(app).splitlines() if "CIEDE2000" in text]
        figures.append(float(line.split("): ")[1].split()[0]))
    assert figures[0] < figures[1]


def test_photos_are_protected_and_handed_over(visit: Visit, work: Work) -> None:
    app = upload(visit("protect"), ("holiday.jpg", photo(1)), ("garden.jpg", photo(2)))
    press(app, keys.START_PROTECT)
    [job] = Queue().list(kind="protect")
    assert "Cancel" in labels(app)
    work()
    app.run()
    assert not app.exception
    assert "Your photos are protected." in told(app)
    [kept] = Shelf().list()
    kit = open_kit(Shelf().path(kept.kit_id))
    assert [one.file for one in kit.photos] == ["holiday.jpg", "garden.jpg"]
    files = published_files(kit.id)
    assert len(files) == 2
    assert all(find_metadata(file.read_bytes()) == () for file in files)
    saved = [button.label for button in app.get("download_button")]
    assert saved == ["Save the photos to publish", "Save the kit"]
    press(app, keys.AGAIN_PROTECT)
    assert keys.JOB not in app.query_params
    assert Queue().status(job.id).state is JobState.DONE


def test_captions_come_from_a_table_and_a_bad_table_is_explained(visit: Visit, work: Work) -> None:
    app = upload(visit("protect"), ("holiday.jpg", photo()))
    table = app.file_uploader(key=f"{keys.CAPTION_FILE}.0")
    table.set_value(("captions.csv", b"name,words\nholiday.jpg,x\n", "text/csv")).run()
    assert "no column named “file”" in told(app)
    assert keys.START_PROTECT not in [button.key for button in app.button]
    table = app.file_uploader(key=f"{keys.CAPTION_FILE}.0")
    table.set_value(("c.csv", b"file,caption\nholiday.jpg,A day at sea\n", "text/csv")).run()
    press(app, keys.START_PROTECT)
    work()
    [kept] = Shelf().list()
    assert open_kit(Shelf().path(kept.kit_id)).photos[0].caption == "A day at sea"


def test_a_cancelled_protection_leaves_nothing(visit: Visit, work: Work) -> None:
    app = upload(visit("protect"), ("holiday.jpg", photo()))
    press(app, keys.START_PROTECT)
    press(app, keys.CANCEL_PROTECT)
    work()
    app.run()
    assert "Cancelled. Nothing was kept" in told(app)
    assert Shelf().list() == []


def test_an_unknown_address_is_explained(visit: Visit) -> None:
    assert "nothing under this address" in told(visit("protect", job="nonsense"))
    for page in ("check", "results"):
        app = visit(page, audit="nonsense")
        assert not app.exception
        assert "no such audit" in told(app)


# Check a model


@pytest.mark.usefixtures("listed")
def test_check_says_what_it_will_take_before_the_start(visit: Visit, work: Work) -> None:
    app = visit("check")
    assert "Looking at the model" in told(app)
    with planted(0.9):
        work()
    app.run()
    assert not app.exception
    said = told(app)
    assert "questions" in said
    assert "never more than" in said
    assert "held to 1 in 40" in said


@pytest.mark.usefixtures("listed")
def test_rarity_and_claim_reach_the_audit(visit: Visit) -> None:
    app = visit("check")
    app.radio(key=keys.RARITY).set_value(Fraction(1, 100)).run()
    app.radio(key=keys.CLAIM).set_value("photo").run()
    app.selectbox(key=keys.CLAIM_PHOTO).set_value("cat.jpg").run()
    app.radio(key=keys.DEMO_MODEL).set_value("demo:without").run()
    press(app, keys.START_AUDIT)
    [job] = Queue().list(kind="audit")
    assert Order.from_json(job.params) == Order(
        SAMPLE_KIT, Choice("demo:without"), "photo:cat.jpg", Fraction(1, 100)
    )


@pytest.mark.usefixtures("listed")
@pytest.mark.parametrize(
    ("name", "data", "sentence"),
    [
        ("notes.txt", b"just words", "kit"),
        ("holiday.jpg", photo(), "photo"),
        ("kit.zip", b"PK\x03\x04 broken", "kit"),
    ],
)
def test_a_wrong_kit_is_explained(visit: Visit, name: str, data: bytes, sentence: str) -> None:
    app = visit("check")
    app.selectbox(key=keys.KIT_KEPT).set_value("file").run()
    app.file_uploader(key=keys.KIT_UPLOAD).set_value((name, data, "")).run()
    assert not app.exception
    [error] = app.error
    assert sentence in error.value.lower()
    assert keys.START_AUDIT not in [button.key for button in app.button]
    assert Shelf().list() == []


@pytest.mark.usefixtures("listed")
def test_a_kit_from_a_file_is_kept_and_used(visit: Visit) -> None:
    data = (assets_dir() / "sample" / "kit.zip").read_bytes()
    app = visit("check")
    app.selectbox(key=keys.KIT_KEPT).set_value("file").run()
    app.file_uploader(key=keys.KIT_UPLOAD).set_value(("mine.zip", data, "")).run()
    assert not app.exception
    [kept] = Shelf().list()
    assert kept.photos == len(open_kit(data).photos)
    assert not kept.made_here
    assert keys.START_AUDIT in [button.key for button in app.button]


def test_a_failed_audit_says_why_and_can_be_tried_again(visit: Visit, work: Work) -> None:
    order = Order(SAMPLE_KIT, Choice("demo:neither"), "collection", Fraction(1, 20))
    job = submit_audit(Queue(), order)
    work()
    app = visit("check", audit=job)
    assert "no demo model 'neither'" in told(app)
    press(app, keys.RESUME_AUDIT)
    assert Queue().status(job).state is JobState.WAITING


def test_pause_go_on_and_cancel(visit: Visit) -> None:
    job = submit_audit(
        Queue(), Order(SAMPLE_KIT, Choice("demo:with"), "collection", Fraction(1, 20))
    )
    app = visit("check", audit=job)
    press(app, keys.PAUSE_AUDIT)
    assert Queue().status(job).state is JobState.PAUSED
    app.run()
    press(app, keys.RESUME_AUDIT)
    assert Queue().status(job).state is JobState.WAITING
    app.run()
    press(app, keys.CANCEL_AUDIT)
    assert Queue().status(job).state is JobState.CANCELLED
    app.run()
    assert "Cancelled." in told(app)


def test_the_place_in_the_line_is_shown(visit: Visit) -> None:
    order = Order(SAMPLE_KIT, Choice("demo:with"), "collection", Fraction(1, 20))
    jobs = [submit_audit(Queue(), order) for _ in range(4)]
    Queue().claim()
    assert "You are next in line." in told(visit("check", audit=jobs[1]))
    assert "You are number 3 in line." in told(visit("check", audit=jobs[-1]))


# Verdicts


def audited(
    work: Work,
    claim: str,
    shift: float,
    spec: str = "demo:with",
    p: Fraction | None = Fraction(1, 20),
) -> str:
    job = submit_audit(Queue(), Order(SAMPLE_KIT, Choice(spec), claim, p))
    with planted(shift):
        work()
    return job


@pytest.mark.parametrize(
    ("claim", "shift", "answer"),
    [
        ("collection", 0.9, "At least one of these"),
        ("collection", 0.0, "No use of these"),
        ("photo:cat.jpg", 0.99, "“cat.jpg” was used to train this model."),
        ("photo:cat.jpg", -0.5, "No use of “cat.jpg” was shown."),
        ("each", 0.99, "photos were used to train this model."),
    ],
)
def test_every_verdict_can_be_read(
    visit: Visit, work: Work, claim: str, shift: float, answer: str
) -> None:
    app = visit("check", audit=audited(work, claim, shift))
    assert not app.exception
    said = told(app)
    assert answer in said
    assert "Guaranteed" in said
    assert "What it does not mean" in said
    assert "not used" not in said.lower()
    assert len(app.get("plotly_chart")) == 1
    saved = [button.label for button in app.get("download_button")]
    assert saved == ["Save as a page (HTML)", "Save the data (JSON)"]


def test_every_view_of_the_plot_opens(visit: Visit, work: Work) -> None:
    for claim in ("collection", "each"):
        app = visit("check", audit=audited(work, claim, 0.9))
        views = app.get("button_group")[0]
        for view in views.options:
            app.get("button_group")[0].set_value(view).run()
            assert not app.exception
            assert len(app.get("plotly_chart")) == 1


def test_a_finished_audit_builds_up_again(visit: Visit, work: Work) -> None:
    app = visit("check", audit=audited(work, "collection", 0.9))
    press(app, keys.WATCH)
    compared = []
    while keys.REPLAY in app.session_state:
        compared += [
            int(one.value) for one in app.metric if one.label == "Hidden versions compared"
        ]
        app.run()
        assert not app.exception
    assert compared == sorted(set(compared))
    assert len(compared) > 5
    assert "At least one of these" in told(app)


def test_a_collection_claim_never_flags_single_photos(visit: Visit, work: Work) -> None:
    app = visit("check", audit=audited(work, "collection", 0.9))
    lines = [text for text in told(app).splitlines() if text.startswith("- “")]
    assert lines
    assert all("no claim is made about this photo" in line or "not asked" in line for line in lines)


def test_the_sample_goes_on_to_the_model_that_never_saw_them(visit: Visit, work: Work) -> None:
    app = visit("check", audit=audited(work, "collection", 0.9))
    press(app, keys.SAMPLE_OTHER)
    job = Queue().list(kind="audit")[0]
    assert job.params["model"]["spec"] == "demo:without"
    assert app.query_params[keys.AUDIT] == job.id


def test_results_list_every_audit_and_open_one_by_its_address(visit: Visit, work: Work) -> None:
    used = audited(work, "collection", 0.9)
    audited(work, "collection", 0.0, "demo:without")
    app = visit("results")
    shown = [link.proto.label for link in app.get("page_link")]
    assert len(shown) == 2
    assert any(label.startswith("At least one of these") for label in shown)
    assert any(label.startswith("No use of these") for label in shown)
    assert told(app).count("The sample photos.") == 2
    audit = Queue().status(used).result["audit"]
    assert "At least one of these" in told(visit("results", audit=audit))


def test_an_unfinished_audit_can_be_gone_on_with(visit: Visit) -> None:
    with planted(0.9):
        kit, model = check.open_kept(SAMPLE_KIT), PlantedModel("demo:with")
        fresh = start_audit(Store(paths.database()), kit, model, claim="each")
    app = visit("results", audit=fresh)
    assert "not finished" in told(app)
    press(app, keys.RESUME_AUDIT)
    assert Queue().list(kind="audit")[0].params["claim"] == "each"


def test_audits_of_another_version_are_told_and_hide_no_other(visit: Visit) -> None:
    with planted(0.9):
        kit, model = check.open_kept(SAMPLE_KIT), PlantedModel("demo:with")
        older = start_audit(Store(paths.database()), kit, model)
    with Store(paths.database()).engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audits SET plan = json_set(plan, '$.format_version', 1)")
    alone = told(visit("results"))
    assert "another version of Telltale" in alone and "no result yet" not in alone
    with planted(0.9):
        newer = start_audit(Store(paths.database()), kit, PlantedModel("demo:without"))
    assert older != newer
    links = [link.proto.label for link in visit("results").get("page_link")]
    assert links == ["Not finished"]
