"""An audit of 10,000 photos on one machine, killed, and through Ray (results/ten_thousand.json).

    python tests/benchmarks/ten_thousand.py --kit KIT.zip [--part local|resumed|ray] [--again]

`local`: the rank-sum of the collection on demo:with and demo:without, each in a process of its own:
photos and pictures a second, peak memory of all its processes together. `resumed`: demo:without
again, killed (SIGKILL) half-way and started anew; which versions the model was asked about twice.
`ray`: the same through Ray with two workers, one of which is killed half-way. Verdict, log, every
answer with its digest and the Parquet files are compared with those of `local`. What is done stands
in the results and is not repeated unless --again is given, so that a part can be run at a time.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

import machine
import psutil
import ten_thousand_words
from sqlalchemy import select
from sqlalchemy.orm import Session
from ten_thousand_run import DATABASE, DIARY, PROGRESS, SUMMARY

RESULTS = Path(__file__).parent / "results"
SPECS = ("demo:with", "demo:without")
KILLED = "demo:without"
WORKERS = 2
WAY = ("precision", "engine", "call size")
LOOK_SECONDS = 0.5


@dataclass
class Tree:
    """What a process and all those that it started took, looked at twice a second.

    Attributes:
        peak_mb: memory of all together at its most, what they share counted once.
        cpu: processor seconds of each, by process.
    """

    peak_mb: float = 0.0
    cpu: dict[int, float] = field(default_factory=dict)

    def watch(self, root: psutil.Process, over: threading.Event) -> None:
        """Look until `over` is set."""
        while not over.wait(LOOK_SECONDS):
            used = 0.0
            for process in _family(root):
                try:
                    used += process.memory_full_info().pss / 1e6
                    times = process.cpu_times()
                    self.cpu[process.pid] = times.user + times.system
                except (psutil.Error, OSError):
                    continue  # it has just ended
            self.peak_mb = max(self.peak_mb, used)


def _family(root: psutil.Process) -> list[psutil.Process]:
    try:
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def child(
    folder: Path,
    kit: Path,
    spec: str,
    way: dict[str, str],
    workers: int = 0,
    on_look: Callable[[psutil.Process], bool] = lambda process: False,
) -> tuple[dict[str, Any] | None, Tree]:
    """Run the audit of a folder in a process of its own.

    Args:
        folder: where it keeps everything.
        kit: the kit's file.
        spec: the model.
        way: how it computes, as its details tell it; {} to choose by measuring.
        workers: on Ray; 0 for none.
        on_look: called now and then until it returns True.

    Returns:
        What the process took, None when it was killed; and what its processes took together.
    """
    folder.mkdir(parents=True, exist_ok=True)
    before = len(lines(folder / SUMMARY))
    command = [sys.executable, str(Path(__file__).with_name("ten_thousand_run.py"))]
    options = ["--workers", str(workers), "--way", json.dumps(way)]
    running = psutil.Popen([*command, folder, kit, spec, *options])
    tree, over, acted = Tree(), threading.Event(), False
    watcher = threading.Thread(target=tree.watch, args=(psutil.Process(running.pid), over))
    watcher.start()
    while running.poll() is None:
        acted = acted or on_look(running)
        time.sleep(LOOK_SECONDS / 2)
    over.set()
    watcher.join()
    told = lines(folder / SUMMARY)
    return (json.loads(told[-1]) if len(told) > before else None), tree


def lines(path: Path) -> list[str]:
    """Return the lines of a file, none where there is no file."""
    return path.read_text().splitlines() if path.exists() else []


def named(process: psutil.Process) -> str:
    """Return what a process calls itself, "" when it has ended."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def half_way(folder: Path) -> bool:
    """Say whether the audit of a folder has asked half of its queries."""
    try:
        told = json.loads((folder / PROGRESS).read_text())
    except (FileNotFoundError, ValueError):
        return False
    return bool(told["done"] >= told["expected"] / 2)


