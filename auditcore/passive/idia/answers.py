"""Which name a model puts to each photo, wording by wording.

Each photo is looked at once; one matrix product a wording compares it with every candidate.
Nothing is kept: of a hosted model no `begin` is called, so its answers are not written down.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import Cancelled, PassiveError
from auditcore.models import Capability, Model
from auditcore.models.base import lacks
from auditcore.passive.idia.names import CANDIDATES, Names
from auditcore.passive.idia.prompts import TEMPLATES
from auditcore.passive.idia.text_features import name_features, unit_rows
from auditcore.photos import Pixels

TOP = 5
"""How many names are kept for each photo and wording, best first."""

_PHOTOS_AT_ONCE = 8  # full-size photos are large: few are held at a time
_ROWS_AT_ONCE = 4096  # photos in one matrix product

ShouldStop = Callable[[], bool]


def _never() -> bool:
    return False


@dataclass(frozen=True)
class Answers:
    """What a model answered about photos, wording by wording.

    Attributes:
        names: the candidates.
        top: the names it prefers, best first, as indices into `names.everyone`, int16 shape
            (T, n, K) for T wordings and n photos.
        cosines: of photo and name in that wording, -1 to 1, float32 shape (T, n, K).
    """

    names: Names
    top: NDArray[np.int16]
    cosines: NDArray[np.float32]

    @property
    def best(self) -> NDArray[np.int16]:
        """Return the answer to each wording and photo, shape (T, n)."""
        return self.top[:, :, 0]

    @property
    def photos(self) -> int:
        """Return how many photos were asked about."""
        return int(self.top.shape[1])

    def of(self, photos: slice | Sequence[int]) -> "Answers":
        """Return the answers about some of the photos, such as those of one person."""
        return Answers(self.names, self.top[:, photos], self.cosines[:, photos])


@dataclass(frozen=True)
class Sending:
    """How much of a person's a question hands to whoever runs the model.

    Attributes:
        photos: pictures of the people.
        texts_with_names: sentences that hold their names.
        texts_with_decoys: sentences with invented names, at most: those kept are not sent again.
    """

    photos: int
    texts_with_names: int
    texts_with_decoys: int


def sending(photos: int, people: int) -> Sending:
    """Return what is sent when so many photos of so many people are asked about."""
    decoys = CANDIDATES + 1  # all of them are kept, and one is asked each time (text_features)
    return Sending(photos, people * len(TEMPLATES), decoys * len(TEMPLATES))


def check_model(model: Model) -> Model:
    """Return a model that can be asked for names.

    Raises:
        PassiveError: it chooses among texts but gives no features of them, so that 1,000 names
            in 21 wordings would be sent with every photo.
        ModelError: it gives no features of pictures, or none of texts.
    """
    needed = (Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES)
    missing = [capability for capability in needed if capability not in model.capabilities]
    if not missing:
        return model
    if Capability.CHOICE in model.capabilities:
        raise PassiveError(
            f"The model {model.identity.name} only chooses among texts. A choice among 1,000 names "
            "in 21 wordings for each photo is more than such a place answers. Choose a CLIP model "
            "that gives image and text features, best one on this machine."
        )
    raise lacks(model.identity, missing[0])


def ask(model: Model, photos: Iterable[Pixels], names: Names) -> Answers:
    """Ask a model which name belongs to each photo, in every wording: `look`, then `choose`."""
    return choose(model, look(model, photos), names)


def look(
    model: Model,
    photos: Iterable[Pixels],
    on_photo: Callable[[int], None] = lambda done: None,
    should_stop: ShouldStop = _never,
) -> NDArray[np.float32]:
    """Return the features of photos, unit rows, shape (n, D): the first half of a question.

    Args:
        model: gives image and text features.
        photos: taken a few at a time; of one person, or of several one after the other.
        on_photo: called with the number of photos done.
        should_stop: asked between questions and while a hosted model waits; True ends with
            Cancelled.

    Raises:
        PassiveError: no photo, or a model that cannot be asked this.
        ModelError: the model does not answer.
        Cancelled: the person stopped.
    """
    check_model(model).heed(should_stop)
    rows: list[NDArray[np.float32]] = []
    for part in _parts(photos):
        _go_on(should_stop)
        rows.extend(unit_rows(model.image_features(part)))
        on_photo(len(rows))
    if not rows:
        raise PassiveError("There is no photo to ask about. Add photos that show the person.")
    return np.stack(rows)


def choose(
    model: Model,
    seen: NDArray[np.float32],
    names: Names,
    on_wording: Callable[[int], None] = lambda done: None,
    should_stop: ShouldStop = _never,
) -> Answers:
    """Compare photos with the candidates in every wording: the second half of a question.

    Args:
        model: that was asked about the photos.
        seen: what `look` returned, shape (n, D).
        names: the candidates.
        on_wording: called with the number of wordings done.
        should_stop: as for `look`.

    Raises:
        PassiveError: features of photos and names that cannot be compared.
        ModelError, Cancelled: as `look`.
    """
    check_model(model).heed(should_stop)
    kept = min(TOP, len(names.everyone))
    top = np.empty((len(TEMPLATES), len(seen), kept), dtype=np.int16)
    cosines = np.empty(top.shape, dtype=np.float32)
    for number, template in enumerate(TEMPLATES):
        _go_on(should_stop)
        rows = name_features(model, names, template, should_stop)
        _check_space(model, seen, rows)
        for start in range(0, len(seen), _ROWS_AT_ONCE):
            part = slice(start, start + _ROWS_AT_ONCE)
            top[number, part], cosines[number, part] = _best(seen[part] @ rows.T, kept)
        on_wording(number + 1)
    return Answers(names, top, cosines)


def _check_space(model: Model, seen: NDArray[np.float32], rows: NDArray[np.float32]) -> None:
    if seen.shape[1] != rows.shape[1]:
        raise PassiveError(
            f"{model.identity.name} describes photos by {seen.shape[1]} numbers and texts by "
            f"{rows.shape[1]}: they cannot be compared. Choose a CLIP model."
        )


def _best(
    cosines: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int16], NDArray[np.float32]]:
    """Return the places and values of the largest, best first; of two that are level the first.

    `cosines`, shape (n, N), is used up.
    """
    photos = np.arange(len(cosines))
    places = np.empty((len(cosines), count), dtype=np.int16)
    values = np.empty(places.shape, dtype=np.float32)
    for rank in range(count):
        place = cosines.argmax(axis=1)
        places[:, rank], values[:, rank] = place, cosines[photos, place]
        cosines[photos, place] = -np.inf
    return places, values


def _parts(photos: Iterable[Pixels]) -> Iterable[list[Pixels]]:
    part: list[Pixels] = []
    for photo in photos:
        part.append(photo)
        if len(part) == _PHOTOS_AT_ONCE:
            yield part
            part = []
    if part:
        yield part


def _go_on(should_stop: ShouldStop) -> None:
    if should_stop():
        raise Cancelled("Stopped. Nothing of the photos or the name was kept.")
