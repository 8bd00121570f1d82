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


def test_all_epochs_share_their_bins_and_every_picture_is_in_one() -> None:
    first, last = seen([snapshot(1, 0.0), snapshot(40, 3.0)])
    assert (first.edges == last.edges).all()
    for one in (first, last):
        assert one.members.sum() == pytest.approx(1)
        assert one.strangers.sum() == pytest.approx(1)


def test_the_persons_own_photos_are_left_out() -> None:
    [one] = seen([snapshot(5, 1.0)])
    assert one.edges[-1] < 9.0


def test_no_snapshot_shows_nothing_and_an_empty_one_is_refused() -> None:
    assert seen([]) == ()
    with pytest.raises(PassiveError):
        seen([Snapshot(1, (), (1.0,), ())])