def on_disk(folder: Path) -> set[str]:
    """Return the versions whose answers are on disk."""
    from auditcore.audit import Store
    from auditcore.audit.rows import AnswerRow

    with Session(Store(folder / DATABASE).engine) as session:
        rows = session.execute(select(AnswerRow.photo, AnswerRow.version))
        return {f"{photo} {version}" for photo, version in rows}


def left(folder: Path) -> dict[str, Any]:
    """Return what a finished audit left, long things as their SHA-256."""
    from auditcore.audit import Store
    from auditcore.audit.rows import AnswerRow

    store = Store(folder / DATABASE)
    (record,) = store.audits()
    assert record.verdict is not None, "the audit has ended"
    verdict = record.verdict.to_json()
    columns = (AnswerRow.photo, AnswerRow.version, AnswerRow.score, AnswerRow.digest)
    with Session(store.engine) as session:
        answers = [list(row) for row in session.execute(select(*columns).order_by(*columns[:2]))]
    log = [line.body for line in store.log(record.id)[1:]]
    asked = [tuple(row[:2]) for body in log if body["kind"] == "batch" for row in body["answers"]]
    return {
        "decision": verdict["collection"]["decision"],
        "p_value": verdict["collection"]["statistic"],
        "queries": record.queries,
        "answers_in_log": len(asked),
        "answers_in_log_twice": len(asked) - len(set(asked)),
        "answers_on_disk": len(answers),
        "photos": len(record.plan.files),
        "way": {name: value for name, value in record.plan.model["details"].items() if name in WAY},
        "hidden_versions_a_photo": record.plan.max_hidden,
        "sha256": {
            "verdict": sha256(verdict),
            "log": sha256(log),
            "answers": sha256(answers),
            **parquet(folder, store, record.id),
        },
        "bytes": sizes(folder),
    }


def parquet(folder: Path, store: Any, audit_id: str) -> dict[str, str]:
    """Write the Parquet files of an audit; return the SHA-256 of the rows of each.

    The columns in which two audits always differ, their id and when they were started, are left
    out.
    """
    from pyarrow.parquet import read_table

    from auditcore.survey import KITS_FILE, PHOTOS_FILE, write_tables

    write_tables(folder, store, [audit_id])
    own = {"audit_id", "started"}
    tables = {name: read_table(folder / name) for name in (PHOTOS_FILE, KITS_FILE)}
    return {
        name: sha256(table.drop_columns(sorted(own & set(table.column_names))).to_pylist())
        for name, table in tables.items()
    }


def sizes(folder: Path) -> dict[str, int]:
    """Return the bytes of the database and of the Parquet files."""
    files = [*sorted(folder.glob(f"{DATABASE}*")), *sorted(folder.glob("*.parquet"))]
    return {file.name: file.stat().st_size for file in files}


