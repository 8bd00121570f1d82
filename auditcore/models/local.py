"""What models on this machine share: calls that fit; those in torch, how they compute."""

import copy
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from auditcore.errors import ModelError
from auditcore.models.base import Model, ModelIdentity
from auditcore.models.calls import Calls, filled
from auditcore.models.compiled import Compiled, compile_question
from auditcore.models.devices import PRECISIONS, choose_device
from auditcore.models.memory import peak_bytes, resident_bytes
from auditcore.models.prepared import Images
from auditcore.models.preprocessing import Preprocessing
from auditcore.models.room import Room, is_out_of_memory, no_room
from auditcore.models.running import DEVICE_TITLES, Running

FEATURES, LOGITS = "features", "logits"
"""What a network is asked that other programs than torch can be handed, too."""

CHANNELS_LAST = "torch-channels-last"
IN_TORCH = ("torch", CHANNELS_LAST)


@dataclass(frozen=True)
class Way:
    """One way to compute a model on its processor; the fields are those of `Running`."""

    runtime: str
    precision: str
    calls: int


class LocalModel(Model):
    """A model that runs on this machine.

    Attributes:
        calls: how many pictures it takes at once.
        device: where `Prepared` pictures must lie.
    """

    takes_prepared = True
    calls: Calls
    device: torch.device

    @property
    def at_once(self) -> int:
        """Return how many pictures to ask about at a time so that the processor is kept busy."""
        return self.calls.at_once

    def memory_of(self, ask: Callable[[], object]) -> int | None:
        """Ask, and return the bytes that the model and the question take; None if unknown."""
        raise NotImplementedError


