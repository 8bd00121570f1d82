"""Plans: levels that are spent, budgets, and a form that cannot be changed unseen."""

from dataclasses import replace
from fractions import Fraction

import pytest
from fakes import FakeSealed, make_plan

from auditcore.audit.plan import (
    BATCHINGS,
    OTHERS,
    Batching,
    Claim,
    FirstAsked,
    Plan,
    batching_for,
    level_of,
    max_hidden_for,
    parse_claim,
    request_key,
    share_of,
)
from auditcore.errors import AuditError, DesignError
from auditcore.scores import SCORES
from auditcore.sequential import TESTS

FILES = ("a.jpg", "b.jpg")


def test_all_attempts_together_stay_below_the_level_asked_for() -> None:
    p = Fraction(1, 20)
    levels = [level_of(p, attempt) for attempt in range(1, 60)]
    assert levels[0] == Fraction(1, 40)
    assert sum(levels) < p


@pytest.mark.parametrize("p", [Fraction(0), Fraction(1), Fraction(-1, 2), Fraction(3, 2)])
def test_a_level_outside_zero_and_one_is_refused(p: Fraction) -> None:
    with pytest.raises(DesignError, match="between 0 and 1"):
        level_of(p, 1)


def test_claims_are_read_by_kind_or_by_file() -> None:
    assert parse_claim("collection", FILES) == Claim("collection")
    assert parse_claim("each", FILES) == Claim("each")
    assert parse_claim("photo:b.jpg", FILES) == parse_claim("b.jpg", FILES)
    assert str(parse_claim("b.jpg", FILES)) == "photo:b.jpg"


def test_a_photo_may_be_called_like_a_kind_of_claim() -> None:
    assert parse_claim("photo:each", ("each",)).file == "each"


def test_a_claim_about_no_photo_of_the_kit_names_those_there_are() -> None:
    with pytest.raises(AuditError, match=r"no photo called 'c\.jpg'.*a\.jpg, b\.jpg"):
        parse_claim("photo:c.jpg", FILES)


def test_budgets_are_bounded_and_shared_by_a_collection() -> None:
    one, many = Claim("photo", "a.jpg"), Claim("collection")
    level = Fraction(1, 40)
    assert max_hidden_for(one, "anytime", 1000, 20, level) == 999
    assert max_hidden_for(many, "anytime", 1000, 20, level) == 63
    assert max_hidden_for(many, "anytime", 1000, 1, level) == 999
    assert max_hidden_for(many, "anytime", 1000, 3, level) == 333
    assert max_hidden_for(many, "anytime", 40, 3, level) == 39


@pytest.mark.parametrize("photos", [1, 2, 9])
def test_the_fixed_budget_can_reach_its_level(photos: int) -> None:
    level = Fraction(1, 1000)
    hidden = max_hidden_for(Claim("collection"), "rank-sum", 2000, photos, level)
    assert Fraction(1, (hidden + 1) ** photos) <= level
    assert hidden >= 15


def test_a_plan_reads_back_as_it_was_written() -> None:
    plan = make_plan(FakeSealed(100), photos=3, claim="photo:photo-1.jpg", attempt=2)
    assert Plan.from_json(plan.to_json()) == plan
    assert plan.photos == (1,)


@pytest.mark.parametrize("name", sorted(make_plan(FakeSealed(100)).to_json()))
def test_no_field_of_a_plan_can_be_left_out_or_added(name: str) -> None:
    values = make_plan(FakeSealed(100)).to_json()
    with pytest.raises(AuditError):
        Plan.from_json({key: value for key, value in values.items() if key != name})
    with pytest.raises(AuditError):
        Plan.from_json({**values, f"{name}-too": 1})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format_version", 1),
        ("p", "one in twenty"),
        ("p", "1/0"),
        ("files", 3),
        ("claim", "photo:other.jpg"),
        ("batching", {"pilot": 9, "most": 64}),
        ("probing", {"every": 3}),
    ],
)
def test_a_malformed_plan_is_refused_with_a_sentence(name: str, value: object) -> None:
    with pytest.raises(AuditError, match=r"\.$"):
        Plan.from_json({**make_plan(FakeSealed(100)).to_json(), name: value})


def test_the_request_key_ignores_attempt_and_time_and_nothing_a_person_chose() -> None:
    sealed = FakeSealed(100)
    first = request_key(make_plan(sealed, photos=2))
    assert request_key(make_plan(sealed, photos=2, attempt=3)) == first
    others = [
        make_plan(sealed, photos=2, claim="each"),
        make_plan(sealed, photos=2, p="0.01"),
        make_plan(sealed, photos=2, test="pprm"),
        make_plan(sealed, photos=2, collection_test="rank-sum"),
    ]
    assert len({first, *(request_key(plan) for plan in others)}) == 5


def every_question(photos: int) -> list[tuple[Claim, str]]:
    singles = [(Claim("photo", f"{photo}.jpg"), "anytime") for photo in range(photos)]
    together = [(Claim("collection"), "anytime"), (Claim("collection"), "rank-sum")]
    return [*singles, *together, (Claim("each"), "anytime")]


@pytest.mark.parametrize("photos", [1, 2, 24])
def test_shares_of_all_questions_an_attempt_could_ask_add_up_to_one_at_most(photos: int) -> None:
    first = FirstAsked(Fraction(1, 20), "conditional-rank", "caption-cosine")
    total = sum(
        share_of(claim, collection_test, photos, test, score, first)
        for claim, collection_test in every_question(photos)
        for test in TESTS
        for score in SCORES
    )
    assert total <= 1
    assert max(len(TESTS), len(SCORES)) - 1 <= OTHERS


def test_picking_the_best_photo_after_a_look_at_all_of_them_stays_below_the_level() -> None:
    """Attempt 1 shows every photo's figures; attempt 2 then names the most promising one."""
    photos, p = 24, Fraction(1, 20)
    sealed = FakeSealed(1000)
    plan = make_plan(sealed, photos=photos, claim="photo:photo-3.jpg", attempt=2)
    assert 1 - (1 - plan.level) ** photos <= p / 4
    assert 1 - (1 - level_of(p, 2)) ** photos > p, "without its share it would not"


@pytest.mark.parametrize(
    ("photos", "hidden"), [(2, 15), (1_000, 15), (4_000, 15), (10_000, 5), (32_000, 1), (10**5, 1)]
)
def test_the_fixed_budget_of_very_many_photos_is_shared(photos: int, hidden: int) -> None:
    level = Fraction(1, 40)
    assert max_hidden_for(Claim("collection"), "rank-sum", 1000, photos, level) == hidden


def test_batches_are_large_where_queries_are_cheap_or_many_and_small_where_they_are_dear() -> None:
    one, many = Claim("photo", "a.jpg"), Claim("collection")
    assert batching_for(many, 64, hosted=False, gpu=False) == Batching(8, 64)
    assert batching_for(many, 65, hosted=False, gpu=False) == Batching(8, 1024)
    assert batching_for(one, 10_000, hosted=False, gpu=False) == Batching(8, 64)
    assert batching_for(one, 1, hosted=False, gpu=True) == Batching(64, 1024)
    assert batching_for(many, 10_000, hosted=True, gpu=True) == Batching(8, 64)


@pytest.mark.parametrize("batching", BATCHINGS)
def test_a_plan_states_its_batches_and_reads_back(batching: Batching) -> None:
    plan = replace(make_plan(FakeSealed(100), photos=3), batching=batching)
    assert Plan.from_json(plan.to_json()) == plan
