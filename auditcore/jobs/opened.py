"""The models that a worker holds open between jobs, local ones for all, hosted ones by owner."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from auditcore.database import LOCAL_OWNER
from auditcore.errors import KeyRefused, ModelError, SpendingError
from auditcore.jobs.held import LOCAL
from auditcore.jobs.keys import KeyRing
from auditcore.jobs.lanes import lane_for
from auditcore.jobs.orders import Choice
from auditcore.jobs.worker import Elsewhere
from auditcore.models import Access, Model, Running, list_models, open_model
from auditcore.models.access import private_allowed
from auditcore.models.hosted.spec import host_of, parse_spec

_HOSTED_HELD = 16


class OpenModels:
    """Opens what a person chose. Opening a hosted model sends it a test picture, so the last one
    stays open for its owner: what an audit will take can be asked again without sending anything.
    Jobs of different owners may use it at the same time.
    """

    def __init__(self, keys: KeyRing, lane: str | None = None) -> None:
        """Take the keys from a ring that pages fill.

        Args:
            keys: the ring.
            lane: where this worker is; None for whoever does the work of all.
        """
        self._keys, self._lane = keys, lane
        self._hosted: OrderedDict[str, tuple[Choice, Model]] = OrderedDict()

    def insist_on_lane(self, choice: Choice) -> None:
        """See that a model is opened in the lane where it belongs.

        Raises:
            Elsewhere: it belongs into another.
        """
        if self._lane is None:
            return
        lane = lane_for(choice.hosted, choice.running.device, _devices(choice))
        if lane != self._lane:
            raise Elsewhere(lane)

    def open(self, owner: str, choice: Choice, scope: str | None = None) -> Model:
        """Return the model, opened now or before.

        Args:
            owner: whose keys.
            choice: which model.
            scope: the unfinished audit that is to be gone on with (`Access.scope`).

        Raises:
            Elsewhere: it belongs into another lane.
            KeyRefused: a key was typed for it and this worker has none, or the provider wants
                another.
            ModelError: it cannot be opened, or not by this owner.
        """
        self.insist_on_lane(choice)
        if not choice.hosted:
            return self._open_here(owner, choice)
        known, model = self._hosted.pop(owner, (None, None))
        if model is None or known != choice:
            model = self._connect(owner, choice, scope)
        self._hosted[owner] = choice, model
        while len(self._hosted) > _HOSTED_HELD:
            self._hosted.popitem(last=False)
        return model

    def insist_on_ceiling(self, owner: str, choice: Choice) -> None:
        """See that an audit that somebody else pays for has a ceiling.

        Raises:
            SpendingError: its key is lent, and it has none.
        """
        if not choice.hosted or choice.budget.most is not None:
            return
        host = host_of(parse_spec(choice.spec))
        if self._keys.is_lent(owner, host):
            raise SpendingError(
                f"The key for {host} belongs to whoever runs this Telltale, who pays for what is "
                "sent. Say how many pictures may be sent at most, or type a key of your own."
            )

    def close(self, owner: str) -> None:
        """Let go of an owner's hosted model: the next one is met anew. Local ones stay open."""
        self._hosted.pop(owner, None)

    @contextmanager
    def closing(self, owner: str) -> Iterator[None]:
        """Let go of an owner's hosted model at the end of the block."""
        try:
            yield
        finally:
            self.close(owner)

    def _open_here(self, owner: str, choice: Choice) -> Model:
        if owner != LOCAL_OWNER and choice.spec not in _on_this_machine():
            raise ModelError(
                "On a Telltale that several people share, only models that are already on its "
                "machine can be opened, by their name in the list, and no files. Choose one of "
                "those, or one behind an address."
            )
        return _local(choice.spec, choice.running)

    def _connect(self, owner: str, choice: Choice, scope: str | None) -> Model:
        key_of, host = self._keys.key_of(owner), host_of(parse_spec(choice.spec))
        if choice.keyed and key_of(host) is None:
            raise KeyRefused(
                f"Type the key for {host} again. Telltale holds keys in memory alone, and has been "
                "started anew since you typed it. Nothing that was answered is lost."
            )
        at_home = owner == LOCAL_OWNER
        private = at_home and private_allowed()
        access = Access(key_of, private, choice.budget, choice.released, scope)
        return open_model(choice.spec, access)


def _on_this_machine() -> set[str]:
    return {entry.spec for entry in list_models() if entry.on_this_machine}


def _devices(choice: Choice) -> tuple[str, ...]:
    if choice.hosted:
        return ()
    from auditcore.models.devices import available_devices  # needs torch

    return available_devices()


def _local(spec: str, running: Running) -> Model:
    return LOCAL.get((spec, running))
