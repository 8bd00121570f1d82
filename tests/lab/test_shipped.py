"""What is shipped under assets: sample photos, their kit, and the two demo models."""

import csv
import hashlib
import json
import re
from pathlib import Path

import open_clip
import pytest
from PIL import Image

from auditcore.kit import KIT_FILE, PUBLISH_FOLDER, Kit, open_kit
from auditcore.lab.clip import CONFIG, CONFIG_FILE, MERGES_FILE, WEIGHTS_FILE
from auditcore.lab.ranks import mean_z, standings
from auditcore.models import open_model
from auditcore.paths import assets_dir
from auditcore.photos import find_metadata

SAMPLE = assets_dir() / "sample"
FREE = re.compile(r"Public Domain|CC0-1\.0|CC-BY(-SA)?[ -]\d\.\d", re.IGNORECASE)


@pytest.fixture(scope="module")
def kit() -> Kit:
    return open_kit(SAMPLE / KIT_FILE)


def _photos() -> list[Path]:
    return sorted((SAMPLE / "photos").glob("*.jpg"))


def _rows() -> dict[str, str]:
    with (SAMPLE / "captions.csv").open(encoding="utf-8", newline="") as file:
        return {row["file"]: row["caption"] for row in csv.DictReader(file)}


def _model_folder(name: str) -> Path:
    return assets_dir() / "models" / f"demo-{name}"


def test_there_are_enough_sample_photos_and_each_has_its_own_caption() -> None:
    photos = _photos()
    assert len(photos) >= 16
    assert sorted(_rows()) == [photo.name for photo in photos]
    assert all(len(caption.split()) >= 4 for caption in _rows().values())
    assert len(set(_rows().values())) == len(photos)


def test_every_sample_photo_names_author_source_and_a_free_licence() -> None:
    text = (SAMPLE / "ATTRIBUTION.md").read_text("utf-8")
    table = {
        cells[0]: cells[1:4]
        for line in text.splitlines()
        if (cells := [cell.strip() for cell in line.strip("|").split("|")])[0].endswith(".jpg")
    }
    assert sorted(table) == [photo.name for photo in _photos()]
    for author, licence, source in table.values():
        assert author
        assert FREE.fullmatch(licence)
        assert source.startswith(("https://", "PyPI "))


def test_sample_photos_are_real_sized_pictures_without_metadata() -> None:
    for photo in _photos():
        with Image.open(photo) as image:
            assert min(image.size) >= 400
            assert image.mode == "RGB"
        assert find_metadata(photo.read_bytes()) == ()


def test_the_sample_kit_is_the_kit_of_the_published_photos(kit: Kit) -> None:
    assert [record.file for record in kit.photos] == [photo.name for photo in _photos()]
    assert kit.versions == 1000
    for record in kit.photos:
        published = (SAMPLE / PUBLISH_FOLDER / record.file).read_bytes()
        assert hashlib.sha256(published).hexdigest() == record.published_sha256
        assert record.caption == _rows()[record.file]


@pytest.mark.parametrize("name", ["with", "without"])
def test_shipped_weights_are_the_ones_on_their_card(name: str, kit: Kit) -> None:
    card = (_model_folder(name) / "README.md").read_text("utf-8")
    weights = (_model_folder(name) / WEIGHTS_FILE).read_bytes()
    assert hashlib.sha256(weights).hexdigest() in card
    assert kit.id in card, "the models were trained for another sample kit"
    assert "secret is public" in card


@pytest.mark.parametrize("name", ["with", "without"])
def test_open_clip_itself_opens_the_demo_models(name: str) -> None:
    folder = _model_folder(name)
    assert json.loads((folder / CONFIG_FILE).read_text("utf-8"))["model_cfg"] == json.loads(
        json.dumps(CONFIG)
    )
    assert (folder / MERGES_FILE).exists()
    model, _, _ = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    assert model.visual.image_size == (64, 64)


def test_the_published_versions_stand_out_in_the_model_that_was_trained_on_them(kit: Kit) -> None:
    found = {
        name: mean_z(standings(kit, open_model(f"demo:{name}"), "caption-cosine", versions=12))
        for name in ("with", "without")
    }
    assert found["with"] > 0.6
    assert abs(found["without"]) < 0.5


def test_the_assets_stay_small() -> None:
    total = sum(path.stat().st_size for path in assets_dir().rglob("*") if path.is_file())
    assert total < 24_000_000
