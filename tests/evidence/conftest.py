"""A finished audit of a real kit, made once for all tests of evidence."""

import datetime
import sys
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "audit"))

from memory import SCORE, MemoryModel

from auditcore.audit import Store, run_audit, start_audit
from auditcore.evidence import build_report, report_bytes
from auditcore.kit import Kit, PhotoSource, Sealed, seal_kit

SEED = bytes(range(32))
NOON = datetime.datetime(2026, 3, 4, 12, tzinfo=datetime.UTC)


@dataclass(frozen=True)
class Audited:
    """A kit, its file, a store, and the report of one audit."""

    kit: Kit
    kit_bytes: bytes
    store: Store
    audit_id: str
    report: dict[str, Any]

    @property
    def data(self) -> bytes:
        return report_bytes(self.report)


def picture(name: str, shade: int) -> PhotoSource:
    """A small photo with a gradient, different for each shade."""
    ramp = np.linspace(0, 120, 48 * 40 * 3).reshape(40, 48, 3) + shade
    buffer = BytesIO()
    Image.fromarray(ramp.astype(np.uint8)).save(buffer, "PNG")
    return PhotoSource.from_bytes(name, buffer.getvalue())


@lru_cache(maxsize=4)
def sealed(seed: bytes | None) -> Sealed:
    """Three photos in a kit; every other call with None gives the same kit."""
    sources = [picture(f"photo {index}.png", 30 * index) for index in range(3)]
    return seal_kit(sources, lambda name, data: None, versions=60, seed=seed)


def audited(folder: Path, *, learned: int, seed: bytes | None = None, **request: Any) -> Audited:
    """Audit a model that learned the first `learned` of three photos, and report."""
    kit = sealed(seed).kit
    model = MemoryModel()
    model.learn(kit, range(learned))
    store = Store(folder / "audits.sqlite3")
    settings = {"claim": "collection", "p": Fraction(1, 10), "score": SCORE, **request}
    audit_id = start_audit(store, kit, model, clock=lambda: NOON, **settings)
    list(run_audit(store, audit_id, kit, model))
    report = build_report(store, audit_id, kit)
    return Audited(kit, sealed(seed).kit_bytes, store, audit_id, report)


@pytest.fixture(scope="session")
def used(tmp_path_factory: pytest.TempPathFactory) -> Audited:
    """An audit of a model that learned all photos; the kit is made from a given seed."""
    return audited(tmp_path_factory.mktemp("used"), learned=3, seed=SEED)
