"""What models on this machine share: batches that fit; those in torch, processor and precision."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import torch

from auditcore.errors import ModelError
from auditcore.models.base import Model, ModelIdentity
from auditcore.models.devices import PRECISIONS, choose_device, steady
from auditcore.models.memory import peak_bytes
from auditcore.models.prepared import Images
from auditcore.models.preprocessing import Preprocessing
from auditcore.models.room import Room, is_out_of_memory, no_room
from auditcore.models.running import DEVICE_TITLES, Running


class LocalModel(Model):
    """A model that runs on this machine.

    Attributes:
        room: how many pictures it takes at once.
        device: where `Prepared` pictures must lie.
    """

    takes_prepared = True
    room: Room
    device: torch.device

    @property
    def at_once(self) -> int:
        """Return how many pictures to ask about at a time so that the processor is kept busy."""
        return self.room.most

    def memory_of(self, ask: Callable[[], object]) -> int | None:
        """Ask, and return the bytes that the model and the question take; None if unknown."""
        raise NotImplementedError


class TorchModel(LocalModel):
    """A network in torch. A subclass sets identity, capabilities and preprocessing, then settles.

    Attributes:
        preprocessing: from any picture to what the network looks at.
        precision: name of the floating-point format it computes in, a key of PRECISIONS.
    """

    identity: ModelIdentity
    preprocessing: Preprocessing
    precision: str

    def _settle(self, network: torch.nn.Module, running: Running) -> None:
        """Bring the network to its processor, choose its precision, and say both in the details.

        Raises:
            ModelError: no such processor, or not enough memory for the network.
        """
        from auditcore.models.precision import choose_precision

        self.room = Room(self.identity.name)
        self.device = choose_device(running.device)
        self._network: Any = self._moved(network.eval())
        self._cast("float32")
        chosen = choose_precision(self, running.precision)
        if chosen != "float32":
            self._cast(chosen)

    def in_precision(self, precision: str) -> "TorchModel":
        """Return a second copy of the model that computes in another precision."""
        other = copy.copy(self)
        other._network = copy.deepcopy(self._network)
        other._cast(precision)
        return other

    def memory_of(self, ask: Callable[[], object]) -> int | None:
        """Ask, and return the bytes of the network and of what it computes, at the peak."""
        return peak_bytes(self._network, self.device, ask)

    def forward_once(self) -> None:
        """Send one empty picture through the network, whatever it answers."""
        size = self.preprocessing.size
        picture = torch.zeros(1, 3, size, size, dtype=self._dtype, device=self.device)
        with torch.enable_grad():  # as in training: no operation is fused away that is counted
            self._look(picture)

    def _look(self, batch: torch.Tensor) -> torch.Tensor:
        """Return the image features of prepared pictures: what every network here has."""
        raise NotImplementedError

    def _answers(self, images: Images, ask: Callable[[torch.Tensor], torch.Tensor]) -> torch.Tensor:
        """Return what the network answers to pictures, in float32 on the CPU, one row each.

        Args:
            images: pictures of any size, or prepared ones.
            ask: from a batch, shape (B, 3, S, S), to its answers, shape (B, ...).

        Raises:
            ModelError: no picture, no room for one, or a processor that lacks an operation.
        """
        if not len(images):
            raise ModelError("No picture was given to the model.")

        def run(part: Images) -> torch.Tensor:
            batch = self.preprocessing.batch(part).to(self.device, self._dtype)
            return ask(batch).float().cpu()

        with steady():
            try:
                return torch.cat(self.room.in_batches(images, run))
            except NotImplementedError as error:
                raise ModelError(
                    f"{self.identity.name} does not run on the {DEVICE_TITLES[self.device.type]}: "
                    f"{str(error).splitlines()[0]} Choose the CPU."
                ) from error

    @property
    def _dtype(self) -> torch.dtype:
        return PRECISIONS[self.precision]

    def _moved(self, network: torch.nn.Module) -> torch.nn.Module:
        try:
            return network.to(self.device)
        except Exception as error:
            if is_out_of_memory(error):
                raise ModelError(no_room(self.identity.name)) from error
            raise

    def _cast(self, precision: str) -> None:
        self.precision = precision
        self._network = self._network.to(self._dtype)
        details = {
            **self.identity.details,
            "device": DEVICE_TITLES[self.device.type],
            "precision": precision,
        }
        self.identity = replace(self.identity, details=details)


def parameters_words(network: torch.nn.Module) -> str:
    """Return the number of parameters for a person, such as "86.2 million"."""
    return f"{sum(parameter.numel() for parameter in network.parameters()) / 1e6:.1f} million"
