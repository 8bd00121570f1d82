"""Surveys of a folder of kits in Results: pages, answers, tables to save."""

import io
import zipfile
from collections.abc import Callable
from fractions import Fraction

import pyarrow.parquet as pq
import pytest
from streamlit.testing.v1 import AppTest

from auditcore import paths
from auditcore.audit import Decision, Store
from auditcore.models import ModelIdentity
from auditcore.survey import Surveys
from pages._parts import keys, phrases, tables_out
from tests.app.many import plant
from tests.app.reading import told

Visit = Callable[..., AppTest]
KITS = 30


def links(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.get("page_link")]


@pytest.fixture
def survey() -> str:
    """A survey of 31 kits: 5 used, 20 not shown, 4 not finished, 1 to come, 1 that did not open."""
    store = Store(paths.database())
    kits = {f"{number:064}": f"box-{number:02}/kit.zip" for number in range(KITS)}
    model = ModelIdentity("openclip:x", "openclip", "a model", "f" * 64, None, {})
    when = "2026-01-01T00:00:00Z"
    record = Surveys(store).enrol("local", model, Fraction(1, 20), kits, 1, when)
    for number in range(KITS - 1):
        decision = Decision.USED if number < 5 else Decision.NOT_SHOWN if number < 25 else None
        plant(number, decision=decision, p=str(record.share))
    return record.id


def test_a_survey_is_listed_and_counts_its_answers(visit: Visit, survey: str) -> None:
    assert "31 kits and a model" in links(visit("results"))
    app = visit("results", survey=survey)
    counts = {metric.label: metric.value for metric in app.metric}
    assert counts == {"▲ Used": "5 of 31", "◇ Not shown": "20 of 31", "No answer yet": "6 of 31"}
    assert "held to 1 in 620" in told(app) and "at most 1 in 20 surveys" in told(app)


def test_only_audits_within_the_share_are_counted(
    visit: Visit, survey: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One of a kit by itself, at another p: the ledger refuses it now; an older one did not."""
    monkeypatch.setattr("auditcore.audit.store.check_share", lambda *_: None)
    plant(29, decision=Decision.USED)
    app = visit("results", survey=survey)
    counts = {metric.label: metric.value for metric in app.metric}
    assert counts["▲ Used"] == "5 of 31" and counts["No answer yet"] == "5 of 31"
    assert counts["Asked about by itself"] == "1 of 31"
    app = app.selectbox(key=keys.SURVEY_ANSWER).set_value("Asked about by itself").run()
    assert "1 to 1 of 1" in told(app) and "Not counted in this survey" in told(app)
    assert phrases.plain("box-29/kit.zip: Asked about by itself") in links(app)


def test_kits_are_turned_over_and_found(visit: Visit, survey: str) -> None:
    app = visit("results", survey=survey)
    assert "1 to 20 of 30" in told(app)
    assert phrases.plain("box-00/kit.zip: ▲ Used") in links(app)
    app = app.pagination(key=keys.SURVEY_PAGE).set_value(2).run()
    assert "21 to 30 of 30" in told(app) and "Not asked about yet." in told(app)
    app = app.selectbox(key=keys.SURVEY_ANSWER).set_value("▲ Used").run()
    assert "1 to 5 of 5" in told(app)
    app = app.text_input(key=keys.SURVEY_WORDS).set_value("BOX-03").run()
    assert "1 to 1 of 1" in told(app) and phrases.plain("box-03/kit.zip: ▲ Used") in links(app)


def test_an_address_of_no_survey_is_explained(visit: Visit, survey: str) -> None:
    assert "no such survey" in told(visit("results", survey="nothing"))


def test_the_tables_hold_what_was_asked_for_and_nobody_elses() -> None:
    used, other = plant(1, decision=Decision.USED), plant(2, photos=60)
    store = Store(paths.database())
    packed = tables_out.tables(store, "local", [(used, "first"), (other, "second")])
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        photos = pq.read_table(io.BytesIO(archive.read("photos.parquet")))
        kits = pq.read_table(io.BytesIO(archive.read("kits.parquet")))
    assert photos.num_rows == 62 and kits.column("kit").to_pylist() == ["first", "second"]
    assert set(photos.column("decision").to_pylist()) == {None}, "the claims are about collections"
    noted = tables_out.tables(store, "local", [(used, "first")], [("id", "third", "By itself.")])
    with zipfile.ZipFile(io.BytesIO(noted)) as archive:
        last = pq.read_table(io.BytesIO(archive.read("kits.parquet"))).to_pylist()[-1]
    assert (last["kit"], last["decision"], last["note"]) == ("third", None, "By itself.")
    with pytest.raises(Exception, match="no such audit"):
        tables_out.tables(store, "somebody else", [(used, "first")])


def test_an_audit_of_many_photos_offers_its_tables(visit: Visit) -> None:
    few, many = plant(1), plant(2, photos=60)
    offered = [
        [button.proto.label for button in visit("results", audit=audit).get("download_button")]
        for audit in (few, many)
    ]
    assert ["Save the tables (Parquet)" in labels for labels in offered] == [False, True]
