"""How many hidden versions to ask for next. The level holds for any answer to that."""

from auditcore.sequential.base import RankTest

PILOT = 8
LARGEST = 64


def shortest_clean_run(test: RankTest, t: int, k: int) -> int | None:
    """Return how many more hidden versions reject if none of them beats the published one.

    0 where the test rejects already, None where it can no longer reject.
    """
    step = test.step(k)
    return None if step is None else max(0, step - t)


def next_batch_size(test: RankTest, t: int, k: int, pilot: int = PILOT, most: int = LARGEST) -> int:
    """Return the size of the next batch of hidden versions, 0 when nothing is left to decide.

    The shortest clean run that could decide, but no more than a pilot at first, no more than
    doubles the versions scored so far, and never more than `most`. It depends on the past only.

    Args:
        test: the test that is walked through.
        t: hidden versions scored so far.
        k: how many of them beat the published one.
        pilot: the first batch at most.
        most: any batch at most.
    """
    run = shortest_clean_run(test, t, k)
    return 0 if run is None else min(run, max(pilot, t), most)
