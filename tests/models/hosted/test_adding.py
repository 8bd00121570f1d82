"""A further protocol is one small file and one line: the one in ADDING.md, taken out and used."""

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from auditcore.errors import ChangedAnswer
from auditcore.models import HOSTED, open_model
from auditcore.models.base import Capability
from auditcore.models.hosted import check_spec
from auditcore.models.hosted import spec as spec_module
from tests.models.hosted.provider import (
    KEY,
    Asked,
    Said,
    access,
    features_of,
    pictures,
    provider,
    text_features,
    unpacked,
)

PAGE = Path(spec_module.__file__).parent / "ADDING.md"


@pytest.fixture
def cohere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Write the page's file and add the page's line, while a test runs."""
    code, line = re.findall(r"```python\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    assert '"cohere": "auditcore.models.hosted.cohere"' in line
    (tmp_path / "cohere_of_the_page.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setitem(HOSTED, "cohere", "cohere_of_the_page")
    yield code
    sys.modules.pop("cohere_of_the_page", None)


def embed(asked: Asked) -> Said:
    """Answer as Cohere's embed v2 does."""
    assert (asked.method, asked.path) == ("POST", "/v2/embed")
    assert asked.headers["authorization"] == f"Bearer {KEY}"
    body = asked.json
    assert (body["model"], body["embedding_types"]) == ("embed-v4.0", ["float"])
    if body["input_type"] == "image":
        if len(body["images"]) != 1:
            return Said({"message": "number of images must be 1"}, status=400)
        rows = [features_of(unpacked(body["images"][0]))]
    else:
        rows = [text_features(text) for text in body["texts"]]
    return Said({"id": "x", "embeddings": {"float": rows}, "response_type": "embeddings_by_type"})


def test_the_protocol_of_the_page_works_at_once(cohere: str) -> None:
    images = pictures(9)
    with provider(embed) as running:
        model = open_model(f"cohere:{running.url}#embed-v4.0;size=16", access())
        model.begin("audit", lambda: False)
        rows = model.image_features(images)
        texts = model.text_features(["a cat"])
        before = len(running.posts)
        model.image_features(images)
        assert len(running.posts) == before
    assert model.capabilities == {Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES}
    assert model.identity.name == "embed-v4.0 at 127.0.0.1"
    assert np.allclose(rows, [features_of(image) for image in images], atol=1e-6)
    assert np.allclose(texts, [text_features("a cat")], atol=1e-6)


def test_its_spec_is_checked_while_it_is_typed(cohere: str) -> None:
    assert check_spec("cohere:https://api.cohere.com#embed-v4.0", private=False) is None
    assert "after the address" in (check_spec("cohere:https://api.cohere.com") or "")
    assert "cohere" in (check_spec("coher:https://api.cohere.com#m") or "")


def test_its_changed_answers_stop_with_a_sentence(cohere: str) -> None:
    shorter = [False]

    def answering(asked: Asked) -> Said:
        said = embed(asked)
        if shorter[0]:
            said.value["embeddings"]["float"] = []
        return said

    with provider(answering) as running:
        model = open_model(f"cohere:{running.url}#embed-v4.0;size=16", access())
        shorter[0] = True
        with pytest.raises(ChangedAnswer, match="answered 0 times to 1 inputs"):
            model.image_features(pictures(1))


def test_the_file_is_small_and_has_the_two_methods_alone(cohere: str) -> None:
    (adapter,) = [node for node in ast.parse(cohere).body if isinstance(node, ast.ClassDef)]
    methods = [node.name for node in adapter.body if isinstance(node, ast.FunctionDef)]
    assert methods == ["request", "answer"]
    assert len(cohere.splitlines()) < 40


def test_every_protocol_has_its_module_and_title() -> None:
    for protocol in HOSTED:
        adapter = spec_module.adapter_of(protocol)
        assert adapter.title
        assert "2026-11-22" in (sys.modules[adapter.__module__].__doc__ or "")
