import numpy as np
import pytest
import torch

from auditcore.errors import PassiveError
from auditcore.passive.encodermi.attacks import Attacks, train_attacks, train_judged
from auditcore.passive.encodermi.sets import SetAttack
from auditcore.passive.encodermi.shape import VARIANTS
from auditcore.passive.encodermi.vector import VectorAttack
from tests.passive.encodermi.encoders import drawn

MEMBERS, OTHERS = drawn(180, 0.62, 1), drawn(60, 0.48, 2)
FRESH_MEMBERS, FRESH_OTHERS = drawn(1500, 0.62, 3), drawn(1500, 0.48, 4)
BEST = 0.80
"""Balanced accuracy of the mean with the best threshold: P(N(0, 1) < .07 / .0815)."""


@pytest.fixture(scope="module")
def attacks() -> Attacks:
    return train_attacks(MEMBERS, OTHERS, seed=1)


@pytest.mark.parametrize("variant", VARIANTS)
def test_attacks_find_members_nearly_as_well_as_can_be(attacks: Attacks, variant: str) -> None:
    found = attacks.flags(variant, FRESH_MEMBERS).mean()
    wrong = attacks.flags(variant, FRESH_OTHERS).mean()
    assert (found + 1 - wrong) / 2 > BEST - 0.05
    assert wrong < 0.35, "three times as many members must not make everything a member"


@pytest.mark.parametrize("variant", VARIANTS)
def test_scores_agree_with_flags_and_know_no_order(attacks: Attacks, variant: str) -> None:
    scores = attacks.scores(variant, FRESH_MEMBERS)
    assert scores.shape == (1500,) and scores.dtype == np.float64
    assert np.array_equal(scores > 0, attacks.flags(variant, FRESH_MEMBERS))
    turned = attacks.scores(variant, FRESH_MEMBERS[:, ::-1])
    assert np.allclose(scores, turned, atol=1e-5)
    assert np.allclose(scores[:3], attacks.scores(variant, FRESH_MEMBERS[:3]), atol=1e-5)


@pytest.mark.parametrize("network", [VectorAttack, SetAttack])
def test_networks_see_the_level_as_well_as_the_spread(network: type[torch.nn.Module]) -> None:
    torch.manual_seed(0)
    made = network().eval()
    low, high = torch.full((1, 45), 0.2), torch.full((1, 45), 0.9)
    assert abs(float(made(low).detach()) - float(made(high).detach())) > 1e-4


def test_training_repeats_and_leaves_global_randomness_alone() -> None:
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    told: list[tuple[str, int, int]] = []
    few = (MEMBERS[:30], OTHERS[:25])
    once = train_attacks(*few, seed=1, on_epoch=lambda *told_: told.append(told_))
    assert torch.equal(before, torch.random.get_rng_state())
    torch.manual_seed(6)
    again = train_attacks(*few, seed=1)
    for variant in VARIANTS:
        asked = FRESH_OTHERS[:50]
        assert np.array_equal(again.scores(variant, asked), once.scores(variant, asked))
    assert told[0][:2] == ("V", 1) and told[-1][0] == "S" and told[-1][1] == told[-1][2]


def test_held_out_pictures_are_not_trained_on() -> None:
    judged = train_judged(drawn(60, 0.62, 7), drawn(45, 0.48, 8), seed=1)
    assert (judged.members, judged.non_members, judged.held_out) == (48, 36, 12 + 9)
    assert set(judged.right) == set(VARIANTS)
    assert all(0 <= right <= judged.held_out for right in judged.right.values())
    assert judged.right["T"] >= 11


@pytest.mark.parametrize(
    ("members", "others", "said"),
    [
        (drawn(19, 0.5, 1), drawn(30, 0.5, 2), "at least 20"),
        (drawn(30, 0.5, 1)[:, :44], drawn(30, 0.5, 2), "45 numbers"),
        (drawn(30, 0.5, 1) * 3, drawn(30, 0.5, 2), "between -1 and 1"),
        (drawn(30, 0.5, 1) * np.nan, drawn(30, 0.5, 2), "between -1 and 1"),
    ],
)
def test_what_cannot_be_learnt_from_is_refused(
    members: np.ndarray, others: np.ndarray, said: str
) -> None:
    with pytest.raises(PassiveError, match=said):
        train_attacks(members, others, seed=1)
