"""The workers as Ray actors. One that dies is replaced; what it had is reported as lost.

Each has a chunk in hand and one waiting, so that none idles while answers travel. A worker answers
queries only once its answer to the test picture is that of the others, to the bit.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from auditcore import errors
from auditcore.cluster.dispatch import Chunk, Outcome
from auditcore.cluster.joining import Site
from auditcore.cluster.order import Answered, NeedsKit, Order, Ready, Refusal
from auditcore.cluster.parcel import Parcel
from auditcore.cluster.worker import Worker
from auditcore.errors import AuditError, ClusterError, ModelError
from auditcore.scores import Answer

IN_HAND = 2
MOST_DEATHS = 3
"""Deaths of a worker in a row, without an answer between them, before it is given up."""
PATIENCE_SECONDS = 1800.0
Tell = Callable[[str], None]


@dataclass
class _Hand:
    """One place in the crew, and the actor that fills it now.

    Attributes:
        actor: None once the place was given up.
        node: the machine it was on last.
        opening: what it does before it may answer; None once it may.
        doing: the chunks it has, by Ray's references to their answers.
        deaths: in a row.
    """

    actor: Any
    node: str = ""
    opening: Any = None
    doing: dict[Any, Chunk] = field(default_factory=dict)
    deaths: int = 0

    @property
    def waiting(self) -> list[Any]:
        """References to everything that it has been asked."""
        return [*self.doing, *([] if self.opening is None else [self.opening])]


class RayCrew:
    """Workers that open the same order and answer its queries.

    Attributes:
        seconds_per_query: of one worker, by the last chunk; None before the first.
    """

    def __init__(self, site: Site, workers: int, on_gpus: bool, tell: Tell) -> None:
        """Start the workers; they open nothing before `begin`.

        Args:
            site: the Ray that was joined.
            workers: how many.
            on_gpus: whether each gets a GPU of its own; else a core.
            tell: told in a sentence what happens to workers.
        """
        self.seconds_per_query: float | None = None
        self._ray, self._local, self._tell = site.ray, site.local, tell
        needs = {"num_cpus": 1, "num_gpus": int(on_gpus)}
        self._actors = site.ray.remote(Worker).options(max_restarts=0, **needs)
        self._hands = [_Hand(self._actors.remote()) for _ in range(workers)]
        self._lost: deque[Chunk] = deque()

    @property
    def workers(self) -> int:
        """Return how many workers there are, those that are opening included."""
        return sum(hand.actor is not None for hand in self._hands)

    def begin(self, order: Order) -> None:
        """Have every worker open an order."""
        self.forget()
        self._order, self._parcel = order, Parcel(order.kit_file)
        self._probed: tuple[tuple[int, ...], str] | None = None
        for hand in self._hands:
            if hand.actor is not None:
                hand.opening = hand.actor.ready.remote(order)

    def give(self, chunk: Chunk) -> bool:
        """Hand a chunk to the worker that has least to do; False when all have enough."""
        free = [hand for hand in self._able() if len(hand.doing) < IN_HAND]
        if not free:
            return False
        hand = min(free, key=lambda hand: len(hand.doing))
        hand.doing[hand.actor.answer.remote(chunk.queries)] = chunk
        return True

    def take(self) -> Outcome | None:
        """Wait until a chunk is answered or lost; None when a worker has become free instead.

        Raises:
            TelltaleError: what a worker says, or that none is left.
        """
        if self._lost:
            return Outcome(self._lost.popleft(), None)
        hand, reference = self._first_done()
        if reference == hand.opening:
            self._opened(hand)
            return None
        result = self._result(hand, reference)
        if result is None:
            return None  # what it had is among the lost
        chunk = hand.doing.pop(reference)
        _check_all_there(chunk, result, hand)
        hand.deaths = 0
        self.seconds_per_query = result.seconds / len(chunk.queries)
        return Outcome(chunk, [Answer(score, digest) for score, digest in result.rows])

    def forget(self) -> None:
        """Let go of every chunk that is out; its answers are not waited for."""
        self._lost.clear()
        for hand in self._hands:
            hand.doing.clear()

    def probe(self, photos: tuple[int, ...]) -> Answer:
        """Return what all workers answer to the test picture.

        Args:
            photos: it is looked at as for the first of these.

        Raises:
            ModelError: they do not answer alike, to the bit.
        """
        answers: list[Answer] = []
        while not answers:
            self._wait_for_one()
            asked = [(hand, hand.actor.probe.remote(photos)) for hand in self._able()]
            for hand, reference in asked:
                if (result := self._result(hand, reference)) is not None:
                    answers.append(_one_answer(result))
                    _check_alike(answers[0].digest, answers[-1], hand)
        self._probed = photos, answers[0].digest
        return answers[0]

    def _able(self) -> list[_Hand]:
        return [h for h in self._hands if h.actor is not None and h.opening is None]

    def _wait_for_one(self) -> None:
        while not self._able():
            hand, _ = self._first_done()
            self._opened(hand)

    def _first_done(self) -> tuple[_Hand, Any]:
        """Wait until a worker has done anything; return it and the reference to what it did."""
        owners = {ref: hand for hand in self._hands for ref in hand.waiting}
        while True:
            done, _ = self._ray.wait(list(owners), num_returns=1, timeout=PATIENCE_SECONDS)
            if done:
                return owners[done[0]], done[0]
            if not self._able():
                raise ClusterError(
                    f"No worker was ready within {PATIENCE_SECONDS / 60:.0f} minutes. See with "
                    "`ray status` whether the cluster has free machines. What was answered is "
                    "kept; the same command goes on with it."
                )

    def _opened(self, hand: _Hand) -> None:
        """Take the next step with a worker that has done one of those before it may answer."""
        result = self._result(hand, hand.opening)
        if result is None:
            return  # a successor is opening
        hand.opening = None
        if isinstance(result, NeedsKit):
            hand.opening = hand.actor.ready.remote(self._order, self._parcel.sent(self._ray))
        elif isinstance(result, Ready):
            hand.node = result.node
            if self._probed is not None:
                hand.opening = hand.actor.probe.remote(self._probed[0])
        elif self._probed is not None:
            _check_alike(self._probed[1], _one_answer(result), hand)

    def _result(self, hand: _Hand, reference: Any) -> Any:
        """Return what a worker has done, None if it died.

        Raises:
            TelltaleError: the error that it tells.
        """
        told = self._ray.exceptions
        deaths = (told.RayActorError, told.NodeDiedError, told.ObjectLostError)
        try:
            result = self._ray.get(reference)
        except (*deaths, told.OutOfMemoryError) as error:
            self._replace(hand, error)
            return None
        if isinstance(result, Refusal):
            raise self._refused(result)
        return result

    def _replace(self, hand: _Hand, error: Exception) -> None:
        """Put another worker in the place of one that died."""
        self._lost.extend(hand.doing.values())
        hand.doing.clear()
        hand.opening = None
        hand.deaths += 1
        where = "" if self._local or not hand.node else f" on {hand.node}"
        if hand.deaths == MOST_DEATHS:
            hand.actor = None
            self._tell(
                f"A worker{where} died {MOST_DEATHS} times in a row and is given up. {_why(error)}"
            )
        else:
            hand.actor = self._actors.remote()
            hand.opening = hand.actor.ready.remote(self._order)
            self._tell(f"A worker{where} died; what it had is done again.")
        if not self.workers:
            raise _all_dead(error)

    def _refused(self, refusal: Refusal) -> errors.TelltaleError:
        kind = getattr(errors, refusal.kind, AuditError)
        where = "" if self._local else f"The worker on {refusal.node} says: "
        error: errors.TelltaleError = kind(where + refusal.sentence)
        return error


def _one_answer(result: Answered) -> Answer:
    ((score, digest),) = result.rows
    return Answer(score, digest)


def _check_all_there(chunk: Chunk, result: Answered, hand: _Hand) -> None:
    if len(result.rows) != len(chunk.queries):
        raise ClusterError(
            f"The worker on {hand.node} was asked {len(chunk.queries):,} questions and gave "
            f"{len(result.rows):,} answers. None of them was used. Install the same version of "
            "Telltale on every machine; the same command goes on with what was answered before."
        )


def _check_alike(digest: str, answer: Answer, hand: _Hand) -> None:
    if answer.digest != digest:
        raise ModelError(
            f"The worker on {hand.node} does not answer like the others: the test picture got "
            "other bits from it. Versions must not be compared across such answers. Use machines "
            "of one kind, with the same versions of everything."
        )


def _all_dead(error: Exception) -> ClusterError:
    return ClusterError(
        f"All workers died, {MOST_DEATHS} times in a row each. Check that Telltale is installed "
        "where they run, and that there is enough memory: fewer workers need less. What was "
        f"answered is kept; the same command goes on with it. {_why(error)}"
    )


def _why(error: Exception) -> str:
    """Return what Ray says of a death: the last line, which holds the cause."""
    said = str(error).strip().splitlines()
    return f"Ray says: {said[-1].strip() if said else type(error).__name__}"
