"""What a provider was sent limits what it may be asked from then on."""

from fractions import Fraction
from pathlib import Path

import pytest
from fakes import FakeKit, FakeModel
from test_engine import audited, opened, run

from auditcore.audit import Decision, Store
from auditcore.errors import AuditError, DesignError


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "audits.sqlite3")


def test_a_provider_is_never_asked_about_more_versions_than_the_smallest_batch_it_was_sent(
    store: Store,
) -> None:
    """It may treat the versions that it was sent differently, the published one among them."""
    kit, half = FakeKit(1000, count=3), Fraction(1, 2)
    model = FakeModel(kit, 2.0, hosted=True)
    audited(store, kit, model, p=half)
    assert {asked[0] for asked in model.asked} == {0}  # the first photo was enough
    with pytest.raises(DesignError, match=r"asked about these photos before.* 15 hidden"):
        opened(store, kit, model, claim="photo-0.jpg", p=half)
    fresh = store.audit(opened(store, kit, model, claim="photo-1.jpg", p=half)).plan
    assert fresh.disclosed is None and fresh.max_hidden > 15
    other = FakeModel(kit, 2.0, name="other", hosted=True)
    assert store.audit(opened(store, kit, other)).plan.disclosed == 15
    here = FakeModel(kit, 2.0, name="here")
    assert store.audit(opened(store, kit, here)).plan.disclosed is None


def test_an_open_audit_that_was_outgrown_is_not_gone_on_with(store: Store) -> None:
    """Opened for many versions; then the provider is sent a smaller batch of the same photo."""
    kit = FakeKit(1000, count=3)
    model = FakeModel(kit, 2.0, hosted=True)
    large = opened(store, kit, model, claim="photo-0.jpg", p=Fraction(1, 2))
    run(store, large, kit, model, should_stop=lambda: True)  # opened, and paused at once
    other = FakeModel(kit, 2.0, name="other", hosted=True)
    audited(store, kit, other, p=Fraction(1, 2))
    with pytest.raises(AuditError, match="Start a new audit"):
        run(store, large, kit, model)
    assert model.asked == []


def test_the_same_batch_may_be_asked_again_whatever_the_model_became(store: Store) -> None:
    kit = FakeKit(100, count=30)
    model = FakeModel(kit, 0.0, hosted=True, drift_after=200)
    first = store.audit(audited(store, kit, model))
    assert first.verdict is not None and first.verdict.decision is Decision.CANNOT_TELL
    model.drift_after = 0
    again = store.audit(audited(store, kit, model))
    assert (again.plan.attempt, again.plan.disclosed, again.plan.max_hidden) == (2, 15, 15)
    assert again.verdict is not None and again.verdict.reason is None
    assert len(set(model.asked)) == 30 * 16
