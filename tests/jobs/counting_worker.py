"""A worker whose one kind of job counts, resumes where it was, and obeys: for the tests to kill.

Told so, it counts for a short while and then steps aside for others.
"""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from auditcore.errors import Cancelled, PhotoError
from auditcore.jobs.lanes import CPU
from auditcore.jobs.manners import QUICK, TURN_SECONDS
from auditcore.jobs.worker import Desk, Elsewhere, Kind, work


def count(desk: Desk) -> None:
    """Append each number once to a file; what is in the file is never written again."""
    tally = Path(desk.job.params["file"])
    done = len(tally.read_text().split()) if tally.exists() else 0
    for number in range(done, desk.job.params["to"]):
        if desk.stopping():
            raise Cancelled("Stopped.")
        with tally.open("a") as out:
            out.write(f"{number}\n")
        desk.report(number + 1, desk.job.params["to"], f"Counted {number + 1}.")
        time.sleep(desk.job.params.get("pause", 0.0))


def astray(desk: Desk) -> None:
    """Count in the lane where it belongs, which is not where it was put."""
    if desk.job.lane != desk.job.params["lane"]:
        raise Elsewhere(desk.job.params["lane"])
    count(desk)


def sentence(_desk: Desk) -> None:
    raise PhotoError("This is not a photo. Choose another file.")


def defect(_desk: Desk) -> None:
    raise ZeroDivisionError("a defect")


def die(_desk: Desk) -> None:
    os._exit(9)


def load() -> Mapping[str, Kind]:
    return {
        "count": count, "glance": count, "astray": astray, "sentence": sentence, "defect": defect,
        "die": die,
    }  # fmt: skip


if __name__ == "__main__":
    idle_seconds, turn_seconds, lane = sys.argv[1:] if len(sys.argv) == 4 else (sys.argv[1], "", "")
    QUICK.add("glance")
    if turn_seconds:
        TURN_SECONDS["count"] = float(turn_seconds)
    work(load, lane or CPU, idle_seconds=float(idle_seconds))
