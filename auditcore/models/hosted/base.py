"""What a protocol of hosted models is: how a question is put, and how the answer is read.

A protocol is one module with a class called `Adapter` that has two methods, `request` and `answer`,
and one line in `auditcore.models.HOSTED`; see ADDING.md. Everything else (addresses, keys, waiting,
counting, keeping) is done for all of them by the rest of this package.
"""

import hashlib
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, ClassVar, Protocol
from urllib.parse import urlsplit

from numpy.typing import NDArray
from PIL import Image

from auditcore.errors import ChangedAnswer, ModelError
from auditcore.models.base import Capability
from auditcore.models.hosted import reading
from auditcore.photos import Pixels

_PNG_LEVEL = 4  # half the time of the usual 6, and files that are hardly larger
_DOMAIN = b"telltale/question/1"

HOW_IT_IS_ASKED = ("size", "batch", "form")
"""Settings that do not make another model of one: a second attempt with them is an attempt too."""


class Unsuited(ModelError):
    """The provider understood the address but not the question: another form may suit it."""


class Unanswered(ModelError):
    """The provider gave no usable answer, however often it was asked: later it may."""


@dataclass(frozen=True)
class Place:
    """Where a hosted model is: what its spec says.

    Attributes:
        spec: as it was typed.
        protocol: what stands before the first colon.
        url: scheme, host and path, without query or fragment, no "/" at the end.
        model: the model's name at the provider, "" where the address names it.
        settings: what stands after semicolons.
    """

    spec: str
    protocol: str
    url: str
    model: str
    settings: Mapping[str, str] = field(hash=False)

    @property
    def path(self) -> str:
        """The path of the address, without "/" at its end; "" for none."""
        return urlsplit(self.url).path.rstrip("/")

    def facts(self) -> dict[str, Any]:
        """Return what tells this model from others, as JSON values: not how it is asked."""
        settings = {name: x for name, x in self.settings.items() if name not in HOW_IT_IS_ASKED}
        return {
            "protocol": self.protocol,
            "url": self.url,
            "model": self.model,
            "settings": settings,
        }


class Picture:
    """One picture as it is sent: lossless."""

    def __init__(self, pixels: Pixels) -> None:
        """Take the pixels, at the model's own size."""
        self.pixels = pixels

    @cached_property
    def png(self) -> bytes:
        """The picture as a PNG file without metadata."""
        file = io.BytesIO()
        Image.fromarray(self.pixels).save(file, "PNG", compress_level=_PNG_LEVEL)
        return file.getvalue()


@dataclass(frozen=True)
class Question:
    """What is asked in one request: of each picture, or of each text if there are no pictures.

    Attributes:
        asks: what is wanted of each.
        images: pictures; one row of the answer for each.
        texts: without pictures, one row of the answer for each; with pictures (Capability.CHOICE),
            what the model chooses among.
    """

    asks: Capability
    images: tuple[Picture, ...] = ()
    texts: tuple[str, ...] = ()

    def __len__(self) -> int:
        """Return how many rows the answer has, which is also what the question costs."""
        return len(self.images or self.texts)

    def parts(self) -> list["Question"]:
        """Return the question about each picture or text alone."""
        if self.images:
            return [Question(self.asks, (image,), self.texts) for image in self.images]
        return [Question(self.asks, texts=(text,)) for text in self.texts]

    def digest(self, asked_of: Mapping[str, Any]) -> str:
        """Return the SHA-256 (hex) of the question and of whom it is asked."""
        head = {**asked_of, "asks": str(self.asks), "texts": self.texts}
        head["shapes"] = [image.pixels.shape for image in self.images]
        digest = hashlib.sha256(_DOMAIN)
        digest.update(json.dumps(head, sort_keys=True, separators=(",", ":")).encode())
        for image in self.images:
            digest.update(image.pixels.tobytes())
        return digest.hexdigest()


def joined(parts: Sequence[Question]) -> Question:
    """Return one question from parts of the same question; undoes `Question.parts`."""
    first = parts[0]
    if first.images:
        images = tuple(image for part in parts for image in part.images)
        return Question(first.asks, images, first.texts)
    return Question(first.asks, texts=tuple(text for part in parts for text in part.texts))


