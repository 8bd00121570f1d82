"""What is shipped to try the indications with shows what it is there to show."""

from pathlib import Path

import pytest

from auditcore.errors import PassiveError
from auditcore.jobs import passive_kinds, passive_samples
from auditcore.jobs.keys import KeyRing
from auditcore.jobs.passive_folder import Confided
from auditcore.jobs.queue import JobState, Queue
from auditcore.jobs.worker import _do
from auditcore.passive.encodermi.comparing import Comparison, Reading
from auditcore.passive.idia.result import Outcome, Result


@pytest.fixture
def queue(data_dir: Path, decoys: Path) -> Queue:
    data_dir.mkdir()
    (data_dir / "text-features").symlink_to(decoys)
    return Queue()


def answered(queue: Queue, job_id: str) -> dict[str, object]:
    job = queue.claim()
    assert job is not None
    _do(queue, job, passive_kinds.kinds(KeyRing())[job.kind])
    assert queue.status(job_id).state is JobState.DONE, Confided(job_id).reason
    found = Confided(job_id).result
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("members", "reading"), [(True, Reading.STANDS_OUT), (False, Reading.NOTHING)]
)
def test_sample_pictures(queue: Queue, members: bool, reading: Reading) -> None:
    found = answered(queue, passive_samples.submit_sample_pictures(queue, members=members))
    comparison = Comparison.from_json(found["comparison"])
    assert comparison.reading is reading
    assert set(comparison.attacks) == {"V", "S", "T"}
    assert found["refused"] == []


@pytest.mark.parametrize(
    ("member", "photos", "outcome"),
    [
        (True, None, Outcome.STANDS_OUT),
        (False, None, Outcome.NOTHING),
        (True, 1, Outcome.TOO_FEW),
    ],
)
def test_sample_faces(queue: Queue, member: bool, photos: int | None, outcome: Outcome) -> None:
    job_id = passive_samples.submit_sample_face(queue, member=member, photos=photos)
    [person] = answered(queue, job_id)["people"]
    assert Result.from_json(person["result"]).outcome is outcome
    assert person["refused"] == []


def test_a_copy_without_samples_says_so(
    queue: Queue, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(passive_samples, "assets_dir", lambda: tmp_path)
    for submit in (
        lambda: passive_samples.submit_sample_pictures(queue, members=True),
        lambda: passive_samples.submit_sample_face(queue, member=True),
    ):
        with pytest.raises(PassiveError, match="not in this copy of Telltale"):
            submit()
    assert passive_samples.shipped_attacks() == {}
    with pytest.raises(PassiveError, match="not in this copy"):
        passive_samples.open_attack("../../etc")
