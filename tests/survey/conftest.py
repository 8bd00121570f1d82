"""Folders of small kits, and a model that remembers the photos of some of them."""

import datetime
import sys
from collections.abc import Callable
from functools import lru_cache
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.append(str(Path(__file__).parents[1] / "audit"))

from memory import MemoryModel

from auditcore.audit import Store
from auditcore.kit import PhotoSource, Sealed, seal_kit

NOON = datetime.datetime(2026, 3, 4, 12, tzinfo=datetime.UTC)


def picture(name: str, shade: int) -> PhotoSource:
    ramp = np.linspace(0, 120, 48 * 40 * 3).reshape(40, 48, 3) + shade
    buffer = BytesIO()
    Image.fromarray(ramp.astype(np.uint8)).save(buffer, "PNG")
    return PhotoSource.from_bytes(name, buffer.getvalue())


@lru_cache(maxsize=8)
def sealed(number: int, seed: bytes | None = None) -> Sealed:
    """The kit with this number: three photos, 60 versions."""
    sources = [picture(f"photo {index}.png", 10 * number + 20 * index) for index in range(3)]
    return seal_kit(sources, lambda name, data: None, versions=60, seed=seed)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "audits.sqlite3")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with kits 0, 1 and 2."""
    place = tmp_path / "kits"
    for number in range(3):
        put(place, number)
    return place


def put(folder: Path, number: int, name: str | None = None) -> Path:
    path = folder / (name or f"{number}/kit.zip")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(sealed(number).kit_bytes)
    return path


@pytest.fixture
def learned() -> Callable[..., MemoryModel]:
    """A model that learned all photos of these kits."""

    def of(*numbers: int) -> MemoryModel:
        model = MemoryModel()
        for number in numbers:
            model.learn(sealed(number).kit, range(3))
        return model

    return of