@dataclass(frozen=True)
class Call:
    """One HTTP request to the provider's host. The key and the usual headers are added later.

    Attributes:
        path: absolute path at the host of the place.
        json: body as JSON values; no body if it and `data` are None.
        data: body as bytes.
        content_type: of `data`.
    """

    path: str
    json: Any = None
    data: bytes | None = None
    content_type: str = "application/json"

    @property
    def method(self) -> str:
        """POST where there is a body, else GET."""
        return "GET" if self.json is None and self.data is None else "POST"

    @cached_property
    def body(self) -> bytes | None:
        """The bytes to send."""
        if self.json is None:
            return self.data
        return json.dumps(self.json, separators=(",", ":"), allow_nan=False).encode()


Read = Callable[[str], Any]
"""Fetches a path of the place (GET) and returns the JSON it answers with."""


_READERS = {"meet", "learn", "answer"}
_MISREAD = (
    ArithmeticError,
    AttributeError,
    LookupError,
    MemoryError,
    RecursionError,
    StopIteration,
    TypeError,
    ValueError,
)
"""What reading an answer as what it is not may raise."""


def _with_a_sentence(method: Callable[..., Any]) -> Callable[..., Any]:
    """Return a method that reads answers, with a sentence for those that it trips over."""

    @wraps(method)
    def read(*given: Any) -> Any:
        try:
            return method(*given)
        except _MISREAD as error:
            raise ChangedAnswer(
                "The model's answer has not the form that its protocol asks for. " + reading.ADVICE
            ) from error

    return read


def _in_rows(answer: Callable[..., Any]) -> Callable[..., NDArray[Any]]:
    """Return `Adapter.answer` with a look at what it returns."""

    @wraps(answer)
    def read(adapter: "Adapter", question: Question, said: Any) -> NDArray[Any]:
        return reading.well_formed(question.asks, answer(adapter, question, said))

    return read


class Adapter(Protocol):
    """One form of one protocol, at one place. Write `request` and `answer`; the rest has defaults.

    Attributes:
        title: what the form is called on screen.
        settings: the settings it knows beside `size` and `batch`, with the values each may have
            (an empty tuple: any).
        needs_model: whether the spec must name a model after "#".
        asks: the questions of the connection test. The first must be answered; the model gives
            those that are.
        batch: how many pictures or texts one request takes.
        size: side of the model's own pictures in pixels, where the provider tells it.
        sent: how pictures are sent, for a person; always lossless.
        labels: names of the classes, in the order of the answers, once known.
        notes: what else a person should see, under short names.
    """

    place: Place
    notes: dict[str, str]
    title: ClassVar[str]
    settings: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    needs_model: ClassVar[bool] = True
    asks: tuple[Capability, ...] = (Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES)
    batch: int = 1
    size: int | None = None
    sent: str = "PNG"
    labels: tuple[str, ...] = ()

    def __init_subclass__(cls) -> None:
        """See that whatever a provider sends is an answer or a sentence, never a crash."""
        super().__init_subclass__()
        for name in _READERS & vars(cls).keys():
            method = vars(cls)[name]
            setattr(cls, name, _with_a_sentence(_in_rows(method) if name == "answer" else method))

    def __init__(self, place: Place) -> None:
        """Remember the place; nothing is asked yet."""
        self.place = place
        self.notes = {}

    @classmethod
    def forms(cls, place: Place) -> Sequence["Adapter"]:
        """Return the forms to try in turn until the provider understands one."""
        return [cls(place)]

    @classmethod
    def check(cls, settings: Mapping[str, str]) -> None:
        """Look at the values of the settings further than `settings` does.

        Raises:
            ModelError: with a sentence that names the choice.
        """
        return None

    def meet(self, read: Read) -> None:
        """Ask the provider what it tells of itself, before any picture is sent.

        Raises:
            ModelError: what it tells does not do, and what to choose.
        """
        return None

    def learn(self, asks: Capability, said: Any) -> Capability:
        """Look at the first answer to a question and say what it really gives."""
        return asks

    def control(self, question: Question) -> Question | None:
        """Return a question that the model must answer differently from one about a picture.

        For forms that a provider could take for something else without saying so.
        """
        return None

    def request(self, question: Question) -> Call:
        """Return the request that puts the question."""

    def answer(self, question: Question, said: Any) -> NDArray[Any]:
        """Return the rows of an answer, shape (len(question), D), in the order of the question.

        Features: float32. Probabilities: float64 that sum to 1. Labels: their names, D = 1.

        Args:
            question: what was asked.
            said: the JSON that came back.

        Raises:
            ChangedAnswer: it has not the shape that was expected, or a value is no number.
        """
