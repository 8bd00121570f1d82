"""The curves over photos and tau, against the independent reading of the rule."""

import numpy as np

from auditcore.passive.idia.curves import DRAWS, SIZES, Curve, curve, draws
from auditcore.passive.idia.names import candidate_names
from passive.idia.reading import wordings_for
from passive.idia.test_rule import as_answers

NAMES = candidate_names(["Ada Lovelace"], count=12)


def test_draws_are_twenty_subsets_that_never_change() -> None:
    for photos in (2, 5, 30):
        for size in range(1, photos):
            drawn = draws(photos, size)
            assert drawn.shape == (DRAWS, size)
            assert all(len(set(row)) == size for row in drawn.tolist())
            assert drawn.min() >= 0 and drawn.max() < photos
    assert draws(30, 3)[0].tolist() == [5, 17, 27]
    counts = np.bincount(np.concatenate([draws(30, size).ravel() for size in range(1, 30)]))
    assert counts.min() > 200 and counts.max() < 380  # 290 expected of each photo


def test_curve_agrees_with_the_reading_of_every_draw() -> None:
    rng = np.random.default_rng(4)
    for photos in (1, 2, 4, 7, 30):
        best = rng.integers(0, 12, size=(21, photos))
        best[rng.random(best.shape) < 0.4] = NAMES.index("Ada Lovelace")
        found = curve(as_answers(best, NAMES), "Ada Lovelace")
        assert found.sizes == (*(size for size in SIZES if size < photos), photos)
        for row, size in enumerate(found.sizes):
            picked = [range(photos)] * DRAWS if size == photos else draws(photos, size)
            told = [[[NAMES.everyone[w[i]] for i in one] for w in best] for one in picked]
            own = [wordings_for("Ada Lovelace", answers) for answers in told]
            assert found.named[row].tolist() == own
            decoys = np.array([[wordings_for(n, a) for n in NAMES.decoys] for a in told])
            for tau in (1, 2, 5):
                assert found.decoys[row, tau - 1] == (decoys >= tau).mean()
                assert found.recognised(tau)[row] == np.mean([count >= tau for count in own])


def test_one_draw_of_all_photos_is_the_result_itself() -> None:
    best = np.full((21, 4), NAMES.index("Ada Lovelace"))
    assert (curve(as_answers(best, NAMES), "Ada Lovelace").named == 21).all()


def test_a_curve_comes_back_from_json() -> None:
    best = np.random.default_rng(1).integers(0, 12, size=(21, 6))
    found = curve(as_answers(best, NAMES), "Ada Lovelace")
    again = Curve.from_json(found.to_json())
    assert again.sizes == found.sizes
    assert np.array_equal(again.named, found.named)
    assert np.allclose(again.decoys, found.decoys, atol=1e-6)
