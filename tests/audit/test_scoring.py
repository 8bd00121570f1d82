"""Who asks the model changes nothing in what an audit writes down."""

from pathlib import Path
from typing import Any

import pytest
from fakes import FakeKit, FakeModel
from test_engine import opened, run

from auditcore.audit import Asking, Store, local_scoring


@pytest.fixture
def kit() -> FakeKit:
    return FakeKit(100, count=3)


def test_whoever_asks_the_log_comes_out_the_same(tmp_path: Path, kit: FakeKit) -> None:
    here, elsewhere = Store(tmp_path / "here.sqlite3"), Store(tmp_path / "elsewhere.sqlite3")
    made: list[list[int]] = []

    def scoring(*what: Any) -> Asking:
        made.append(list(what[-1]))
        return local_scoring(*what)

    audit_ids = [opened(store, kit, FakeModel(kit)) for store in (here, elsewhere)]
    run(here, audit_ids[0], kit, FakeModel(kit))
    run(elsewhere, audit_ids[1], kit, FakeModel(kit), scoring=scoring)
    assert made == [[0, 1, 2]]
    logs = [store.log(name) for store, name in zip((here, elsewhere), audit_ids, strict=True)]
    assert logs[0] == logs[1]
