"""Joining a Ray: what is wrong is said in a sentence; one of our own is out of others' reach."""

import socket
import sys
from pathlib import Path

import pytest

from auditcore.cluster import Place
from auditcore.cluster.joining import Site, joined, workers_for
from auditcore.errors import AuditError, ClusterError


def test_without_ray_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(ClusterError, match="pip install ray"), joined(Place(), on_gpus=False):
        pass


@pytest.mark.parametrize("address", ["nowhere", "host:", ":1", "host:port", "ray://host"])
def test_an_address_is_host_and_port(address: str) -> None:
    with pytest.raises(ClusterError, match="HOST:PORT"), joined(Place(address), on_gpus=False):
        pass


def test_where_nobody_listens_it_says_so_at_once() -> None:
    with socket.socket() as taken:  # bound, but it does not listen
        taken.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(ClusterError, match=r"No Ray answers at 127\.0\.0\.1"):
            joined(Place(address), on_gpus=False).__enter__()


@pytest.mark.parametrize("workers", [0, -3])
def test_there_is_at_least_one_worker(workers: int) -> None:
    with pytest.raises(AuditError, match="above 0"):
        Place(workers=workers)


def test_one_worker_a_core_or_a_gpu() -> None:
    site = Site(None, local=False, cores=8, gpus=3)
    assert workers_for(Place(), site, on_gpus=False) == 8
    assert workers_for(Place(), site, on_gpus=True) == 3
    assert workers_for(Place(workers=2), site, on_gpus=True) == 2


def test_more_workers_than_there_is_room_for_are_refused() -> None:
    site = Site(None, local=False, cores=8, gpus=0)
    with pytest.raises(ClusterError, match="8 cores in all, one for each worker, and not 9"):
        workers_for(Place(workers=9), site, on_gpus=False)
    with pytest.raises(ClusterError, match="no GPU"):
        workers_for(Place(), site, on_gpus=True)


def test_what_a_killed_process_left_is_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from auditcore.cluster import joining

    monkeypatch.setattr(joining, "_short_folder", lambda: str(tmp_path))
    dead, alive = tmp_path / "telltale-ray-4194305-x", tmp_path / "telltale-ray-1-x"
    dead.mkdir()
    alive.mkdir()
    joining._delete_left_over()
    assert [path.name for path in tmp_path.iterdir()] == [alive.name]
