"""Keys of the environment: which variable is whose."""

import ipaddress
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from auditcore.models.access import key_from_environment, key_variable
from auditcore.models.hosted.refusals import refusal

LABELS = st.from_regex(r"[a-z0-9]([a-z0-9-]{0,4}[a-z0-9])?", fullmatch=True)
NAMES = st.lists(LABELS, min_size=1, max_size=4).map(".".join)
ADDRESSES = st.integers(0, 2**128 - 1).map(lambda number: str(ipaddress.IPv6Address(number)))


@pytest.mark.parametrize(
    ("host", "variable"),
    [
        ("api.jina.ai", "TELLTALE_KEY_API_JINA_AI"),
        ("API.Jina.ai", "TELLTALE_KEY_API_JINA_AI"),
        ("api-jina.ai", "TELLTALE_KEY_API__JINA_AI"),
        ("api.jina-ai", "TELLTALE_KEY_API_JINA__AI"),
        ("xn--bcher-kva.example", "TELLTALE_KEY_XN____BCHER__KVA_EXAMPLE"),
        ("127.0.0.1", "TELLTALE_KEY_127_0_0_1"),
        ("::1", "TELLTALE_KEY_0___0___0___0___0___0___0___1"),
        ("0:0::1", "TELLTALE_KEY_0___0___0___0___0___0___0___1"),
        ("api_jina.ai", None),
        ("api_jina_ai", None),
        ("api..ai", None),
        ("api-.ai", None),
        ("api.-ai", None),
        ("api.jina.ai:443", None),
        ("api.jina.ai\n", None),
        ("fe80::1%eth0", None),
        ("apı.jina.ai", None),
        ("", None),
    ],
)
def test_the_variable_of_a_host(host: str, variable: str | None) -> None:
    assert key_variable(host) == variable


@given(NAMES | ADDRESSES, st.data())
@example("api.jina.ai", None)
def test_no_two_hosts_share_a_variable(host: str, data: st.DataObject | None) -> None:
    """Compare a host with what differs from it in its separators alone, the hardest to tell."""
    variable = key_variable(host)
    assert variable is not None
    assert re.fullmatch("[A-Z0-9_]+", variable)
    others = ["api-jina.ai", "api.jina-ai", "api--jina.ai", "api_jina.ai"]
    if data is not None:
        separators = st.sampled_from(["", ".", "-", "--", "---", "_", ":", "::", ".-", "-."])
        parts = re.split(r"[.:-]+", host)
        chosen = data.draw(st.lists(separators, min_size=len(parts), max_size=len(parts)))
        others = ["".join(a + b for a, b in zip(parts, chosen, strict=True))]
    for other in others:
        assert _same(host, other) or key_variable(other) != variable


def _same(one: str, other: str) -> bool:
    try:
        return ipaddress.ip_address(one) == ipaddress.ip_address(other)
    except ValueError:
        return one == other


def test_a_host_that_looks_alike_gets_no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TELLTALE_KEY_API_JINA_AI", "of-jina")
    assert key_from_environment("api.jina.ai") == "of-jina"
    for host in ("api-jina.ai", "api.jina-ai", "api_jina.ai", "api_jina_ai", "api-jina-ai"):
        assert key_from_environment(host) is None


def test_a_host_without_a_variable_gets_a_hint_without_one() -> None:
    assert "as TELLTALE_KEY_API__JINA_AI." in str(refusal(401, b"", "api-jina.ai", None))
    said = str(refusal(401, b"", "api_jina.ai", None))
    assert "Type it. " in said
    assert "None" not in said


def test_the_token_of_hugging_face_goes_to_its_own_hosts_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_token")
    assert key_from_environment("router.huggingface.co") == "hf_token"
    assert key_from_environment("huggingface.co") == "hf_token"
    endpoint = "x1.us-east-1.aws.endpoints.huggingface.cloud"
    for host in (
        endpoint,
        "evil.huggingface.co",
        "huggingface.co.evil.example",
        "evilhuggingface.co",
    ):
        assert key_from_environment(host) is None
    monkeypatch.setenv("TELLTALE_KEY_X1_US__EAST__1_AWS_ENDPOINTS_HUGGINGFACE_CLOUD", "own")
    assert key_from_environment(endpoint) == "own"
