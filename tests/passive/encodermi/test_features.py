import numpy as np
import pytest

from auditcore.errors import Cancelled, PassiveError
from auditcore.models import Capability
from auditcore.passive.encodermi.features import similarities, similarities_of
from auditcore.passive.encodermi.shape import PAIRS, pictures_sent
from auditcore.passive.encodermi.views import views
from tests.passive.encodermi.encoders import PixelEncoder, pictures


def test_similarities_are_the_cosines_of_all_pairs_of_views() -> None:
    encoder, picture = PixelEncoder(), pictures(1)[0]
    found = similarities_of(encoder, picture, b"seed")
    rows = encoder.image_features(views(picture, b"seed", 16)).astype(float)
    expected = [
        float(rows[i] @ rows[j] / np.linalg.norm(rows[i]) / np.linalg.norm(rows[j]))
        for i in range(10)
        for j in range(i + 1, 10)
    ]
    assert found.shape == (PAIRS,) == (45,)
    assert np.allclose(found, expected, atol=1e-6)


def test_a_pictures_views_travel_alone_so_neighbours_change_nothing() -> None:
    encoder, shown = PixelEncoder(), pictures(4)
    told: list[int] = []
    together = similarities(encoder, shown, on_picture=told.append)
    assert encoder.asked == [10] * 4 and told == [1, 2, 3, 4]
    assert np.array_equal(similarities(encoder, shown[2:3])[0], together[2])
    assert pictures_sent(4) == sum(encoder.asked[:4])


def test_no_features_no_pictures_and_a_stop_are_sentences() -> None:
    with pytest.raises(PassiveError, match="no image features"):
        similarities(PixelEncoder(Capability.PROBABILITIES), pictures(1))
    with pytest.raises(PassiveError, match="no picture"):
        similarities(PixelEncoder(), [])
    black = np.zeros((20, 20, 3), np.uint8)
    with pytest.raises(PassiveError, match="cannot be compared"):
        similarities(PixelEncoder(), [black])
    encoder = PixelEncoder()
    with pytest.raises(Cancelled):
        similarities(encoder, pictures(3), should_stop=lambda: len(encoder.asked) == 2)
    assert encoder.asked == [10, 10]
