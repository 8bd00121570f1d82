"""What a hosted model is called, and what the connection test found, for the screen and reports."""

import datetime
from dataclasses import replace
from typing import Any

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

    The fingerprint follows from where it is asked and what it is called there: asking it in
    another way makes no other model of it. Several ways to write one address come to the same.

    Args:
        model: tested.
        server: what the server calls itself, "" if it does not.
        clock: for the date.
    """
    place = model.adapter.place
    facts = {
        "protocol": place.protocol,
        "url": place.url.removesuffix(place.path) + model.endpoint,
        "model": place.model,
    }
    details = _details(model, clock) | ({"server": server} if server else {})
    return replace(model.identity, fingerprint=fingerprint([], facts), details=details)


def asked_as(model: HostedModel) -> dict[str, Any]:
    """Return how a tested model is asked, and what it gives: kinds, lengths, classes."""
    listed = Capability.PROBABILITIES in model.capabilities  # others are named one by one
    return {
        "settings": model.adapter.place.facts()["settings"],
        "size": model.input_size,
        "gives": sorted(model.capabilities),
        "widths": {str(asks): width for asks, width in sorted(model.widths.items())},
        "labels": fingerprint([], {"labels": model.labels}) if listed else "",
    }


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
