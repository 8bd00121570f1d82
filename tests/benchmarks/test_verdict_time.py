"""The benchmark of verdict times: what it changes in the processes it starts, and its table."""

import subprocess
import sys
from pathlib import Path

from tests.benchmarks import verdict_time


def test_the_processes_it_starts_take_sixteen_views(tmp_path: Path) -> None:
    code = "from auditcore.scores import SCORES; print({s.views for s in SCORES.values()})"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=verdict_time.surroundings(verdict_time.ROOT, tmp_path),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "{16, 1}"


def test_tests_are_compared_in_queries_and_seconds() -> None:
    rows = [
        {"file": "a.jpg", "test": test, "queries": 10 * times, "verdict": 2.0 * times,
         "decision": "used"}
        for test, times in zip(verdict_time.TESTS, (1, 3, 2), strict=True)
    ]  # fmt: skip
    said = "\n".join(verdict_time._compared(rows))
    assert "| a.jpg | 10 queries, 2.00 s, used | 30 queries, 6.00 s, used |" in said
    assert "in queries of the conditional-rank: pprm 3.0 times, pprm-best-split 2.0 times" in said
