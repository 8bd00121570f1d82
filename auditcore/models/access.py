"""How hosted models may be reached: keys, addresses, and what may be spent."""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any

PRIVATE_SWITCH = "TELLTALE_ALLOW_PRIVATE_ADDRESSES"
"""Set to 1 by the person who runs Telltale to allow addresses of this machine and its network."""

_HUGGING_FACE = ("router.huggingface.co", "huggingface.co")
_VARIABLE = "TELLTALE_KEY_"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*", re.ASCII)


@dataclass(frozen=True)
class Budget:
    """What an audit may spend at a provider.

    Attributes:
        price: what the provider asks for 1,000 images or texts, in any currency; None if unknown.
        most: images and texts sent at most, retries and test images included; None for no ceiling.
        per_minute: images and texts a minute that the provider allows; None for no limit.
    """

    price: Decimal | None = None
    most: int | None = None
    per_minute: int | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the budget as plain JSON values."""
        return {**asdict(self), "price": None if self.price is None else str(self.price)}

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Budget":
        """Read back what `to_json` wrote."""
        price = values["price"]
        return cls(**{**values, "price": None if price is None else Decimal(price)})

    def cost(self, images: int) -> Decimal | None:
        """Return the price of so many images, None if it is unknown."""
        return None if self.price is None else self.price * images / 1000


def key_from_environment(host: str) -> str | None:
    """Return the key that the environment holds for one host, and for no other.

    The variable carries the host's name, see `key_variable`. HF_TOKEN is for Hugging Face's own
    hosts; anybody may rent an endpoint in its cloud, which therefore needs a key of its own.
    """
    variable = key_variable(host)
    named = variable and os.environ.get(variable)
    if named:
        return named
    return os.environ.get("HF_TOKEN") or None if host.lower() in _HUGGING_FACE else None


def without_keys(environment: Mapping[str, str]) -> dict[str, str]:
    """Return an environment for a process that has no business with keys of single hosts."""
    return {name: value for name, value in environment.items() if not name.startswith(_VARIABLE)}


def key_variable(host: str) -> str | None:
    """Return the name of the environment variable that holds the key of a host.

    No two hosts share one, so that a host whose name looks alike gets nobody else's key: a dot is
    written "_" and a hyphen "__". TELLTALE_KEY_API_JINA_AI is for api.jina.ai,
    TELLTALE_KEY_API__JINA_AI for api-jina.ai, TELLTALE_KEY_127_0_0_1 for this machine. An IPv6
    address is its eight numbers with "___" between them. The port has no part in it.

    Args:
        host: name or address, without brackets.

    Returns:
        None for a host that can have none: with a "_" or whatever else no host's name holds.
    """
    try:
        groups = ipaddress.IPv6Address(host).exploded.split(":")
        return _VARIABLE + "___".join(f"{int(group, 16):X}" for group in groups)
    except ValueError:  # no address, or one with a zone
        plain = _NAME.fullmatch(host) is not None
        return _VARIABLE + host.upper().replace("-", "__").replace(".", "_") if plain else None


def private_allowed() -> bool:
    """Say whether the person who runs Telltale has allowed private addresses."""
    return os.environ.get(PRIVATE_SWITCH) == "1"


@dataclass(frozen=True)
class Access:
    """What opening a hosted model needs beside its spec.

    Attributes:
        key_of: gives the key of a host, None if there is none. The key is asked for when a request
            is sent, goes to that host alone, and is kept nowhere.
        private: whether addresses of this machine and its network may be called.
        budget: price, ceiling and rate.
        released: the day the model was published, as far as the person knows (ISO date).
        scope: the unfinished audit that is to be gone on with, if any: what the connection test
            sends counts under its ceiling.
    """

    key_of: Callable[[str], str | None] = key_from_environment
    private: bool = field(default_factory=private_allowed)
    budget: Budget = Budget()
    released: str | None = None
    scope: str | None = None
