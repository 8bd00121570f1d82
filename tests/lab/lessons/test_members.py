"""What a model remembers."""

import numpy as np
import pytest

from auditcore.errors import PassiveError
from auditcore.lab.experiments import Snapshot
from auditcore.lab.lessons.members import seen


def snapshot(epoch: int, apart: float) -> Snapshot:
    rng = np.random.default_rng(epoch)
    members, strangers = rng.normal(apart, 1, 100), rng.normal(0, 1, 100)
    return Snapshot(epoch, (9.0,), tuple(members.tolist()), tuple(strangers.tolist()))


def test_what_parts_more_and_more_is_told_apart_better() -> None:
    first, middle, last = seen([snapshot(1, 0.0), snapshot(10, 1.0), snapshot(40, 3.0)])
    assert [one.epoch for one in (first, middle, last)] == [1, 10, 40]
    assert first.auc.low <= 0.5 <= first.auc.high
    assert first.auc.value < middle.auc.value < last.auc.value
    assert first.found is not None and last.found is not None
    assert first.found.value < 0.2 < 0.7 < last.found.value
    assert last.curve.tpr[-1] == last.curve.fpr[-1] == 1.0


def test_all_epochs_share_one_scale_without_the_persons_own_photos() -> None:
    first, last = seen([snapshot(1, 0.0), snapshot(40, 3.0)])
    every = (*first.members, *first.strangers, *last.members, *last.strangers)
    assert first.span == last.span == (min(every), max(every))
    assert 9.0 not in every
    assert len(first.members) == len(first.strangers) == 100


def test_no_snapshot_shows_nothing_and_an_empty_one_is_refused() -> None:
    assert seen([]) == ()
    with pytest.raises(PassiveError):
        seen([Snapshot(1, (), (1.0,), ())])
