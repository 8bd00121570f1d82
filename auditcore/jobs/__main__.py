"""The worker process: `python -m auditcore.jobs`. The app starts it; nobody else need."""

import logging
import os
from collections.abc import Mapping

from auditcore.jobs.keys import KeyRing, listen
from auditcore.jobs.queue import Queue
from auditcore.jobs.worker import Kind, work

_COURTESY = 5  # the page a person is looking at goes before the work behind it


def _load() -> Mapping[str, Kind]:
    ring = KeyRing()
    listen(ring)  # before what takes seconds: a page may be waiting to hand over a key
    from auditcore.jobs import check, lab, passive, passive_kinds, protect

    check.warm_up()
    passive.sweep(Queue())
    return {
        protect.KIND: protect.run,
        **check.kinds(ring),
        **passive_kinds.kinds(ring),
        **lab.kinds(),
    }


def main() -> None:
    """Serve the queue until it has been idle for a while; leave at once if a worker lives."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(levelname)s %(message)s")
    os.nice(_COURTESY)
    work(_load)


if __name__ == "__main__":
    main()
