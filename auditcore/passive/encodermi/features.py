"""What EncoderMI sees of a picture: how alike an encoder finds ten views of it, as 45 numbers.

An encoder that was trained for long on a picture tends to give its views more similar features
(Liu, Jia, Qu, Gong, "EncoderMI", CCS 2021, arXiv 2108.11023, section 4.2).
"""

from collections.abc import Callable, Sequence

import numpy as np

from auditcore.errors import Cancelled, PassiveError
from auditcore.models import Capability, Model
from auditcore.passive.encodermi.shape import PAIRS, VIEWS, Similarities
from auditcore.passive.encodermi.views import views
from auditcore.photos import Pixels

SEED = b"telltale/encodermi/1"
"""The seed of the views everywhere: attacks and pictures of different days see the same views."""

_FIRST, _SECOND = np.triu_indices(VIEWS, 1)


def similarities(
    model: Model,
    pictures: Sequence[Pixels],
    seed: bytes = SEED,
    on_picture: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Similarities:
    """Return the pairwise cosine similarities of the views of each picture, shape (N, 45).

    Args:
        model: an encoder that gives image features; it is asked VIEWS views a picture.
        pictures: sRGB, shape (H, W, 3) each, of any size.
        seed: of the views; see `views`.
        on_picture: told how many pictures are done, after each.
        should_stop: asked before each picture.

    Raises:
        PassiveError: no picture, or the encoder gives no features or none that can be compared.
        ModelError: the model does not answer.
        Cancelled: should_stop said so.
    """
    check_encoder(model)
    if not len(pictures):
        raise PassiveError("There is no picture to ask the encoder about. Add some.")
    model.heed(should_stop)
    rows = np.empty((len(pictures), PAIRS), dtype=np.float32)
    for number, picture in enumerate(pictures):
        if should_stop():
            raise Cancelled("Cancelled before all pictures were asked about.")
        rows[number] = similarities_of(model, picture, seed)
        if on_picture is not None:
            on_picture(number + 1)
    return rows


def similarities_of(model: Model, picture: Pixels, seed: bytes = SEED) -> Similarities:
    """Return the similarities of one picture, shape (45,).

    Its views travel alone, in one call, so that no other picture has a part in the answer.

    Raises:
        PassiveError: features that cannot be compared.
        ModelError: the model does not answer.
    """
    features = model.image_features(views(picture, seed, model.input_size)).astype(np.float64)
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    if not np.isfinite(features).all() or not (lengths > 0).all():
        raise PassiveError(
            f"{model.identity.name} gives features that are empty or no numbers for one of the "
            "pictures, so its views cannot be compared. Choose another model."
        )
    unit = features / lengths
    found: Similarities = (unit @ unit.T)[_FIRST, _SECOND].astype(np.float32)
    return found


def check_encoder(model: Model) -> None:
    """Refuse a model that gives no image features.

    Raises:
        PassiveError: with what to choose instead.
    """
    if Capability.IMAGE_FEATURES not in model.capabilities:
        raise PassiveError(
            f"{model.identity.name} gives no image features, which this method compares. Choose "
            "an encoder: a CLIP, or a model without its classes."
        )
