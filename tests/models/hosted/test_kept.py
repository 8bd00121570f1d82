import sqlite3
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from auditcore import paths
from auditcore.errors import SpendingError
from auditcore.models.hosted.kept import Kept, Records


def test_rows_come_back_to_the_bit() -> None:
    rows = {
        "a": np.array([0.1, -2.5, 1e-30], np.float32),
        "b": np.array([1 / 3, 2 / 3]),
        "c": np.array(["tabby, tabby cat"]),
        "d": np.array(["Bär \N{BEAR FACE}"]),
    }
    kept = Kept()
    kept.keep("audit", rows)
    found = kept.find("audit", ["a", "b", "c", "d", "e"])
    assert found.keys() == rows.keys()
    for name, row in rows.items():
        assert found[name].dtype == row.dtype
        assert np.array_equal(found[name], row)


def test_audits_do_not_see_each_other() -> None:
    kept = Kept()
    kept.keep("one", {"q": np.array([1.0])})
    kept.count("one", 5, None)
    assert kept.find("two", ["q"]) == {}
    assert (kept.sent("one"), kept.sent("two")) == (5, 0)


def test_the_first_answer_stays() -> None:
    kept = Kept()
    kept.keep("audit", {"q": np.array([1.0])})
    kept.keep("audit", {"q": np.array([2.0])})
    assert kept.find("audit", ["q"])["q"][0] == 1.0


def test_many_are_found_at_once() -> None:
    kept = Kept()
    rows = {f"q{i}": np.array([float(i)]) for i in range(2000)}
    kept.keep("audit", rows)
    assert len(kept.find("audit", rows)) == 2000


def test_the_ceiling_holds_and_counts_nothing_beyond() -> None:
    kept = Kept()
    for _ in range(3):
        kept.count("audit", 3, 10)
    with pytest.raises(SpendingError, match="ceiling of 10 pictures is reached"):
        kept.count("audit", 2, 10)
    assert kept.sent("audit") == 9
    kept.count("audit", 1, 10)
    kept.count("audit", 90, 100)  # raised: it goes on


def test_what_was_sent_before_an_audit_is_booked_to_it_once() -> None:
    records = Records(most=10)
    records.count(3)
    records.begin("audit")
    records.count(4)
    records.begin("audit")
    assert Kept().sent("audit") == 7
    with pytest.raises(SpendingError):
        records.count(4)


def test_the_ceiling_holds_in_the_connection_test_too() -> None:
    records = Records(most=1)
    records.count(1)
    with pytest.raises(SpendingError):
        records.count(1)


def test_fresh_neither_finds_nor_keeps() -> None:
    records = Records(None)
    records.begin("audit")
    records.keep({"q": np.array([1.0])})
    records.fresh = True
    assert records.find(["q"]) == {}
    records.keep({"r": np.array([2.0])})
    records.fresh = False
    assert list(records.find(["q", "r"])) == ["q"]


_KILLED = """
import os, numpy as np
from auditcore.models.hosted.kept import Kept
kept = Kept()
kept.count("audit", 8, None)
kept.keep("audit", {"q": np.array([1.0])})
kept.count("audit", 8, None)
os._exit(9)
"""


def test_a_killed_process_has_counted_and_kept(data_dir: Path) -> None:
    done = subprocess.run([sys.executable, "-c", _KILLED], check=False)
    assert done.returncode == 9
    assert Kept().sent("audit") == 16
    assert Kept().find("audit", ["q"])["q"][0] == 1.0
    with sqlite3.connect(paths.database()) as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
