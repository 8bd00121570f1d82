"""A hosted model as the rest of the house sees it: pictures and texts in, rows of answers out."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from auditcore.errors import ChangedAnswer, ModelError
from auditcore.models.base import Capability, Model, ModelIdentity, lacks
from auditcore.models.hosted.base import Adapter, Picture, Question, joined
from auditcore.models.hosted.door import AT_ONCE, Door
from auditcore.models.hosted.kept import Records
from auditcore.models.hosted.reading import ADVICE
from auditcore.photos import Pixels

if TYPE_CHECKING:  # which loads torch
    from auditcore.models.prepared import Images


class HostedModel(Model):
    """A model behind an address. Made by `hosted.connect`, which tests the connection first.

    Attributes:
        adapter: the form of the protocol that the provider understands.
        endpoint: path at which it is asked, once it was.
        widths: how long a row of each kind of answer is, from the connection test.
    """

    hosted = True

    capabilities: frozenset[Capability] = frozenset()
    labels: tuple[str, ...] = ()

    def __init__(
        self, identity: ModelIdentity, adapter: Adapter, door: Door, records: Records, size: int
    ) -> None:
        """Take a place that has been met; what it gives follows in the connection test.

        Args:
            identity: what is known before the test.
            adapter: speaks the provider's protocol.
            door: sends.
            records: counts and keeps.
            size: side of the square pictures that are sent, in pixels.
        """
        self.adapter = adapter
        self.identity = identity
        self.input_size = size
        self.endpoint = ""
        self.widths: dict[Capability, int] = {}
        self._door, self._records = door, records
        self._asked_of = {**adapter.place.facts(), "form": adapter.title}

    def begin(self, scope: str, should_stop: Callable[[], bool]) -> None:
        """Keep answers and count under an audit from now on; the connection test counts too."""
        self._records.begin(scope)
        self.heed(should_stop)

    def heed(self, should_stop: Callable[[], bool]) -> None:
        """Ask while waiting for the provider whether to stop; nothing is kept for it."""
        self._door.pace.should_stop = should_stop

    @contextmanager
    def fresh(self) -> Iterator[None]:
        """Really ask within this block: nothing is taken from the kept answers or added to them."""
        self._records.fresh = True
        try:
            yield
        finally:
            self._records.fresh = False

    def image_features(self, images: "Images") -> NDArray[np.float32]:
        """Return one feature vector an image, shape (B, D)."""
        return self._about(Capability.IMAGE_FEATURES, images)

    def text_features(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return one feature vector a text, shape (B, D), in the space of `image_features`."""
        return self.ask(Question(Capability.TEXT_FEATURES, texts=tuple(texts)))

    def probabilities(self, images: "Images") -> NDArray[np.float64]:
        """Return the probability of each of `labels`, shape (B, C)."""
        return self._about(Capability.PROBABILITIES, images)

    def predicted_labels(self, images: "Images") -> NDArray[np.int64]:
        """Return the index into `labels` of each image's class, shape (B,).

        Where the provider names the best class alone, `labels` holds those it has named so far and
        grows at its end.
        """
        if Capability.PROBABILITIES in self.capabilities:
            return super().predicted_labels(images)
        names = [str(name) for name in self._about(Capability.LABELS, images)[:, 0]]
        self.labels += tuple(name for name in dict.fromkeys(names) if name not in self.labels)
        return np.array([self.labels.index(name) for name in names], dtype=np.int64)

    def choices(self, images: "Images", texts: Sequence[str]) -> NDArray[np.float64]:
        """Return the probability of each of `texts`, shape (B, T)."""
        return self._about(Capability.CHOICE, images, texts)

    def _about(self, asks: Capability, images: "Images", texts: Sequence[str] = ()) -> NDArray[Any]:
        if not isinstance(images, Sequence):  # but `Prepared`
            raise ModelError(f"{self.identity.name} is hosted: it is sent ordinary pictures only.")
        pictures = tuple(Picture(fitted(image, self.input_size)) for image in images)
        return self.ask(Question(asks, pictures, tuple(texts)))

    def ask(self, question: Question) -> NDArray[Any]:
        """Return the answer to a question, shape (len(question), D); send only what is not kept.

        Raises:
            ModelError: nothing was asked, the model cannot be asked this, or it does not answer;
                AddressRefused, KeyRefused, SpendingError and ChangedAnswer tell cases apart.
            Cancelled: the person stopped.
        """
        if question.asks not in self.capabilities:
            raise lacks(self.identity, question.asks)
        if not len(question):
            raise ModelError("No picture was given to the model.")
        parts = question.parts()
        digests = [part.digest(self._asked_of) for part in parts]
        if self._records.fresh:  # a picture that is there twice is really sent twice
            digests = [f"{number} {digest}" for number, digest in enumerate(digests)]
        rows = self._records.find(digests)
        missing = {d: part for d, part in zip(digests, parts, strict=True) if d not in rows}
        for answered in self._all_answers(list(missing.items())):
            rows.update(answered)
        return np.stack([rows[digest] for digest in digests])

    def put(self, question: Question) -> Any:
        """Send one question as one request, counted, and return the JSON that came back."""
        things = len(question)
        call = self.adapter.request(question)
        self.endpoint = self.endpoint or call.path
        return self._door.send(call, lambda: self._records.count(things), things)

    def _all_answers(
        self, missing: list[tuple[str, Question]]
    ) -> Iterator[dict[str, NDArray[Any]]]:
        """Yield the rows of what is missing, request by request, a few requests at a time.

        When one fails, those under way are still waited for and kept.
        """
        batch = self.adapter.batch
        groups = [missing[i : i + batch] for i in range(0, len(missing), batch)]
        if len(groups) <= 1:
            yield from map(self._answers, groups)
            return
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="hosted") as threads:
            futures = [threads.submit(self._answers, group) for group in groups]
            try:
                for future in futures:
                    yield future.result()
            finally:
                threads.shutdown(cancel_futures=True)

    def _answers(self, group: list[tuple[str, Question]]) -> dict[str, NDArray[Any]]:
        question = joined([part for _, part in group])
        rows = self.adapter.answer(question, self.put(question))
        self.check(question, rows)
        answered = dict(zip((digest for digest, _ in group), rows, strict=True))
        self._records.keep(answered)
        return answered

    def check(self, question: Question, rows: NDArray[Any]) -> None:
        """Compare an answer with those of the connection test.

        Raises:
            ChangedAnswer: a row is missing or has another length.
        """
        told = len(question.texts) if question.asks is Capability.CHOICE else rows.shape[1]
        width = self.widths.get(question.asks, told)
        if rows.shape != (len(question), width):
            raise ChangedAnswer(
                f"The model's answers have another shape now: {rows.shape[0]} of length "
                f"{rows.shape[1]} instead of {len(question)} of length {width}. {ADVICE}"
            )


def fitted(image: Pixels, size: int) -> Pixels:
    """Return a picture as it is if it has the model's size, else its centre square, resized."""
    if image.shape == (size, size, 3):
        return image
    picture = Image.fromarray(image)
    side = min(picture.size)
    left, top = (picture.width - side) / 2, (picture.height - side) / 2
    box = (left, top, left + side, top + side)
    return np.asarray(picture.resize((size, size), Image.Resampling.BICUBIC, box=box))
