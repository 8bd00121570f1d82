"""What a folder tells of an experiment, and what may go into it."""

import stat
from dataclasses import replace
from pathlib import Path

import pytest

from auditcore.errors import Cancelled
from auditcore.kit import open_kit
from auditcore.lab.experiments import (
    OWN_MAX,
    Experiment,
    OwnPhoto,
    check_photos,
    create,
    default_setup,
)
from auditcore.lab.experiments.experiment import TWINS
from auditcore.lab.experiments.journal import add_row
from auditcore.lab.experiments.sealing import seal
from auditcore.lab.registries import LabError
from tests.lab.experiments.tiny import cat, sealed, tiny, tiny_setup


def test_a_new_one_is_private_and_tells_nothing_yet(tmp_path: Path) -> None:
    experiment = tiny(tmp_path / "new")
    assert stat.S_IMODE(experiment.folder.stat().st_mode) == 0o700
    assert experiment.exists
    assert Experiment(experiment.folder).setup == tiny_setup()
    assert (experiment.finished, experiment.seconds, experiment.files) == (False, None, ())
    for name in TWINS:
        assert experiment.losses(name) == experiment.memory(name) == ()
        assert experiment.utility(name) is experiment.audit(name) is None
    assert experiment.forgetting == {}


def test_the_kit_holds_the_photos_and_its_pictures_can_be_shown(tmp_path: Path) -> None:
    experiment = sealed(tmp_path / "new")
    kit = open_kit(experiment.kit_file)
    assert [photo.file for photo in kit.photos] == list(experiment.files) == ["cat.jpg"]
    assert kit.public.test_seed is None
    (picture,) = experiment.pictures
    assert picture.original is not None and picture.published is not None
    assert picture.original.read_bytes() == cat().data != picture.published.read_bytes()
    assert (picture.caption, picture.label) == (cat().caption, "animals")


def test_a_photo_that_cannot_be_read_is_left_out_and_told(tmp_path: Path) -> None:
    broken = OwnPhoto("broken.jpg", b"no picture", "nothing", "things")
    experiment = create(tmp_path / "new", tiny_setup(), [broken, cat()])
    seal(experiment, lambda done, total: None)
    (sentence,) = experiment.refused
    assert "broken.jpg" in sentence
    (picture,) = experiment.pictures
    assert picture.original is not None
    assert picture.original.read_bytes() == cat().data


def test_photos_of_one_name_keep_each_its_own_words(tmp_path: Path) -> None:
    given = [
        replace(cat("IMG.jpg"), caption="the first", label="food"),
        replace(cat("IMG.jpg"), caption="the second", label="plants"),
        replace(cat("img.JPG"), caption="the third", label="animals"),
    ]
    experiment = create(tmp_path / "one", tiny_setup(), given)
    seal(experiment, lambda done, total: None)
    told = [(picture.caption, picture.label) for picture in experiment.pictures]
    assert told == [(photo.caption, photo.label) for photo in given]


def test_every_experiment_has_a_draw_of_its_own_once(tmp_path: Path) -> None:
    one, other = sealed(tmp_path / "one"), sealed(tmp_path / "other")
    assert open_kit(one.kit_file).seed != open_kit(other.kit_file).seed
    before = one.kit_file.read_bytes()
    seal(one, lambda done, total: None)
    assert one.kit_file.read_bytes() == before


def test_a_seal_that_was_cut_off_begins_anew(tmp_path: Path) -> None:
    experiment = sealed(tmp_path / "new")
    (experiment.folder / "pictures.json").unlink()  # as a kill between the two leaves it
    first = experiment.kit_file.read_bytes()
    seal(experiment, lambda done, total: None)
    assert experiment.kit_file.read_bytes() != first
    assert experiment.files == ("cat.jpg",)


def test_a_seal_can_be_cancelled(tmp_path: Path) -> None:
    def cancel(done: int, total: int) -> None:
        raise Cancelled("Stopped.")

    experiment = tiny(tmp_path / "new")
    with pytest.raises(Cancelled):
        seal(experiment, cancel)
    assert not experiment.kit_file.exists()


def test_sample_photos_have_captions_and_classes(tmp_path: Path) -> None:
    from auditcore.lab.experiments.sealing import _sample

    sources, captions = _sample()
    assert len(sources) == len(captions) == 24
    setup = replace(default_setup("classifier"), photos="own")
    photos = [
        OwnPhoto(source.name, b"", captions[source.name].caption, captions[source.name].label)
        for source in sources
    ]
    check_photos(setup, photos)
    check_photos(replace(setup, kind="clip"), photos)


@pytest.mark.parametrize(
    ("kind", "photo", "sentence"),
    [
        ("clip", OwnPhoto("a.jpg", b"", None, "animals"), "has no caption"),
        ("clip", OwnPhoto("a.jpg", b"", "  ", "animals"), "has no caption"),
        ("clip", OwnPhoto("a.jpg", b"", "x" * 2001, "animals"), "too long. Shorten it to 2,000"),
        ("classifier", OwnPhoto("a.jpg", b"", "a cat", None), "Say what “a.jpg” shows"),
        ("classifier", OwnPhoto("a.jpg", b"", "a cat", "kittens"), "Say what “a.jpg” shows"),
    ],
)
def test_a_photo_that_teaches_nothing_is_refused(
    kind: str, photo: OwnPhoto, sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(LabError, match=sentence):
        create(tmp_path / "new", tiny_setup(kind), [photo])
    assert not (tmp_path / "new").exists()


def test_an_encoder_needs_neither_caption_nor_class() -> None:
    check_photos(tiny_setup("encoder"), [OwnPhoto("a.jpg", b"")])


@pytest.mark.parametrize("count", [0, OWN_MAX + 1])
def test_too_few_or_too_many_photos_are_refused(count: int) -> None:
    with pytest.raises(LabError, match="photos of yours"):
        check_photos(tiny_setup("encoder"), [OwnPhoto("a.jpg", b"")] * count)


def test_reading_while_a_line_is_written_leaves_it_out(tmp_path: Path) -> None:
    experiment = tiny(tmp_path / "new")
    part = experiment.part("with")
    part.mkdir()
    row = {"epoch": 1, "epochs": 2, "loss": 3.0, "held_out_loss": None, "seconds": 0.5}
    add_row(part / "losses.jsonl", row)
    with (part / "losses.jsonl").open("a") as out:
        out.write('{"epoch": 2')
    assert [(row.epoch, row.loss) for row in experiment.losses("with")] == [(1, 3.0)]


def test_deleting_leaves_nothing_and_may_be_repeated(tmp_path: Path) -> None:
    experiment = sealed(tmp_path / "new")
    experiment.delete()
    experiment.delete()
    assert list(tmp_path.iterdir()) == []
    assert not experiment.exists
    with pytest.raises(LabError, match="not here any more"):
        _ = Experiment(experiment.folder).setup
