"""Kill audits at random and at every step of the database (results/kill_twenty.json).

The full engine audits the sample kit on demo:with, in a process of its own that is killed 20 times
at random moments, with several claims; then, on a quick stand-in model, once before every single
step on the database (begin, statement, commit). Each audit is resumed and compared with an
undisturbed run: records, verdict, and which versions the model was asked about again.

    nice python tests/benchmarks/kill_twenty.py
"""

import json
import sys
import tempfile
from fractions import Fraction
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))
sys.path.insert(0, str(ROOT / "tests" / "audit"))
RESULT = Path(__file__).parent / "results" / "kill_twenty.json"

KILLS = 20
CLAIMS = ("photo:eiffel-tower.jpg", "collection", "photo:coffee.jpg", "photo:chickens.jpg")
P = Fraction(1, 200)


def killed_at_random(folder: Path) -> list[dict[str, Any]]:
    """Kill audits of the sample kit KILLS times in all; return a row an audit."""
    from killed import Demo
    from killing import kill_at_random, trail
    from killing import run_to_end as run

    rows, left, number = [], KILLS, 0
    while left > 0:
        claim = CLAIMS[number % len(CLAIMS)]
        subject = Demo(claim, P)
        calm, hit = folder / f"calm-{number}", folder / f"hit-{number}"
        calm.mkdir()
        hit.mkdir()
        run(calm, subject)
        tally = kill_at_random(hit, subject, kills=min(left, 8), seed=number)
        left -= tally.kills
        same, verdict = trail(calm) == trail(hit), trail(hit).verdict.decision.value
        rows.append(
            {
                "claim": claim, "kills": tally.kills, "same_log_and_verdict": same,
                "verdict": verdict, "queries": trail(hit).verdict.queries,
                "answers_on_disk_asked_again": tally.repeated,
                "answers_in_flight_asked_again": tally.in_flight,
            }
        )  # fmt: skip
        print(rows[-1], flush=True)
        number += 1
    return rows


def killed_at_every_step(folder: Path) -> dict[str, Any]:
    """Crash one audit before each step on the database in turn."""
    from killed import Fake
    from killing import crash, diary, on_disk, run_to_end, trail

    subject = Fake("collection")
    calm = folder / "calm"
    calm.mkdir()
    run_to_end(calm, subject)
    different, repeated, in_flight, step = [], 0, 0, 0
    while True:
        hit = folder / f"step-{step}"
        hit.mkdir()
        if not crash(hit, subject, step):
            break
        known, before = on_disk(hit), len(diary(hit))
        run_to_end(hit, subject)
        again = diary(hit)[before:]
        repeated += sum(version in known for version in again)
        in_flight += len(diary(hit)) - len(set(diary(hit)))
        if trail(hit) != trail(calm):
            different.append(step)
        step += 1
    return {
        "crashes": step, "different": different, "answers_on_disk_asked_again": repeated,
        "answers_in_flight_asked_again": in_flight,
    }  # fmt: skip


def main() -> None:
    """Run both and write the results."""
    with tempfile.TemporaryDirectory() as folder:
        at_random = killed_at_random(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        at_steps = killed_at_every_step(Path(folder))
    document = {"at_random": at_random, "at_every_step": at_steps}
    RESULT.write_text(json.dumps(document, indent=1) + "\n")
    print(at_steps)


if __name__ == "__main__":
    main()
