"""What a hosted model is called, and what the connection test found, for the screen and reports."""

import datetime
from dataclasses import replace

from auditcore.errors import ModelError
from auditcore.models.base import Capability, ModelIdentity
from auditcore.models.fingerprint import fingerprint
from auditcore.models.hosted.base import Place
from auditcore.models.hosted.model import HostedModel
from auditcore.models.hosted.spec import host_of
from auditcore.models.hosted.waiting import Clock

_LENGTHS = {
    Capability.IMAGE_FEATURES: " of length {}",
    Capability.TEXT_FEATURES: " of length {}",
    Capability.PROBABILITIES: " of {} classes",
}


def unmet(place: Place, released: str | None) -> ModelIdentity:
    """Return what is known of a model before it is asked anything.

    Raises:
        ModelError: `released` is no date.
    """
    name = place.model or place.path.rpartition("/")[2] or "the model"
    return ModelIdentity(
        spec=place.spec,
        kind=place.protocol,
        name=f"{name} at {host_of(place)}",
        fingerprint=fingerprint([], place.facts()),
        released=_date(released),
        details={"address": place.url},
    )


def met(model: HostedModel, server: str, clock: Clock) -> ModelIdentity:
    """Return what the connection test made of a model.

    The fingerprint follows from where it is asked, about which pictures, and what it gives (kinds,
    lengths, names of classes); several ways to write one address come to the same.

    Args:
        model: tested.
        server: what the server calls itself, "" if it does not.
        clock: for the date.
    """
    place = model.adapter.place
    facts = {**place.facts(), "url": place.url.removesuffix(place.path) + model.endpoint}
    facts |= {"size": model.input_size, "gives": sorted(model.capabilities)}
    facts["widths"] = {str(asks): width for asks, width in model.widths.items()}
    if Capability.PROBABILITIES in model.capabilities:
        facts["labels"] = model.labels  # the others may be named one by one
    details = _details(model, clock) | ({"server": server} if server else {})
    return replace(model.identity, fingerprint=fingerprint([], facts), details=details)


def _details(model: HostedModel, clock: Clock) -> dict[str, str]:
    adapter, size = model.adapter, model.input_size
    tested = datetime.datetime.fromtimestamp(clock.today(), datetime.UTC)
    details = {
        **model.identity.details,
        "protocol": adapter.title,
        "gives": _in_words(model),
        "pictures": f"sent as {adapter.sent}, {size} x {size} px, lossless",
        "tested": f"{tested:%Y-%m-%d %H:%M} UTC",
    }
    if "size" not in adapter.place.settings and adapter.size is None:
        details["pictures"] += " (this size is assumed)"
        details["note"] = (
            "The provider does not tell the size of its model's pictures and may resize ours: "
            "small marks can get lost. If you know the size, add ;size=..."
        )
    return {**details, **adapter.notes}


def _in_words(model: HostedModel) -> str:
    """Say what the model gives, such as "image features of length 512, text features"."""
    words = [
        str(asks) + _LENGTHS.get(asks, "").format(model.widths.get(asks))
        for asks in sorted(model.capabilities)
    ]
    return ", ".join(words)


def _date(text: str | None) -> datetime.date | None:
    try:
        return datetime.date.fromisoformat(text) if text else None
    except ValueError as error:
        raise ModelError(
            "The day on which the model was published is written like 2026-03-01."
        ) from error
