"""Composed views: what cutting the rendered version gives, and the same bits in any company."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache

import numpy as np
import pytest
import torch

from auditcore.marks import VERSIONS_MIN, Mark, find_family
from auditcore.marks.grids import Grids
from auditcore.photos import Pixels
from auditcore.randomness import Stream, derive
from auditcore.scores.base import Query
from auditcore.scores.composing import Composer, Later
from auditcore.scores.views import Crop, View, cut_views, draw_views
from tests.marks.pictures import COLOUR, GREY, photograph

CPU = torch.device("cpu")


@cache
def marked(
    name: str, family: str = "smooth", darkest: int = 0, brightest: int = 255
) -> tuple[Pixels, Mark]:
    whole = photograph(name).astype(int)
    pixels = (darkest + whole * (brightest - darkest) // 255).astype(np.uint8)
    mark = find_family(family).prepare(
        pixels, grey=name == GREY, visibility=4.0, versions=VERSIONS_MIN, seed=b"s", photo=0
    )
    return pixels, mark


@dataclass
class MarkedKit:
    """A kit of marked photos, in memory."""

    content: Sequence[tuple[Pixels, Mark]]
    decoded: list[int] = field(default_factory=list)
    photos = ()

    def version(self, photo: int, version: int) -> Pixels:
        pixels, mark = self.content[photo]
        return mark.render(pixels, version)

    def base(self, photo: int) -> Pixels:
        self.decoded.append(photo)
        return self.content[photo][0]

    def grids(self, photo: int, versions: Sequence[int]) -> Grids:
        return self.content[photo][1].grids(versions)

    def stream(self, *label: str | int) -> Stream:
        return derive(b"kit", *label)


@cache
def views_of(photo: int, count: int = 4, area: float = 0.8) -> tuple[View, ...]:
    return draw_views(derive(b"composed", photo), count, Crop(area, flip=True))


def cut(kit: MarkedKit, photo: int, version: int, views: Sequence[View], size: int) -> np.ndarray:
    return np.stack(cut_views(kit.version(photo, version), views, size)).transpose(0, 3, 1, 2)


def difference(kit: MarkedKit, size: int) -> np.ndarray:
    """Return composed minus cut views of three versions."""
    views = views_of(0)
    assert any(view.mirrored for view in views)
    queries = [Query(0, version) for version in range(3)]
    composed = Composer(kit, lambda _: views, size, CPU).compose(queries, 0, 3 * len(views))
    expected = np.concatenate([cut(kit, 0, version, views, size) for version in range(3)])
    found: np.ndarray = composed.numpy() - expected
    return found


@pytest.mark.parametrize("size", [16, 64, 224, 460])
@pytest.mark.parametrize("family", ["smooth", "spread"])
@pytest.mark.parametrize("name", [COLOUR[1], GREY])
def test_composed_views_are_the_cut_ones_within_rounding(name: str, family: str, size: int) -> None:
    """Three roundings to whole grey levels, where nothing clips."""
    away = np.abs(difference(MarkedKit([marked(name, family, 60, 190)]), size))
    assert away.mean() < 0.5
    assert away.max() < 5


@pytest.mark.parametrize("size", [16, 64, 224])
@pytest.mark.parametrize("name", COLOUR)
def test_clipping_after_resizing_differs_little_and_seldom(name: str, size: int) -> None:
    away = np.abs(difference(MarkedKit([marked(name)]), size))
    assert away.mean() < 1
    assert np.quantile(away, 0.9) < 2


@pytest.mark.parametrize("family", ["smooth", "spread"])
def test_what_tells_versions_apart_is_the_same(family: str) -> None:
    """Not the picture but the differences between versions decide a rank."""
    kit = MarkedKit([marked("chelsea", family)])
    views = views_of(0)
    composer = Composer(kit, lambda _: views, 64, CPU)
    one, other = composer.compose([Query(0, 3), Query(0, 4)], 0, 8).double().chunk(2)
    change = (one - other).numpy().ravel()
    rendered = (cut(kit, 0, 3, views, 64).astype(float) - cut(kit, 0, 4, views, 64)).ravel()
    assert np.corrcoef(change, rendered)[0, 1] > 0.99
    assert np.std(change) == pytest.approx(np.std(rendered), rel=0.05)


def test_a_bright_picture_clips_after_resizing_instead_of_before() -> None:
    kit = MarkedKit([marked("coffee", darkest=200)])
    levels = Composer(kit, views_of, 64, CPU).compose([Query(0, 1)], 0, 4)
    assert levels.max() == 255
    away = difference(kit, 64)
    assert np.abs(away).mean() < 0.7
    assert away.mean() > -0.1  # what is clipped later is brighter


@pytest.fixture
def company() -> MarkedKit:
    return MarkedKit([marked("chelsea"), marked("coffee"), marked(GREY)])


QUERIES = [Query(photo, version) for version in (4, 0, 17) for photo in (1, 1, 0, 2)]


@pytest.mark.parametrize("size", [50, 64, 224])
@pytest.mark.parametrize("threads", [1, 2])
def test_a_version_is_the_same_to_the_bit_in_any_company(
    company: MarkedKit, size: int, threads: int
) -> None:
    """Otherwise what is composed beside the published version could decide its rank."""
    before = torch.get_num_threads()
    together = Composer(company, views_of, size, CPU).compose(QUERIES, 0, 4 * len(QUERIES))
    torch.set_num_threads(threads)
    try:
        for place, query in enumerate(QUERIES):
            composer = Composer(company, views_of, size, CPU, kept_bytes=0)
            halves = [composer.compose([query], *part) for part in ((0, 1), (1, 4))]
            assert torch.equal(torch.cat(halves), together[4 * place : 4 * place + 4])
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("step", [1, 3, 4, 7, 64])
def test_pictures_can_be_taken_in_calls_of_any_size(company: MarkedKit, step: int) -> None:
    composer, count = Composer(company, views_of, 16, CPU), 4 * len(QUERIES)
    pictures = Later(lambda first, behind: composer.compose(QUERIES, first, behind), 0, count)
    assert len(pictures) == count
    calls = [pictures[start : start + step] for start in range(0, count, step)]
    assert torch.equal(torch.cat([call.levels for call in calls]), pictures.levels)
    assert torch.equal(pictures[5:9][1:3].levels, pictures.levels[6:8])


def test_several_threads_may_compose_at_a_time(company: MarkedKit) -> None:
    expected = Composer(company, views_of, 64, CPU).compose(QUERIES, 0, 48)
    composer = Composer(company, views_of, 64, CPU)
    with ThreadPoolExecutor(4) as threads:
        calls = threads.map(lambda n: composer.compose(QUERIES, 4 * n, 4 * n + 4), range(12))
        assert torch.equal(torch.cat(list(calls)), expected)
    assert len(company.decoded) == 3 + 3  # each photo once for each composer


def test_composing_is_exact_so_that_no_order_of_summation_matters(company: MarkedKit) -> None:
    """The same in whole numbers of 64 bits, up to the one rounding at the end."""
    composer = Composer(company, views_of, 64, CPU)
    ground = composer.ground(0)
    pairs = company.grids(0, [5])[0].reshape(3, 32, 2, 32, 2).sum(axis=(2, 4))
    across = np.rint(pairs / 4).astype(np.int64) @ ground.columns.numpy().astype(np.int64)[:, None]
    across = np.rint(across / 2**10).astype(np.int64)
    change = ground.rows.numpy().astype(np.int64)[:, None] @ across
    exact = (ground.views.numpy() + change / 2**16).clip(0, 255).astype(np.float32)
    assert np.array_equal(composer.compose([Query(0, 5)], 0, 4).numpy(), exact)


def test_another_picture_is_cut_with_the_same_views(company: MarkedKit) -> None:
    picture = photograph("rocket")
    found = Composer(company, views_of, 64, CPU).cut(1, picture, 1, 3)
    expected = np.stack(cut_views(picture, views_of(1)[1:3], 64)).transpose(0, 3, 1, 2)
    assert np.array_equal(found.numpy(), expected)


def test_what_photos_share_is_kept_within_a_limit(company: MarkedKit) -> None:
    size = Composer(company, views_of, 16, CPU).ground(0).nbytes
    composer = Composer(company, views_of, 16, CPU, kept_bytes=2 * size)
    company.decoded.clear()
    for photo in (0, 1, 0, 2, 0, 1):  # 2 makes room by dropping 1, which was used before 0
        composer.compose([Query(photo, 0)], 0, 4)
    assert company.decoded == [0, 1, 2, 1]
