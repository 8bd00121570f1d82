"""Reading the spec of a hosted model: PROTOCOL:ADDRESS#MODEL;setting=value;...

openai:https://api.jina.ai/v1#jina-clip-v2
hf:google/vit-base-patch16-224        hf:https://NAME.endpoints.huggingface.cloud
oip:https://models.example.org#resnet;output=logits;scale=imagenet
"""

import re
from importlib import import_module
from urllib.parse import urlsplit

from auditcore.errors import ModelError
from auditcore.models import HOSTED
from auditcore.models.access import private_allowed
from auditcore.models.hosted import guard
from auditcore.models.hosted.base import Adapter, Place
from auditcore.models.suggest import did_you_mean

SIZES = range(16, 2049)
BATCHES = range(1, 257)
_HUGGING_FACE = "https://router.huggingface.co/hf-inference/models/"
_HF_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?", re.ASCII)


def parse_spec(spec: str) -> Place:
    """Read a spec. Nothing is sent; whether the address may be called is `guard`'s business.

    Raises:
        ModelError: something in it cannot be read, with what to write instead.
    """
    text = spec.strip()
    protocol, _, rest = text.partition(":")
    if protocol not in HOSTED:
        raise ModelError(
            f"There is no protocol '{protocol}'.{did_you_mean(protocol, HOSTED)} "
            f"There are: {', '.join(HOSTED)}."
        )
    adapter = adapter_of(protocol)
    where, *assigned = rest.split(";")
    settings = _settings(adapter, assigned)
    address, _, model = where.strip().partition("#")
    _check_model(adapter, protocol, model)
    return Place(text, protocol, _url(protocol, address), model, settings)


def check_spec(text: str, private: bool | None = None) -> str | None:
    """Return what is wrong with a spec, as a sentence, or None; for use while it is being typed.

    Nothing is sent and no name is looked up.

    Args:
        text: the spec as far as it is typed.
        private: whether addresses of this machine and its network may be called; what the
            environment says if None.
    """
    try:
        place = parse_spec(text)
        guard.check_url(place.url, private_allowed() if private is None else private)
    except ModelError as error:
        return str(error)
    return None


def adapter_of(protocol: str) -> type[Adapter]:
    """Return the class that speaks a protocol of HOSTED."""
    found: type[Adapter] = import_module(HOSTED[protocol]).Adapter
    return found


def _check_model(adapter: type[Adapter], protocol: str, model: str) -> None:
    if adapter.needs_model and not model:
        raise ModelError(
            "Write the model's name after the address and a #, such as "
            f"{protocol}:https://api.example.org/v1#my-model."
        )
    if model and not adapter.needs_model:
        raise ModelError(
            f"The address of {protocol}: names the model already. Leave away what stands after #."
        )
    if not re.fullmatch(r"[\w./:@+-]*", model, re.ASCII) or ".." in model:
        raise ModelError(
            "The model's name may hold letters, digits and . / : @ + - _ only, without a space."
        )


def _url(protocol: str, address: str) -> str:
    """Return the address as a URL; a model id of Hugging Face becomes that of its router."""
    if "://" in address:
        return guard.canonical(address)
    if protocol == "hf" and _HF_ID.fullmatch(address) and ".." not in address:
        return _HUGGING_FACE + address
    if protocol == "hf":
        raise ModelError(
            "After hf: comes a model of Hugging Face, such as google/vit-base-patch16-224, or the "
            "address of an endpoint, which begins with https://."
        )
    raise ModelError(f"After {protocol}: comes an address that begins with https://.")


def _settings(adapter: type[Adapter], assigned: list[str]) -> dict[str, str]:
    """Return the settings; a value is not repeated in an error, since it may be a key."""
    settings: dict[str, str] = {}
    for text in assigned:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not equals or not value:
            raise ModelError("After each semicolon comes a setting, such as ;size=224.")
        if name in settings:
            raise ModelError(f"The setting {name} is there twice.")
        _check_setting(adapter, name, value)
        settings[name] = value
    adapter.check(settings)
    return settings


def _check_setting(adapter: type[Adapter], name: str, value: str) -> None:
    known: dict[str, tuple[str, ...]] = {"size": (), "batch": (), **adapter.settings}
    if name not in known:
        raise ModelError(
            f"There is no such setting.{did_you_mean(name, known)} There are: {', '.join(known)}. "
            "A key does not belong here: it comes from the environment or the field for it."
        )
    if known[name] and value not in known[name]:
        raise ModelError(f"The setting {name} may be: {', '.join(known[name])}.")
    allowed = {"size": SIZES, "batch": BATCHES}.get(name)
    if allowed and not (value.isascii() and value.isdigit() and int(value[:6]) in allowed):
        raise ModelError(f"The setting {name} is a number from {allowed[0]} to {allowed[-1]}.")


def host_of(place: Place) -> str:
    """Return the host of a place, as `Access.key_of` is asked about it."""
    return urlsplit(place.url).hostname or ""