def sha256(value: Any) -> str:
    """Return the SHA-256 of a JSON value."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def took(run: dict[str, Any], tree: Tree, photos: int) -> dict[str, Any]:
    """Return rates and memory of one process that ran an audit from start to end."""
    pictures = run["queries"] * run["views"]
    return {
        **run,
        "photos_per_second": round(photos / run["seconds"], 2),
        "pictures_per_second": round(pictures / run["seconds"], 1),
        "cpu_seconds": round(sum(tree.cpu.values()), 1),
        "peak_memory_mb": round(tree.peak_mb),
    }


def part_local(spec: str, work: Path, kit: Path, known: dict[str, Any]) -> dict[str, Any]:
    """Audit the kit on a model, from start to end."""
    folder = fresh(work / f"local-{spec[5:]}")
    run, tree = child(folder, kit, spec, {})
    assert run is not None, "the audit was not killed"
    found = left(folder)
    return {**took(run, tree, found["photos"]), **found}


def part_resumed(work: Path, kit: Path, known: dict[str, Any]) -> dict[str, Any]:
    """Kill the audit half-way, go on with it, and say what was asked twice."""
    folder = fresh(work / "resumed")

    def kill(process: psutil.Process) -> bool:
        if half_way(folder):
            process.kill()
        return half_way(folder)

    nothing, _ = child(folder, kit, KILLED, way(known), on_look=kill)
    assert nothing is None, "the audit was killed before it ended"
    kept, asked_before = on_disk(folder), len(lines(folder / DIARY))
    begin = time.perf_counter()
    run, tree = child(folder, kit, KILLED, way(known))
    again = lines(folder / DIARY)[asked_before:]
    assert run is not None
    found = left(folder)
    return {
        **found,
        "answers_on_disk_when_killed": len(kept),
        "answers_on_disk_asked_again": sum(asked in kept for asked in again),
        "asked_after_the_kill": len(again),
        "seconds_after_the_kill": round(time.perf_counter() - begin, 1),
        "peak_memory_mb": round(tree.peak_mb),
        "same_as_local": same(found, known),
    }


def part_ray(work: Path, kit: Path, known: dict[str, Any]) -> dict[str, Any]:
    """Audit through Ray with two workers and kill one half-way."""
    folder = fresh(work / "ray")

    killed: list[int] = []

    def kill(process: psutil.Process) -> bool:
        workers = [p for p in _family(process) if named(p).startswith("ray::Worker")]
        if half_way(folder) and workers:
            workers[0].kill()
            killed.append(workers[0].pid)
        return bool(killed)

    run, tree = child(folder, kit, KILLED, way(known), WORKERS, on_look=kill)
    assert run is not None and killed, "a worker was killed, and the audit ended"
    found = left(folder)
    return {
        **took(run, tree, found["photos"]),
        **found,
        "workers": WORKERS,
        "workers_killed": len(killed),
        "same_as_local": same(found, known),
    }


def same(found: dict[str, Any], known: dict[str, Any]) -> dict[str, bool]:
    """Compare what an audit left with what the undisturbed local one left."""
    there = known[f"local {KILLED}"]["sha256"]
    return {name: value == there[name] for name, value in found["sha256"].items()}


def fresh(folder: Path) -> Path:
    """Return an empty folder."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def way(known: dict[str, Any]) -> dict[str, str]:
    """Return how the model computed in the undisturbed local audit: another trial may differ."""
    return dict(known[f"local {KILLED}"]["way"])


PARTS: dict[str, Callable[[Path, Path, dict[str, Any]], dict[str, Any]]] = {
    **{f"local {spec}": partial(part_local, spec) for spec in SPECS},
    "resumed": part_resumed,
    "ray": part_ray,
}


def main() -> None:
    """Run what is not in the results yet, and write them after each step."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kit", type=Path, required=True)
    parser.add_argument("--part", choices=("local", "resumed", "ray"))
    parser.add_argument("--again", action="store_true", help="also what is done already")
    parser.add_argument("--results", type=Path, default=RESULTS / "ten_thousand.json")
    parser.add_argument(
        "--work", type=Path, help="where audits are kept; default: deleted at the end"
    )
    told = parser.parse_args()
    facts = json.loads(told.results.read_text()) if told.results.exists() else {}
    with tempfile.TemporaryDirectory() as folder:
        work = told.work or Path(folder)
        os.environ["TELLTALE_DATA"] = str(work / "data")
        for name, part in PARTS.items():
            if not name.startswith(told.part or "") or (name in facts and not told.again):
                continue
            started = machine.described()
            facts[name] = {**part(work, told.kit.absolute(), facts), "machine": started}
            facts["kit"] = {"bytes": told.kit.stat().st_size, "photos": facts[name]["photos"]}
            told.results.write_text(json.dumps(facts, indent=1) + "\n")
            told.results.with_suffix(".md").write_text(ten_thousand_words.page(facts))
            print(name, json.dumps(facts[name], indent=1), flush=True)


if __name__ == "__main__":
    main()
