"""The figures behind the choices in auditcore/sequential.

`python -m tests.benchmarks.sequential_tables` writes sequential_tables.json and .md into results/.
It takes some minutes on one core.
"""

import json
import math
from fractions import Fraction
from pathlib import Path

import numpy as np

from auditcore.sequential import (
    TESTS,
    ClosedTest,
    ClosedWalk,
    Fisher,
    RankSum,
    exact_rate,
    make_test,
    operating_characteristics,
)
from tests.sequential.whole_audits import collection_paths, scored_beats

RESULTS = Path(__file__).parent / "results"
P = Fraction(1, 20)
COLUMNS = {
    "H0": {},
    "q=.005": {"q": 0.005},
    "q=.01": {"q": 0.01},
    "q=.02": {"q": 0.02},
    "d=2": {"shift": 2.0},
    "d=3": {"shift": 3.0},
}
Row = dict[str, str]


def single_photo() -> list[Row]:
    """Exact rate, power and mean hidden queries of each test, n = 1000, p = .05."""
    rows = []
    for name in TESTS:
        test = make_test(name, 1000, P)
        row = {"test": name, "exact rate": f"{float(exact_rate(test)):.5f}"}
        for column, given in COLUMNS.items():
            found = operating_characteristics(test, **given)
            row[column] = f"{found.rate:.4f} · {found.mean_hidden_queries:.1f}"
        rows.append(row)
    return rows


def collections() -> list[Row]:
    """Power of the anytime collection (watched after each photo), rank-sum and Fisher."""
    rows = []
    for photos, used, shift, hidden, p in (
        (50, 0, 0.0, 2, P),
        (50, 50, 0.5, 2, P),
        (50, 50, 0.5, 16, P),
        (12, 0, 0.0, 32, P),
        (12, 12, 1.0, 32, P),
        (50, 50, 1.0, 4, Fraction(1, 500)),
        (20, 10, 1.0, 32, P),
        (20, 5, 3.0, 32, P),
    ):
        rng = np.random.default_rng(7)
        beats = scored_beats(rng, 3000, photos, hidden, shift, used)
        rounds = [2**i for i in range(int(math.log2(hidden)) + 1)]
        anytime = collection_paths(beats, rounds).max(axis=1) >= math.log(1 / p)
        row = {
            "photos (used)": f"{photos} ({used})",
            "shift": f"{shift:g}",
            "hidden a photo": str(hidden),
            "p": str(p),
            "anytime": f"{anytime.mean():.3f}",
        }
        for kind in (RankSum, Fisher):
            test = kind(photos, hidden, p)
            ends = beats.sum(axis=2).tolist()
            row[kind.__name__] = f"{np.mean([test.rejects(end) for end in ends]):.3f}"
        rows.append(row)
    return rows


def holm(m: int, p: Fraction, states: list[set[tuple[int, int]]]) -> int:
    """Photos claimed by Holm alone, given all states that each photo passed through."""
    fired = np.zeros((m, m), dtype=np.bool_)
    for size in range(1, m + 1):
        if 1000 * p / size >= 1:
            test = make_test("conditional-rank", 1000, p / size)
            fired[:, size - 1] = [any(test.rejects(*state) for state in path) for path in states]
    quiet = (~fired).sum(axis=0)
    return int((fired | (quiet < np.arange(1, m + 1))).all(axis=1).sum())


def every_photo() -> list[Row]:
    """Claims and queries of the closed test, with Holm alone on the very same answers."""
    rows = []
    for m, used, q, p in (
        (20, 20, 0.001, P),
        (20, 20, 0.005, P),
        (20, 20, 0.005, P / 2),
        (20, 20, 0.01, P),
        (20, 5, 0.001, P),
        (20, 5, 0.001, P / 2),
        (20, 0, 0.0, P),
    ):
        ends = np.array([one_closed_audit(m, used, q, p, seed) for seed in range(20)])
        claimed, _, queries, by_holm = ends.mean(axis=0)
        rows.append(
            {
                "photos (used)": f"{m} ({used})",
                "q": f"{q:g}",
                "p": str(p),
                "claimed": f"{claimed:.1f}",
                "audits with a wrong claim": f"{(ends[:, 1] > 0).mean():.2f}",
                "hidden queries": f"{queries:.0f}",
                "claimed by Holm alone, same queries": f"{by_holm:.1f}",
            }
        )
    return rows


def one_closed_audit(
    m: int, used: int, q: float, p: Fraction, seed: int
) -> tuple[int, int, int, int]:
    """Ask breadth first, to the last hidden version; (claimed, wrong, queries, by Holm)."""
    rng = np.random.default_rng(seed)
    chances = rng.random((m, 1))
    chances[:used] = q
    beats = (rng.random((m, 999)) < chances).tolist()
    walk = ClosedWalk(ClosedTest(m, 1000, p))
    paths: list[set[tuple[int, int]]] = [{(0, 0)} for _ in range(m)]
    asked = 0
    for goal in (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 999):
        for photo in walk.open_photos():
            while walk.states[photo][0] < goal and not walk.claimed[photo]:
                asked += walk.observe(photo, beats[photo][walk.states[photo][0] :][:1])
                paths[photo].add(walk.states[photo])
    return sum(walk.claimed[:used]), sum(walk.claimed[used:]), asked, holm(m, p, paths)


def table(rows: list[Row]) -> str:
    """Return the rows as a Markdown table."""
    lines = ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0])]
    lines += ["| " + " | ".join(row.values()) + " |" for row in rows]
    return "\n".join(lines)


def main() -> None:
    """Compute everything and write both files."""
    found = {
        "One photo, n = 1000, p = .05: chance to reject · mean hidden queries (exact)": (
            single_photo()
        ),
        "A collection: chance to reject, 3,000 audits a row": collections(),
        "Every photo, n = 1000, to the last hidden version, 20 audits a row": every_photo(),
    }
    text = "\n\n".join(f"## {title}\n\n{table(rows)}" for title, rows in found.items())
    (RESULTS / "sequential_tables.md").write_text(f"# Sequential tests, measured\n\n{text}\n")
    (RESULTS / "sequential_tables.json").write_text(
        json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    )


if __name__ == "__main__":
    main()
