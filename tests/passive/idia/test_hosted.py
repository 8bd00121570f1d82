"""A question to a hosted model: the announced number is sent, and nothing of it stays here."""

import hashlib
import io

import numpy as np
import pytest
from models.hosted.provider import FakeClock, Said, access, infinity, pictures, provider
from PIL import Image

from auditcore import paths
from auditcore.errors import Cancelled
from auditcore.models.hosted import connect
from auditcore.passive.idia import answers
from auditcore.passive.idia.names import candidate_names
from auditcore.passive.idia.prompts import TEMPLATES

NAME = "Zebedee Quillfeather"
FEW = TEMPLATES[:2]


def test_what_is_sent_was_announced_and_nothing_of_face_or_name_stays(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(answers, "TEMPLATES", FEW)
    photos = pictures(3)
    with provider(infinity) as running:
        spec = f"openai:{running.url}#clip;size=16;form=infinity;batch=256"
        model = connect(spec, access(), FakeClock().clock())
        tested = len(running.posts)
        answers.ask(model, photos, candidate_names([NAME]))
        asked = [one.json for one in running.posts[tested:]]
    sent = answers.sending(photos=3, people=1)
    images = [text for body in asked if body.get("modality") == "image" for text in body["input"]]
    texts = [text for body in asked if body.get("modality") != "image" for text in body["input"]]
    assert len(images) == sent.photos
    assert sum(NAME in text for text in texts) == sent.texts_with_names
    assert sum(NAME not in text for text in texts) == sent.texts_with_decoys
    _nothing_stays(photos)


def _nothing_stays(photos: list[np.ndarray]) -> None:
    files = [path for path in paths.data_dir().rglob("*") if path.is_file()]
    assert len(files) >= len(FEW)  # the decoys' features are there
    traces = [part.encode(code) for part in NAME.split() for code in ("utf-8", "utf-16-le")]
    for photo in photos:
        png = io.BytesIO()
        Image.fromarray(photo).save(png, "PNG")
        traces += [photo.tobytes()[:32], png.getvalue()[60:92]]
        traces += [hashlib.sha256(data).digest() for data in (photo.tobytes(), png.getvalue())]
    for path in files:
        held = path.read_bytes() + str(path).encode()
        assert not [trace for trace in traces if trace in held], path


def test_a_slow_provider_does_not_hold_up_who_stops() -> None:
    time, busy = FakeClock(), []

    def answering(asked):  # type: ignore[no-untyped-def]
        return Said({}, status=429, headers={"Retry-After": "300"}) if busy else infinity(asked)

    with provider(answering) as running:
        spec = f"openai:{running.url}#clip;size=16;form=infinity"
        model = connect(spec, access(), time.clock())
        busy.append(1)
        with pytest.raises(Cancelled):
            answers.look(model, pictures(3), should_stop=lambda: time.seconds > 5)
    assert time.seconds < 10
