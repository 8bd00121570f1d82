"""From the seed alone: the published version, the order, the priorities, the pixels."""

import json
from collections import Counter

import numpy as np
import pytest
from hostile import members, small_kit
from scipy.stats import chisquare

from auditcore.errors import MarkError
from auditcore.kit import Kit, open_kit
from auditcore.kit.archive import pack
from auditcore.marks.grids import add_grid
from auditcore.randomness import derive
from kit.golden import FACTS, KIT, facts


@pytest.fixture(scope="module")
def kit() -> Kit:
    return open_kit(small_kit())


def test_the_golden_kit_gives_the_same_bit_for_bit_on_every_machine() -> None:
    assert json.loads(json.dumps(facts(KIT.read_bytes()))) == json.loads(FACTS.read_text())


def test_a_kit_has_one_spelling_on_every_machine() -> None:
    assert pack(members(KIT.read_bytes())) == KIT.read_bytes()


def test_order_and_priorities_are_permutations(kit: Kit) -> None:
    for photo in range(len(kit.photos)):
        published = kit.published_version(photo)
        assert sorted((*kit.hidden_order(photo), published)) == list(range(kit.versions))
        priorities = [kit.tie_priority(photo, version) for version in range(kit.versions)]
        assert sorted(priorities) == list(range(kit.versions))


def test_photos_draw_independently(kit: Kit) -> None:
    assert kit.hidden_order(0) != kit.hidden_order(1)
    assert kit.stream("views", 0).read(9) == derive(kit.seed, "views", 0).read(9)
    assert kit.stream("views", 0).read(9) != kit.stream("views", 1).read(9)


def test_the_published_version_is_uniform_over_seeds(kit: Kit) -> None:
    """The guarantee rests on this: without the seed, each version is as likely as any other."""
    draws = [derive(bytes([i % 256, i // 256]), "published", 0).below(20) for i in range(8000)]
    assert chisquare(np.bincount(draws, minlength=20)).pvalue > 1e-4
    first = Counter(
        derive(bytes([i % 256, i // 256]), "order", 0).shuffled(range(20))[0] for i in range(8000)
    )
    assert chisquare(list(first.values())).pvalue > 1e-4


def test_versions_are_made_again_alike_and_differ_from_each_other(kit: Kit) -> None:
    again = open_kit(small_kit())
    for photo in range(len(kit.photos)):
        versions = [kit.version(photo, version) for version in range(kit.versions)]
        assert len({version.tobytes() for version in versions}) == kit.versions
        for number in (0, 19):
            assert np.array_equal(again.version(photo, number), versions[number])
        assert versions[0].shape == kit.base(photo).shape


def test_grids_are_what_a_version_adds_to_the_base(kit: Kit) -> None:
    versions = [3, 0, 19]
    for photo in range(len(kit.photos)):
        for version, grid in zip(versions, kit.grids(photo, versions), strict=True):
            marked = add_grid(kit.base(photo), grid.transpose(1, 2, 0))
            assert np.array_equal(marked, kit.version(photo, version))


def test_what_a_kit_hands_out_cannot_change_it(kit: Kit) -> None:
    with pytest.raises(ValueError, match="read-only"):
        kit.base(0)[0, 0, 0] = 1
    before = kit.version(0, 3)
    kit.version(0, 3)[:] = 0
    assert np.array_equal(kit.version(0, 3), before)


def test_a_version_that_does_not_exist(kit: Kit) -> None:
    with pytest.raises(MarkError, match="does not exist"):
        kit.version(0, kit.versions)
