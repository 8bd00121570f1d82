"""Which way a model is computed on this machine: program, precision, pictures a call; by measuring.

Candidates are PyTorch in 32 and in 16 bits and, on a CPU, OpenVINO and ONNX Runtime. One is taken
only if it keeps the ranks (`auditcore.models.precision`) and gives every picture the same bits
wherever it stands, whatever stands beside it; 16 bits only if they are well faster than the fastest
32. The choice is made once for a model and a processor and kept in the data folder: an audit that
goes on later must hear the same answers. It is made again when the program that was chosen is not
there any more.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property, partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from auditcore.errors import ModelError
from auditcore.models.base import Capability
from auditcore.models.compiled import installed
from auditcore.models.devices import FASTER
from auditcore.models.local import CHANNELS_LAST, IN_TORCH, LocalModel, TorchModel, Way
from auditcore.models.measuring import Ask, clock_of, first_size, grown, is_steady, pace, sample
from auditcore.models.precision import AGREEMENT, said, worst_noise
from auditcore.models.remembered import recall_or
from auditcore.models.running import RUNTIME_TITLES, Running

GAIN = 1.3  # of 16 bits over 32: what they must win to be taken
SECONDS = 12.0  # of computing, to measure; what has not been reached by then is left out
SURELY = 3  # candidates that are tried however long it takes


@dataclass(frozen=True)
class Tried:
    """What was seen of one way.

    Attributes:
        way: the way.
        images_per_second: pictures it answered.
        noise: |E| / |D| beside PyTorch's float32, the largest over what the model gives; infinite
            if it does not run.
    """

    way: Way
    images_per_second: float
    noise: float

    @property
    def agrees(self) -> bool:
        """Say whether it keeps the ranks."""
        return self.noise <= AGREEMENT

    def to_json(self) -> dict[str, Any]:
        """Return it as plain JSON values; a noise that is infinite as None."""
        noise = self.noise if np.isfinite(self.noise) else None
        pace = round(self.images_per_second, 2)
        return {**asdict(self.way), "images_per_second": pace, "noise": noise}


def choose_way(model: TorchModel, running: Running) -> Way:
    """Return the way a model should be computed in on its processor.

    Args:
        model: the model on its processor, in PyTorch's float32.
        running: what a person has chosen, which is obeyed.

    Raises:
        ModelError: what was chosen is not to be had for this model or on this processor.
    """
    options = _options(model, running)
    if running.calls and len(options) == 1:
        return Way(*options[0], running.calls)
    asked = (running.runtime, running.precision, running.calls)
    place = " ".join([_processor_name(model.device), *(str(one or "any") for one in asked)])

    def usable(kept: Mapping[str, Any]) -> bool:
        there = (kept.get("runtime"), kept.get("precision")) in options
        return there and isinstance(kept.get("calls"), int)

    measure = partial(_measure, model, running, options)
    kept = recall_or(measure, model.identity.fingerprint, place, usable)
    return Way(str(kept["runtime"]), str(kept["precision"]), int(kept["calls"]))


def candidates(model: TorchModel) -> list[tuple[str, str]]:
    """Return (runtime, precision) of what is worth trying, PyTorch's float32 first.

    A network that says captions computes as a whole, in PyTorch.
    """
    precisions = ("float32", *FASTER[model.device.type])
    found = [("torch", "float32")]
    if _may_leave_torch(model):
        found += [("openvino", "float32"), ("openvino", "bfloat16")]
    found += [("torch", precision) for precision in precisions[1:]]
    if _is_convolutional(model):
        found += [(CHANNELS_LAST, precision) for precision in precisions]
    if _may_leave_torch(model):
        found.append(("onnxruntime", "float32"))
    return [option for option in found if option[0] in IN_TORCH or installed(option[0])]


def preferred(tried: list[Tried], *, obey: bool) -> list[Tried]:
    """Return those of the ways tried that may be taken, the best first.

    Args:
        tried: what was seen.
        obey: a person has chosen the precision: then it need not win, and goes last only if it
            does not keep the ranks.
    """
    there = sorted(
        (found for found in tried if found.images_per_second > 0),
        key=lambda found: (not found.agrees, -found.images_per_second),
    )
    if obey:
        return there
    agreeing = [found for found in there if found.agrees]
    exact = [found for found in agreeing if found.way.precision == "float32"]
    enough = GAIN * max((found.images_per_second for found in exact), default=0.0)
    short = [found for found in agreeing if found not in exact]
    return [found for found in short if found.images_per_second > enough] + exact


def choose_calls(model: LocalModel, resize: Callable[[int], None], running: Running) -> int:
    """Return how many pictures a model should take a call whose program is settled.

    Args:
        model: the model.
        resize: makes it take so many.
        running: what a person has chosen.
    """
    if running.calls:
        return running.calls
    place = f"{model.identity.details['device']} {model.identity.details['engine']}"
    kept = recall_or(
        lambda: {"calls": _find_calls(model, resize)},
        model.identity.fingerprint,
        place,
        lambda kept: isinstance(kept.get("calls"), int),
    )
    return int(kept["calls"])


def _find_calls(model: LocalModel, resize: Callable[[int], None]) -> int:
    versions, ask = sample(model), _ask(model)

    def paced(calls: int) -> float:
        resize(calls)
        found = pace(model, ask, versions)
        fits = model.calls.size == calls
        return found if fits and is_steady(model, {ask}, versions) else 0.0

    resize(first := first_size(model, ask, versions))
    found = paced(first)
    return grown(model, found, paced) if found else 1


def _options(model: TorchModel, running: Running) -> list[tuple[str, str]]:
    found = [
        (runtime, precision)
        for runtime, precision in candidates(model)
        if running.runtime in (None, runtime) and running.precision in (None, precision)
    ]
    if found:
        return found
    runtime, precision = running.runtime or "torch", running.precision or "float32"
    if runtime not in IN_TORCH:
        title = RUNTIME_TITLES[runtime].partition(",")[0]
        reason = (
            f"it is not installed (pip install {runtime})"
            if not installed(runtime)
            else f"it computes networks without captions, on a CPU, and not in {precision}"
            if running.precision
            else "it computes networks without captions, on a CPU"
        )
        raise ModelError(
            f"{model.identity.name} cannot be computed by {title} here: {reason}. "
            "Choose torch, or leave the choice to be measured."
        )
    return [(runtime, precision)]


def _measure(model: TorchModel, running: Running, options: list[tuple[str, str]]) -> dict[str, Any]:
    """Return the best way and all that was tried."""
    clock = clock_of(model)
    begin = clock()
    trial = _Trial(model, running.calls)
    tried: list[Tried] = []
    for runtime, precision in options:
        if len(tried) < SURELY or (clock() - begin) / model.calls.lanes < SECONDS:
            tried.append(trial.of(runtime, precision))
    best = preferred(tried, obey=running.precision is not None)
    if not best:
        raise ModelError(
            f"{model.identity.name} cannot be computed by {options[0][0]} in {options[0][1]} here. "
            "Leave the choice to be measured."
        )
    way = trial.settled(best, fixed=running.calls is not None)
    return {**asdict(way), "tried": [found.to_json() for found in tried]}


class _Trial:
    """Measures ways to compute one model."""

    def __init__(self, model: TorchModel, calls: int | None) -> None:
        """Begin; `calls` are the pictures a call that a person has chosen, None to find them."""
        self._versions = sample(model)
        self._model = model
        self._first = calls or first_size(model, model.image_features, self._versions)
        self._made: dict[tuple[str, str], TorchModel] = {}

    def of(self, runtime: str, precision: str) -> Tried:
        """Try one way with calls of the first size."""
        way = Way(runtime, precision, self._first)
        exact = self._exact  # whose errors are the model's own
        try:
            model = self._in_way(way)
            reference = (runtime, precision) == ("torch", "float32")
            off = 0.0 if reference else worst_noise(exact, said(model, self._versions))
            return Tried(way, pace(model, _ask(model), self._versions), off)
        except (RuntimeError, TypeError, ValueError, ModelError):  # what it lacks, in its own words
            return Tried(way, 0.0, float("inf"))

    def settled(self, best: list[Tried], *, fixed: bool) -> Way:
        """Return the best way whose bits hold still, with calls as large as is worth it.

        Args:
            best: the best first.
            fixed: the number of pictures a call has been chosen.
        """
        if fixed:
            return best[0].way
        for found in best:
            if self._is_steady(found.way):
                paced = partial(self._paced, found.way)
                calls = grown(self._in_way(found.way), found.images_per_second, paced)
                return replace(found.way, calls=calls)
        smaller = replace(best[-1].way, calls=self._first // 2 or 1)
        while smaller.calls > 1 and not self._is_steady(smaller):
            smaller = replace(smaller, calls=smaller.calls // 2)
        return smaller  # one picture a call has no neighbours

    @cached_property
    def _exact(self) -> list[NDArray[Any]]:
        return said(self._in_way(Way("torch", "float32", self._first)), self._versions)

    def _in_way(self, way: Way) -> TorchModel:
        key = way.runtime, way.precision
        if key not in self._made or self._made[key].way != way:
            self._made[key] = self._made.get(key, self._model).in_way(way)
        return self._made[key]

    def _paced(self, way: Way, calls: int) -> float:
        """Return the pace with calls of another size, 0 if that has no room or no steady bits."""
        model = self._in_way(replace(way, calls=calls))
        found = pace(model, _ask(model), self._versions)
        return found if model.calls.size == calls and self._is_steady(model.way) else 0.0

    def _is_steady(self, way: Way) -> bool:
        model = self._in_way(way)
        return is_steady(model, {model.image_features, _ask(model)}, self._versions)


def _ask(model: LocalModel) -> Ask:
    """Return the question that is timed: what the whole network is needed for."""
    classifier = Capability.PROBABILITIES in model.capabilities
    return model.probabilities if classifier else model.image_features


def _may_leave_torch(model: TorchModel) -> bool:
    return model.device.type == "cpu" and Capability.CAPTION_LOSS not in model.capabilities


def _is_convolutional(model: TorchModel) -> bool:
    """Say whether a network has more than the one convolution that cuts a picture into patches."""
    return sum(isinstance(one, torch.nn.Conv2d) for one in model.layers()) > 2


def _processor_name(device: torch.device) -> str:
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type
