"""Fair turns: whose job goes next in a lane, and when the turn of a waiting job will come.

The owner who was served least recently goes next; who was never served goes before all others, in
order of arrival. Of one owner's jobs quick questions go first, then those that came first. Between
two turns of an owner every other owner gets one at most, so nobody waits for ever.
"""

import heapq
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

_TURNS_FORESEEN = 2000
_UNKNOWN = 30.0  # seconds, to go on with the order where the time is not known


@dataclass(frozen=True)
class Ticket:
    """A job in a lane.

    Attributes:
        number: order of arrival, unique.
        owner: whose it is.
        quick: see `manners.is_quick`.
        seconds: what it still takes, None if unknown.
        turn: seconds after which it steps aside for others, None if it never does.
        worked: seconds of its turn that are over, for a job at work.
    """

    number: int
    owner: str
    quick: bool
    seconds: float | None = None
    turn: float | None = None
    worked: float = 0.0


@dataclass(frozen=True)
class Ahead:
    """What goes before a waiting job: its number in line (0 when it is about to begin), seconds."""

    position: int
    seconds: float | None


def next_up(
    waiting: Iterable[Ticket], served: Mapping[str, int], busy: Container[str] = ()
) -> Ticket | None:
    """Return the job whose turn it is, None if there is none.

    Args:
        waiting: jobs of one lane.
        served: by owner, the number of the last turn they had there; higher is later.
        busy: owners who must wait for their own job to end first.
    """
    first: dict[str, int] = {}
    free = [ticket for ticket in waiting if ticket.owner not in busy]
    for ticket in free:
        first[ticket.owner] = min(ticket.number, first.get(ticket.owner, ticket.number))

    def rank(ticket: Ticket) -> tuple[int, int, bool, int]:
        owner = ticket.owner
        return served.get(owner, 0), first[owner], not ticket.quick, ticket.number

    return min(free, key=rank, default=None)


def has_rival(ticket: Ticket, waiting: Iterable[Ticket]) -> bool:
    """Say whether a job at work keeps another from its turn: somebody else's, or a quick one."""
    return any(
        other.owner != ticket.owner or (other.quick and not ticket.quick) for other in waiting
    )


def foresee(
    number: int,
    running: Sequence[Ticket],
    waiting: Sequence[Ticket],
    served: Mapping[str, int],
    seats: int,
) -> Ahead:
    """Say when the turn of a waiting job comes, if nobody else arrives.

    Args:
        number: of the job.
        running: jobs at work. waiting: those that are not, the one asked about among them.
        waiting: see running.
        served: see `next_up`.
        seats: jobs done at the same time.
    """
    line = _Line(running, waiting, served, seats)
    for _turn in range(_TURNS_FORESEEN):
        ticket = line.step()
        if ticket is None or ticket.number == number:
            break
    else:
        return Ahead(line.position, None)
    return Ahead(line.position, line.now if line.known else None)


class _Line:
    """A lane as it will go on from here."""

    def __init__(
        self,
        running: Sequence[Ticket],
        waiting: Sequence[Ticket],
        served: Mapping[str, int],
        seats: int,
    ) -> None:
        self._waiting = {ticket.number: ticket for ticket in waiting}
        self._served = dict(served)
        self._turns = max(self._served.values(), default=0)
        self._seats = seats
        self._seated: list[_Seated] = []
        self._begun = 0
        self.now, self.known = 0.0, True
        for ticket in running:
            self._sit_down(ticket)
        self._full = len(running) >= seats

    @property
    def position(self) -> int:
        """The number in line of the job that began last: 0 where there was room for it at once."""
        if self._full:
            return self._begun
        return 0 if self.now == 0.0 else self._begun - 1

    def step(self) -> Ticket | None:
        """Let time pass until the next job begins, and return it; None if none ever does."""
        while True:
            ticket = self._next() if len(self._seated) < self._seats else None
            if ticket is not None:
                self._begin(ticket)
                return ticket
            if not self._seated:
                return None
            self._stand_up()

    def _next(self) -> Ticket | None:
        busy = {seated.owner for seated in self._seated}
        return next_up(self._waiting.values(), self._served, busy)

    def _begin(self, ticket: Ticket) -> None:
        del self._waiting[ticket.number]
        self._turns += 1
        self._served[ticket.owner] = self._turns
        self._begun += 1
        self._sit_down(ticket)

    def _sit_down(self, ticket: Ticket) -> None:
        known, left = ticket.seconds is not None, None
        lasts = _UNKNOWN if ticket.seconds is None else ticket.seconds
        steps_aside = ticket.turn is not None and has_rival(ticket, self._waiting.values())
        if steps_aside and ticket.turn is not None:
            rest = max(ticket.turn - ticket.worked, 0.0)
            if not known or lasts > rest:
                after = None if ticket.seconds is None else lasts - rest
                left = replace(ticket, seconds=after, worked=0.0)
                lasts, known = rest, True
        seated = _Seated(self.now + lasts, ticket.number, ticket.owner, left, known)
        heapq.heappush(self._seated, seated)

    def _stand_up(self) -> None:
        """Let the job that is ready first make room; what is left of it waits again."""
        seated = heapq.heappop(self._seated)
        self.now = seated.until
        self.known = self.known and seated.known
        if seated.left is not None:
            self._waiting[seated.number] = seated.left


@dataclass(frozen=True, order=True)
class _Seated:
    """A job at work until a moment, and what will be left of it then."""

    until: float
    number: int
    owner: str = field(compare=False)
    left: Ticket | None = field(compare=False)
    known: bool = field(compare=False)
