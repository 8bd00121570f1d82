"""OpenAI-style embeddings, POST /v1/embeddings, in the three forms that take pictures.

As documented by Infinity (infinity-emb 0.0.77), vLLM (0.17, pooling models) and Jina (api.jina.ai)
on 2026-11-22:

- Infinity: `{"model", "input": ["data:image/png;base64,..."], "modality": "image"}`, text with
  modality `text`; at most 32 pictures a request here.
- vLLM: `{"model", "messages": [{"role": "user", "content": [{"type": "image_url", ...}]}]}`; one
  embedding a request; a text is a message too, so that both go through the same template.
- Jina: `{"model", "input": [{"image": "<base64>"}, {"text": "..."}], "normalized",
  "embedding_type"}`.

All answer `{"data": [{"index", "embedding"}]}`. Text and pictures share one space.
"""

import base64
from collections.abc import Callable, Sequence
from typing import Any, ClassVar
from urllib.parse import urlsplit

from numpy.typing import NDArray

from auditcore.errors import ChangedAnswer, KeyRefused
from auditcore.models.base import Capability
from auditcore.models.hosted import base, reading
from auditcore.models.hosted.base import Call, Picture, Place, Question, Read, Unsuited

_JINA = "api.jina.ai"
_JINA_SIZES = {"jina-clip-v1": 224, "jina-clip-v2": 512}  # from their model cards


class Adapter(base.Adapter):
    """What the three forms share: the address and the answer."""

    title = "OpenAI-style embeddings"
    settings: ClassVar = {"form": ("infinity", "vllm", "jina")}

    @classmethod
    def forms(cls, place: Place) -> Sequence[base.Adapter]:
        """Return the form that was chosen or that the host speaks, else all in turn."""
        known = "jina" if urlsplit(place.url).hostname == _JINA else None
        chosen = place.settings.get("form", known)
        return [FORMS[chosen](place)] if chosen else [form(place) for form in FORMS.values()]

    def meet(self, read: Read) -> None:
        """Look the model's picture size up in the list of models, where there is one."""
        if "size" in self.place.settings:
            return
        try:
            listed = reading.entry(read(f"{self._root()}/models"), "data")
        except (Unsuited, ChangedAnswer, KeyRefused):
            return  # many providers have no such list, and none has to
        for line in listed if isinstance(listed, list) else [listed]:
            if isinstance(line, dict) and line.get("id") == self.place.model:
                self.size = line.get("input_size")

    def request(self, question: Question) -> Call:
        """Return the request in this form."""
        body = {"model": self.place.model, **self.body(question)}
        return Call(f"{self._root()}/embeddings", json=body)

    def body(self, question: Question) -> dict[str, Any]:
        """Return the form's own part of the body."""
        raise NotImplementedError(type(self).__name__)

    def answer(self, question: Question, said: Any) -> NDArray[Any]:
        """Return the embeddings, put in order by their index."""
        data = reading.items(reading.entry(said, "data"), len(question))
        return reading.features([reading.entry(item, "embedding") for item in _in_order(data)])

    def _root(self) -> str:
        path = self.place.path.removesuffix("/embeddings")
        return path if path != self.place.path or path.endswith("/v1") else f"{path}/v1"


class Infinity(Adapter):
    """Infinity's form. A server that does not know it may take the data URI for a text."""

    title = "OpenAI-style embeddings, Infinity's form"
    batch = 32

    def control(self, question: Question) -> Question:
        """Return the question about the data URI as a text."""
        return Question(Capability.TEXT_FEATURES, texts=(data_uri(question.images[0]),))

    def body(self, question: Question) -> dict[str, Any]:
        """Return pictures as data URIs, or texts."""
        images = [data_uri(image) for image in question.images]
        return {
            "input": images or list(question.texts),
            "modality": "image" if images else "text",
            "encoding_format": "float",
        }


class Vllm(Adapter):
    """vLLM's form: a conversation of one message."""

    title = "OpenAI-style embeddings, vLLM's form"

    def body(self, question: Question) -> dict[str, Any]:
        """Return one picture or one text as a message."""
        if question.asks is Capability.IMAGE_FEATURES:
            uri = data_uri(question.images[0])
            content: dict[str, Any] = {"type": "image_url", "image_url": {"url": uri}}
        else:
            content = {"type": "text", "text": question.texts[0]}
        message = {"role": "user", "content": [content]}
        return {"messages": [message], "encoding_format": "float"}


class Jina(Adapter):
    """Jina's form."""

    title = "OpenAI-style embeddings, Jina's form"
    batch = 16

    def meet(self, read: Read) -> None:
        """Look the picture size up; Jina's own models are known by name."""
        super().meet(read)
        self.size = self.size or _JINA_SIZES.get(self.place.model)

    def body(self, question: Question) -> dict[str, Any]:
        """Return pictures as base64, or texts, each in an object of its own."""
        images = [{"image": base64.b64encode(image.png).decode()} for image in question.images]
        texts = [{"text": text} for text in question.texts]
        return {"input": images or texts, "normalized": True, "embedding_type": "float"}


# Tried in this order. A server that knows one of the first and the last alone refuses the others;
# Infinity's form needs its control question.
FORMS: dict[str, Callable[[Place], Adapter]] = {"jina": Jina, "infinity": Infinity, "vllm": Vllm}


def data_uri(picture: Picture) -> str:
    """Return a picture as a data URI."""
    return "data:image/png;base64," + base64.b64encode(picture.png).decode()


def _in_order(data: list[Any]) -> list[Any]:
    """Return the items in the order of their index; in that given if none has one."""
    if not any(isinstance(item, dict) and "index" in item for item in data):
        return data
    places = [reading.entry(item, "index") for item in data]
    if any(type(place) is not int for place in places) or sorted(places) != [*range(len(data))]:
        raise ChangedAnswer(
            "The model numbered its answers in a way that does not fit the questions: one is "
            f"missing or there twice. {reading.ADVICE}"
        )
    return [item for _, item in sorted(zip(places, data, strict=True), key=lambda pair: pair[0])]
