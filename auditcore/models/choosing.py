"""Which way a model is computed on this machine: program, precision, pictures a call; by measuring.

Candidates are PyTorch in 32 and in 16 bits and, on a CPU, OpenVINO and ONNX Runtime. One is taken
only if it keeps the ranks (`auditcore.models.precision`) and gives every picture the same bits
wherever it stands, whatever stands beside it; 16 bits only if they are well faster than the fastest
32. The number of pictures a call that a person or an audit's plan names is tried for those bits,
too, and refused if they move. The choice is made once for a model and a processor and kept in the
data folder: an audit that goes on later must hear the same answers. It is made again when what was
chosen is not there any more: the program, or the memory.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
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
from auditcore.models.prepared import Prepared
from auditcore.models.remembered import recall, recall_or, remember
from auditcore.models.room import CallTooLarge
from auditcore.models.running import CALLS_MOST, RUNTIME_TITLES, Running

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
        ModelError: what was chosen is not to be had for this model or on this processor, or bits
            move in calls of the chosen size.
    """
    options, most = _options(model, running), _most(model, running)
    asked = (running.runtime, running.precision, running.calls)
    place = " ".join([_processor_name(model.device), *(str(one or "any") for one in asked)])

    def find() -> dict[str, Any]:
        if running.calls and len(options) == 1:
            return asdict(_checked(model, Way(*options[0], running.calls)))
        return _measure(model, running, options, most)

    def usable(kept: Mapping[str, Any]) -> bool:
        there = (kept.get("runtime"), kept.get("precision")) in options
        return there and _is_size(kept.get("calls"), most)

    kept = recall_or(find, model.identity.fingerprint, place, usable)
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

    Raises:
        ModelError: bits move in calls of the chosen size.
    """
    place = f"{model.identity.details['device']} {model.identity.details['engine']}"
    place, most = f"{place} {running.calls or ''}".rstrip(), _most(model, running)

    def find() -> dict[str, Any]:
        if not running.calls:
            return {"calls": _find_calls(model, resize, most)}
        resize(running.calls)
        if not is_steady(model, {_ask(model)}, sample(model)):
            raise _moving(model, running.calls)
        return {"calls": running.calls}

    def usable(kept: Mapping[str, Any]) -> bool:
        return _is_size(kept.get("calls"), most)

    return int(recall_or(find, model.identity.fingerprint, place, usable)["calls"])


def remember_most(fingerprint: str, device: torch.device, calls: int) -> None:
    """Keep that a model has no memory on a processor for more pictures a call than so many."""
    remember(
        fingerprint, _room_on(device), {"calls": calls}, lambda kept: _is_size(kept["calls"], calls)
    )


def _most(model: LocalModel, running: Running) -> int:
    """Return the pictures a call that are chosen, else those for which there was memory."""
    kept = recall(model.identity.fingerprint, _room_on(model.calls.device)) or {}
    return running.calls or int(kept.get("calls", CALLS_MOST))


def _room_on(device: torch.device) -> str:
    return f"{device.type} memory"


def _is_size(calls: object, most: int) -> bool:
    return isinstance(calls, int) and 1 <= calls <= most


def _find_calls(model: LocalModel, resize: Callable[[int], None], most: int) -> int:
    versions, ask = sample(model), _ask(model)

    def paced(calls: int) -> float:
        resize(calls)
        try:
            found = pace(model, ask, versions)
        except CallTooLarge:
            return 0.0
        return found if is_steady(model, {ask}, versions) else 0.0

    resize(first := min(most, first_size(model, ask, versions)))
    found = paced(first)
    return grown(model, found, paced, most) if found else 1


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


def _checked(model: TorchModel, way: Way) -> Way:
    """Return a way that was chosen in every respect if its bits hold still."""
    there = model.in_way(way)
    if not _is_steady(there, sample(model)):
        raise _moving(model, way.calls)
    return way


def _moving(model: LocalModel, calls: int) -> ModelError:
    return ModelError(
        f"{model.identity.name} answers differently in the last bits depending on where a picture "
        f"stands among {calls} in a call, so that its answers could not be repeated. Choose 1 "
        "picture a call, or leave the number to be measured."
    )


def _measure(
    model: TorchModel, running: Running, options: list[tuple[str, str]], most: int
) -> dict[str, Any]:
    """Return the best way and all that was tried."""
    clock = clock_of(model)
    begin = clock()
    trial = _Trial(model, running.calls, most)
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

    def __init__(self, model: TorchModel, calls: int | None, most: int = CALLS_MOST) -> None:
        """Begin, with PyTorch's float32.

        Args:
            model: the model.
            calls: the pictures a call that a person has chosen, None to find them.
            most: of them, if they are to be found.
        """
        self._versions = sample(model)
        self._model, self._most = model, most
        self._made: dict[tuple[str, str], TorchModel] = {}
        self._first = calls or min(most, first_size(model, model.image_features, self._versions))
        while True:
            try:
                exact = self._in_way(Way("torch", "float32", self._first))
                self._exact: list[NDArray[Any]] = said(exact, self._versions)
                break
            except CallTooLarge:
                if calls:
                    raise
            self._first //= 2

    def of(self, runtime: str, precision: str) -> Tried:
        """Try one way with calls of the first size."""
        way = Way(runtime, precision, self._first)
        try:
            model = self._in_way(way)
            reference = (runtime, precision) == ("torch", "float32")
            off = 0.0 if reference else worst_noise(self._exact, said(model, self._versions))
            return Tried(way, pace(model, _ask(model), self._versions), off)
        except (RuntimeError, TypeError, ValueError, ModelError):  # what it lacks, in its own words
            return Tried(way, 0.0, float("inf"))

    def settled(self, best: list[Tried], *, fixed: bool) -> Way:
        """Return the best way whose bits hold still, with calls as large as is worth it.

        Args:
            best: the best first.
            fixed: the number of pictures a call has been chosen.

        Raises:
            ModelError: in calls of the chosen size bits never hold still.
        """
        for found in best:
            if self._is_steady(found.way):
                return found.way if fixed else self._grown(found)
        if fixed:
            raise _moving(self._model, self._first)
        smaller = replace(best[-1].way, calls=self._first // 2 or 1)
        while smaller.calls > 1 and not self._is_steady(smaller):
            smaller = replace(smaller, calls=smaller.calls // 2)
        return smaller  # one picture a call has no neighbours

    def _grown(self, found: Tried) -> Way:
        paced = partial(self._paced, found.way)
        there = self._in_way(found.way)
        return replace(found.way, calls=grown(there, found.images_per_second, paced, self._most))

    def _in_way(self, way: Way) -> TorchModel:
        key = way.runtime, way.precision
        if key not in self._made or self._made[key].way != way:
            self._made[key] = self._made.get(key, self._model).in_way(way)
        return self._made[key]

    def _paced(self, way: Way, calls: int) -> float:
        """Return the pace with calls of another size, 0 if that has no room or no steady bits."""
        model = self._in_way(replace(way, calls=calls))
        try:
            found = pace(model, _ask(model), self._versions)
        except CallTooLarge:
            return 0.0
        return found if self._is_steady(model.way) else 0.0

    def _is_steady(self, way: Way) -> bool:
        return _is_steady(self._in_way(way), self._versions)


def _is_steady(model: TorchModel, versions: Prepared) -> bool:
    return is_steady(model, {model.image_features, _ask(model)}, versions)


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
