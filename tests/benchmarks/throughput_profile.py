"""Where the time of an audit goes, by stage: samples of what every Python thread is doing.

    PYTHONPATH=TREE python tests/benchmarks/throughput_profile.py SPEC [--seconds 12]

It runs an audit of each sample photo by itself for a while and prints JSON. It needs nothing of
this tree but itself, so that another version of Telltale can be looked at the same way. A thread
that waits for another counts as waiting; within a library, what called it counts.
"""

import argparse
import json
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path
from types import FrameType
from typing import Any

EVERY = 0.004
WAITING = "waiting for another thread"
_WAITS = ("threading.py", "queue.py", "concurrent/futures/thread.py", "concurrent/futures/_base.py")
_STAGES = (
    ("auditcore/models/preprocessing", "preprocessing"),
    ("auditcore/models/", "forward pass"),
    ("auditcore/scores/views", "views"),
    ("auditcore/scores/composing", "views"),
    ("auditcore/scores/resampling", "views"),
    ("auditcore/scores/", "scores"),
    ("auditcore/marks/", "versions"),
    ("auditcore/kit/", "versions"),
    ("auditcore/randomness", "versions"),
    ("auditcore/audit/store", "database"),
    ("auditcore/database", "database"),
    ("auditcore/audit/", "audit"),
    ("auditcore/sequential/", "audit"),
)


def stage_of(frame: FrameType | None) -> str | None:
    """Return what a thread is doing, None when it is none of Telltale's."""
    if frame is not None and frame.f_code.co_filename.endswith(_WAITS):
        return WAITING
    while frame is not None:
        for place, stage in _STAGES:
            if place in frame.f_code.co_filename:
                return stage
        frame = frame.f_back
    return None


class Sampler(threading.Thread):
    """Looks at all other threads every few milliseconds until it is stopped.

    Attributes:
        seen: how often each stage was seen.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.seen: Counter[str] = Counter()
        self._over = threading.Event()

    def run(self) -> None:
        """Look."""
        while not self._over.wait(EVERY):
            for thread, frame in sys._current_frames().items():
                stage = None if thread == self.ident else stage_of(frame)
                if stage is not None:
                    self.seen[stage] += 1

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()

    def shares(self) -> dict[str, float]:
        """Return each stage's share of the time in which threads did not wait."""
        busy = {stage: count for stage, count in self.seen.items() if stage != WAITING}
        whole = sum(busy.values())
        return {stage: round(count / whole, 4) for stage, count in sorted(busy.items())}


def audited(spec: str, seconds: float) -> dict[str, Any]:
    """Audit each sample photo by itself for so long; say where the time went."""
    from auditcore import paths
    from auditcore.audit import Store, run_audit, start_audit
    from auditcore.kit import open_kit
    from auditcore.models import open_model

    kit, model = open_kit(paths.assets_dir() / "sample" / "kit.zip"), open_model(spec)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder) / "audits.sqlite3")
        audit_id = start_audit(store, kit, model, claim="each")
        sampler, deadline = Sampler(), time.perf_counter() + seconds
        sampler.start()
        begin, processor, done = time.perf_counter(), time.process_time(), 0
        stop = lambda: time.perf_counter() > deadline  # noqa: E731
        for event in run_audit(store, audit_id, kit, model, should_stop=stop):
            done = event.progress.done
        wall, processor = time.perf_counter() - begin, time.process_time() - processor
        sampler.stop()
        views = int(store.audit(audit_id).plan.score["views"])
    return {
        "images_per_second": round(done * views / wall, 1),
        "processor_seconds_a_second": round(processor / wall, 2),
        "queries": done,
        "shares": sampler.shares(),
    }


def main() -> None:
    """Audit and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("spec")
    parser.add_argument("--seconds", type=float, default=12.0)
    given = parser.parse_args()
    print(json.dumps(audited(given.spec, given.seconds)))


if __name__ == "__main__":
    main()
