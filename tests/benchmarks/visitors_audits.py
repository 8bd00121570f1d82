"""Keeps audits of two people under way on a server: `python visitors_audits.py SECONDS`.

Each asks about every one of the sample photos, first the model that never saw them, which takes
long, then the other, so that there is always an audit of both at work or in line. (A kit may be
tried on a model a few times only, each at half the level of the one before: so the audits must be
long ones.) Prints what was done meanwhile, as JSON.
"""

import json
import sys
import time
from fractions import Fraction
from itertools import product

from auditcore.jobs.orders import SAMPLE_KIT, Choice, Order, submit_audit
from auditcore.jobs.queue import JobState, Queue

OWNERS = ("https://id.example ada", "https://id.example grace")


def main(seconds: float) -> None:
    """Feed the line until the time is over."""
    queue, until = Queue(), time.monotonic() + seconds
    orders = {
        owner: [
            Order(SAMPLE_KIT, Choice(spec), claim, Fraction(1, 20))
            for claim, spec in product(("each", "collection"), ("demo:without", "demo:with"))
        ]
        for owner in OWNERS
    }
    looks, both = 0, 0
    while time.monotonic() < until:
        under_way = 0
        for owner in OWNERS:
            open_ = [job for job in queue.list(owner, "audit") if not job.ended]
            under_way += bool(open_)
            if not open_ and orders[owner]:
                submit_audit(queue, orders[owner].pop(0), owner=owner)
        looks, both = looks + 1, both + (under_way == len(OWNERS))
        time.sleep(0.5)
    ended = [job for owner in OWNERS for job in queue.list(owner, "audit") if job.ended]
    states = [job.state.value for job in ended]
    told = {state.value: states.count(state.value) for state in JobState if state in states}
    questions = sum(job.done for owner in OWNERS for job in queue.list(owner, "audit"))
    print(json.dumps({"audits": told, "questions": questions, "both under way": both / looks}))


if __name__ == "__main__":
    main(float(sys.argv[1]))
