"""A killed audit goes on as if nothing had happened (in full: benchmarks/kill_twenty.py)."""

from pathlib import Path

import pytest
from killed import Fake
from killing import crash, diary, kill_at_random, on_disk, run_to_end, trail

QUICK = Fake("collection")
SLOW = Fake("collection", seconds=0.02, longest_wait=0.15)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    run_to_end(folder, QUICK)
    return folder


@pytest.mark.parametrize("step", [0, 12, 20, 27, 28, 29, 40, 47])
def test_a_crash_before_any_step_on_the_database_changes_nothing(
    tmp_path: Path, undisturbed: Path, step: int
) -> None:
    assert crash(tmp_path, QUICK, step)
    known, before = on_disk(tmp_path), len(diary(tmp_path))
    run_to_end(tmp_path, QUICK)
    assert not known & set(diary(tmp_path)[before:])
    assert trail(tmp_path) == trail(undisturbed)


def test_kills_at_random_moments_change_nothing(tmp_path: Path, undisturbed: Path) -> None:
    tally = kill_at_random(tmp_path, SLOW, kills=4, seed=5)
    assert tally.kills > 0
    assert tally.repeated == 0
    assert trail(tmp_path) == trail(undisturbed)
