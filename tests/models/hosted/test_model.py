"""What a hosted model owes a person: nothing asked twice, nothing lost, no more spent than said."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from auditcore import paths
from auditcore.errors import AddressRefused, Cancelled, ModelError, SpendingError
from auditcore.models import Access, Budget, open_model
from auditcore.models.base import Capability
from auditcore.models.hosted import HostedModel, connect
from auditcore.models.hosted.kept import Kept
from auditcore.models.hosted.model import fitted
from tests.models.hosted.provider import (
    KEY,
    Answering,
    Asked,
    FakeClock,
    Provider,
    Said,
    access,
    features_of,
    infinity,
    pictures,
    provider,
    unpacked,
)

TEST_SENDS = 3  # the picture, the control question and the text, in Infinity's form


def opened(
    running: Provider, settings: str = "", most: int | None = None, time: FakeClock | None = None
) -> HostedModel:
    spec = f"openai:{running.url}#clip;size=16;form=infinity{settings}"
    return connect(spec, access(most), (time or FakeClock()).clock())


def sent(running: Provider) -> int:
    """Return how many pictures and texts reached the provider."""
    return sum(len(asked.json["input"]) for asked in running.posts)


def never() -> bool:
    return False


def test_an_answer_is_asked_for_once_in_an_audit() -> None:
    images = pictures(6)
    with provider(infinity) as running:
        model = opened(running)
        model.begin("audit", never)
        first = model.image_features(images[:4])
        texts = model.text_features(["a cat", "a dog"])
        before = sent(running)
        again = model.image_features(images[:4])
        assert np.array_equal(again, first)
        assert np.array_equal(model.text_features(["a dog", "a cat"]), texts[::-1])
        assert sent(running) == before
        model.image_features(images)
        assert sent(running) == before + 2
    assert Kept().sent("audit") == sent(running)


def test_a_second_session_and_a_second_model_ask_nothing_twice() -> None:
    images = pictures(4)
    with provider(infinity) as running:
        model = opened(running)
        model.begin("audit", never)
        first = model.image_features(images)
        model = opened(running)
        model.begin("audit", never)
        before = sent(running)
        assert np.array_equal(model.image_features(images), first)
        assert sent(running) == before
        model.begin("another audit", never)
        model.image_features(images)
        assert sent(running) == before + 4


def test_other_models_and_settings_do_not_share_answers() -> None:
    images = pictures(1)
    with provider(infinity) as running:
        for spec in ("#clip;size=16", "#other;size=16", "#clip;size=17"):
            before = sent(running)
            model = connect(f"openai:{running.url}{spec};form=infinity", access())
            model.begin("audit", never)
            model.image_features(images)
            assert sent(running) == before + TEST_SENDS + 1


def test_one_model_is_one_model_however_it_is_asked() -> None:
    specs = ["/v1/embeddings#clip;size=224", "#clip", "/#clip;batch=2", "/v1#clip;form=infinity"]
    specs += ["#clip;size=225"]  # else ten sizes would be ten first attempts
    others = ["#other", "/embeddings#clip"]
    with provider(infinity) as running:
        found = [
            connect(f"openai:{running.url}{spec}", access()).identity.fingerprint
            for spec in [*specs, *others]
        ]
    assert len(set(found[: len(specs)])) == 1
    assert len(set(found)) == 1 + len(others)


def test_the_same_picture_twice_in_a_question_is_sent_once() -> None:
    one, two = pictures(2)
    with provider(infinity) as running:
        model = opened(running)
        before = sent(running)
        rows = model.image_features([one, two, one, one])
        assert sent(running) == before + 2
    assert np.array_equal(rows[[0, 0, 0]], rows[[0, 2, 3]])


def test_fresh_really_asks_and_leaves_the_kept_answers_alone() -> None:
    turn = [0.0]

    def drifting(asked: Asked) -> Said:
        said = infinity(asked)
        for item in said.value["data"] if said.status == 200 else ():
            item["embedding"][0] += turn[0]
        return said

    images = pictures(2)
    with provider(drifting) as running:
        model = opened(running)
        model.begin("audit", never)
        first = model.image_features(images)
        turn[0] = 1.0
        with model.fresh():
            drifted = model.image_features(images)
        assert np.array_equal(model.image_features(images), first)
    assert np.allclose(drifted[:, 0], first[:, 0] + 1)
    assert Kept().sent("audit") == TEST_SENDS + 4


def test_fresh_sends_a_picture_as_often_as_it_is_there() -> None:
    (image,) = pictures(1)
    with provider(infinity) as running:
        model = opened(running)
        model.begin("audit", never)
        before = sent(running)
        with model.fresh():
            rows = model.image_features([image] * 5)
        assert sent(running) == before + 5
    assert rows.shape == (5, 3)


def test_other_lengths_or_classes_are_the_same_model_asked_in_another_way() -> None:
    """The attempts go on being counted, but answers are not compared with the earlier ones."""
    longer = [False]

    def answering(asked: Asked) -> Said:
        said = infinity(asked)
        for item in said.value["data"] if said.status == 200 and longer[0] else ():
            item["embedding"].append(0.5)
        return said

    with provider(answering) as running:
        before = opened(running)
        assert opened(running).asked_as == before.asked_as
        longer[0] = True
        after = opened(running)
        assert after.identity.fingerprint == before.identity.fingerprint
        assert after.asked_as != before.asked_as
    labels = ["cat", "dog"]
    with provider(lambda _: Said([{"label": x, "score": 0.5} for x in labels])) as running:
        spec = f"hf:{running.url}/models/x;size=16"
        before = connect(spec, access())
        labels.reverse()
        assert connect(spec, access()).asked_as == before.asked_as
        labels[0] = "dot"
        assert connect(spec, access()).asked_as != before.asked_as


@pytest.mark.parametrize("settings", ["", ";batch=1"])
def test_spending_ends_at_the_ceiling_and_goes_on_when_it_is_raised(settings: str) -> None:
    images = pictures(10)
    with provider(infinity) as running:
        model = opened(running, settings, most=TEST_SENDS + 6)
        model.begin("audit", never)
        model.image_features(images[:4])
        with pytest.raises(SpendingError, match="ceiling of 9 pictures"):
            model.image_features(images)
        assert sent(running) <= TEST_SENDS + 6
        assert Kept().sent("audit") == sent(running)
        model = opened(running, settings, most=100)
        model.begin("audit", never)
        rows = model.image_features(images)
    assert np.allclose(rows, [features_of(image) for image in images], atol=1e-6)
    assert sent(running) == 2 * TEST_SENDS + 10  # no answer was lost


def test_going_on_with_an_audit_never_passes_its_ceiling_not_even_by_a_connection_test() -> None:
    most = TEST_SENDS + 6
    with provider(infinity) as running:
        model = opened(running, most=most)
        model.begin("audit", never)
        model.image_features(pictures(5))
        again = replace(access(most), scope="audit")
        spec = f"openai:{running.url}#clip;size=16;form=infinity"
        for _ in range(3):
            with pytest.raises(SpendingError):
                connect(spec, again, FakeClock().clock())
        assert sent(running) <= most
        assert Kept().sent("audit") == sent(running)


def test_retries_count_under_the_ceiling() -> None:
    with provider(infinity) as running:
        model = opened(running, most=TEST_SENDS + 5)
        model.begin("audit", never)
    with provider(lambda _: Said({}, status=500)) as failing:
        spec = f"openai:{failing.url}#clip;size=16;form=infinity"
        with pytest.raises(SpendingError):
            connect(spec, access(most=2), FakeClock().clock())
        assert len(failing.posts) == 2


def test_several_requests_are_under_way_at_once_but_four_at_most() -> None:
    under_way, most, lock = [0], [0], threading.Lock()
    together = threading.Barrier(4, timeout=10)

    def slow(asked: Asked) -> Said:
        if asked.method == "GET" or not counting[0]:
            return infinity(asked)
        with lock:
            under_way[0] += 1
            most[0] = max(most[0], under_way[0])
        together.wait()
        with lock:
            under_way[0] -= 1
        return infinity(asked)

    counting = [False]
    images = pictures(8)
    with provider(slow) as running:
        model = opened(running, ";batch=1")
        counting[0] = True
        rows = model.image_features(images)
    assert most[0] == 4
    assert np.allclose(rows, [features_of(image) for image in images], atol=1e-6)


def _failing_at(count: int) -> tuple[Answering, list[int]]:
    """Return a provider that refuses one request: the one after `count` others."""
    left = [10**9]
    lock = threading.Lock()

    def answering(asked: Asked) -> Said:
        with lock:
            left[0] -= asked.method == "POST"
            refused = left[0] == -1
        return Said({}, status=402) if refused else infinity(asked)

    return answering, left


def test_when_one_of_several_requests_fails_the_others_are_kept() -> None:
    answering, left = _failing_at(3)
    images = pictures(12)
    with provider(answering) as running:
        model = opened(running, ";batch=1")
        model.begin("audit", never)
        left[0] = 3
        with pytest.raises(SpendingError, match="credit"):
            model.image_features(images)
        before = len(running.posts)
        answered = before - TEST_SENDS - 1
        rows = model.image_features(images)
        assert len(running.posts) == before + 12 - answered
    assert answered >= 3
    assert np.allclose(rows, [features_of(image) for image in images], atol=1e-6)


def test_who_stops_keeps_what_was_answered() -> None:
    time = FakeClock()
    busy = [False]

    def answering(asked: Asked) -> Said:
        if busy[0] and len(running.posts) > TEST_SENDS + 2:
            return Said({}, status=429, headers={"Retry-After": "300"})
        return infinity(asked)

    images = pictures(6)
    with provider(answering) as running:
        model = opened(running, ";batch=1", time=time)
        model.begin("audit", lambda: time.seconds > 20)
        busy[0] = True
        with pytest.raises(Cancelled):
            model.image_features(images)
        busy[0] = False
        model.begin("audit", never)
        before = sent(running)
        time.seconds = 10_000
        model.image_features(images)
        assert sent(running) == before + 4


def test_who_stops_outside_of_an_audit_need_not_wait_and_leaves_nothing() -> None:
    time = FakeClock()
    busy = [False]

    def answering(asked: Asked) -> Said:
        return Said({}, status=429, headers={"Retry-After": "300"}) if busy[0] else infinity(asked)

    with provider(answering) as running:
        model = opened(running, time=time)
        model.heed(lambda: time.seconds > 20)
        model.image_features(pictures(2))
        busy[0] = True
        with pytest.raises(Cancelled):
            model.image_features(pictures(4))
        assert time.seconds < 30
    assert not paths.database().exists()


def test_the_connection_test_waits_a_minute_at_most_and_an_audit_longer() -> None:
    after = ["61"]

    def busy_once(asked: Asked) -> Said:
        if after:
            return Said({}, status=429, headers={"Retry-After": after.pop()})
        return infinity(asked)

    with provider(busy_once) as running:
        with pytest.raises(ModelError, match="asks to wait 2 minutes"):
            opened(running)
        time = FakeClock()
        model = opened(running, time=time)
        after.append("500")
        model.image_features(pictures(1))
    assert time.seconds >= 500


def test_a_rate_slows_down_and_is_in_the_estimate() -> None:
    time = FakeClock()
    with provider(infinity) as running:
        spec = f"openai:{running.url}#clip;size=16;form=infinity"
        model = connect(spec, access(per_minute=60), time.clock())
        assert model.seconds_per_image == pytest.approx(1.0)
        start = time.seconds
        for image in pictures(5):
            model.image_features([image])
    assert time.seconds - start == pytest.approx(5, abs=1)


def test_pictures_of_the_models_size_are_sent_to_the_bit() -> None:
    (image,) = pictures(1)
    with provider(infinity) as running:
        opened(running).image_features([image])
        assert np.array_equal(unpacked(running.posts[-1].json["input"][0]), image)
    assert fitted(image, 16) is image


@pytest.mark.parametrize("shape", [(40, 20), (20, 40), (16, 17), (5, 5), (448, 448)])
def test_other_pictures_are_cut_to_the_centre_square(shape: tuple[int, int]) -> None:
    image = np.zeros((*shape, 3), np.uint8)
    height, width = shape
    side = min(shape)
    top, left = (height - side) // 2, (width - side) // 2
    image[top : top + side, left : left + side] = 200
    cut = fitted(image, 16)
    assert cut.shape == (16, 16, 3)
    assert cut[1:-1, 1:-1].min() >= 199


def test_nothing_to_ask() -> None:
    with provider(infinity) as running:
        model = opened(running)
        with pytest.raises(ModelError, match="No picture"):
            model.image_features([])
        with pytest.raises(ModelError, match="does not give class probabilities"):
            model.probabilities(pictures(1))
        with pytest.raises(ModelError, match="does not give caption loss"):
            model.caption_losses(pictures(1), "a cat")


def test_what_the_connection_test_finds() -> None:
    with provider(infinity) as running:
        model = open_model(f"openai:{running.url}#clip;size=16", access())
        other = open_model(f"openai:{running.url}#clip;size=16", access(key=None))
        larger = open_model(f"openai:{running.url}#clip;size=32", access())
    assert model.hosted
    assert model.capabilities == {Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES}
    assert model.seconds_per_image is not None
    identity = model.identity
    assert (identity.kind, identity.name) == ("openai", "clip at 127.0.0.1")
    assert identity.released is None
    assert identity.details["address"] == running.url
    assert "image features of length 3" in identity.details["gives"]
    assert identity.details["pictures"] == "sent as PNG, 16 x 16 px, lossless"
    assert identity.details["server"].startswith("BaseHTTP")
    assert identity.details["tested"].endswith("UTC")
    assert other.identity.fingerprint == identity.fingerprint == larger.identity.fingerprint
    assert other.asked_as == model.asked_as != larger.asked_as


def test_the_day_of_publication_comes_from_the_person() -> None:
    with provider(infinity) as running:
        spec = f"openai:{running.url}#clip;size=16"
        dated = Access(key_of=lambda _: KEY, private=True, released="2026-03-01")
        assert str(open_model(spec, dated).identity.released) == "2026-03-01"
        wrong = Access(key_of=lambda _: KEY, private=True, released="March")
        with pytest.raises(ModelError, match="written like 2026-03-01"):
            open_model(spec, wrong)


def test_loopback_is_refused_without_the_switch() -> None:
    with provider(infinity) as running:
        closed = Access(key_of=lambda _: KEY, private=False, budget=Budget())
        with pytest.raises(AddressRefused, match="TELLTALE_ALLOW_PRIVATE_ADDRESSES"):
            open_model(f"openai:{running.url}#clip", closed)
    assert not running.asked


def test_the_key_is_asked_for_by_host() -> None:
    hosts: list[str] = []

    def key_of(host: str) -> str:
        hosts.append(host)
        return KEY

    with provider(infinity) as running:
        open_model(f"openai:{running.url}#clip;size=16", Access(key_of=key_of, private=True))
    assert set(hosts) == {"127.0.0.1"}
