"""Collections of different kinds are told before anybody takes the difference for training."""

from auditcore.passive.encodermi.alike import Look, differences

JPEG = [Look("JPEG", 800 + n, 600, 120_000 + 100 * n) for n in range(10)]
PNG = [Look("PNG", 800 + n, 600, 130_000 + 100 * n) for n in range(10)]


def test_collections_of_a_kind_are_not_remarked_on() -> None:
    assert differences(JPEG[:5], JPEG[5:]) == ()
    assert differences([*JPEG[:4], PNG[0]], [*JPEG[5:], PNG[1]]) == ()
    assert differences([], JPEG) == differences(JPEG, []) == ()


def test_formats_are_told_once() -> None:
    assert differences(JPEG, PNG) == ("100% of yours are JPEG files, of the others 0%.",)


def test_sizes_are_told_turned_or_not() -> None:
    small = [Look("JPEG", 300, 400, 30_000)] * 9
    assert differences(JPEG, small) == ("Yours are typically 804 pixels long, the others 400.",)
    turned = [Look("JPEG", look.height, look.width, look.size) for look in JPEG]
    assert differences(JPEG, turned) == ()


def test_compression_is_told() -> None:
    strong = [Look("JPEG", look.width, look.height, look.size // 4) for look in JPEG]
    assert differences(strong, JPEG) == (
        "One collection is far more strongly compressed than the other.",
    )
