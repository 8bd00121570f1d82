"""Decoys' features are computed once a model; names of people never reach the disk."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save

from auditcore import paths
from auditcore.errors import Cancelled, PassiveError
from auditcore.passive.idia.names import candidate_names, decoy_names
from auditcore.passive.idia.prompts import TEMPLATES, filled
from auditcore.passive.idia.text_features import name_features
from passive.idia.knowing import KnowingModel

NAMES = candidate_names(["Zebedee Quillfeather"])
TEMPLATE = TEMPLATES[4]


def files() -> list[Path]:
    return sorted(path for path in paths.data_dir().rglob("*") if path.is_file())


def test_rows_are_those_of_the_candidates_in_their_order() -> None:
    model = KnowingModel()
    rows = name_features(model, NAMES, TEMPLATE)
    told = model.text_features([filled(TEMPLATE, name) for name in NAMES.everyone])
    told = told / np.linalg.norm(told, axis=1, keepdims=True)
    assert rows.dtype == np.float32
    assert np.allclose(rows, told, atol=1e-6)


def test_the_second_time_only_the_person_and_one_decoy_are_asked() -> None:
    first = name_features(KnowingModel(), NAMES, TEMPLATE)
    model = KnowingModel()
    again = name_features(model, NAMES, TEMPLATE)
    assert set(model.asked) == {
        filled(TEMPLATE, name) for name in (decoy_names()[0], "Zebedee Quillfeather")
    }
    assert np.array_equal(first, again)


def test_other_people_and_counts_share_what_is_kept() -> None:
    name_features(KnowingModel(), NAMES, TEMPLATE)
    model = KnowingModel()
    names = candidate_names([decoy_names()[5], "Eve Adamson"], count=20)
    rows = name_features(model, names, TEMPLATE)
    assert len(model.asked) == 3
    alone = KnowingModel(fingerprint="cd" * 32)
    assert np.allclose(rows, name_features(alone, names, TEMPLATE), atol=1e-6)


def test_another_model_has_files_of_its_own() -> None:
    name_features(KnowingModel(), NAMES, TEMPLATE)
    other = KnowingModel(fingerprint="cd" * 32)
    name_features(other, NAMES, TEMPLATE)
    assert len(other.asked) == 1001


def test_no_real_name_is_on_disk() -> None:
    model = KnowingModel()
    for template in TEMPLATES[:3]:
        name_features(model, NAMES, template)
    assert len(files()) == 3
    for path in files():
        data = path.read_bytes() + str(path).encode()
        for part in ("Zebedee", "Quillfeather", "zebedee"):
            assert part.encode() not in data
            assert part.encode("utf-16-le") not in data
    own = model.text_features([filled(TEMPLATES[0], "Zebedee Quillfeather")])
    unit = (own / np.linalg.norm(own)).astype(np.float32)
    assert not any(unit.tobytes() in path.read_bytes() for path in files())


def test_a_run_that_was_stopped_goes_on_where_it_was() -> None:
    model, asked = KnowingModel(), 0

    def stop() -> bool:
        nonlocal asked
        asked += 1
        return asked > 8

    with pytest.raises(Cancelled):
        for template in TEMPLATES:
            name_features(model, NAMES, template, stop)
    assert len(files()) == 1  # whole wordings alone, no half files
    model = KnowingModel()
    name_features(model, NAMES, TEMPLATES[0])
    assert len(model.asked) == 2


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _other_array(path: Path) -> None:
    path.write_bytes(save({"other": np.zeros((1000, 24), dtype=np.float32)}))


def _other_kind(path: Path) -> None:
    path.write_bytes(save({"features": np.ones((1000, 24), dtype=np.float64)}))


def _short(path: Path) -> None:
    path.write_bytes(save({"features": np.full((999, 24), 24**-0.5, dtype=np.float32)}))


def _long(path: Path) -> None:
    path.write_bytes(save({"features": np.full((1000, 24), 3, dtype=np.float32)}))


def _not_finite(path: Path) -> None:
    path.write_bytes(save({"features": np.full((1000, 24), np.nan, dtype=np.float32)}))


def _other_width(path: Path) -> None:
    path.write_bytes(save({"features": np.full((1000, 5), 5**-0.5, dtype=np.float32)}))


def _strange(path: Path) -> None:
    path.write_bytes(save({"features": np.full((1000, 24), 24**-0.5, dtype=np.float32)}))


@pytest.mark.parametrize(
    "damage",
    [
        _cut,
        _empty,
        _other_array,
        _other_kind,
        _short,
        _long,
        _not_finite,
        _other_width,
        _strange,
    ],
)
def test_a_damaged_file_is_never_used(damage: Callable[[Path], None]) -> None:
    first = name_features(KnowingModel(), NAMES, TEMPLATE)
    damage(files()[0])
    model = KnowingModel()
    assert np.array_equal(name_features(model, NAMES, TEMPLATE), first)
    assert len(model.asked) == 1001
    model = KnowingModel()
    name_features(model, NAMES, TEMPLATE)
    assert len(model.asked) == 2  # it was written anew


def test_a_model_that_changed_behind_its_name_is_asked_anew() -> None:
    name_features(KnowingModel(), NAMES, TEMPLATE)
    model = KnowingModel()
    model.change = 1
    rows = name_features(model, NAMES, TEMPLATE)
    assert len(model.asked) == 1001
    fresh = KnowingModel(fingerprint="cd" * 32)
    fresh.change = 1
    assert np.array_equal(rows, name_features(fresh, NAMES, TEMPLATE))


def test_a_disk_that_refuses_is_a_sentence() -> None:
    (paths.data_dir() / "text-features").write_text("in the way")
    with pytest.raises(PassiveError, match="cannot be kept"):
        name_features(KnowingModel(), NAMES, TEMPLATE)
