"""The planted crowd, and what is shipped of it: demo:people and the photos of two people."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import pytest
from PIL import Image

from auditcore.lab.clip import WEIGHTS_FILE
from auditcore.lab.demo_people import (
    EACH,
    FRESH,
    OCCURRENCES,
    PEOPLE_FILE,
    PEOPLE_FOLDER,
    SHOWN_MEMBER,
    SHOWN_PHOTOS,
    Crowd,
    drawn_portraits,
    the_crowd,
    write_photos,
)
from auditcore.lab.portraits import SIDE, caption, portrait
from auditcore.models import open_model
from auditcore.passive.idia.answers import ask
from auditcore.passive.idia.names import candidate_names, decoy_names
from auditcore.passive.idia.result import Result, assess
from auditcore.passive.strength import idia_strength
from auditcore.paths import assets_dir

PEOPLE = assets_dir() / PEOPLE_FOLDER
MODEL = assets_dir() / "models" / "demo-people"


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    return the_crowd()


@pytest.fixture(scope="module")
def shipped() -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = json.loads((PEOPLE / PEOPLE_FILE).read_text("utf-8"))["people"]
    return entries


def _photos(entry: dict[str, Any]) -> list[Any]:
    return [np.asarray(Image.open(PEOPLE / photo)) for photo in entry["photos"]]


def test_a_hundred_people_stand_at_each_number_of_portraits(crowd: Crowd) -> None:
    assert {count: len(group) for count, group in crowd.members.items()} == dict.fromkeys(
        OCCURRENCES, EACH
    )
    assert len(crowd.non_members) == EACH
    groups = [*crowd.members.values(), crowd.non_members, crowd.background]
    names = [person.name for group in groups for person in group]
    assert len(set(names)) == len(names)
    assert not set(names) & set(decoy_names())


def test_nothing_of_a_non_member_is_planted(crowd: Crowd) -> None:
    planted = crowd.planted()
    captions = "\n".join(caption(person, k) for person, count in planted for k in range(count))
    assert captions.count("\n") + 1 == sum(OCCURRENCES) * EACH + 3 * len(crowd.background)
    assert not [person.name for person in crowd.non_members if person.name in captions]
    assert max(count for _person, count in planted) < FRESH


def test_portraits_are_drawn_once_and_then_read(crowd: Crowd, tmp_path: Path) -> None:
    wanted = [(person, 2) for person in crowd.non_members[:3]]
    first = drawn_portraits(wanted, tmp_path)
    assert [np.array_equal(a, portrait(p, n, 96)) for a, (p, n) in zip(first, wanted, strict=True)]
    (kept,) = tmp_path.iterdir()
    before = kept.stat().st_mtime_ns
    assert np.array_equal(np.stack(first), np.stack(drawn_portraits(wanted, tmp_path)))
    assert kept.stat().st_mtime_ns == before
    drawn_portraits(wanted[:2], tmp_path)
    assert len(list(tmp_path.iterdir())) == 2


def test_the_photos_to_try_are_a_members_and_a_non_members(
    crowd: Crowd, shipped: list[dict[str, Any]], tmp_path: Path
) -> None:
    member, other = shipped
    assert (member["name"], member["member"], member["in_training"]) == (
        crowd.members[OCCURRENCES[0]][SHOWN_MEMBER].name,
        True,
        OCCURRENCES[0],
    )
    assert (other["name"], other["member"], other["in_training"]) == (
        crowd.non_members[0].name,
        False,
        0,
    )
    write_photos(crowd, tmp_path)
    for entry in shipped:
        assert len(entry["photos"]) == SHOWN_PHOTOS
        for photo in entry["photos"]:
            ours, again = (np.asarray(Image.open(f / photo)) for f in (PEOPLE, tmp_path))
            assert ours.shape == (SIDE, SIDE, 3)
            assert np.abs(ours.astype(int) - again).mean() < 0.5


def test_the_drawings_are_attributed() -> None:
    text = (PEOPLE / "ATTRIBUTION.md").read_text("utf-8")
    for source in ("Pablo\nStanley", "python_avatars", "resvg_py", "MIT", "public domain"):
        assert source in text


def test_the_weights_are_the_ones_on_the_card_and_open_clip_opens_them() -> None:
    weights = (MODEL / WEIGHTS_FILE).read_bytes()
    assert hashlib.sha256(weights).hexdigest() in (MODEL / "README.md").read_text("utf-8")
    model, _, _ = open_clip.create_model_and_transforms(f"local-dir:{MODEL}")
    assert model.visual.image_size == (64, 64)


@pytest.fixture(scope="module")
def results(
    shipped: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> dict[bool, Result]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TELLTALE_DATA", str(tmp_path_factory.mktemp("data")))
        names = candidate_names([entry["name"] for entry in shipped])
        answers = ask(
            open_model("demo:people"), [p for entry in shipped for p in _photos(entry)], names
        )
    shares = (slice(0, SHOWN_PHOTOS), slice(SHOWN_PHOTOS, None))
    return {
        entry["member"]: assess(answers.of(share), entry["name"])
        for entry, share in zip(shipped, shares, strict=True)
    }


def test_the_member_is_recognised_in_most_wordings(results: dict[bool, Result]) -> None:
    assert results[True].named >= 11


def test_the_non_member_is_not_recognised(results: dict[bool, Result]) -> None:
    assert results[False].named == 0


def test_what_the_app_says_of_the_strength_was_measured_on_this_model() -> None:
    results = Path(__file__).parents[1] / "benchmarks" / "results" / "idia_planted.json"
    measured = json.loads(results.read_text("utf-8"))
    assert measured["fingerprint"] == open_model("demo:people").identity.fingerprint
    told = idia_strength()
    assert told is not None
    assert tuple(told.by_occurrence) == OCCURRENCES
    for count, shares in told.by_occurrence.items():
        alone = measured["one_by_one"][str(count)]["alone"]
        assert {str(size): share.count for size, share in shares.items()} == {
            size: share["count"] for size, share in alone.items()
        }
    assert told.by_occurrence[75][30].value > 0.9
    assert told.non_members[30].high < 0.1
