import numpy as np
import pytest

from auditcore.errors import ScoreError
from auditcore.scores.similarity import caption_cosine_score, unit_rows, view_similarity_score


def test_view_similarity_is_the_mean_of_the_cosine_matrix() -> None:
    features = np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32)
    matrix = np.array(
        [
            [a @ b / (np.linalg.norm(a) * np.linalg.norm(b)) for b in features.astype(float)]
            for a in features.astype(float)
        ]
    )
    assert view_similarity_score(features) == pytest.approx(matrix.mean(), rel=1e-12)


def test_view_similarity_by_hand() -> None:
    assert view_similarity_score(np.array([[1, 0], [0, 3]], np.float32)) == pytest.approx(0.5)
    assert view_similarity_score(np.array([[2, 0], [5, 0]], np.float32)) == pytest.approx(1.0)
    assert view_similarity_score(np.array([[2, 0], [-5, 0]], np.float32)) == pytest.approx(0.0)


def test_caption_cosine_by_hand() -> None:
    views = np.array([[1, 0], [1, 1]], np.float32)
    caption = np.array([0, 9], np.float32)
    assert caption_cosine_score(views, caption) == pytest.approx((0 + 0.5**0.5) / 2)


def test_lengths_do_not_matter() -> None:
    views = np.random.default_rng(2).normal(size=(4, 6)).astype(np.float32)
    stretched = views * np.array([[1], [2], [4], [8]], np.float32)
    caption = views[0] + 1
    assert view_similarity_score(views) == pytest.approx(view_similarity_score(stretched))
    assert caption_cosine_score(views, caption) == pytest.approx(
        caption_cosine_score(stretched, caption * 16)
    )


def test_features_without_a_direction_are_refused() -> None:
    with pytest.raises(ScoreError, match="all zero"):
        unit_rows(np.array([[1, 0], [0, 0]], np.float32))
