"""One server, 50 visitors: page times, memory and errors while audits of two people run.

    python tests/benchmarks/visitors.py                    # 50 visitors, three minutes
    python tests/benchmarks/visitors.py --visitors 10 --seconds 60 --out /tmp/ten.json

The server runs as on a shared machine: everybody has signed in and is a person of their own. Locust
drives the visitors (`visitors_locust.py`) over Streamlit's own protocol; one real browser is among
them. `--root` takes another checkout of Telltale, to compare with.
"""

import argparse
import json
import os
import platform
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from statistics import median
from typing import Any

import psutil
import visitors_browser
from visitors_wire import ISSUER

HERE = Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
_AUTH = """[auth]
redirect_uri = "{address}/oauth2callback"
cookie_secret = "{secret}"
client_id = "telltale"
client_secret = "not used here"
server_metadata_url = "{issuer}/.well-known/openid-configuration"
"""


def main() -> None:
    """Run it all and write down what was seen."""
    asked = _arguments()
    with tempfile.TemporaryDirectory(prefix="visitors-") as folder, ExitStack() as opened:
        place = Path(folder)
        address, secret = f"http://127.0.0.1:{_free_port()}", secrets.token_hex(32)
        server = opened.enter_context(_server(asked.root, place, address, secret))
        browser = opened.enter_context(visitors_browser.browser(asked.chromium))
        found = _run(asked, place, address, secret, server, browser)
        found["server log"] = _complaints(place)
    asked.out.write_text(json.dumps(found, indent=1) + "\n")
    asked.out.with_suffix(".md").write_text(_table(found))
    print(_table(found))
    sys.exit(bool(found["errors"] or found["server log"]))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--visitors", type=int, default=50)
    parser.add_argument("--seconds", type=int, default=180)
    parser.add_argument("--a-second", type=float, default=2.0, help="visitors who come a second")
    parser.add_argument("--root", type=Path, default=PROJECT)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "visitors.json")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    return parser.parse_args()


def _run(
    asked: argparse.Namespace, place: Path, address: str, secret: str, server: int, browser: Any
) -> dict[str, Any]:
    idle = {page: visitors_browser.paint(browser, address, secret, page)
            for page in visitors_browser.PAINTED}  # fmt: skip
    plan = {
        "secret": secret,
        "files": visitors_browser.files_by_page(browser, address, secret),
        "photo": str(PROJECT / "assets" / "sample" / "photos" / "cat.jpg"),
        "out": str(place / "locust.json"),
    }
    (place / "plan.json").write_text(json.dumps(plan))
    audits = _audits(asked, place)
    _await_worker(place)
    watch = _Watch(server, place / "data")
    watch.start()
    locust = _locust(asked, place, address)
    painted: dict[str, list[dict[str, float]]] = {page: [] for page in visitors_browser.PAINTED}
    while locust.poll() is None:
        time.sleep(4)
        for page, seen in painted.items():
            if locust.poll() is None:
                seen.append(visitors_browser.paint(browser, address, secret, page))
    watch.stop()
    told = json.loads((place / "locust.json").read_text())
    return {
        "visitors": asked.visitors,
        "seconds": asked.seconds,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "pages": {name: _summary(times) for name, times in sorted(told["times"].items())},
        "all pages": _summary(
            [t for name, times in told["times"].items() if name[0] != "(" for t in times]
        ),
        "files": told["files"],
        "requests": told["requests"],
        "errors": told["errors"] + [
            f"browser: exception on /{page}" for page, seen in painted.items()
            for one in seen if one["exceptions"]
        ],
        "browser": {page: _painted(seen, idle[page]) for page, seen in painted.items()},
        "audits": json.loads(audits.communicate()[0]),
        **watch.summary(),
    }  # fmt: skip


@contextmanager
def _server(root: Path, place: Path, address: str, secret: str) -> Iterator[int]:
    """Run the app for several people; give the process id of its server."""
    (place / "secrets.toml").write_text(_AUTH.format(address=address, secret=secret, issuer=ISSUER))
    command = [sys.executable, "-m", "streamlit", "run", "app.py"]
    command += ["--server.port", address.rpartition(":")[2]]
    command += ["--secrets.files", str(place / "secrets.toml")]
    with (place / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=root, env=_environment(root, place), stdout=log, stderr=log
        )
    try:
        _await_health(address, process)
        yield process.pid
    finally:
        process.terminate()
        process.wait()
        for file in (place / "data").glob("worker*.pid"):
            with suppress(ProcessLookupError):
                os.kill(int(file.read_text()), signal.SIGTERM)


def _environment(root: Path, place: Path) -> dict[str, str]:
    environment = {**os.environ, "TELLTALE_DATA": str(place / "data"), "PYTHONPATH": str(root)}
    environment.pop("OMP_NUM_THREADS", None)
    return environment


