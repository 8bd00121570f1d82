"""How often members and non-members are recognised, counted by hand."""

import numpy as np
import pytest

from auditcore.errors import PassiveError
from auditcore.passive.evaluation import rate
from auditcore.passive.idia.curves import DRAWS, Curve
from auditcore.passive.idia.figures import over_photos, over_tau
from auditcore.passive.idia.strength import share, strength


def person(*wordings: int, sizes: tuple[int, ...] = (1, 3, 5), decoys: float = 0.01) -> Curve:
    """Return somebody named by so many wordings at each number of photos, in every draw."""
    named = np.repeat(np.array(wordings)[:, None], DRAWS, axis=1)
    return Curve(sizes, named, np.full((len(sizes), 21), decoys))


def test_rates_are_shares_of_people_with_exact_intervals() -> None:
    members = [person(0, 2, 9), person(0, 0, 3), person(1, 1, 1), person(0, 0, 0)]
    others = [person(0, 0, 0)] * 9 + [person(0, 0, 2)]
    measured = strength(members, others)
    assert [point.photos for point in measured.over_photos] == [1, 3, 5]
    assert [point.members.mean for point in measured.over_photos] == [0.25, 0.5, 0.75]
    assert [round(p.non_members.mean, 9) for p in measured.over_photos] == [0, 0, 0.1]
    assert measured.over_photos[2].members.rate == rate(3, 4)
    assert measured.over_photos[2].non_members.rate == rate(1, 10)
    assert measured.over_photos[0].decoys == pytest.approx(0.01)
    by_tau = {point.tau: point for point in measured.over_tau}
    assert sorted(by_tau) == list(range(1, 22))
    assert [by_tau[tau].members.mean for tau in (1, 2, 3, 4, 10)] == [0.75, 0.5, 0.5, 0.25, 0]
    assert [round(by_tau[tau].non_members.mean, 9) for tau in (2, 3)] == [0.1, 0]
    assert measured.member_scores == (9, 3, 1, 0)
    assert measured.scores["photos"] == 5
    assert measured.scores["auc"]["value"] == (10 + 10 + 9 + 4.5) / 40


def test_draws_are_averaged_and_their_spread_is_told() -> None:
    half = person(1, 1, 1)
    half.named[:, : DRAWS // 2] = 0
    found = share([half, person(1, 1, 1)], photos=3)
    assert (found.mean, found.spread) == (0.75, 0.25)
    assert found.rate.of == 2


def test_people_with_fewer_photos_count_where_they_can() -> None:
    few = person(1, 1, sizes=(1, 2))
    measured = strength([person(0, 0, 0), few], [person(0, 0, 0)])
    assert [point.members.rate.of for point in measured.over_photos] == [2, 1, 1]
    assert measured.scores["photos"] == 1  # all have one


def test_an_empty_group_is_a_sentence() -> None:
    for groups in (([], [person(0, 0, 0)]), ([person(0, 0, 0)], [])):
        with pytest.raises(PassiveError, match="both kinds"):
            strength(*groups)
    with pytest.raises(PassiveError, match="Nobody has 30"):
        share([person(0, 0, 0)], photos=30)


def test_the_figures_draw_both_groups_with_their_intervals() -> None:
    measured = strength([person(0, 2, 9), person(0, 0, 3)], [person(0, 0, 0)] * 4)
    for figure, across in ((over_photos(measured), [1, 3, 5]), (over_tau(measured), range(1, 22))):
        members, others, decoys = figure.data
        assert (members.name, others.name, decoys.name) == ("members", "non-members", "decoy names")
        assert list(members.x) == list(across)
        assert len({members.line.dash, others.line.dash, decoys.line.dash}) == 3
    members = over_photos(measured).data[0]
    assert list(members.y) == [0, 0.5, 1]
    high = np.array(members.y) + members.error_y.array
    low = np.array(members.y) - members.error_y.arrayminus
    assert high.tolist() == pytest.approx([rate(k, 2).high for k in (0, 1, 2)])
    assert low.tolist() == pytest.approx([rate(k, 2).low for k in (0, 1, 2)])


def test_json_has_everything_as_plain_values() -> None:
    told = strength([person(0, 2, 9)], [person(0, 0, 0)], tau=2).to_json()
    assert [point["photos"] for point in told["over_photos"]] == [1, 3, 5]
    assert told["over_photos"][1]["members"]["mean"] == 1.0
    assert {"mean", "spread_over_draws", "people", "low", "high"} == set(
        told["over_tau"][0]["non_members"]
    )
