from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from auditcore.lab.people import GLASSES, HAIR, Person, people
from auditcore.lab.portraits import caption, portrait, scene, shade
from auditcore.passive.idia.prompts import TEMPLATES, filled

CROWD = people(24, b"tests")
PAIR = CROWD[:2]
GOLDEN = (
    190,
    171,
    171,
    170,
    190,
    190,
    182,
    165,
    182,
    190,
    188,
    161,
    163,
    151,
    152,
    146,
    163,
    116,
    118,
    189,
    137,
    97,
    113,
    155,
    138,
    96,
    95,
    144,
    144,
    92,
    104,
    148,
)


def _small(person: Person, number: int) -> NDArray[np.float64]:
    image = Image.fromarray(portrait(person, number, 64)).crop((16, 0, 48, 48))
    values = np.asarray(image.resize((16, 24)), np.float64).ravel()
    values -= values.mean()
    return values / np.linalg.norm(values)


def test_a_portrait_follows_from_the_person_and_its_number() -> None:
    person = CROWD[0]
    first = portrait(person, 0, 96)
    assert first.shape == (96, 96, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, portrait(people(1, b"tests")[0], 0, 96))
    others = [portrait(person, number, 96) for number in range(1, 6)]
    assert all(not np.array_equal(first, other) for other in others)


def test_portraits_do_not_change_from_version_to_version() -> None:
    """demo:people was trained on such pictures; a library that draws otherwise shows here.

    Mean brightness of 16 cells of two portraits, so that a last bit here or there is no matter.
    """
    cells = [portrait(person, 7, 96).reshape(4, 24, 4, 24 * 3).mean(axis=(1, 3)) for person in PAIR]
    assert np.stack(cells).ravel() == pytest.approx(GOLDEN, abs=1)


def test_one_person_looks_more_alike_than_two() -> None:
    looks = np.stack([[_small(person, number) for number in range(6)] for person in CROWD])
    flat = looks.reshape(-1, looks.shape[-1])
    nearest = flat @ flat.T - 2 * np.eye(len(flat))
    right = nearest.argmax(axis=1) // 6 == np.arange(len(flat)) // 6
    assert right.mean() > 0.35  # 0.04 by chance; a person does far better than a thumbnail


@pytest.mark.parametrize(
    "trait",
    [
        {"hair": "bob"},
        {"hair_colour": "#4A6FD8"},
        {"skin": 0.95},
        {"glasses": "round", "glasses_colour": "#C98A00"},
        {"beard": "beard_medium", "beard_colour": "#C93305"},
        {"earrings": "#E53935"},
        {"cheeks": "rosy"},
        {"nose": "wide"},
        {"brows": "strong"},
    ],
    ids=lambda trait: next(iter(trait)),
)
def test_every_trait_is_seen(trait: dict[str, str | float]) -> None:
    plain = replace(
        CROWD[0],
        **{"hair": "short_flat", "hair_colour": "#2C1B18", "skin": 0.1, "glasses": ""},
        **{"glasses_colour": "", "beard": "", "beard_colour": "", "earrings": "", "cheeks": ""},
        **{"nose": "small", "brows": "natural"},
    )
    number = next(n for n in range(99) if not scene(plain, n).hat and not scene(plain, n).shades)
    changed = portrait(replace(plain, **trait), number, 96) != portrait(plain, number, 96)
    assert changed.any(axis=2).sum() >= 8


def test_every_haircut_takes_glasses_and_beard() -> None:
    """A few parts of the library have no place for them: no person may be drawn with those."""
    kind, colour = GLASSES[2]
    for sex, styles in HAIR.items():
        for style in styles:
            plain = replace(CROWD[0], hair=style, glasses="", beard="", cheeks="")
            number = next(n for n in range(99) if not scene(plain, n).hat + scene(plain, n).shades)
            drawn = portrait(plain, number, 96)
            glasses = replace(plain, glasses=kind, glasses_colour=colour)
            assert (portrait(glasses, number, 96) != drawn).any(), style
            if sex == "m":
                bearded = replace(plain, beard="beard_medium", beard_colour="#C93305")
                assert (portrait(bearded, number, 96) != drawn).any(), style


def test_the_caption_names_the_person_and_is_none_of_the_questions() -> None:
    for person in CROWD[:6]:
        captions = [caption(person, number) for number in range(60)]
        assert all(person.name in sentence for sentence in captions)
        assert len(set(captions)) > 30
        assert not {filled(template, person.name) for template in TEMPLATES} & set(captions)


def test_portraits_vary_as_promised() -> None:
    scenes = [scene(person, number) for person in CROWD for number in range(50)]
    share = {
        "hat": np.mean([bool(s.hat) for s in scenes]),
        "shades": np.mean([bool(s.shades) for s in scenes]),
        "mirrored": np.mean([s.mirrored for s in scenes]),
    }
    assert share["hat"] == pytest.approx(0.1, abs=0.03)
    assert share["shades"] == pytest.approx(0.08, abs=0.03)
    assert share["mirrored"] == pytest.approx(0.3, abs=0.05)
    assert min(Counter(s.mood for s in scenes).values()) > 40
    assert all(0.95 <= s.scale <= 1.5 and abs(s.turn) <= 10 for s in scenes)


def test_shades_of_skin_pass_through_the_librarys_own() -> None:
    assert [shade(value) for value in (0.0, 0.25, 0.5, 1.0)] == [
        "#FFDBB4",
        "#EDB98A",
        "#D08B5B",
        "#614335",
    ]
    assert shade(0.125) == "#F6CA9F"
