"""Whole audits on a real Ray with two workers: the same log, answers and verdict as in one process.

One Ray and one crew serve all tests here, because starting them takes longer than most audits.
"""

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import psutil
import pytest

from auditcore import paths
from auditcore.audit import Event, Scoring, Stopped, Store, local_scoring, run_audit, start_audit
from auditcore.cluster import Place, crew
from auditcore.cluster.crew import RayCrew
from auditcore.cluster.joining import joined
from auditcore.cluster.parcel import Parcel
from auditcore.cluster.scoring import RayScoring
from auditcore.errors import ClusterError, KitError, ModelError
from auditcore.kit import Kit, open_kit
from auditcore.models import Running, open_model

ONE_WAY = Running("cpu", "float32", "torch", 8)  # each test would measure anew, and choose anew
KIT_FILE = paths.assets_dir() / "sample" / "kit.zip"


class Said(list[str]):
    """What the crew told, one sentence an entry."""


@pytest.fixture(scope="module")
def said() -> Said:
    return Said()


@pytest.fixture(scope="module")
def two(said: Said, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RayCrew]:
    with pytest.MonkeyPatch.context() as here:
        here.setenv("TELLTALE_DATA", str(tmp_path_factory.mktemp("data")))
        with joined(Place(workers=2), on_gpus=False) as site:
            yield RayCrew(site, 2, False, said.append)
    assert not list(Path("/tmp").glob(f"telltale-ray-{os.getpid()}-*"))


def on(two: RayCrew, spec: str = "demo:with") -> RayScoring:
    return RayScoring(spec, lambda on_gpus: two)


def audit(
    folder: Path,
    spec: str,
    scoring: Scoring,
    stop_after: int = 10**6,
    seen_at: Path = KIT_FILE,
) -> Iterator[Event]:
    """Run, or go on with, the audit whose database lies in a folder."""
    folder.mkdir(exist_ok=True)
    store = Store(folder / "audits.sqlite3")
    kit, model = open_kit(KIT_FILE), open_model(spec, running=ONE_WAY)
    audit_id = start_audit(store, kit, model)
    done = [0]
    with patch.object(Kit, "path", seen_at):
        for event in run_audit(
            store, audit_id, kit, model, scoring=scoring, should_stop=lambda: done[-1] >= stop_after
        ):
            done.append(event.progress.done)
            yield event


def trail(folder: Path) -> tuple[list[Any], Any]:
    """Return the records of a finished audit except the opening, and its verdict."""
    store = Store(folder / "audits.sqlite3")
    (record,) = store.audits()
    assert record.verdict is not None
    return [line.body for line in store.log(record.id)[1:]], record.verdict


def workers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if " ".join(child.cmdline()).startswith("ray::Worker")]


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the same audits leave in one process."""
    folder = tmp_path_factory.mktemp("alone")
    left = {}
    for spec in ("demo:with", "demo:without"):
        list(audit(folder / spec[5:], spec, local_scoring))
        left[spec] = trail(folder / spec[5:])
    return left


@pytest.mark.parametrize("spec", ["demo:with", "demo:without"])
def test_the_same_log_and_verdict(
    two: RayCrew, spec: str, alone: dict[str, Any], tmp_path: Path
) -> None:
    list(audit(tmp_path, spec, on(two, spec)))
    assert trail(tmp_path) == alone[spec]


def test_nobody_else_can_reach_it(two: RayCrew) -> None:
    theirs = psutil.Process().children(recursive=True)
    places = {
        connection.laddr.ip.removeprefix("::ffff:")
        for process in theirs
        for connection in process.net_connections("inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert places == {"127.0.0.1"}
    (folder,) = Path("/tmp").glob(f"telltale-ray-{os.getpid()}-*")
    assert folder.stat().st_mode & 0o777 == 0o700  # Ray opens the one that it was given
    assert any(folder.glob("r/session_*/sockets/*"))


def test_a_worker_that_is_killed_loses_nothing(
    two: RayCrew, alone: dict[str, Any], tmp_path: Path, said: Said
) -> None:
    said.clear()
    for number, _ in enumerate(audit(tmp_path, "demo:without", on(two, "demo:without"))):
        if number == 9:
            os.kill(workers()[0].pid, signal.SIGKILL)
    assert trail(tmp_path) == alone["demo:without"]
    assert said == ["A worker died; what it had is done again."]


def test_a_kit_that_workers_cannot_see_is_sent(
    two: RayCrew, alone: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "Parcel", lambda _: Parcel(KIT_FILE))
    list(audit(tmp_path, "demo:with", on(two), seen_at=Path("/not/on/this/machine/kit.zip")))
    assert trail(tmp_path) == alone["demo:with"]


def test_stopped_here_and_gone_on_with_there(
    two: RayCrew, alone: dict[str, Any], tmp_path: Path
) -> None:
    spec = "demo:without"
    *_, last = audit(tmp_path, spec, on(two, spec), stop_after=90)
    assert isinstance(last, Stopped)
    list(audit(tmp_path, spec, local_scoring))
    assert trail(tmp_path) == alone[spec]


def test_a_worker_with_another_model_is_refused(two: RayCrew, tmp_path: Path) -> None:
    with pytest.raises(ClusterError, match="is not the one of the audit"):
        list(audit(tmp_path, "demo:with", on(two, "demo:without")))


def test_a_worker_with_a_damaged_kit_says_so(two: RayCrew, tmp_path: Path) -> None:
    (tmp_path / "kit.zip").write_bytes(KIT_FILE.read_bytes()[:-1])
    with pytest.raises(KitError, match="cut short"):
        list(audit(tmp_path, "demo:with", on(two), seen_at=tmp_path / "kit.zip"))


def test_an_error_of_the_model_is_its_own_sentence(two: RayCrew, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"^There is no demo model 'other'"):
        list(audit(tmp_path, "demo:with", on(two, "demo:other")))
