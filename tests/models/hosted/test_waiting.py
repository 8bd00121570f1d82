import pytest

from auditcore.errors import Cancelled
from auditcore.models.hosted.waiting import Pace
from tests.models.hosted.provider import FakeClock


def test_nothing_waits_without_a_rate() -> None:
    time = FakeClock()
    pace = Pace(time.clock(), None)
    for _ in range(1000):
        pace.admit(32)
    assert time.seconds == 0


def test_pictures_leave_at_the_providers_rate() -> None:
    time = FakeClock()
    pace = Pace(time.clock(), per_minute=400)
    for _ in range(50):
        pace.admit(8)
    assert time.seconds == pytest.approx(49 * 8 * 60 / 400)


def test_a_hold_lets_nothing_leave() -> None:
    time = FakeClock()
    pace = Pace(time.clock(), None)
    pace.hold(30)
    pace.hold(10)  # the longer one counts
    pace.admit(1)
    assert time.seconds == pytest.approx(30)


def test_a_wait_ends_when_the_person_stops() -> None:
    time = FakeClock()
    pace = Pace(time.clock(), None)
    pace.hold(600)
    pace.should_stop = lambda: time.seconds > 5
    with pytest.raises(Cancelled, match="Stopped while asking"):
        pace.admit(1)
    assert time.seconds < 6


def test_who_stops_before_sending_sends_nothing() -> None:
    pace = Pace(FakeClock().clock(), None)
    pace.should_stop = lambda: True
    with pytest.raises(Cancelled):
        pace.admit(1)
