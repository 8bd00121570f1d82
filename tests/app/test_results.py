"""Results with many audits, and with audits of many photos: pages, filters, light plots."""

import json
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from auditcore.audit import Decision
from pages._parts import keys, paging, phrases
from tests.app.many import plant
from tests.app.reading import told

Visit = Callable[..., AppTest]
PHOTOS = 130


def links(app: AppTest) -> list[str]:
    return [link.proto.label for link in app.get("page_link")]


def turn(app: AppTest, key: str, page: int) -> AppTest:
    return app.pagination(key=key).set_value(page).run()


def photo_table(app: AppTest) -> dict[str, list[str]]:
    (table,) = (one.value for one in app.table if "Photo" in one.value.columns)
    return {name: list(table[name]) for name in table.columns}


@pytest.fixture
def forty_five() -> None:
    for number in range(45):
        decision = (Decision.USED, Decision.NOT_SHOWN, None)[number % 3]
        plant(number, model="large clip" if number < 9 else "another", decision=decision)


@pytest.mark.usefixtures("forty_five")
def test_audits_are_turned_over_a_page_at_a_time(visit: Visit) -> None:
    app = visit("results")
    assert "1 to 20 of 45" in told(app) and len(links(app)) == 20
    app = turn(app, keys.RESULTS_PAGE, 3)
    assert "41 to 45 of 45" in told(app) and len(links(app)) == 5
    assert app.caption[-1].value == phrases.plain(
        "large clip. About all 2 photos together, false alarms 1 in 20. "
        "Started 2026-01-01 00:00:00 UTC."
    )


@pytest.mark.usefixtures("forty_five")
def test_audits_are_found_by_answer_and_by_words(visit: Visit) -> None:
    app = turn(visit("results"), keys.RESULTS_PAGE, 3)
    app = app.selectbox(key=keys.RESULTS_ANSWER).set_value("▲ Used").run()
    assert "1 to 15 of 15" in told(app), "a new search begins at its first page"
    assert set(links(app)) == {"At least one of these 2 photos was used to train this model."}
    app = app.text_input(key=keys.RESULTS_WORDS).set_value("Large").run()
    assert "1 to 3 of 3" in told(app) and len(links(app)) == 3
    app = app.text_input(key=keys.RESULTS_WORDS).set_value("no such model").run()
    assert "Nothing fits" in told(app) and links(app) == []
    app = app.selectbox(key=keys.RESULTS_ANSWER).set_value("Not finished").run()
    app = app.text_input(key=keys.RESULTS_WORDS).set_value("").run()
    assert set(links(app)) == {"Not finished"}


def test_few_audits_need_no_search(visit: Visit) -> None:
    plant(1)
    app = visit("results")
    assert len(links(app)) == 1 and not app.text_input and not app.get("pagination")


def test_many_photos_stand_on_pages_the_strongest_first(visit: Visit) -> None:
    app = visit("results", audit=plant(1, photos=PHOTOS, claim="each"))
    first = photo_table(app)
    assert first["Photo"][:2] == ["photo-0.jpg", "photo-4.jpg"]
    assert len(first["Photo"]) == 50 and set(first["Answer"][:33]) == {"▲ Used"}
    assert "0 of 3" in first["Hidden versions above the published one"][0]
    last = photo_table(turn(app, keys.PHOTOS_PAGE, 3))
    assert len(last["Photo"]) == PHOTOS - 100
    assert last["Hidden versions above the published one"][-1] == "not asked about"


def test_photos_are_found_by_name_and_by_answer(visit: Visit) -> None:
    app = visit("results", audit=plant(1, photos=PHOTOS, claim="each"))
    app = app.text_input(key=keys.PHOTOS_WORDS).set_value("PHOTO-12").run()
    assert "1 to 11 of 11" in told(app)
    app = app.selectbox(key=keys.PHOTOS_STATE).set_value("▲ Used").run()
    assert len(photo_table(app)["Photo"]) == 4  # 12, 120, 124, 128
    app = app.selectbox(key=keys.PHOTOS_STATE).set_value("Not asked about").run()
    assert len(photo_table(app)["Photo"]) == 1


def test_a_claim_about_the_photos_together_says_nothing_of_one(visit: Visit) -> None:
    used = plant(1, photos=PHOTOS, decision=Decision.USED)
    app = visit("results", audit=used)
    assert set(photo_table(app)) == {"Photo", "Hidden versions above the published one"}
    assert "no claim is made about any photo by itself" in told(app)
    assert app.selectbox(key=keys.PHOTOS_ORDER).value == "As in the kit"
    assert photo_table(app)["Photo"][:3] == ["photo-0.jpg", "photo-1.jpg", "photo-2.jpg"]
    offered = app.selectbox(key=keys.PHOTOS_STATE).options
    assert not [state for state in offered if "Used" in state or "shown" in state]


@pytest.mark.parametrize("claim", ["collection", "each"])
def test_the_plots_of_many_photos_stay_light_and_say_so(visit: Visit, claim: str) -> None:
    app = visit("results", audit=plant(1, photos=1000, claim=claim))
    for view in ("Photo by photo", "Count of versions", "Together"):
        app.segmented_control(key=keys.VIEW).set_value(view).run()
        (chart,) = app.get("plotly_chart")
        spec = chart.proto.spec
        assert len(json.loads(spec)["data"]) <= 43 and len(spec) < 200_000
        if view != "Together":
            assert "40 photos with the most evidence, of 1,000" in told(app)
        elif claim == "collection":
            assert "about 2,000 are drawn" in told(app)


def test_a_large_report_is_written_when_it_is_asked_for(visit: Visit) -> None:
    few = visit("results", audit=plant(1, photos=3))
    assert [toggle for toggle in few.toggle if toggle.key == keys.WRITE_REPORT] == []
    app = visit("results", audit=plant(2, photos=600))
    assert "needs the kit" not in told(app)
    app = app.toggle(key=keys.WRITE_REPORT).set_value(True).run()
    assert "needs the kit" in told(app)


def test_where_a_page_stands() -> None:
    assert paging.where(1, 50, 10_000) == "51 to 100 of 10,000"
    assert paging.where(2, 50, 120) == "101 to 120 of 120"
    assert paging.where(0, 50, 0) == "Nothing fits"
