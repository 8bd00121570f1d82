"""The app under test: no worker process of its own, no memory between tests."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from auditcore.jobs import check, protect  # noqa: E402
from auditcore.jobs.keys import KeyRing  # noqa: E402
from auditcore.jobs.waking import Waker  # noqa: E402
from tests.app.planted import do_jobs  # noqa: E402

PATIENCE = 120


@pytest.fixture(autouse=True)
def alone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Keep the app from starting workers, and from remembering what another test left."""
    if "browser" not in request.keywords:
        monkeypatch.setattr(Waker, "wake", lambda _self, _lane=None: False)
        monkeypatch.chdir(ROOT)
    st.cache_resource.clear()
    st.cache_data.clear()
    yield
    st.cache_resource.clear()
    st.cache_data.clear()


@pytest.fixture
def visit() -> Callable[..., AppTest]:
    """Return a way to open the app at a page, with an address."""

    def _visit(page: str = "start", **address: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
        app.run()
        for name, value in address.items():
            app.query_params[name] = value
        return app.switch_page(f"pages/{page}.py").run()

    return _visit


@pytest.fixture
def work() -> Callable[[], None]:
    """Return the worker's work, done here and now."""
    return lambda: do_jobs({protect.KIND: protect.run, **check.kinds(KeyRing())})
