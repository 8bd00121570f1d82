"""Candidate names: the recipe, and what a person may type."""

from pathlib import Path

import pytest

from auditcore import paths
from auditcore.errors import PassiveError
from auditcore.passive.idia.names import candidate_names, decoy_names, tidy_name

FEMALE, MALE, SURNAMES = (
    (paths.assets_dir() / "names" / f"{kind}.txt").read_text().split()
    for kind in ("female", "male", "surnames")
)


def test_the_lists_are_the_thousand_most_frequent() -> None:
    assert [len(set(names)) for names in (FEMALE, MALE, SURNAMES)] == [1000] * 3
    assert (FEMALE[0], MALE[0], SURNAMES[0]) == ("Mary", "James", "Smith")
    assert all(name.istitle() and name.isascii() for name in FEMALE + MALE + SURNAMES)


def test_decoys_are_half_female_half_male_and_always_the_same() -> None:
    decoys = decoy_names()
    assert decoys[:4] == ("Joanna Downs", "Kip Baxter", "May Bond", "Gilbert Zimmerman")
    assert len({name.casefold() for name in decoys}) == len(decoys) == 1000
    for number, name in enumerate(decoys):
        first, surname = name.split()
        assert first in (MALE if number % 2 else FEMALE)
        assert surname in SURNAMES


def test_a_thousand_names_hold_the_real_ones_last() -> None:
    names = candidate_names(["Ada Lovelace", "Émile Zola"])
    assert names.real == ("Ada Lovelace", "Émile Zola")
    assert names.everyone == (*decoy_names()[:998], "Ada Lovelace", "Émile Zola")
    assert [names.everyone[names.index(name)] for name in names.real] == list(names.real)


def test_a_decoy_that_is_a_real_name_makes_place_for_the_next() -> None:
    taken = decoy_names()[3]
    names = candidate_names([taken.upper()], count=10)
    assert len({name.casefold() for name in names.everyone}) == 10
    assert taken not in names.decoys
    assert names.decoys == (*decoy_names()[:3], *decoy_names()[4:10])


def test_white_space_and_composition_do_not_matter() -> None:
    assert tidy_name("  Ada \t Lovelace\n") == "Ada Lovelace"
    assert tidy_name("E\u0301mile Zola") == "Émile Zola"
    assert candidate_names(["Ada  Lovelace"]).index("Ada Lovelace ") == 999


@pytest.mark.parametrize(
    ("real", "says"),
    [
        ([], "at least one person"),
        (["  "], "empty"),
        (["1234"], "letters"),
        (["Ada\u202eecalevoL"], "not shown"),
        (["A" * 81], "too long"),
        (["Ada Lovelace", "ada  LOVELACE"], "twice"),
        ([f"Person {chr(0x4E00 + number)}" for number in range(501)], "too many"),
    ],
)
def test_names_that_cannot_be_asked_for(real: list[str], says: str) -> None:
    with pytest.raises(PassiveError, match=says):
        candidate_names(real)


def test_a_name_that_was_not_asked_for() -> None:
    with pytest.raises(PassiveError, match="none of the names"):
        candidate_names(["Ada"]).index("Eve")


def test_missing_lists_are_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(paths, "assets_dir", lambda: tmp_path)
    decoy_names.cache_clear()
    with pytest.raises(PassiveError, match="assets/names"):
        decoy_names()
