"""Which addresses may be called: a typed address must not reach into the network around us.

https only; public addresses only; the name is looked up once, every address it has is judged, and
the connection is made to the addresses that were judged, whatever the name says later. With the
private switch of the person who runs Telltale, this machine (127.0.0.0/8, ::1) and private networks
(RFC 1918, RFC 4193) may be called as well, then without TLS too. Where cloud machines tell secrets
(link-local addresses and a few others) is never called.

Sources: IANA special-purpose registries (RFC 6890), read 2026-11-22; WHATWG URL Standard on hosts
that end in a number; RFC 6052 (NAT64), RFC 3056 (6to4), RFC 4380 (Teredo), RFC 4291.
"""

import ipaddress
import re
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from auditcore.errors import AddressRefused, ModelError
from auditcore.models.access import PRIVATE_SWITCH

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Resolve = Callable[[str, int], Sequence[str]]
"""Looks a name up: (host, port) -> addresses as text; raises OSError if there are none."""

_OWN = ("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "::1/128", "fc00::/7")
_NEVER = (
    "0.0.0.0/8",
    "100.64.0.0/10",  # carrier-grade NAT; one cloud's metadata is in it
    "168.63.129.16/32",  # a public address that is Azure's host to its own machines
    "169.254.0.0/16",  # link-local: the metadata of most clouds
    "192.0.0.0/24",
    "192.0.2.0/24",
    "192.88.99.0/24",
    "198.18.0.0/15",
    "198.51.100.0/24",
    "203.0.113.0/24",
    "224.0.0.0/4",
    "240.0.0.0/4",
    "2001::/23",  # special purposes, Teredo among them
    "2001:db8::/32",
    "2002::/16",  # 6to4: hides an IPv4 address
    "3fff::/20",
    "fd00:ec2::/32",  # AWS metadata and its like, inside the private range
    "fd20:ce::/32",  # Google's
)
_GLOBAL_IPV6 = ipaddress.ip_network("2000::/3")
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_OWN_NETWORKS = tuple(map(ipaddress.ip_network, _OWN))
_NEVER_NETWORKS = tuple(map(ipaddress.ip_network, _NEVER))
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_UNSAFE = re.compile(r"[\x00-\x20\x7f-\U0010ffff\\%<>\"^`{|}]")
_LOCAL_NAMES = ("localhost", "ip6-localhost", "ip6-loopback")
_TALKS_OF_KEYS = "A key comes from the environment or the field for it, never with the address."


@dataclass(frozen=True)
class Address:
    """An address that may be called.

    Attributes:
        scheme: "https", or "http" for private addresses.
        host: name or address, lower case, without brackets.
        port: port number.
        pinned: the addresses to connect to, as text: each was judged.
    """

    scheme: str
    host: str
    port: int
    pinned: tuple[str, ...]


def look_up(host: str, port: int) -> list[str]:
    """Return the addresses of a name, as the operating system knows them."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def canonical(url: str) -> str:
    """Return the one spelling of a URL: lower-case host, no port that goes without saying, no "/"
    at the end.

    Raises:
        AddressRefused: it can be read in more than one way, or carries more than an address.
    """
    parts = _split(url)
    host, port = _host(parts), _port(parts)
    shown = f"[{host}]" if ":" in host else host
    usual = {"https": 443, "http": 80}[parts.scheme]
    return f"{parts.scheme}://{shown}{'' if port == usual else f':{port}'}{parts.path.rstrip('/')}"


def check_url(url: str, private: bool) -> None:
    """Judge what a URL says by itself, without looking its name up.

    Raises:
        AddressRefused: with a sentence that says why.
    """
    parts = _split(url)
    host = _host(parts)
    _port(parts)
    own = host in _LOCAL_NAMES or host.endswith(".localhost")
    if own and not private:
        raise _private(host)
    literal = _literal(host)
    if literal is not None:
        own = _judge(literal, host, private)
    if parts.scheme == "http" and not private:
        raise AddressRefused("The address must begin with https://, so that nobody listens in.")
    if parts.scheme == "http" and literal is not None and not own:
        raise _plain(host)


def admit(url: str, private: bool, resolve: Resolve = look_up) -> Address:
    """Look the name in a URL up, once, and judge every address it has.

    Args:
        url: as `canonical` returns it.
        private: whether addresses of this machine and its network may be called.
        resolve: looks the name up.

    Raises:
        AddressRefused: the URL, or any address of the name, may not be called.
        ModelError: there is no such name.
    """
    check_url(url, private)
    parts = _split(url)
    host, port = _host(parts), _port(parts)
    literal = _literal(host)
    try:
        found = [str(literal)] if literal is not None else list(resolve(host, port))
    except (OSError, UnicodeError) as error:
        raise _unknown(host) from error
    if not found:
        raise _unknown(host)
    judged = [_judge(_plain_address(text), host, private) for text in found]
    if parts.scheme == "http" and not all(judged):
        raise _plain(host)
    return Address(parts.scheme, host, port, tuple(found))


def _split(url: str) -> SplitResult:
    if _UNSAFE.search(url):
        raise AddressRefused(
            "The address holds a space, a %, a backslash or a letter outside a-z, 0-9 and "
            "-._~/:. Write a name with other letters in its xn-- form."
        )
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise _unreadable() from error
    if parts.scheme not in ("https", "http") or not url.lower().startswith(f"{parts.scheme}://"):
        raise AddressRefused("The address must begin with https://.")
    if "@" in parts.netloc:
        raise AddressRefused(f"The address holds a user name or password. {_TALKS_OF_KEYS}")
    if "?" in url or parts.fragment:
        raise AddressRefused(f"The address holds a question mark or a second #. {_TALKS_OF_KEYS}")
    if any(part in (".", "..") for part in parts.path.split("/")) or "//" in parts.path:
        raise AddressRefused("The path of the address holds . or .. or //. Write it out.")
    return parts


def _host(parts: SplitResult) -> str:
    """Return the host: a name, an IPv4 address as four decimal numbers, or an IPv6 address."""
    written = parts.netloc
    if written.startswith("["):
        address = re.fullmatch(r"\[([0-9A-Fa-f:.]+)\](:[0-9]*)?", written)
        if address is None:
            raise _unreadable()
        return str(_address(address[1], ipaddress.IPv6Address))
    host = written.partition(":")[0].lower().removesuffix(".")
    if not host or len(host) > 253 or not all(map(_LABEL.fullmatch, host.split("."))):
        raise _unreadable()
    if _NUMBER.fullmatch(host.rpartition(".")[2]):
        return str(_address(host, ipaddress.IPv4Address))
    return host


def _address(text: str, kind: Callable[[str], IPAddress]) -> IPAddress:
    try:
        return kind(text)
    except ValueError as error:
        raise AddressRefused(
            "The host of the address is a number that can be read in several ways. Write its name, "
            "or four numbers from 0 to 255 with dots between them."
        ) from error


def _literal(host: str) -> IPAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _port(parts: SplitResult) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise _unreadable() from error
    if port == 0 or (parts.netloc.endswith(":")):
        raise _unreadable()
    return port or {"https": 443, "http": 80}[parts.scheme]


def _plain_address(text: str) -> IPAddress:
    """Return the address that a look-up gave; a zone (fe80::1%eth0) has no part in it."""
    return _address(text.partition("%")[0], lambda bare: ipaddress.ip_address(bare))


def _judge(address: IPAddress, host: str, private: bool) -> bool:
    """Return True for an own address that may be called, False for a public one, else raise."""
    reached = _reached(address)
    if any(reached in network for network in _NEVER_NETWORKS):
        raise _never(host)
    if any(reached in network for network in _OWN_NETWORKS):
        if not private:
            raise _private(host)
        if reached is not address:
            raise _never(host)
        return True
    if not reached.is_global or reached.is_multicast or not _in_the_open(reached):
        raise _never(host)
    return False


def _reached(address: IPAddress) -> IPAddress:
    """Return the IPv4 address that an IPv6 address stands for, if it does, else itself."""
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        if address in _NAT64:
            return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def _in_the_open(address: IPAddress) -> bool:
    return isinstance(address, ipaddress.IPv4Address) or address in _GLOBAL_IPV6


def _private(host: str) -> AddressRefused:
    return AddressRefused(
        f"{host} is this computer or inside a private network, which is not called unless the "
        f"person who runs Telltale allows it ({PRIVATE_SWITCH}=1)."
    )


def _never(host: str) -> AddressRefused:
    return AddressRefused(
        f"{host} leads to an address that is kept for special purposes and is never called. Use "
        "the model's public address."
    )


def _plain(host: str) -> AddressRefused:
    return AddressRefused(
        f"{host} is not inside a private network: the address must begin with https://, so that "
        "nobody listens in."
    )


def _unknown(host: str) -> ModelError:
    return ModelError(f"There is no host {host}, or no network. Check the spelling of the address.")


def _unreadable() -> AddressRefused:
    return AddressRefused(
        "The address cannot be read. It looks like https://api.example.org/v1, with a port "
        "(:8000) after the host if need be."
    )
