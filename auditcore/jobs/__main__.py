"""The worker of a lane: `python -m auditcore.jobs LANE`. The app starts it; nobody else need."""

import logging
import os
import sys
from collections.abc import Mapping
from functools import partial

from auditcore.jobs.keys import KeyRing, listen
from auditcore.jobs.lanes import CPU, LANES, WEB
from auditcore.jobs.queue import Queue
from auditcore.jobs.worker import Kind, work

_COURTESY = 10  # the page a person is looking at goes before the work behind it


def _load(lane: str) -> Mapping[str, Kind]:
    ring = KeyRing()
    if lane == WEB:
        listen(ring)  # before what takes seconds: a page may be waiting to hand over a key
    from auditcore.jobs import check, lab, passive, passive_kinds, protect

    if lane == CPU:
        check.warm_up()
        passive.sweep(Queue())
    return {
        protect.KIND: protect.run,
        **check.kinds(ring, lane),
        **passive_kinds.kinds(ring, lane),
        **lab.kinds(),
    }


def main(lane: str) -> None:
    """Serve a lane until it has been idle for a while; leave at once if a worker lives there."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    os.nice(_COURTESY)
    work(partial(_load, lane), lane)


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in LANES:
        sys.exit(f"Which lane? One of: {', '.join(LANES)}.")
    main(sys.argv[1])
