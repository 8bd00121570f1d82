"""Addresses of shared/spec hosted-models.md and more: none of them may be called."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditcore.errors import AddressRefused, ModelError
from auditcore.models.hosted.guard import Address, admit, canonical, check_url

PUBLIC = "93.184.215.14"

# Refused whatever the switch says: to be read in two ways, or kept for special purposes.
NEVER = [
    "https://0x7f000001/v1",
    "https://0x7f.0.0.1/",
    "https://0177.0.0.1/",
    "https://2130706433/",
    "https://127.1/",
    "https://127.0.1/",
    "https://0/",
    "https://0x/",
    "https://1.2.3.4.5/",
    "https://256.1.1.1/",
    "https://01.02.03.04/",
    "https://0.0.0.0/",
    "https://[::]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b::10.0.0.1]/",
    "https://[64:ff9b::a9fe:a9fe]/",
    "https://[64:ff9b:1::7f00:1]/",
    "https://[2002:7f00:1::]/",
    "https://[2002:c0a8:101::1]/",
    "https://[2001:0:4136:e378:8000:63bf:3fff:fdd2]/",
    "https://[2001:db8::1]/",
    "https://[fe80::1]/",
    "https://[fe80::1%25eth0]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    "https://[fd00:ec2::254]/latest/meta-data",
    "https://[fd20:ce::254]/computeMetadata",
    "https://[::1",
    "https://[v1.x]/",
    "https://169.254.169.254/latest/meta-data",
    "https://169.254.170.2/",
    "https://168.63.129.16/",
    "https://100.100.100.200/",
    "https://100.64.0.1/",
    "https://192.0.0.192/",
    "https://198.18.0.1/",
    "https://203.0.113.9/",
    "https://224.0.0.1/",
    "https://239.255.255.250/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://user@example.org/",
    "https://user:word@example.org/",
    "https://example.org@127.0.0.1/",
    "https://example.org\\@127.0.0.1/",
    "https://example.org#@127.0.0.1/",
    "https://example.org?key=secret",
    "https://example.org?",
    "https://exa mple.org/",
    "https://example.org/a\nHost: other",
    "https://example.org/\r\n",
    "https://example.org/\x00",
    "https://example.org/%2e%2e/",
    "https://example.org/../admin",
    "https://example.org//evil",
    "https://ex%61mple.org/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://ｌocalhost/",
    "https://bücher.example/",
    "https://",
    "https:///v1",
    "https:example.org",
    "https:/example.org",
    "https://.example.org/",
    "https://example..org/",
    "https://-example.org/",
    "https://" + "a" * 64 + ".org/",
    "https://" + "a." * 130 + "org/",
    "https://example.org:0/",
    "https://example.org:/",
    "https://example.org:65536/",
    "https://example.org:8x/",
    "ftp://example.org/",
    "file:///etc/passwd",
    "gopher://example.org/",
    "//example.org/",
    "example.org",
    "",
]

# This computer and private networks: only behind the switch.
OWN = [
    "https://127.0.0.1/",
    "https://127.8.8.8/",
    "https://localhost/",
    "https://LOCALHOST./",
    "https://models.localhost/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://10.0.0.1/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.168.1.1/",
    "https://[fc00::1]/",
    "https://[fd12:3456::1]/",
]


def nothing(host: str, port: int) -> list[str]:
    raise AssertionError("no name may be looked up")


@pytest.mark.parametrize("private", [False, True])
@pytest.mark.parametrize("url", NEVER)
def test_never_called(url: str, private: bool) -> None:
    with pytest.raises(AddressRefused):
        check_url(url, private)
    with pytest.raises(AddressRefused):
        admit(url, private, nothing)


@pytest.mark.parametrize("url", OWN)
def test_own_network_only_behind_the_switch(url: str) -> None:
    with pytest.raises(AddressRefused, match="TELLTALE_ALLOW_PRIVATE_ADDRESSES=1"):
        check_url(url, private=False)
    check_url(url, private=True)
    check_url(url.replace("https", "http"), private=True)


@pytest.mark.parametrize(
    "resolved",
    [
        ["127.0.0.1"],
        ["10.1.2.3"],
        ["169.254.169.254"],
        ["168.63.129.16"],
        ["100.64.1.1"],
        ["0.0.0.0"],
        ["::1"],
        ["fe80::1%eth0"],
        ["::ffff:10.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::1"],
        ["fd00::1"],
        [PUBLIC, "127.0.0.1"],
        ["2606:2800:21f:cb07:6820:80da:af6b:8b2c", "::1"],
    ],
)
def test_a_name_that_leads_inside_is_refused(resolved: list[str]) -> None:
    with pytest.raises(AddressRefused):
        admit("https://model.example", private=False, resolve=lambda host, port: resolved)


@pytest.mark.parametrize("resolved", [["169.254.169.254"], ["168.63.129.16"], ["fd00:ec2::254"]])
def test_metadata_is_refused_behind_the_switch_too(resolved: list[str]) -> None:
    for scheme in ("http", "https"):
        with pytest.raises(AddressRefused, match="special purposes"):
            admit(f"{scheme}://metadata", private=True, resolve=lambda host, port: resolved)


def test_a_public_name_is_pinned_with_all_its_addresses() -> None:
    found = [PUBLIC, "2606:2800:21f:cb07:6820:80da:af6b:8b2c"]
    address = admit("https://model.example:8443/v1", False, lambda host, port: found)
    assert address == Address("https", "model.example", 8443, tuple(found))


def test_nat64_of_a_public_address_is_public() -> None:
    address = admit("https://model.example", False, lambda host, port: ["64:ff9b::5db8:d70e"])
    assert address.pinned == ("64:ff9b::5db8:d70e",)


def test_without_tls_only_inside() -> None:
    with pytest.raises(AddressRefused, match="https://"):
        check_url("http://example.org", private=False)
    with pytest.raises(AddressRefused, match="https://"):
        check_url(f"http://{PUBLIC}", private=True)
    with pytest.raises(AddressRefused, match="https://"):
        admit("http://example.org", True, lambda host, port: [PUBLIC])
    with pytest.raises(AddressRefused, match="https://"):
        admit("http://example.org", True, lambda host, port: ["127.0.0.1", PUBLIC])
    inside = admit("http://box.example", True, lambda host, port: ["192.168.0.7"])
    assert (inside.scheme, inside.port, inside.pinned) == ("http", 80, ("192.168.0.7",))


@pytest.mark.parametrize("error", [OSError("no"), UnicodeError("label too long")])
def test_an_unknown_name_gets_a_sentence(error: Exception) -> None:
    def fails(host: str, port: int) -> list[str]:
        raise error

    with pytest.raises(ModelError, match=r"no host model\.example"):
        admit("https://model.example", False, fails)
    with pytest.raises(ModelError, match=r"no host model\.example"):
        admit("https://model.example", False, lambda host, port: [])


@pytest.mark.parametrize(
    ("url", "spelled"),
    [
        ("HTTPS://API.Example.ORG:443/v1/", "https://api.example.org/v1"),
        ("https://example.org.", "https://example.org"),
        ("http://127.0.0.1:8000/", "http://127.0.0.1:8000"),
        ("https://[0:0:0:0:0:0:0:1]:443/", "https://[::1]"),
        ("https://xn--bcher-kva.example/v1", "https://xn--bcher-kva.example/v1"),
    ],
)
def test_one_spelling(url: str, spelled: str) -> None:
    assert canonical(url) == spelled == canonical(spelled)


@given(st.text() | st.text("htps:/[]@#?%.:0123456789abcdefx\\ ").map("https://{}".format))
def test_any_text_is_judged_or_refused(text: str) -> None:
    for private in (False, True):
        try:
            check_url(text, private)
        except AddressRefused:
            continue
        assert canonical(canonical(text)) == canonical(text)
        check_url(canonical(text), private)


@given(st.integers(0, 2**32 - 1))
def test_no_other_way_to_write_ipv4_is_taken(number: int) -> None:
    a, b, c, d = ipaddress.IPv4Address(number).packed
    ways = [f"{number}", f"{number:#x}", f"0{number:o}", f"{a}.{(b << 16) + (c << 8) + d}"]
    ways += [f"{a:#x}.{b}.{c}.{d}", f"{a}.{b}.{(c << 8) + d}", f"0{a:o}.{b}.{c}.{d}"]
    for host in ways:
        with pytest.raises(AddressRefused):
            check_url(f"https://{host}/", private=True)


@given(st.integers(0, 2**128 - 1) | st.integers(0, 2**32 - 1).map(lambda x: (0xFFFF << 32) + x))
def test_only_public_ipv6_is_taken(number: int) -> None:
    address = ipaddress.IPv6Address(number)
    try:
        admitted = admit("https://model.example", False, lambda host, port: [str(address)])
    except AddressRefused:
        return
    assert admitted.pinned == (str(address),)
    assert (address.ipv4_mapped or address).is_global


@given(st.integers(0, 2**32 - 1))
def test_only_public_ipv4_is_taken(number: int) -> None:
    address = ipaddress.IPv4Address(number)
    try:
        admit("https://model.example", False, lambda host, port: [str(address)])
    except AddressRefused:
        return
    assert address.is_global
    assert not address.is_multicast
