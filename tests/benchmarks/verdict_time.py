"""Audits of one photo on the demo models: seconds to the first point of the plot and to a verdict.

    python -m tests.benchmarks.verdict_time [--quick] [--before TREE]

The photo chickens.jpg of the sample kit (1,000 versions), 16 views a version, the usual test, one
false alarm in 20 accepted, each time as a first attempt: on demo:with, which was trained on it, and
on demo:without, which was not. Engine: the model is open, an audit ran before. Command line: a new
process, from its start; "the first time" finds no data folder and measures how best to compute the
model. App: a browser, from the click on Start; "cold" is the first audit since the server began,
"warm" the second, on the other model. Versions of Telltale take turns. The tests are compared on
photos that each of them finds. Results: results/verdict_time.json and .md.
"""

import argparse
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

from auditcore.models.access import PRIVATE_SWITCH

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
RESULTS = HERE / "results"
PHOTO = "chickens.jpg"
MODELS = {
    "demo:with": "Demo model that was trained on the sample photos",
    "demo:without": "Demo model that never saw the sample photos",
}
USUAL = "conditional-rank"
TESTS = (USUAL, "pprm", "pprm-best-split")
FOUND_BY_ALL = ("chickens.jpg", "coffee.jpg", "eiffel-tower.jpg", "kingfisher.jpg")
PATIENCE = 300_000
_FIRST_POINT = "file => (document.querySelector('.js-plotly-plot')?.data ?? []).some("
_FIRST_POINT += "line => line.name === file && line.x.length > 1)"

Row = dict[str, Any]


def surroundings(tree: Path, data: Path) -> dict[str, str]:
    """Return the environment of a process that runs a tree with 16 views a version."""
    path = os.pathsep.join([str(HERE / "sixteen_views"), str(tree)])
    return {**os.environ, "PYTHONPATH": path, "TELLTALE_DATA": str(data), PRIVATE_SWITCH: "1"}


def engine(tree: Path, data: Path, spec: str, files: list[str], tests: list[str]) -> list[Row]:
    """Audit photos with the model open, in a process of its own."""
    script = str(HERE / "verdict_time_engine.py")
    command = [sys.executable, script, spec, "--files", *files, "--tests", *tests]
    done = subprocess.run(
        command, env=surroundings(tree, data), cwd=tree, stdout=subprocess.PIPE, check=True
    )
    rows: list[Row] = json.loads(done.stdout.splitlines()[-1])
    return rows


