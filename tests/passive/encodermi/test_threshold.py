import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from auditcore.passive.encodermi.threshold import best_threshold, mean_similarity
from tests.passive.encodermi.encoders import drawn

VALUES = st.lists(st.integers(-8, 8).map(lambda x: x / 8), min_size=1, max_size=12).map(np.array)


def balanced(cut: float, members: np.ndarray, others: np.ndarray) -> float:
    return float(((members > cut).mean() + (others <= cut).mean()) / 2)


@given(VALUES, VALUES)
def test_no_other_threshold_is_more_accurate(members: np.ndarray, others: np.ndarray) -> None:
    found = best_threshold(members, others)
    tried = [value / 16 for value in range(-40, 41)]
    best = max(balanced(cut, members, others) for cut in tried)
    assert balanced(found, members, others) >= best - 1e-9
    higher = [cut for cut in tried if balanced(cut, members, others) >= best - 1e-9]
    assert (others > found).sum() <= min((others > cut).sum() for cut in higher)


def test_it_finds_the_middle_between_two_samples() -> None:
    means = [mean_similarity(drawn(4000, level, seed)) for seed, level in enumerate((0.6, 0.4))]
    assert abs(best_threshold(*means) - 0.5) < 0.03
