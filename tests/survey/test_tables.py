"""Parquet: what is read back is what the audits say, in a stable order, and claims no more."""

import math
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from memory import SCORE

from auditcore.audit import Store, run_audit, start_audit
from auditcore.errors import EvidenceError
from auditcore.survey import KITS_FILE, PHOTOS_FILE, KitLine, Tables, write_tables
from auditcore.survey import tables as written

from .conftest import NOON, sealed
from .test_running import P


def audited(store: Store, model: Any, number: int, **asks: Any) -> str:
    kit = sealed(number).kit
    audit_id = start_audit(store, kit, model, p=P, score=SCORE, clock=lambda: NOON, **asks)
    list(run_audit(store, audit_id, kit, model))
    return audit_id


def rows(folder: Path, name: str) -> list[dict[str, Any]]:
    return list(pq.read_table(folder / name).to_pylist())


def test_a_row_a_photo_and_a_row_a_kit_come_back_as_the_audits_say(
    store: Store, tmp_path: Path, learned: Any
) -> None:
    model = learned(0)
    ids = [audited(store, model, 0, claim="each"), audited(store, model, 1)]
    write_tables(tmp_path / "out", store, ids)
    photos, kits = rows(tmp_path / "out", PHOTOS_FILE), rows(tmp_path / "out", KITS_FILE)
    records = [store.audit(audit_id) for audit_id in ids]
    assert [row["audit_id"] for row in kits] == ids
    assert [row["decision"] for row in kits] == ["used", "not shown"]
    assert [row["queries"] for row in kits] == [record.queries for record in records]
    assert [(row["audit_id"], row["photo"]) for row in photos] == [
        (audit_id, photo) for audit_id in ids for photo in range(3)
    ]
    for row in photos:
        one = store.audit(row["audit_id"]).verdict.photos[row["photo"]]  # type: ignore[union-attr]
        assert (row["file"], row["hidden_queries"]) == (one.file, one.hidden_queries)
        assert row["beaten_by"] == one.beaten_by
        if row["claim"] == "collection":
            continue
        assert (row["log_statistic"] is None) == (one.statistic == 0)
        assert math.exp(row["log_threshold"]) == pytest.approx(one.threshold)


def test_a_claim_about_the_collection_says_nothing_about_a_photo(
    store: Store, tmp_path: Path, learned: Any
) -> None:
    model = learned(0)
    write_tables(tmp_path, store, [audited(store, model, 0), audited(store, model, 1)])
    told = rows(tmp_path, PHOTOS_FILE)
    for column in ("decision", "log_statistic", "log_threshold"):
        assert {row[column] for row in told} == {None}, column
    assert all(row["beaten_by"] <= row["hidden_queries"] for row in told)
    means = pq.read_schema(tmp_path / PHOTOS_FILE).field("decision").metadata[b"means"]
    assert b"no claim is made about this photo" in means


def test_every_column_says_what_it_means_and_the_docstring_names_it(tmp_path: Path) -> None:
    for schema in (written.PHOTOS_SCHEMA, written.KITS_SCHEMA):
        for field in schema:
            assert field.metadata[b"means"].endswith(b".")
            assert field.name in str(written.__doc__)


def test_the_same_audits_give_the_same_bytes(store: Store, tmp_path: Path, learned: Any) -> None:
    ids = [audited(store, learned(0), 0)]
    for name in ("a", "b"):
        write_tables(tmp_path / name, store, ids)
    for file in (PHOTOS_FILE, KITS_FILE):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()


def test_rows_are_written_in_groups(
    store: Store, tmp_path: Path, learned: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(written, "ROWS", 2)
    model = learned(0)
    write_tables(tmp_path, store, [audited(store, model, 0), audited(store, model, 1)])
    file = pq.ParquetFile(tmp_path / PHOTOS_FILE)
    assert (file.num_row_groups, file.metadata.num_rows) == (3, 6)


def test_nothing_half_written_is_left_behind(store: Store, tmp_path: Path, learned: Any) -> None:
    audit_id = audited(store, learned(0), 0)
    with pytest.raises(RuntimeError), Tables(tmp_path / "out") as tables:
        tables.add_audit(store.audit(audit_id), "a kit")
        tables.add_note(KitLine("other", note="It cannot be opened."))
        raise RuntimeError
    assert list((tmp_path / "out").iterdir()) == []
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(EvidenceError, match="cannot be written"):
        write_tables(tmp_path / "file", store, [])


def test_a_kit_without_an_audit_has_a_row_with_the_reason(tmp_path: Path) -> None:
    with Tables(tmp_path) as tables:
        tables.add_note(KitLine("a.zip", note="It cannot be opened."))
    (row,) = rows(tmp_path, KITS_FILE)
    assert (row["kit"], row["note"], row["decision"]) == ("a.zip", "It cannot be opened.", None)
    assert rows(tmp_path, PHOTOS_FILE) == []
