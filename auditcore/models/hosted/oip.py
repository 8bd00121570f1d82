"""Open Inference Protocol v2 (Triton, KServe, MLServer): tensors in, tensors out.

As specified by KServe ("Open Inference Protocol", REST) and read in MLServer's documentation on
2026-11-22: GET /v2/models/M tells names, shapes and datatypes; POST /v2/models/M/infer takes
`{"inputs": [{"name", "shape", "datatype", "data"}]}` and answers `{"outputs": [...]}`.

The protocol does not say what numbers mean. A model's metadata may, under `parameters`: "scale",
"size", "gives" (the kind of each output, see KINDS) and "labels"; the person says it otherwise
(;scale= ;size= ;output=). Nothing is guessed but a size.
"""

import math
import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

import numpy as np
from numpy.typing import NDArray

from auditcore.errors import ChangedAnswer, ModelError
from auditcore.models.base import Capability
from auditcore.models.hosted import base, reading
from auditcore.models.hosted.base import Call, Question, Read
from auditcore.models.hosted.oip_input import (
    SCALES,
    ImageInput,
    image_input,
    text_input,
    text_tensor,
)
from auditcore.photos import shown

KINDS = {
    "features": Capability.IMAGE_FEATURES,
    "probabilities": Capability.PROBABILITIES,
    "logits": Capability.PROBABILITIES,
    "labels": Capability.LABELS,
    "text_features": Capability.TEXT_FEATURES,
}
_SIDES = 64  # as many as an array can have
_OUTPUT = re.compile(rf"({'|'.join(KINDS)})(:[\w./-]+)?", re.ASCII)


class Adapter(base.Adapter):
    """One model with an input for pictures, perhaps one for texts, and outputs that tell."""

    title = "Open Inference Protocol v2"
    settings: ClassVar = {"scale": tuple(SCALES), "output": (), "input": ()}
    input: ImageInput
    texts: str | None
    outputs: Mapping[Capability, tuple[str, str]]

    @classmethod
    def check(cls, settings: Mapping[str, str]) -> None:
        """See that `output` names a kind of answer."""
        if not _OUTPUT.fullmatch(settings.get("output", "features")):
            raise ModelError(
                f"The setting output is {', '.join(KINDS)}, and after a colon the name of the "
                "output if there are several, such as ;output=logits:output__0"
            )

    def meet(self, read: Read) -> None:
        """Read the model's metadata and settle what is sent and what is asked for."""
        told = read(self._path())
        parameters = told.get("parameters") if isinstance(told, dict) else None
        parameters = parameters if isinstance(parameters, dict) else {}
        inputs = reading.entry(told, "inputs")
        self.input = image_input(inputs, parameters, self.place.settings)
        self.texts = text_input(inputs)
        self.size, self.batch = self.input.size, self.input.batch
        self.sent = self.input.words
        names = [
            str(reading.entry(one, "name")) for one in reading.items(reading.entry(told, "outputs"))
        ]
        self.outputs = _outputs(names, parameters, self.place.settings, self.texts is not None)
        self.asks = tuple(sorted(self.outputs, key=list(KINDS.values()).index))
        labels = parameters.get("labels")
        self.labels = reading.labels(labels) if isinstance(labels, list) else ()
        self.notes["tensors"] = f"{shown(self.input.name)} -> {', '.join(self._wanted())}"

    def request(self, question: Question) -> Call:
        """Return the pictures as one tensor, and the one output that is wanted."""
        name, _ = self.outputs[question.asks]
        if question.asks is Capability.TEXT_FEATURES:
            tensor = text_tensor(self.texts or "", question.texts)
        else:
            tensor = self.input.tensor(question.images)
        return Call(f"{self._path()}/infer", json={"inputs": [tensor], "outputs": [{"name": name}]})

    def answer(self, question: Question, said: Any) -> NDArray[Any]:
        """Return the output's rows; logits become probabilities."""
        name, kind = self.outputs[question.asks]
        outputs = reading.items(reading.entry(said, "outputs"))
        found = [one for one in outputs if reading.entry(one, "name") == name]
        if len(found) != 1:
            raise ChangedAnswer(f"The model's answer has no output {shown(name)}. {reading.ADVICE}")
        if kind == "labels":
            return _names(reading.entry(found[0], "data"), len(question), self.labels)
        rows = _rows(found[0], len(question))
        if kind in ("features", "text_features"):
            return reading.features(list(rows))
        return reading.softmax(rows) if kind == "logits" else reading.distributions(rows)

    def _path(self) -> str:
        root = self.place.path.removesuffix("/v2")
        return f"{root}/v2/models/{quote(self.place.model)}"

    def _wanted(self) -> list[str]:
        return [f"{shown(name)} ({kind})" for name, kind in self.outputs.values()]


def _outputs(
    names: list[str], parameters: Mapping[str, Any], settings: Mapping[str, str], texts: bool
) -> dict[Capability, tuple[str, str]]:
    """Return which output, of which kind, answers which question.

    Raises:
        ModelError: neither the person nor the provider says, with the choice to make.
    """
    told = parameters.get("gives")
    if "output" in settings:
        kind, _, name = settings["output"].partition(":")
        told = {name or (names[0] if len(names) == 1 else ""): kind}
    known = {
        KINDS[kind]: (name, kind)
        for name, kind in (told.items() if isinstance(told, dict) else ())
        if isinstance(kind, str) and kind in KINDS
        if name in names and (texts or kind != "text_features")
    }
    if not set(known) - {Capability.TEXT_FEATURES}:
        raise ModelError(
            f"The model's outputs are {reading.listed(names)}, and nothing tells what their "
            "numbers mean. Add ;output=features:NAME, logits:NAME, probabilities:NAME or "
            "labels:NAME with the name of one."
        )
    return known


def _rows(output: Any, count: int) -> NDArray[np.float64]:
    """Return an output as one row a picture, whatever further dimensions it has."""
    values = reading.numbers(reading.entry(output, "data")).ravel()
    shape = reading.items(reading.entry(output, "shape"))
    whole = all(type(side) is int and 0 < side <= values.size for side in shape)
    fits = whole and 0 < len(shape) <= _SIDES and math.prod(shape) == values.size
    if not fits or values.size % count or (count > 1 and shape[0] != count):
        raise ChangedAnswer(
            f"The model's answer has {values.size} numbers for {count} pictures, which does not "
            f"fit the shape it names. {reading.ADVICE}"
        )
    return values.reshape(count, -1)


def _names(values: Any, count: int, labels: tuple[str, ...]) -> NDArray[Any]:
    """Return the names of classes, shape (B, 1), from names or numbers of classes."""
    flat = np.array(reading.items(values), dtype=object).ravel().tolist()
    if len(flat) != count:
        raise ChangedAnswer(
            f"The model named {len(flat)} classes for {count} pictures. {reading.ADVICE}"
        )
    return np.array([_name(value, labels) for value in flat])[:, None]


def _name(value: Any, labels: tuple[str, ...]) -> str:
    """Return the name of a class, its number if it has no name."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and 0 <= value < len(labels):
        return labels[value]
    return reading.label(value)
