"""Fair turns, by the rule alone: who goes next, and what a person is told of their wait."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditcore.jobs.turns import Ahead, Ticket, foresee, has_rival, next_up

ADA, GRACE, MARY = "ada", "grace", "mary"


def ticket(number: int, owner: str, *, quick: bool = False, **known: float) -> Ticket:
    return Ticket(number, owner, quick, **known)


def test_who_was_served_least_recently_goes_next() -> None:
    waiting = [ticket(1, ADA), ticket(2, GRACE), ticket(3, MARY)]
    found = next_up(waiting, {ADA: 7, GRACE: 5, MARY: 6})
    assert found is not None and found.owner == GRACE


def test_who_was_never_served_goes_first_in_order_of_arrival() -> None:
    waiting = [ticket(1, ADA), ticket(2, MARY, quick=True), ticket(3, GRACE), ticket(4, GRACE)]
    found = next_up(waiting, {ADA: 1})
    assert found is not None and found.owner == MARY
    found = next_up([one for one in waiting if one.owner != MARY], {ADA: 1})
    assert found is not None and found.number == 3


def test_of_ones_own_jobs_the_quick_ones_go_first_then_the_first() -> None:
    waiting = [ticket(1, ADA), ticket(2, ADA), ticket(3, ADA, quick=True)]
    order = []
    while (found := next_up(waiting, {})) is not None:
        order.append(found.number)
        waiting.remove(found)
    assert order == [3, 1, 2]


def test_a_quick_question_does_not_go_before_another_owners_turn() -> None:
    waiting = [ticket(1, ADA), ticket(2, GRACE, quick=True)]
    found = next_up(waiting, {GRACE: 2, ADA: 1})
    assert found is not None and found.owner == ADA


def test_whoever_is_at_work_elsewhere_in_the_lane_waits() -> None:
    waiting = [ticket(1, ADA), ticket(2, GRACE)]
    found = next_up(waiting, {ADA: 1, GRACE: 2}, busy={ADA})
    assert found is not None and found.owner == GRACE
    assert next_up(waiting, {}, busy={ADA, GRACE}) is None


def test_rivals_are_others_and_ones_own_quick_questions() -> None:
    audit, question = ticket(1, ADA), ticket(1, ADA, quick=True)
    assert has_rival(audit, [ticket(2, GRACE)])
    assert has_rival(audit, [ticket(2, ADA, quick=True)])
    assert not has_rival(audit, [ticket(2, ADA)])
    assert not has_rival(question, [ticket(2, ADA, quick=True)])
    assert not has_rival(audit, [])


def test_nobody_waits_while_there_is_room() -> None:
    waiting = [ticket(1, ADA), ticket(2, GRACE)]
    assert foresee(1, [], waiting, {}, seats=1) == Ahead(0, 0.0)
    assert foresee(2, [], waiting, {}, seats=8) == Ahead(0, 0.0)
    assert foresee(1, [ticket(9, MARY, seconds=5.0)], waiting, {}, seats=8).position == 0


def test_the_wait_is_what_the_one_at_work_still_takes() -> None:
    running = [ticket(1, ADA, seconds=30.0)]
    assert foresee(2, running, [ticket(2, GRACE)], {ADA: 1}, 1) == Ahead(1, 30.0)


def test_a_long_job_is_waited_for_until_its_turn_is_over_and_no_longer() -> None:
    running = [ticket(1, ADA, seconds=300.0, turn=15.0, worked=5.0)]
    waiting = [ticket(2, GRACE, seconds=4.0), ticket(3, MARY)]
    assert foresee(2, running, waiting, {ADA: 1}, 1) == Ahead(1, 10.0)
    assert foresee(3, running, waiting, {ADA: 1}, 1) == Ahead(2, 14.0)


def test_the_rest_of_a_long_job_comes_again_in_its_owners_turn() -> None:
    running = [ticket(1, ADA, seconds=40.0, turn=15.0)]
    waiting = [ticket(2, GRACE, seconds=40.0, turn=15.0), ticket(3, GRACE, seconds=1.0)]
    # ada 15, grace 15, ada 15, grace 15, ada 10, grace 10, then grace's second
    assert foresee(3, running, waiting, {ADA: 1}, 1) == Ahead(6, 80.0)


def test_without_a_rival_a_long_job_goes_on_to_its_end() -> None:
    running = [ticket(1, ADA, seconds=40.0, turn=15.0)]
    assert foresee(2, running, [ticket(2, ADA)], {ADA: 1}, 1) == Ahead(1, 40.0)


def test_what_is_not_known_is_not_told() -> None:
    waiting = [ticket(2, GRACE), ticket(3, MARY)]
    assert foresee(3, [ticket(1, ADA)], waiting, {ADA: 1}, 1) == Ahead(2, None)
    sliced = [ticket(1, ADA, turn=15.0)]  # however long it takes, it steps aside
    assert foresee(2, sliced, waiting, {ADA: 1}, 1) == Ahead(1, 15.0)


jobs = st.lists(
    st.tuples(st.sampled_from("abcdef"), st.booleans(), st.integers(1, 60)), min_size=1, max_size=25
)


@given(jobs, st.dictionaries(st.sampled_from("abcdef"), st.integers(1, 50)))
def test_between_two_turns_of_an_owner_every_other_gets_one_at_most(
    drawn: list[tuple[str, bool, int]], served: dict[str, int]
) -> None:
    waiting = [ticket(n, owner, quick=quick) for n, (owner, quick, _s) in enumerate(drawn)]
    turns, since = dict(served), {owner: Counter[str]() for owner, *_rest in drawn}
    while (found := next_up(waiting, turns)) is not None:
        turns[found.owner] = max(turns.values(), default=0) + 1
        waiting.remove(found)
        since[found.owner].clear()
        for owner in {one.owner for one in waiting} - {found.owner}:
            since[owner][found.owner] += 1
            assert since[owner][found.owner] <= 1


@given(jobs, st.integers(1, 4))
def test_what_is_foretold_comes_true(drawn: list[tuple[str, bool, int]], turn: int) -> None:
    """A lane of one seat, gone through to the end, against what each job was told at first."""
    tickets = [
        ticket(n, owner, quick=quick, seconds=float(s), turn=None if quick else 10.0 * turn)
        for n, (owner, quick, s) in enumerate(drawn)
    ]
    told = {one.number: foresee(one.number, [], tickets, {}, 1) for one in tickets}
    waiting, served, now, begun = list(tickets), dict[str, int](), 0.0, 0
    while (found := next_up(waiting, served)) is not None:
        waiting.remove(found)
        if found.number in told:
            assert told.pop(found.number) == Ahead(begun, pytest.approx(now))
        served[found.owner] = begun = begun + 1
        assert found.seconds is not None
        lasts = found.seconds
        if found.turn is not None and has_rival(found, waiting) and lasts > found.turn:
            lasts = found.turn
            waiting.append(replace(found, seconds=found.seconds - lasts))
        now += lasts
    assert not told
