"""A worker whose one kind of job counts, resumes where it was, and obeys: for the tests to kill."""

import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from auditcore.errors import Cancelled, PhotoError
from auditcore.jobs.worker import Desk, Kind, work


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


def sentence(_desk: Desk) -> None:
    raise PhotoError("This is not a photo. Choose another file.")


def defect(_desk: Desk) -> None:
    raise ZeroDivisionError("a defect")


def die(_desk: Desk) -> None:
    os._exit(9)


def load() -> Mapping[str, Kind]:
    return {"count": count, "sentence": sentence, "defect": defect, "die": die}


if __name__ == "__main__":
    work(load, idle_seconds=float(sys.argv[1]))
