"""Settings for every test: no network, one thread a library, and data kept away from the user's."""

import os

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import pytest

from auditcore.models import Running

CALLS = 8  # pictures that go through a network in one call


@pytest.fixture(autouse=True)
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give each test a data folder of its own, so that no test sees another's ledger."""
    folder = tmp_path / "telltale-data"
    monkeypatch.setenv("TELLTALE_DATA", str(folder))
    return folder


@pytest.fixture(autouse=True)
def unmeasured(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compute models in PyTorch's float32, 8 pictures a call, where a test says nothing else.

    Measuring what is best takes seconds and depends on the machine; tests marked `measured` do.
    """
    if "measured" in request.keywords:
        return
    from auditcore.models import choosing
    from auditcore.models.local import Way

    def way(_model: object, running: Running) -> Way:
        return Way(
            running.runtime or "torch", running.precision or "float32", running.calls or CALLS
        )

    monkeypatch.setattr(choosing, "choose_way", way)
    monkeypatch.setattr(choosing, "choose_calls", lambda _m, _r, running: running.calls or CALLS)


@pytest.fixture(scope="session")
def decoys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for what models make of invented names, which takes seconds to find out.

    It depends on the models alone, so tests may share it (as `text-features` of their data folder).
    """
    return tmp_path_factory.mktemp("text-features")
