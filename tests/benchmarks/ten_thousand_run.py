"""One audit of a large kit in a process of its own, for `ten_thousand.py`.

It keeps a diary of the queries the model was asked, before their answers come back, and writes how
far it is; a later process goes on with the same folder.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))

from auditcore.audit import Asking, Scoring, Store, local_scoring, run_audit, start_audit
from auditcore.cluster import Place, on_ray
from auditcore.kit import Kit, open_kit
from auditcore.models import Model, Running, open_model
from auditcore.models.running import as_told
from auditcore.scores import Answer, Query

DATABASE, DIARY, PROGRESS, SUMMARY = "audits.sqlite3", "diary.txt", "progress.json", "runs.jsonl"


class Noting:
    """Asks as another does, and writes down what is asked."""

    def __init__(self, asking: Asking, diary: Path) -> None:
        self._asking, self._diary = asking, diary
        self.images_per_query = asking.images_per_query
        self.description = asking.description

    def answers(self, queries: Sequence[Query]) -> Iterator[Answer]:
        with self._diary.open("a") as file:
            file.writelines(f"{query.photo} {query.version}\n" for query in queries)
        yield from self._asking.answers(queries)

    def probe(self) -> Answer:
        return self._asking.probe()


def noting(scoring: Scoring, diary: Path) -> Scoring:
    """Return a scoring that keeps a diary."""

    def make(kit: Kit, model: Model, name: str, views: int, photos: Sequence[int]) -> Asking:
        return Noting(scoring(kit, model, name, views, photos), diary)

    return make


def engine(spec: str, workers: int) -> AbstractContextManager[Scoring]:
    """Return where the model is asked: here, or by workers on Ray."""
    if workers:
        return on_ray(spec, Place(workers=workers), lambda said: print(said, flush=True))
    return nullcontext(local_scoring)


def run(folder: Path, kit_file: Path, spec: str, workers: int, running: Running) -> dict[str, Any]:
    """Run, or go on with, the audit of a folder; return what this process took."""
    begin = time.perf_counter()
    kit, model = open_kit(kit_file), open_model(spec, running=running)
    store = Store(folder / DATABASE)
    audit_id = start_audit(store, kit, model, collection_test="rank-sum")
    opened = time.perf_counter()
    first, done = None, 0
    with engine(spec, workers) as scoring:
        for event in run_audit(
            store, audit_id, kit, model, scoring=noting(scoring, folder / DIARY)
        ):
            first, done = event.progress.done if first is None else first, event.progress.done
            told = {"done": done, "expected": event.progress.expected}
            (folder / PROGRESS).write_text(json.dumps(told))
    views = int(store.audit(audit_id).plan.score["views"])
    seconds = time.perf_counter() - opened
    return {
        "seconds_to_open": round(opened - begin, 2),
        "seconds": round(seconds, 2),
        "queries": done - (first or 0),
        "views": views,
        "queries_per_second": round((done - (first or 0)) / seconds, 1),
    }


def main() -> None:
    """Run one audit and append what it took to SUMMARY."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("kit", type=Path)
    parser.add_argument("spec")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--way", type=json.loads, default={})
    told = parser.parse_args()
    took = run(told.folder, told.kit, told.spec, told.workers, as_told(told.way))
    with (told.folder / SUMMARY).open("a") as file:
        file.write(json.dumps(took) + "\n")


if __name__ == "__main__":
    main()