def command_line(tree: Path, data: Path, spec: str) -> Row:
    """Audit the photo from a command line that has not run before; the ledger is a new one."""
    for file in data.glob("telltale.sqlite3*"):
        file.unlink()
    kit = str(tree / "assets" / "sample" / "kit.zip")
    command = [sys.executable, "-u", "-m", "auditcore", "audit", kit, "--model", spec]
    begin, first = time.perf_counter(), None
    process = subprocess.Popen(
        [*command, "--claim", f"photo:{PHOTO}"],
        env=surroundings(tree, data),
        cwd=tree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if first is None and "above the published one" in line:
            first = time.perf_counter() - begin
    if process.wait() != 0 or first is None:
        raise RuntimeError(f"the command line ended with {process.returncode}")
    return _row(first, time.perf_counter() - begin)


def app(tree: Path, data: Path, chromium: str, specs: list[str]) -> list[Row]:
    """Audit the photo in the app with a browser, one model after the other."""
    with served(tree, data) as address, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        page.set_default_timeout(PATIENCE)
        rows = [_clicked(page, address, MODELS[spec]) for spec in specs]
        browser.close()
    return rows


def _clicked(page: Page, address: str, title: str) -> Row:
    page.goto(f"{address}/check")
    page.get_by_text(title).click()
    page.get_by_text("One photo", exact=True).click()
    choice = page.get_by_role("combobox", name=re.compile("Which photo"))
    choice.fill(PHOTO.removesuffix(".jpg"))
    page.get_by_role("option", name=PHOTO).click()
    page.get_by_text("never more than").wait_for()
    page.wait_for_timeout(1500)  # a person reads; the page is at rest
    begin = time.perf_counter()
    page.get_by_role("button", name="Start the audit").click()
    page.wait_for_function(_FIRST_POINT, arg=PHOTO, polling=50)
    first = time.perf_counter() - begin
    page.locator(".tt-verdict .answer").wait_for()
    return _row(first, time.perf_counter() - begin)


@contextmanager
def served(tree: Path, data: Path) -> Iterator[str]:
    """Run a tree's app on a port of its own; yield the address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    process = subprocess.Popen(
        command, cwd=tree, env=surroundings(tree, data), stdout=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _await(f"{address}/_stcore/health")
        yield address
    finally:
        process.terminate()
        process.wait()
        for pid in data.glob("worker*.pid"):
            _end(int(pid.read_text()))


def _await(address: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(address):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError("the app did not start")


def _end(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGTERM)
    except ProcessLookupError:
        return


def _row(first: float, verdict: float) -> Row:
    return {"first_point": round(first, 2), "verdict": round(verdict, 2)}


def measure(given: argparse.Namespace, work: Path) -> dict[str, Any]:
    """Measure everything, the trees in turns."""
    trees = {**({"before": given.before} if given.before else {}), "after": ROOT}
    rounds = 1 if given.quick else 3
    rows: list[Row] = []

    def note(label: str, way: str, spec: str, told: Row) -> None:
        rows.append({"tree": label, "way": way, "model": spec, **told})
        print(rows[-1], flush=True)

    for turn in range(rounds):
        for label, tree in trees.items():
            data = work / f"{label}-data"
            for spec in MODELS:
                for told in engine(tree, data, spec, [PHOTO], [USUAL]):
                    note(label, "engine, model open", spec, told)
                fresh = work / f"{label}-{turn}-{spec.replace(':', '-')}"
                told = command_line(tree, fresh, spec)
                note(label, "command line, the first time", spec, told)
                note(label, "command line, later", spec, command_line(tree, fresh, spec))
            specs = list(MODELS) if turn % 2 == 0 else list(MODELS)[::-1]
            fresh = work / f"{label}-{turn}-app"
            if (data / "measured").is_dir():
                shutil.copytree(data / "measured", fresh / "measured", dirs_exist_ok=True)
            cold, warm = app(tree, fresh, given.chromium, specs)
            note(label, "app, cold", specs[0], cold)
            note(label, "app, warm", specs[1], warm)
    files = list(FOUND_BY_ALL[:1] if given.quick else FOUND_BY_ALL)
    compared = engine(ROOT, work / "after-data", "demo:with", files, list(TESTS))
    return {"photo": PHOTO, "rounds": rounds, "rows": rows, "tests": compared}


def table(found: dict[str, Any]) -> str:
    """Return the figures as Markdown."""
    from tests.benchmarks.machine import sentence

    said = (__doc__ or "").strip().split("\n\n")[2]
    lines = ["# From the start of an audit to its verdict", "", said, ""]
    lines += [sentence(found["machine"]), "", "Seconds: median (least to most).", ""]
    lines += ["| | model | version | first point | verdict |", "|---|---|---|---|---|"]
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in found["rows"]:
        groups.setdefault((row["way"], row["model"], row["tree"]), []).append(row)
    for (way, model, tree), rows in sorted(groups.items()):
        cells = [_spread([row[what] for row in rows]) for what in ("first_point", "verdict")]
        lines.append(f"| {way} | {model} | {tree} | {' | '.join(cells)} |")
    asked = {row["model"]: row for row in found["rows"] if "queries" in row}
    told = (f"{m}: {r['queries']} queries, “{r['decision']}”" for m, r in asked.items())
    lines += ["", f"{'; '.join(told)}.", "", *_compared(found["tests"])]
    return "\n".join(lines) + "\n"


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def _compared(rows: list[Row]) -> list[str]:
    """Return the tests beside each other, one row a photo."""
    lines = ["The tests on photos the model was trained on: queries, seconds, answer.", ""]
    lines += [f"| photo | {' | '.join(TESTS)} |", "|---" * (1 + len(TESTS)) + "|"]
    cells = {
        (row["file"], row["test"]): f"{row['queries']} queries, {row['verdict']:.2f} s, "
        f"{row['decision']}"
        for row in rows
    }
    for file in dict.fromkeys(row["file"] for row in rows):
        lines.append(f"| {file} | {' | '.join(cells[file, test] for test in TESTS)} |")
    for what in ("queries", "verdict"):
        mine = sum(row[what] for row in rows if row["test"] == USUAL)
        others = [
            f"{test} {sum(row[what] for row in rows if row['test'] == test) / mine:.1f} times"
            for test in TESTS[1:]
        ]
        unit = "queries" if what == "queries" else "seconds"
        lines += ["", f"Together, in {unit} of the {USUAL}: {', '.join(others)}."]
    return lines


def main() -> None:
    """Measure and write the results; a rehearsal writes none."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a rehearsal: prints, writes nothing")
    parser.add_argument("--before", type=Path, metavar="TREE")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    given = parser.parse_args()
    from tests.benchmarks.machine import described

    facts = described()
    with tempfile.TemporaryDirectory() as work:
        found = {"machine": facts, **measure(given, Path(work))}
    if not given.quick:
        (RESULTS / "verdict_time.json").write_text(json.dumps(found, indent=1) + "\n")
        (RESULTS / "verdict_time.md").write_text(table(found))
    print(table(found))


if __name__ == "__main__":
    main()
