"""An audit on a Ray of two machines (two of Ray's nodes here), one of which vanishes half-way.

A program of its own, because a process joins one Ray in its life. Writes to a file whether log and
verdict are those of one process, and what was said.

    python tests/cluster/two_machines.py RESULT.json
"""

import json
import sys
from pathlib import Path
from typing import Any

from ray.cluster_utils import Cluster

from auditcore import paths
from auditcore.audit import Scoring, Store, local_scoring, run_audit, start_audit
from auditcore.cluster import Place, on_ray
from auditcore.kit import open_kit
from auditcore.models import Running, open_model

SPEC = "demo:without"
VANISHES_AFTER = 3  # events in which queries were answered


def trail(name: str, scoring: Scoring, vanish: Any = None) -> tuple[list[Any], Any]:
    """Run the audit; return its records except the opening, and its verdict."""
    store = Store(paths.data_dir() / name)
    kit = open_kit(paths.assets_dir() / "sample" / "kit.zip")
    model = open_model(SPEC, running=Running("cpu", "float32", "torch", 8))
    audit_id = start_audit(store, kit, model)
    seen = 0
    for event in run_audit(store, audit_id, kit, model, scoring=scoring):
        seen += event.progress.done > 0
        if seen == VANISHES_AFTER and vanish is not None:
            vanish()
            vanish = None
    verdict = store.audit(audit_id).verdict
    assert verdict is not None
    return [line.body for line in store.log(audit_id)[1:]], verdict.to_json()


def main() -> None:
    """Compare an audit that loses a machine with one in this process."""
    said: list[str] = []
    alone = trail("alone.sqlite3", local_scoring)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    second = cluster.add_node(num_cpus=1)
    with on_ray(SPEC, Place(cluster.address), said.append) as scoring:
        there = trail(
            "there.sqlite3", scoring, lambda: cluster.remove_node(second, allow_graceful=False)
        )
    cluster.shutdown()
    Path(sys.argv[1]).write_text(json.dumps({"same": there == alone, "said": said}))


if __name__ == "__main__":
    main()
