"""The report as a page: needs nothing else, says it all, and lets no text become markup."""

import copy
import math
import re
from pathlib import Path

import pytest
from conftest import Audited, audited
from fakes import FakeSealed, make_plan

from auditcore.evidence import render_html
from auditcore.evidence.figure import NEEDED, USED, evidence_figure
from auditcore.sequential import make_test


@pytest.fixture(scope="module")
def page(used: Audited) -> str:
    return render_html(used.report)


def test_the_page_needs_nothing_from_anywhere(page: str) -> None:
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert not re.findall(r"(?:src|href)\s*=", markup)
    assert "@import" not in markup
    assert not re.findall(r"<script[^>]+src=", page)
    assert "Plotly.newPlot" in page


def test_the_page_says_verdict_grade_meaning_limits_and_every_figure(
    used: Audited, page: str
) -> None:
    words = used.report["words"]
    text = re.sub(r"<script.*?</script>|<[^>]+>", "", page, flags=re.DOTALL)
    for line in (words["headline"], *words["means"], *words["means_not"], *words["limits"]):
        assert line.replace("'", "&#39;") in text
    assert words["grade"] in text and words["grade_means"] in text and "not used" not in text
    for figure in (used.kit.id, used.report["digest"], used.report["log"][-1]["hash"]):
        assert figure in text
    assert used.report["kit"]["public"]["test_seed"] in text
    assert "python -m auditcore verify report.json kit.zip" in text


def test_text_from_outside_never_becomes_markup(used: Audited) -> None:
    report = copy.deepcopy(used.report)
    evil = "<script>alert(1)</script>"
    report["words"]["headline"] = evil
    report["warnings"] = [evil]
    plan = report["log"][0]["body"]["plan"]
    plan["model"]["name"] = plan["files"][0] = evil
    plan["claim"] = f"photo:{evil}"
    report["verdict"]["photos"][0]["file"] = evil
    assert evil not in render_html(report)


@pytest.mark.parametrize("claim", ["each", "photo:photo 0.png"])
@pytest.mark.parametrize("learned", [0, 3])
def test_every_claim_and_verdict_has_its_page(tmp_path: Path, claim: str, learned: int) -> None:
    done = audited(tmp_path, learned=learned, claim=claim)
    page = render_html(done.report)
    assert done.report["words"]["headline"].replace("“", "") in page.replace("“", "")
    line = "each photo needs at least this" if claim == "each" else "used from here on"
    assert (line in page) and ("little hope below" in page)


def test_no_line_of_one_photo_among_several_says_used() -> None:
    """Of 24 unused photos, some pass their own test by chance in nearly every other audit."""
    plan = make_plan(FakeSealed(1000), photos=24, claim="each")
    trace = {"photos": [[[1, 0, 0.5]]] * 24, "collection": [[1, 0.5]]}
    names = {line.name for line in evidence_figure(plan, trace).data}
    assert NEEDED[0] in names and USED[0] not in names


def test_the_line_of_one_photo_is_that_of_its_test() -> None:
    plan = make_plan(FakeSealed(1000), test="pprm")
    figure = evidence_figure(plan, {"photos": [[[1, 0, 0.5]]], "collection": [[1, 0.5]]})
    (line,) = (line for line in figure.data if line.name == USED[0])
    decides = make_test(plan.test, plan.versions, plan.level).log_threshold
    assert math.log(line.y[0]) == pytest.approx(decides)


def test_a_page_of_many_photos_shows_some_and_says_where_the_rest_is(
    used: Audited, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("auditcore.evidence.page.PHOTOS_SHOWN", 2)
    page = render_html(used.report)
    markup = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    assert "photo 0.png</td>" in markup and "photo 1.png</td>" in markup
    assert "photo 2.png</td>" not in markup
    assert "2 of 3 photos are shown, the first of the kit" in markup
    assert "report.json" in markup and "photos.parquet" in markup


def test_claimed_photos_come_first_on_a_page_of_many(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report = audited(tmp_path, learned=3, claim="each").report
    photos = report["verdict"]["photos"]
    assert [photo["decision"] for photo in photos] == ["used"] * 3
    photos[0]["decision"] = "not shown"
    monkeypatch.setattr("auditcore.evidence.page.PHOTOS_SHOWN", 2)
    markup = re.sub(r"<script.*?</script>", "", render_html(report), flags=re.DOTALL)
    assert "photo 0.png</td>" not in markup and "those called used first" in markup


def test_a_long_line_is_thinned_and_ends_where_it_ended() -> None:
    plan = make_plan(FakeSealed(1000), photos=3)
    points = [[applied, applied / 1e5] for applied in range(1, 100_001)]
    figure = evidence_figure(plan, {"collection": points, "photos": [[], [], []]})
    line = figure.data[0]
    assert len(line.x) < 2_100
    assert (line.x[-1], line.y[-1]) == (100_000, pytest.approx(math.e))
