import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditcore.errors import ModelError
from auditcore.models.hosted import check_spec, parse_spec
from auditcore.models.hosted.spec import host_of


def test_every_part_is_read() -> None:
    place = parse_spec(" openai:https://API.jina.ai/v1/#jina-clip-v2;size=512; form=jina ")
    assert place.protocol == "openai"
    assert (place.url, place.path, host_of(place)) == (
        "https://api.jina.ai/v1",
        "/v1",
        "api.jina.ai",
    )
    assert (place.model, place.settings) == ("jina-clip-v2", {"size": "512", "form": "jina"})
    assert place.spec == "openai:https://API.jina.ai/v1/#jina-clip-v2;size=512; form=jina"


@pytest.mark.parametrize(
    ("spec", "url"),
    [
        ("hf:google/vit-base", "https://router.huggingface.co/hf-inference/models/google/vit-base"),
        ("hf:resnet", "https://router.huggingface.co/hf-inference/models/resnet"),
        ("hf:https://x.endpoints.huggingface.cloud/", "https://x.endpoints.huggingface.cloud"),
        ("hf:http://127.0.0.1:80/models/a/b", "http://127.0.0.1/models/a/b"),
    ],
)
def test_hugging_face_takes_an_id_or_an_address(spec: str, url: str) -> None:
    place = parse_spec(spec)
    assert (place.url, place.model) == (url, "")


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("openia:https://example.org#m", r"Did you mean openai\?"),
        ("openai:", "name after the address and a #"),
        ("openai:example.org#m", "comes an address that begins with https://"),
        ("openai:https://example.org", "name after the address and a #"),
        ("openai:https://example.org#", "name after the address and a #"),
        ("openai:https://example.org#a model", "without a space"),
        ("openai:https://example.org#../../etc", "may hold letters"),
        ("openai:https://example.org#m;", "comes a setting"),
        ("openai:https://example.org#m;size", "comes a setting"),
        ("openai:https://example.org#m;size=", "comes a setting"),
        ("openai:https://example.org#m;size=64;size=65", "size is there twice"),
        ("openai:https://example.org#m;size=big", "number from 16 to 2048"),
        ("openai:https://example.org#m;size=15", "number from 16 to 2048"),
        ("openai:https://example.org#m;size=²²²", "number from 16 to 2048"),
        ("openai:https://example.org#m;batch=0", "number from 1 to 256"),
        ("openai:https://example.org#m;from=jina", r"Did you mean form\?"),
        ("openai:https://example.org#m;form=cohere", "may be: infinity, vllm, jina"),
        ("openai:https://example.org?key=1#m", "question mark"),
        ("openai:https://me:word@example.org#m", "user name or password"),
        ("hf:", "a model of Hugging Face"),
        ("hf:a/b/c", "a model of Hugging Face"),
        ("hf:../models", "a model of Hugging Face"),
        ("hf:https://example.org#m", "names the model already"),
        ("hf:a/b;task=detection", "may be: classification, zero-shot"),
        ("oip:https://example.org#m;scale=0-2", "may be: 0-1, 0-255"),
        ("oip:https://example.org#m;output=numbers", "output is features"),
        ("oip:https://example.org#m;output=logits:a b", "output is features"),
        ("openai:https://127.0.0.1#m", "TELLTALE_ALLOW_PRIVATE_ADDRESSES=1"),
        ("openai:http://example.org#m", "must begin with https://"),
        ("openai:https://2130706433#m", "read in several ways"),
    ],
)
def test_what_is_wrong_is_said_while_it_is_typed(spec: str, words: str) -> None:
    sentence = check_spec(spec, private=False)
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(sentence)


@pytest.mark.parametrize(
    "spec",
    [
        "openai:https://api.jina.ai/v1#jina-clip-v2",
        "openai:https://example.org:8443/v1/embeddings#org/model:tag;form=vllm;size=336;batch=4",
        "hf:google/vit-base-patch16-224;output=labels",
        "oip:https://example.org/v2#resnet;output=logits:output__0;scale=imagenet;input=input__0",
    ],
)
def test_a_proper_spec_has_nothing_wrong(spec: str) -> None:
    assert check_spec(spec, private=False) is None


def test_the_switch_comes_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    spec = "openai:http://127.0.0.1:7997#clip"
    assert "allows it" in (check_spec(spec) or "")
    monkeypatch.setenv("TELLTALE_ALLOW_PRIVATE_ADDRESSES", "1")
    assert check_spec(spec) is None


@pytest.mark.parametrize(
    "spec",
    [
        "openai:https://example.org#m;key=hunter2-hunter2",
        "openai:https://example.org#m;hunter2-hunter2",
        "openai:https://example.org#m;hunter2-hunter2=1",
        "openai:https://hunter2-hunter2@example.org#m",
        "openai:https://example.org?api_key=hunter2-hunter2#m",
        "openai:https://example.org#m;size=hunter2-hunter2",
        "openai:https://example.org#hunter2-hunter2 ",
        "openai:https://example.org#m hunter2-hunter2",
    ],
)
def test_a_key_typed_into_the_spec_is_not_repeated(spec: str) -> None:
    assert "hunter2" not in (check_spec(spec, private=False) or "")
    try:
        parse_spec(spec)
    except ModelError as error:
        assert "hunter2" not in str(error)


@given(st.text() | st.text("openai:https/.#;=size0123456789abz@?").map("openai:https://{}".format))
def test_any_text_gets_a_sentence_or_none(text: str) -> None:
    sentence = check_spec(text, private=False)
    assert sentence is None or sentence.endswith((".", "/"))
