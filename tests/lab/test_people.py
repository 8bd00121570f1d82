from pathlib import Path

import numpy as np
import pytest

from auditcore.lab import people as module
from auditcore.lab.people import HAIR, MOST_PEOPLE, Person, people
from auditcore.lab.registries import LabError
from auditcore.paths import assets_dir

SEED = b"tests"


@pytest.fixture(scope="module")
def crowd() -> list[Person]:
    return people(1200, SEED)


def _lines(file: str) -> set[str]:
    return set((assets_dir() / "names" / file).read_text("utf-8").split())


def test_a_thousand_people_differ_in_two_traits_each(crowd: list[Person]) -> None:
    looks = np.array([person.looks for person in crowd])
    traits = [np.unique(column, return_inverse=True)[1] for column in looks.T]
    differing = sum((trait[:, None] != trait).astype(np.int8) for trait in traits)
    assert (differing + 2 * np.eye(len(crowd), dtype=np.int8)).min() >= 2


def test_nobody_shares_a_name(crowd: list[Person]) -> None:
    assert len({person.name.casefold() for person in crowd}) == len(crowd)


def test_first_names_are_of_the_persons_own_list(crowd: list[Person]) -> None:
    lists = {"f": _lines("female.txt"), "m": _lines("male.txt")}
    for person in crowd[:200]:
        first, last = person.name.split()
        assert first in lists[person.sex]
        assert last in _lines("surnames.txt")
        assert person.hair in HAIR[person.sex]
        assert person.sex == "m" or not person.beard


def test_both_sexes_and_all_shades_are_there(crowd: list[Person]) -> None:
    assert 0.4 < sum(person.sex == "f" for person in crowd) / len(crowd) < 0.6
    shades = sorted(person.skin for person in crowd)
    assert shades[0] < 0.02
    assert shades[-1] > 0.98
    assert 0.45 < shades[len(shades) // 2] < 0.55


def test_a_smaller_crowd_is_the_beginning_of_a_larger_one(crowd: list[Person]) -> None:
    assert people(30, SEED) == crowd[:30]
    assert people(30, b"another")[0] != crowd[0]


def test_unwanted_names_are_given_to_nobody(crowd: list[Person]) -> None:
    unwanted = frozenset(person.name for person in crowd[:20])
    assert unwanted.isdisjoint(person.name for person in people(60, SEED, unwanted))


def test_a_crowd_too_large_or_empty_is_refused() -> None:
    for count in (0, MOST_PEOPLE + 1):
        with pytest.raises(LabError, match=r"1 to 2,000 people"):
            people(count, SEED)


def test_the_largest_crowd_can_be_told_apart() -> None:
    assert len(people(MOST_PEOPLE, SEED)) == MOST_PEOPLE


def test_missing_lists_of_names_are_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(module, "assets_dir", lambda: tmp_path)
    with pytest.raises(LabError, match="assets/names"):
        people(1, SEED)
