"""A machine that vanishes from a cluster loses nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_a_machine_that_vanishes_loses_nothing(tmp_path: Path) -> None:
    result = tmp_path / "result.json"
    settings = {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN": "a token that is for this test alone",
        "RAY_USAGE_STATS_ENABLED": "0",
        "PYTHONPATH": str(ROOT),
        "TELLTALE_DATA": str(tmp_path / "data"),
    }
    done = subprocess.run(
        [sys.executable, str(Path(__file__).with_name("two_machines.py")), str(result)],
        env=os.environ | settings,
        capture_output=True,
        text=True,
        timeout=400,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(result.read_text())
    assert told["same"]
    assert told["said"][0] == "Starting 2 workers on Ray."
    assert told["said"][1].endswith("died; what it had is done again.")
