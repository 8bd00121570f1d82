"""How much memory a question takes, as far as it can be known."""

import weakref
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves


def peak_bytes(
    network: torch.nn.Module, device: torch.device, ask: Callable[[], object], lanes: int
) -> int:
    """Return the memory of a network and of all that it computes for one question, at the peak.

    On a graphics card it is what torch's allocator held; elsewhere the tensors alive at a time,
    where calls are made one by one in this thread: `lanes` times that, as when they are not.
    """
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
        ask()
        return int(torch.cuda.max_memory_allocated(device))
    weights = {
        tensor.untyped_storage().data_ptr(): tensor.untyped_storage().nbytes()
        for tensor in (*network.parameters(), *network.buffers())
    }
    with _Alive(set(weights)) as alive:
        ask()
    return sum(weights.values()) + lanes * int(alive.most)


def resident_bytes() -> int | None:
    """Return the memory this process has now, None where the system does not tell (not Linux)."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return None
    found = [line.split()[1] for line in lines if line.startswith("VmRSS:")]
    return int(found[0]) * 1024 if found else None


class _Alive(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts the bytes of the tensors that are alive, and remembers the most there were."""

    def __init__(self, known: set[int]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.most = 0
        self._now = 0
        self._known = known
        self._users: dict[int, int] = {}  # storage -> tensors that look at it

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        answer = func(*args, **(kwargs or {}))
        for leaf in tree_leaves(answer):
            if isinstance(leaf, torch.Tensor):
                self._note(leaf)
        return answer

    def _note(self, tensor: torch.Tensor) -> None:
        storage = tensor.untyped_storage()
        place, size = storage.data_ptr(), storage.nbytes()
        if place in self._known:
            return
        if place not in self._users:
            self._now += size
            self.most = max(self.most, self._now)
        self._users[place] = self._users.get(place, 0) + 1
        weakref.finalize(tensor, self._forget, place, size)

    def _forget(self, place: int, size: int) -> None:
        self._users[place] -= 1
        if not self._users[place]:
            del self._users[place]
            self._now -= size
