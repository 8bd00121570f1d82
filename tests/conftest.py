"""Settings for every test: no network, one thread a library, and data kept away from the user's."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a data folder of its own, so that no test sees another's ledger."""
    folder = tmp_path / "telltale-data"
    monkeypatch.setenv("TELLTALE_DATA", str(folder))
    return folder


@pytest.fixture(scope="session")
def decoys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for what models make of invented names, which takes seconds to find out.

    It depends on the models alone, so tests may share it (as `text-features` of their data folder).
    """
    return tmp_path_factory.mktemp("text-features")
