"""How many hidden versions to ask for next. The level holds for any answer to that."""

from auditcore.sequential.base import RankTest

PILOT = 8
LARGEST = 64


def shortest_clean_run(test: RankTest, t: int, k: int) -> int | None:
    """Return how many more hidden versions reject if none of them beats the published one.

    0 where the test has rejected already, None where it can no longer reject.
    """
    step = test.step(k)
    return None if step is None else max(0, step - t)


def next_batch_size(test: RankTest, t: int, k: int, previous: int) -> int:
    """Return the size of the next batch of hidden versions, 0 when nothing is left to decide.

    The shortest clean run that could decide, but a pilot of at most 8 first, at most twice the
    previous batch, and at most 64: it depends on the past only.

    Args:
        test: the test that is walked through.
        t: hidden versions scored so far; k: how many of them beat the published one.
        k: see t.
        previous: size of the batch before, 0 before the first.
    """
    run = shortest_clean_run(test, t, k)
    if run is None:
        return 0
    return min(run, 2 * previous if previous else PILOT, LARGEST)
