"""A Ray to work on: one of this machine's own, gone afterwards, or one that runs already.

Ray's own: it listens on this machine alone (127.0.0.1), with a secret of its own, sends no usage
statistics, shows no dashboard, and keeps its files in a private folder that is deleted at the end.
"""

import os
import secrets
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from auditcore.errors import AuditError, ClusterError

CLIENT = "ray://"
_FOLDER = "telltale-ray"
_OPEN = "r"  # Ray opens its folder to everyone; so it gets one inside of ours, which stays private
_ANSWER_SECONDS = 10.0
_STORE_BYTES = 80_000_000  # Ray's least; answers are small and the kit is opened by its path
_END_SECONDS = 10.0
_QUIET = 100  # above every level of logging


@dataclass(frozen=True)
class Place:
    """Where the work is done.

    Attributes:
        address: of a running Ray, HOST:PORT or ray://HOST:PORT; None for one of this machine's own.
        workers: how many; None for one a core, or one a GPU where the model runs on GPUs.
    """

    address: str | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        if self.workers is not None and self.workers < 1:
            raise AuditError("--workers must be a whole number above 0.")


@dataclass(frozen=True)
class Site:
    """A Ray that was joined.

    Attributes:
        ray: the module.
        local: whether it is this machine's own.
        cores, gpus: what all its machines have together.
        cores: see above.
    """

    ray: Any
    local: bool
    cores: int
    gpus: int


@contextmanager
def joined(place: Place, on_gpus: bool) -> Iterator[Site]:
    """Join a Ray, or start one; leave it at the end, and delete what a started one has written.

    Raises:
        ClusterError: Ray is not installed, nothing answers at the address, or it cannot be joined.
    """
    if place.address is None:
        with _started(place, on_gpus) as ray:
            yield _site(ray, local=True)
        return
    _check_answers(place.address)
    ray = _load()
    with _sentences(place.address), _silent(ray):
        ray.init(address=place.address, log_to_driver=False, logging_level=_QUIET)
    try:
        yield _site(ray, local=False)
    finally:
        ray.shutdown()


def workers_for(place: Place, site: Site, on_gpus: bool) -> int:
    """Return how many workers to start.

    Raises:
        ClusterError: there is no room for so many.
    """
    what, room = ("GPU", site.gpus) if on_gpus else ("core", site.cores)
    if room == 0:
        raise ClusterError(
            f"This Ray has no {what} for a worker. The audit's model runs on "
            f"{'GPUs' if on_gpus else 'CPUs'}: choose with --device, or add machines."
        )
    wanted = room if place.workers is None else place.workers
    if wanted > room:
        raise ClusterError(
            f"This Ray has {room:,} {what}{'s' * (room != 1)} in all, one for each worker, and not "
            f"{wanted:,}. Ask for fewer workers, or add machines."
        )
    return wanted


@contextmanager
def _started(place: Place, on_gpus: bool) -> Iterator[Any]:
    """Start a Ray that nobody else can reach."""
    _delete_left_over()
    with _environment():
        ray = _load()
        folder = Path(tempfile.mkdtemp(prefix=f"{_FOLDER}-{os.getpid()}-", dir=_short_folder()))
        try:
            with _silent(ray), _sentences("this machine"):
                _init(ray, folder, place, on_gpus)
        except ClusterError:
            _end(ray, folder)
            raise
    try:
        yield ray
    finally:
        _end(ray, folder)


def _init(ray: Any, folder: Path, place: Place, on_gpus: bool) -> None:
    ray.init(
        address="local",
        num_cpus=max(place.workers or 0, os.cpu_count() or 1),
        num_gpus=None if on_gpus else 0,
        object_store_memory=_STORE_BYTES,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=_QUIET,
        _node_ip_address="127.0.0.1",
        _temp_dir=str(folder / _OPEN),
    )


def _end(ray: Any, folder: Path) -> None:
    """Stop our Ray, wait for the last of its processes, and delete what it wrote."""
    started = [
        process for process in psutil.Process().children(recursive=True) if _is_rays(process)
    ]
    ray.shutdown()
    psutil.wait_procs(started, timeout=_END_SECONDS)
    shutil.rmtree(folder, ignore_errors=True)


def _is_rays(process: psutil.Process) -> bool:
    try:
        words = " ".join(process.cmdline())
    except psutil.Error:
        return False
    return words.startswith("ray::") or _FOLDER in words


@contextmanager
def _environment() -> Iterator[None]:
    """Set what a Ray of our own and its workers read when they start."""
    root = str(Path(__file__).resolve().parents[2])
    paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
    settings = {
        # What Ray does on other systems: it listens on the loopback address alone.
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": _token(),
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": os.pathsep.join(paths),
    }
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


@cache
def _token() -> str:
    """Return the secret of this process's own Ray, which reads it only once."""
    return secrets.token_hex(32)


def _load() -> Any:
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise ClusterError(
            "The engine ray needs the package ray, which is not installed here. Install it with "
            "pip install ray (the version that requirements.txt names, on every machine), or leave "
            "out --engine ray."
        ) from error
    return ray


@contextmanager
def _silent(ray: Any) -> Iterator[None]:
    """Keep Ray from printing what happens to workers: it would go into our own output."""
    ray._private.worker._worker_logs_enabled = False
    yield


@contextmanager
def _sentences(where: str) -> Iterator[None]:
    """Turn whatever Ray raises on joining into a sentence."""
    try:
        yield
    except Exception as error:
        said = str(error).strip().splitlines()
        raise ClusterError(
            f"Ray at {where} cannot be joined. It needs the same versions of Python and Ray on "
            "every machine, this machine among those that joined it (ray start --address=...), "
            f"and its token. Ray says: {said[0] if said else type(error).__name__}"
        ) from error


def _check_answers(address: str) -> None:
    """See that somebody listens at an address, because Ray would wait for minutes."""
    host, _, port = address.removeprefix(CLIENT).rpartition(":")
    if not host or not port.isdigit():
        raise ClusterError(
            f"--address must be HOST:PORT or ray://HOST:PORT, not '{address}'. `ray start --head` "
            "prints it."
        )
    try:
        with socket.create_connection((host, int(port)), timeout=_ANSWER_SECONDS):
            return
    except (OSError, OverflowError) as error:
        raise ClusterError(
            f"No Ray answers at {address}. Check that it runs (ray status on its head) and that "
            "this machine may reach it."
        ) from error


def _site(ray: Any, local: bool) -> Site:
    has = ray.cluster_resources()
    return Site(ray, local, int(has.get("CPU", 0)), int(has.get("GPU", 0)))


def _short_folder() -> str:
    """Return where temporary files go; Ray's sockets allow no long path."""
    return "/tmp" if Path("/tmp").is_dir() else tempfile.gettempdir()


def _delete_left_over() -> None:
    """Delete the folders of processes that were killed."""
    for folder in Path(_short_folder()).glob(f"{_FOLDER}-*"):
        number = folder.name.split("-")[2]
        if number.isdigit() and not psutil.pid_exists(int(number)):
            shutil.rmtree(folder, ignore_errors=True)
