"""Protecting in the app: what was cut off goes on, what was cancelled is gone."""

from typing import Any

import pytest
from hostile import encoded, picture

from auditcore.errors import Cancelled, KitError
from auditcore.jobs import protect
from auditcore.jobs.queue import Job, Queue, Wish
from auditcore.jobs.shelf import Shelf
from auditcore.kit import open_kit


class Desk:
    """A desk whose owner wants something after so many reports."""

    def __init__(self, job: Job, wish: Wish = Wish.GO_ON, after: int = 10**9) -> None:
        self.job, self._wanted, self._left = job, wish, after
        self.wish, self.reached, self.promised = Wish.GO_ON, list[int](), dict[str, Any]()

    def stopping(self) -> bool:
        self._left -= 1
        self.wish = self._wanted if self._left < 0 else Wish.GO_ON
        return self._left < 0

    def report(self, done: int, total: int, now: str) -> None:
        self.reached.append(done)

    def promise(self, **result: Any) -> None:
        self.promised = result


@pytest.fixture
def job() -> Job:
    photos = [(f"{number}.jpg", encoded(picture(60, 40 + number))) for number in range(4)]
    queue = Queue()
    return queue.status(protect.submit(queue, photos, captions={}, visibility=3.0, versions=20))


@pytest.mark.parametrize("wish", [Wish.PAUSE, Wish.GO_ON])
def test_it_goes_on_where_it_was_paused_or_its_turn_ended(job: Job, wish: Wish) -> None:
    with pytest.raises(Cancelled):
        protect.run(Desk(job, wish, after=5))
    again = Desk(job)
    protect.run(again)
    assert again.reached[0] >= 100
    kit = open_kit(Shelf().path(again.promised["kit"]))
    assert [photo.file for photo in kit.photos] == [f"{number}.jpg" for number in range(4)]
    assert len(protect.published_files(kit.id)) == 4


def test_a_cancelled_one_leaves_nothing(job: Job) -> None:
    with pytest.raises(Cancelled):
        protect.run(Desk(job, Wish.CANCEL, after=3))
    assert not protect._folder(job.id).exists()


def test_one_that_is_cancelled_in_line_leaves_nothing(job: Job) -> None:
    assert protect._folder(job.id).exists()
    protect.cancel(Queue(), job.id)
    assert not protect._folder(job.id).exists()


def test_more_than_are_taken_here_have_their_sentence(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(protect, "UPLOAD_PHOTOS", 3)
    with pytest.raises(KitError, match=r"at most 3 photos, and you gave 4.*command line"):
        protect.run(Desk(job))
