"""As much of Ray as a crew needs, in this process: actors that do what a script says."""

from collections.abc import Callable, Sequence
from typing import Any

from auditcore.cluster.joining import Site
from auditcore.cluster.order import Order


class RayActorError(Exception):
    """The actor died."""


class Died:
    """What a scripted method returns to say that its actor dies over it."""


class FakeRay:
    """Hands out actors made by `make`; every answer is there at once, the oldest first."""

    class exceptions:
        RayActorError = NodeDiedError = ObjectLostError = OutOfMemoryError = RayActorError

    def __init__(self, make: Callable[[int], Any]) -> None:
        self.made = 0
        self._make = make
        self._results: dict[int, Any] = {}

    def remote(self, _: type) -> "FakeRay":
        return self

    def options(self, **_: Any) -> Any:
        ray = self

        class Actors:
            @staticmethod
            def remote() -> "FakeActor":
                ray.made += 1
                return FakeActor(ray, ray._make(ray.made - 1))

        return Actors

    def keep(self, result: Any) -> int:
        self._results[len(self._results)] = result
        return len(self._results) - 1

    def put(self, value: Any) -> int:
        return self.keep(value)

    def wait(
        self, refs: Sequence[int], num_returns: int, timeout: float
    ) -> tuple[list[int], list[int]]:
        return sorted(refs)[:1], sorted(refs)[1:]

    def get(self, ref: int) -> Any:
        if isinstance(self._results[ref], Died):
            raise RayActorError("the script says so")
        return self._results[ref]

    def site(self) -> Site:
        return Site(self, local=False, cores=8, gpus=0)


class FakeActor:
    """One actor; a call is done before it returns."""

    def __init__(self, ray: FakeRay, worker: Any) -> None:
        self._ray, self._worker = ray, worker

    def __getattr__(self, name: str) -> Any:
        ray, method = self._ray, getattr(self._worker, name)

        class Call:
            @staticmethod
            def remote(*arguments: Any) -> int:
                known = [a if isinstance(a, (Order, tuple)) else ray.get(a) for a in arguments]
                return ray.keep(method(*known))

        return Call
