"""Models in ONNX files, answered by ONNX Runtime: image -> features, logits or probabilities.

Spec: `onnx:FILE`. How pictures are prepared and what the outputs are stands in a JSON file beside
it, see `auditcore.models.onnx_sheet`.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from auditcore.errors import ModelError
from auditcore.models import choosing
from auditcore.models.base import Capability, Model, ModelEntry, ModelIdentity, lacks
from auditcore.models.calls import Calls, filled
from auditcore.models.compiled import one_thread_session
from auditcore.models.fingerprint import fingerprint
from auditcore.models.local import LocalModel
from auditcore.models.memory import resident_bytes
from auditcore.models.onnx_file import checked_files
from auditcore.models.onnx_sheet import Sheet, read_sheet
from auditcore.models.prepared import Images
from auditcore.models.room import is_out_of_memory, no_room
from auditcore.models.running import DEVICE_TITLES, Running
from auditcore.models.suggest import did_you_mean

_PROVIDERS = {"cuda": "CUDAExecutionProvider", "cpu": "CPUExecutionProvider"}
_TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
}


class OnnxModel(LocalModel):
    """One ONNX file."""

    def __init__(self, spec: str, path: Path, running: Running) -> None:
        """Check the file, open it, and try it on an empty picture.

        Raises:
            ModelError: not ONNX, not safe, nothing known of its preprocessing, or outputs that are
                not what is said of them.
        """
        files = checked_files(path)
        self._resident = resident_bytes()
        device = _device(running)
        self.device = torch.device("cpu")  # where it takes its pictures from
        self._processor = torch.device(device)
        self._session = _session(path, device)
        self._sheet = read_sheet(path, self._session.get_modelmeta().custom_metadata_map)
        self.input_size = self._sheet.size
        self._one_by_one = False
        self._input = self._find_input(path)
        self._check_outputs(path)
        self.capabilities = _gives(self._sheet)
        self.labels: tuple[str, ...] = ()
        self.identity = ModelIdentity(
            spec=spec,
            kind="onnx",
            name=path.stem,
            fingerprint=fingerprint(files, dict(self._sheet.settings)),
            released=None,
            details={
                "architecture": f"ONNX, {self._session.get_modelmeta().producer_name or 'unnamed'}",
                "weights": ", ".join(file.name for file in files),
                "preprocessing": self._sheet.words,
                "outputs": ", ".join(f"{kind} {x}" for kind, x in self._sheet.outputs.items()),
                "device": DEVICE_TITLES[device],
                "precision": "as in the file",
                "engine": "onnxruntime",
            },
        )
        self._resize(1)
        self._try()
        self._settle(running)

    def image_features(self, images: Images) -> NDArray[np.float32]:
        """Return the output that is named as features, shape (B, D)."""
        if "features" not in self._sheet.outputs:
            raise lacks(self.identity, Capability.IMAGE_FEATURES)
        return self._answers("features", images).astype(np.float32)

    def probabilities(self, images: Images) -> NDArray[np.float64]:
        """Return the probabilities: the output of that name, or the softmax of the logits."""
        if Capability.PROBABILITIES not in self.capabilities:
            raise lacks(self.identity, Capability.PROBABILITIES)
        if "probabilities" in self._sheet.outputs:
            return self._as_probabilities(self._answers("probabilities", images))
        logits = self._answers("logits", images).astype(np.float64)
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        shares: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
        return shares

    def memory_of(self, ask: Callable[[], object]) -> int | None:
        """Ask, and return what this process has grown by since the file was opened."""
        ask()
        before, now = self._resident, resident_bytes()
        return None if before is None or now is None else max(0, now - before)

    def _answers(self, kind: str, images: Images) -> NDArray[Any]:
        """Return one output for all pictures, one row each."""
        if not len(images):
            raise ModelError("No picture was given to the model.")
        name = self._sheet.outputs[kind]
        inner = _TYPES[self._input.type]

        def answer(part: Images, size: int) -> torch.Tensor:
            batch = filled(torch.from_numpy(self._sheet.prepared(part, inner)), size)
            (rows,) = self._session.run([name], {self._input.name: batch.numpy()})
            rows = np.asarray(rows).reshape(size, -1) if _flat(rows) else rows
            if rows.ndim != 2 or len(rows) != size:
                raise self._no_rows(name, rows.shape, size)
            return torch.from_numpy(rows)

        try:
            answers: NDArray[Any] = self.calls.rows(images, answer).numpy()
        except ModelError:
            raise
        except Exception as error:  # ONNX Runtime has an exception class for each of its states
            raise ModelError(f"{self.identity.name} failed: {_first_line(error)}") from error
        return answers

    def _no_rows(self, name: str, shape: tuple[int, ...], asked: int) -> ModelError:
        return ModelError(
            f"The output {name} of {self.identity.name} has the shape "
            f"{' x '.join(map(str, shape))} for {asked} pictures. One row a picture is expected: "
            "name another output, or save the model with its pooling."
        )

    def _settle(self, running: Running) -> None:
        """Find how many pictures a call are best, and say it in the details."""
        if not self._one_by_one:
            self._resize(choosing.choose_calls(self, self._resize, running))
        self.calls.on_too_large = partial(
            choosing.remember_most, self.identity.fingerprint, self._processor
        )
        details = {**self.identity.details, "call size": str(self.calls.size)}
        self.identity = replace(self.identity, details=details)

    def _resize(self, calls: int) -> None:
        self.calls = Calls(self.identity.name, self._processor, calls)

    def _as_probabilities(self, answers: NDArray[Any]) -> NDArray[np.float64]:
        rows = answers.astype(np.float64)
        sums = rows.sum(axis=1, keepdims=True)
        if rows.min() < 0 or np.abs(sums - 1).max() > 0.01:
            raise ModelError(
                f"The output {self._sheet.outputs['probabilities']} of {self.identity.name} does "
                "not hold probabilities: they are negative or do not sum to 1. Name it as logits "
                "if the softmax is still to be taken."
            )
        shares: NDArray[np.float64] = rows / sums
        return shares

    def _find_input(self, path: Path) -> Any:
        """Return the input that takes the pictures, checked against the sheet."""
        found = {node.name: node for node in self._session.get_inputs()}
        name = self._sheet.input or next(iter(found))
        if name not in found or len(found) != 1:
            raise ModelError(
                f"{path.name} has the inputs {', '.join(found)}; exactly one, for pictures, is "
                "expected."
            )
        node, sheet = found[name], self._sheet
        wanted = [3, sheet.size, sheet.size] if sheet.layout == "NCHW" else [sheet.size] * 2 + [3]
        told = list(node.shape[1:])
        if len(told) != 3 or any(
            isinstance(a, int) and a != b for a, b in zip(told, wanted, strict=True)
        ):
            raise ModelError(
                f"{path.name} takes pictures of the shape {told}, not {wanted} as layout and size "
                "say. Correct them."
            )
        if node.type not in _TYPES or (node.type == "tensor(uint8)" and not _untouched(sheet)):
            raise ModelError(
                f"{path.name} takes values of the type {node.type}; with this preprocessing "
                "(range, mean, std) that does not fit. uint8 needs range 255, mean 0 and std 1."
            )
        if isinstance(node.shape[0], int):
            if node.shape[0] != 1:
                raise ModelError(
                    f"{path.name} takes exactly {node.shape[0]} pictures at a time. Save it with a "
                    "free first dimension, or with 1."
                )
            self._one_by_one = True
        return node

    def _check_outputs(self, path: Path) -> None:
        names = [node.name for node in self._session.get_outputs()]
        for name in self._sheet.outputs.values():
            if name not in names:
                raise ModelError(
                    f"{path.name} has no output '{name}'.{did_you_mean(name, names)} Its outputs "
                    f"are: {', '.join(names)}."
                )

    def _try(self) -> None:
        """Ask every output about one empty picture, and count the classes."""
        picture = [np.zeros((self.input_size, self.input_size, 3), np.uint8)]
        if Capability.IMAGE_FEATURES in self.capabilities:
            self.image_features(picture)
        if Capability.PROBABILITIES in self.capabilities:
            classes = self.probabilities(picture).shape[1]
            labels = self._sheet.labels or tuple(map(str, range(classes)))
            if len(labels) != classes:
                raise ModelError(
                    f"{self.identity.name} tells {classes} classes apart, but {len(labels)} labels "
                    "are named."
                )
            self.labels = labels


def open_spec(place: str, spec: str, running: Running) -> Model:
    """Open `onnx:FILE`.

    Raises:
        ModelError: no such file, or a model that cannot be used; the sentence says which.
    """
    path = Path(place).expanduser()
    if not place or not path.is_file():
        near = did_you_mean(path.name, [file.name for file in path.parent.glob("*.onnx")])
        raise ModelError(
            f"There is no file {path}.{near} An ONNX model is named onnx:FILE, such as "
            "onnx:models/classifier.onnx."
        )
    return OnnxModel(spec, path, running)


def entries() -> list[ModelEntry]:
    """Return nothing: ONNX models have no names, only files."""
    return []


def _gives(sheet: Sheet) -> frozenset[Capability]:
    features = {Capability.IMAGE_FEATURES} if "features" in sheet.outputs else set()
    classes = {"logits", "probabilities"} & set(sheet.outputs)
    return frozenset(
        features | ({Capability.PROBABILITIES, Capability.LABELS} if classes else set())
    )


def _device(running: Running) -> str:
    there = onnxruntime.get_available_providers()
    usable = [name for name, provider in _PROVIDERS.items() if provider in there]
    if running.runtime not in (None, "onnxruntime"):
        raise ModelError("An ONNX file is computed by ONNX Runtime; nothing else can be chosen.")
    if running.precision not in (None, "float32"):
        raise ModelError(
            "An ONNX model computes in the precision it was saved in; none can be chosen."
        )
    if running.device not in (None, *usable):
        raise ModelError(
            f"ONNX Runtime cannot use the {DEVICE_TITLES[str(running.device)]} of this computer. "
            f"Choose {' or '.join(usable)}."
        )
    return running.device or usable[0]


def _session(path: Path, device: str) -> Any:
    try:
        return one_thread_session(str(path), _PROVIDERS[device])
    except Exception as error:  # ONNX Runtime has an exception class for each of its states
        if is_out_of_memory(error):
            raise ModelError(no_room(path.name)) from error
        raise ModelError(f"ONNX Runtime cannot open {path.name}: {_first_line(error)}") from error


def _flat(answer: Any) -> bool:
    """Say whether an answer is one row a picture, with dimensions of length 1 behind it."""
    return np.ndim(answer) >= 2 and all(length == 1 for length in np.shape(answer)[2:])


def _untouched(sheet: Sheet) -> bool:
    return (sheet.range, set(sheet.mean), set(sheet.std)) == (255, {0.0}, {1.0})


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
