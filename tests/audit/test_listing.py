"""Pages of audits: small rows that follow the audits, and a database that reads no more."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from fakes import FakeSealed, make_plan
from sqlalchemy import event

from auditcore.audit.listing import UNFINISHED, Listing, list_audits, list_kits
from auditcore.audit.plan import request_key
from auditcore.audit.store import Store
from auditcore.audit.verdict import CollectionVerdict, Decision, PhotoVerdict, Verdict

SEALED = FakeSealed(100)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "audits.sqlite3")


def opened(store: Store, day: int, model: str = "a model", owner: str = "local") -> str:
    """Open an audit of a kit and a day of its own."""
    plan = replace(
        make_plan(SEALED, photos=2),
        started=f"2026-01-{day:02}T00:00:00Z",
        kit_id=f"{day:064}",
        model={"fingerprint": "f", "released": None, "name": model, "spec": "x", "details": {}},
    )
    return store.new_audit(owner, plan, request_key(plan))


def decide(store: Store, audit_id: str, decision: Decision) -> None:
    """Write a verdict; the photos by themselves are told nothing, as in a collection."""
    photos = tuple(PhotoVerdict(f"{i}.jpg", Decision.NOT_SHOWN, 3, 0, 1.0, 40.0) for i in range(2))
    together = CollectionVerdict(decision, 50.0, 40.0, "evidence")
    verdict = Verdict("collection", "1/40", photos, together, 8)
    store.append(audit_id, store.log(audit_id)[-1], {}, [], queries=8, verdict=verdict)


def look(store: Store, page: int = 0, **wanted: str) -> Listing:
    return list_audits(store, "local", page=page, size=2, **wanted)


def ids(listing: Listing) -> list[str]:
    return [audit.id for audit in listing.audits]


def test_pages_come_newest_first_and_hold_every_audit_once(store: Store) -> None:
    made = [opened(store, day) for day in (2, 5, 1, 4, 3)]
    opened(store, 6, owner="somebody else")
    pages = [ids(look(store, page)) for page in range(4)]
    assert pages == [[made[1], made[3]], [made[4], made[0]], [made[2]], []]
    assert look(store).found == look(store).everything == 5


def test_a_row_follows_its_audit(store: Store) -> None:
    audit_id = opened(store, 1)
    assert look(store).audits[0].headline is None
    assert ids(look(store, answer=UNFINISHED)) == [audit_id]
    decide(store, audit_id, Decision.USED)
    [told] = look(store).audits
    assert told.headline == "At least one of these 2 photos was used to train this model."
    assert (told.model, told.claim, told.photos, told.p.denominator) == (
        "a model",
        "collection",
        2,
        20,
    )
    assert look(store, answer=UNFINISHED).found == 0


def test_what_is_looked_for_is_counted_and_the_rest_is_not_shown(store: Store) -> None:
    used, other = opened(store, 1, "Large CLIP"), opened(store, 2, "small clip")
    decide(store, used, Decision.USED)
    decide(store, other, Decision.NOT_SHOWN)
    opened(store, 3, "another")
    assert ids(look(store, answer=Decision.USED)) == [used]
    assert ids(look(store, answer=Decision.NOT_SHOWN)) == [other]
    assert ids(look(store, words="cLip LARGE")) == [used]
    assert look(store, words="clip").found == 2
    assert look(store, words="100%_").found == 0
    assert look(store, words="clip", answer=UNFINISHED).everything == 3


def test_the_newest_audit_of_each_kit_on_a_model(store: Store) -> None:
    older, other = opened(store, 1), opened(store, 2)
    plan = replace(store.audit(older).plan, attempt=2, started="2026-02-01T00:00:00Z")
    newer = store.new_audit("local", plan, request_key(plan))
    decide(store, other, Decision.USED)
    found = list_kits(store, "local", "f")
    assert {kit: audit.id for kit, audit in found.items()} == {f"{1:064}": newer, f"{2:064}": other}
    assert [found[f"{day:064}"].answer for day in (1, 2)] == [UNFINISHED, "used"]
    assert found[f"{2:064}"].grade == "guaranteed"
    assert set(list_kits(store, "local", "f", Fraction(1, 20))) == set(found)
    assert list_kits(store, "local", "f", Fraction(1, 40)) == {}
    assert list_kits(store, "local", "another model") == {}
    assert list_kits(store, "somebody else", "f") == {}


def test_another_version_of_the_words_writes_the_rows_again(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    decide(store, opened(store, 1), Decision.NOT_SHOWN)
    look(store)
    monkeypatch.setattr("auditcore.audit.listing._WORDING", "later/3")
    monkeypatch.setattr("auditcore.audit.listing.headline", lambda *_: "Said anew.")
    assert look(store).audits[0].headline == "Said anew."


def test_an_audit_of_another_version_is_told_and_hides_no_other(store: Store) -> None:
    opened(store, 1)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE audits SET plan = json_set(plan, '$.format_version', 1)")
    newer = opened(store, 2)
    listing = look(store)
    assert ids(listing) == [newer] and listing.found == listing.everything == 1
    assert listing.unread is not None and "another version" in listing.unread


def test_a_page_reads_no_plan_and_no_verdict_again(store: Store) -> None:
    for day in range(1, 6):
        decide(store, opened(store, day), Decision.USED)
    look(store)
    said: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: said.append(args[2]))
    look(store, page=1, words="used")
    assert said and not [line for line in said if "audits.plan" in line or "BEGIN I" in line]
    assert all("audits.verdict" not in line.split("FROM")[0] for line in said)