class TorchModel(LocalModel):
    """A network in torch. A subclass sets identity, capabilities and preprocessing, then settles.

    Attributes:
        preprocessing: from any picture to what the network looks at.
        way: how it computes; texts and caption losses always in torch.
    """

    identity: ModelIdentity
    preprocessing: Preprocessing
    way: Way

    def _settle(self, network: torch.nn.Module, running: Running) -> None:
        """Bring the network to its processor, choose how it computes, and say so in the details.

        Raises:
            ModelError: no such processor or program, or not enough memory for the network.
        """
        from auditcore.models import choosing

        self._before = resident_bytes()
        self.room = Room(self.identity.name)
        self.device = choose_device(running.device)
        self._network: Any = self._moved(network.eval())
        self._take(Way("torch", "float32", 1))
        chosen = choosing.choose_way(self, running)
        if chosen != self.way:
            self._take(chosen)
        self.calls.on_too_large = partial(
            choosing.remember_most, self.identity.fingerprint, self.device
        )
        self._compiled_for(FEATURES)  # what it cannot do is said now

    def in_way(self, way: Way) -> "TorchModel":
        """Return a second copy of the model that computes in another way."""
        other = copy.copy(self)
        if _laid_out(way) != _laid_out(self.way):
            other._network = copy.deepcopy(self._network)
        other._take(way)
        return other

    def bare_call(self, batch: torch.Tensor) -> Callable[[], torch.Tensor]:
        """Return the network's call on pictures and nothing else, to be timed.

        Args:
            batch: normalised pictures, shape (B, 3, S, S); laid out as the network takes them now,
                not at each call.
        """
        number, order = _laid_out(self.way)
        there = batch.to(self.device, number, memory_format=order)
        return partial(self._asked, FEATURES, there)

    def layers(self) -> Iterator[torch.nn.Module]:
        """Yield every layer of the network."""
        yield from self._network.modules()

    def memory_of(self, ask: Callable[[], object]) -> int | None:
        """Ask, and return the bytes of the network and of what it computes, at the peak."""
        if self.way.runtime in IN_TORCH:
            with self.calls.aside():
                return peak_bytes(self._network, self.device, ask, self.calls.lanes)
        ask()
        now = resident_bytes()
        grown = None if now is None or self._before is None else max(0, now - self._before)
        return None if grown is None else grown + _bytes_of(self._network)

    def forward_once(self) -> None:
        """Send one empty picture through the network, whatever it answers."""
        size = self.preprocessing.size
        picture = torch.zeros(1, 3, size, size, dtype=self._dtype, device=self.device)
        with torch.enable_grad():  # as in training: no operation is fused away that is counted
            self._look(picture)

    def _look(self, batch: torch.Tensor) -> torch.Tensor:
        """Return the image features of prepared pictures: what every network here has."""
        raise NotImplementedError

    def _classify(self, batch: torch.Tensor) -> torch.Tensor:
        """Return the logits of prepared pictures, of a classifier."""
        raise NotImplementedError

    def _answers(
        self, images: Images, question: str | Callable[[torch.Tensor], torch.Tensor]
    ) -> torch.Tensor:
        """Return what the network answers to pictures, in float32 on the CPU, one row each.

        Args:
            images: pictures of any size, or prepared ones.
            question: FEATURES, LOGITS, or what only torch is asked: from a batch, shape
                (B, 3, S, S), to its answers, shape (B, ...).

        Raises:
            ModelError: no picture, no room for a call, or a processor that lacks an operation.
        """
        if not len(images):
            raise ModelError("No picture was given to the model.")

        def answer(part: Images, size: int) -> torch.Tensor:
            batch = filled(self.preprocessing.batch(part, self.device), size)
            return self._asked(question, batch).float()

        try:
            return self.calls.rows(images, answer).cpu()
        except NotImplementedError as error:
            raise ModelError(
                f"{self.identity.name} does not run on the {DEVICE_TITLES[self.device.type]}: "
                f"{str(error).splitlines()[0]} Choose the CPU."
            ) from error

    def _asked(
        self, question: str | Callable[[torch.Tensor], torch.Tensor], batch: torch.Tensor
    ) -> torch.Tensor:
        compiled = self._compiled_for(question, len(batch)) if isinstance(question, str) else None
        if compiled is not None:
            return compiled(batch)
        ask = self._method(question) if isinstance(question, str) else question
        number, order = _laid_out(self.way)
        return ask(batch.to(number, memory_format=order))

    def _method(self, question: str) -> Compiled:
        return {FEATURES: self._look, LOGITS: self._classify}[question]

    def _compiled_for(self, question: str, size: int | None = None) -> Compiled | None:
        """Return a question as another program than torch computes it, None in torch."""
        if self.way.runtime in IN_TORCH:
            return None
        key = question, size or self.calls.size
        with self._compiling:
            if key not in self._compiled:
                self._compiled[key] = compile_question(
                    self.way.runtime,
                    self._network,
                    self._method(question),
                    self.preprocessing.size,
                    key[1],
                    self.way.precision,
                )
        return self._compiled[key]

    @property
    def _dtype(self) -> torch.dtype:
        return _laid_out(self.way)[0]

    def _moved(self, network: torch.nn.Module) -> torch.nn.Module:
        try:
            return network.to(self.device)
        except Exception as error:
            if is_out_of_memory(error):
                raise ModelError(no_room(self.identity.name)) from error
            raise

    def _take(self, way: Way) -> None:
        self.way = way
        self.calls = Calls(self.identity.name, self.device, way.calls)
        self._compiled: dict[tuple[str, int], Compiled] = {}
        self._compiling = threading.Lock()
        number, order = _laid_out(way)
        self._network = self._network.to(number)
        if order is torch.channels_last:
            self._network = self._network.to(memory_format=order)
        details = {
            **self.identity.details,
            "device": DEVICE_TITLES[self.device.type],
            "precision": way.precision,
            "engine": way.runtime,
            "call size": str(way.calls),
        }
        self.identity = replace(self.identity, details=details)


def parameters_words(network: torch.nn.Module) -> str:
    """Return the number of parameters for a person, such as "86.2 million"."""
    return f"{sum(parameter.numel() for parameter in network.parameters()) / 1e6:.1f} million"


def _laid_out(way: Way) -> tuple[torch.dtype, torch.memory_format]:
    """Return the numbers and their order in memory that torch's network has in a way."""
    number = PRECISIONS[way.precision] if way.runtime in IN_TORCH else torch.float32
    last = way.runtime == CHANNELS_LAST
    return number, torch.channels_last if last else torch.contiguous_format


def _bytes_of(network: torch.nn.Module) -> int:
    return sum(weights.numel() * weights.element_size() for weights in network.parameters())