def _await_health(address: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(f"{address}/_stcore/health"):
            return
        time.sleep(0.2)
    raise SystemExit("the server did not start")


def _await_worker(place: Path) -> None:
    """Wait until the worker has its models listed, as it will have long been on a real server."""
    while not (place / "data" / "models.json").exists():
        time.sleep(0.5)


def _audits(asked: argparse.Namespace, place: Path) -> "subprocess.Popen[str]":
    command = [sys.executable, str(HERE / "visitors_audits.py"), str(asked.seconds)]
    environment = _environment(asked.root, place)
    return subprocess.Popen(
        command, cwd=asked.root, env=environment, stdout=subprocess.PIPE, text=True
    )


def _locust(asked: argparse.Namespace, place: Path, address: str) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-m", "locust", "-f", str(HERE / "visitors_locust.py")]
    command += ["--headless", "--users", str(asked.visitors), "--spawn-rate", str(asked.a_second)]
    command += ["--run-time", f"{asked.seconds}s", "--host", address, "--only-summary"]
    environment = {**os.environ, "VISITORS_PLAN": str(place / "plan.json")}
    environment["PYTHONPATH"] = f"{HERE}{os.pathsep}{PROJECT}"
    with (place / "locust.log").open("wb") as log:
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


class _Watch(threading.Thread):
    """Looks at the memory and the processor time of the server and of the workers."""

    def __init__(self, server: int, data: Path) -> None:
        super().__init__(daemon=True)
        self._server, self._data = psutil.Process(server), data
        self._over = threading.Event()
        self._peaks = {"server": 0, "workers": 0}
        self._began = time.monotonic()
        self._cpu_before = self._cpu()

    def run(self) -> None:
        """Look twice a second."""
        while not self._over.wait(0.5):
            for name, processes in self._processes().items():
                held = sum(_held(process) for process in processes)
                self._peaks[name] = max(self._peaks[name], held)

    def stop(self) -> None:
        """Look no more."""
        self._over.set()
        self.join()
        self._cpu_after, self._seconds = self._cpu(), time.monotonic() - self._began

    def summary(self) -> dict[str, Any]:
        """Return the peaks in MB, and the share of one core that was used."""
        cores = {
            name: round((self._cpu_after[name] - self._cpu_before[name]) / self._seconds, 2)
            for name in self._peaks
        }
        return {
            "peak memory, MB": {name: round(peak / 1e6) for name, peak in self._peaks.items()},
            "cores used": cores,
        }

    def _processes(self) -> dict[str, list[psutil.Process]]:
        workers = []
        for file in self._data.glob("worker*.pid"):
            with suppress(psutil.NoSuchProcess, ValueError):
                worker = psutil.Process(int(file.read_text()))
                workers += [worker, *worker.children(recursive=True)]
        return {"server": [self._server], "workers": workers}

    def _cpu(self) -> dict[str, float]:
        return {
            name: sum(sum(process.cpu_times()[:2]) for process in processes)
            for name, processes in self._processes().items()
        }


def _held(process: psutil.Process) -> int:
    with suppress(psutil.NoSuchProcess):
        return int(process.memory_info().rss)
    return 0


def _summary(times: list[float]) -> dict[str, float]:
    ordered = sorted(times)
    if not ordered:
        return {"times": 0}
    late = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return {
        "times": len(ordered),
        "median": round(median(ordered), 3),
        "95th": round(late, 3),
        "longest": round(ordered[-1], 3),
    }


def _painted(seen: list[dict[str, float]], idle: dict[str, float]) -> dict[str, Any]:
    names = ("first paint", "heading")
    return {
        name: {**_summary([one[name] for one in seen]), "idle": round(idle[name], 3)}
        for name in names
    }


def _complaints(place: Path) -> list[str]:
    """Return what the logs of the server and of the workers say of errors."""
    logs = [place / "server.log", *sorted((place / "data").glob("worker*.log"))]
    wanted = ("Traceback", "Error", "Exception", "CRITICAL")
    return [
        f"{log.name}: {line}"
        for log in logs
        for line in log.read_text(errors="replace").splitlines()
        if any(word in line for word in wanted)
    ]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _table(found: dict[str, Any]) -> str:
    rows = "\n".join(
        f"| {name} | {one['times']} | {one['median']:.2f} | {one['95th']:.2f} "
        f"| {one['longest']:.2f} |"
        for name, one in [*found["pages"].items(), ("**all pages**", found["all pages"])]
    )
    paints = "\n".join(
        f"| /{page} | {one['first paint'].get('median', 0):.2f} "
        f"| {one['heading'].get('median', 0):.2f} | {one['heading'].get('95th', 0):.2f} "
        f"| {one['heading']['idle']:.2f} |"
        for page, one in found["browser"].items()
    )
    memory, cores = found["peak memory, MB"], found["cores used"]
    return f"""# {found["visitors"]} visitors on one server, while audits of two people run

{found["machine"]}; {found["seconds"]} seconds; {found["requests"]:,} requests, \
**{len(found["errors"])} errors**, {len(found["server log"])} complaints in the logs. Visitors, \
browser and server share the machine.

Seconds from the click to the last element of the page, over the web socket:

| page | times | median | 95th | longest |
|---|---|---|---|---|
{rows}

A real browser meanwhile (nothing cached), seconds:

| page | first paint | heading | heading, 95th | heading, idle |
|---|---|---|---|---|
{paints}

Peak memory: server {memory["server"]:,} MB, workers {memory["workers"]:,} MB. Cores used: server \
{cores["server"]}, workers {cores["workers"]}. Audits meanwhile: {found["audits"]}.
"""


if __name__ == "__main__":
    main()
