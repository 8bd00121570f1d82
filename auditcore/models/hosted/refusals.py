"""What a provider's refusals mean, in sentences; and what of its words may be shown."""

import json
import re
from collections.abc import Mapping
from typing import Any

from auditcore.errors import KeyRefused, ModelError, SpendingError
from auditcore.models.access import key_variable
from auditcore.models.hosted.base import Unsuited

SHOWN = 200
"""Letters of a provider's own words that are shown at most."""

_PIECE = 6  # so many letters of a key in a row count as the key
AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
"""Statuses after which the same request is worth another try."""

_KEPT = "What was answered before is kept."


def scrubbed(text: str, key: str | None) -> str:
    """Return a provider's words fit to be shown: short, printable, and without the key."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    words = re.split(r"(\s|[\"'=,;:()<>])", plain)
    shown = "".join("[key]" if key and _holds(word, key) else word for word in words)
    return shown if len(shown) <= SHOWN else shown[: SHOWN - 3] + "..."


def refusal(status: int, body: bytes, host: str, key: str | None) -> ModelError:
    """Return the error for an answer that is neither a success nor worth another try."""
    said = _own_words(body, key)
    if status == 401:
        return _about_the_key(host, key)
    if status == 402:
        return SpendingError(f"The credit at {host} is used up. Top it up to go on. {_KEPT}{said}")
    if status == 403:
        return KeyRefused(f"{host} does not allow this key to ask this model. {_KEPT}{said}")
    if 300 <= status < 400:
        return ModelError(
            f"{host} sends the request on to another address, which is not followed. Write the "
            "final address in the model's spec."
        )
    return _about_the_question(status, host, said)


def _about_the_key(host: str, key: str | None) -> KeyRefused:
    if key is None:
        variable = key_variable(host)
        place = f", or set it in the environment as {variable}" if variable else ""
        return KeyRefused(f"{host} asks for a key. Type it{place}. {_KEPT}")
    return KeyRefused(f"{host} does not accept the key. Type the right one. {_KEPT}")


def _about_the_question(status: int, host: str, said: str) -> ModelError:
    sentences = {
        404: f"{host} knows no such model or path (404). Check the address and the model's name.",
        405: f"{host} does not take questions at this path (405). Check the address.",
        410: f"{host} does not offer this model any more (410).",
        413: f"{host} finds the request too large (413). Send fewer at once: add ;batch=1",
    }
    sentence = sentences.get(status, f"{host} does not accept the request ({status}). {_KEPT}")
    kind = Unsuited if status in (400, 404, 405, 413, 415, 422) else ModelError
    return kind(sentence + said)


def _own_words(body: bytes, key: str | None) -> str:
    """Return what the provider says about it, as a further sentence, or ""."""
    try:
        said = _message(json.loads(body))
    except (ValueError, RecursionError):
        return ""
    shown = scrubbed(said, key)
    return f' It says: "{shown}"' if shown else ""


def _message(said: Any) -> str:
    """Find the message in the shapes that providers use for errors."""
    if isinstance(said, str):
        return said
    if isinstance(said, list) and said:
        return _message(said[0])
    if isinstance(said, Mapping):
        for name in ("error", "detail", "message", "msg"):
            if message := _message(said.get(name)):
                return message
    return ""


def _holds(word: str, key: str) -> bool:
    """Say whether a word holds the key or a telling piece of it."""
    if len(key) <= _PIECE:
        return key in word
    return any(key[i : i + _PIECE] in word for i in range(len(key) - _PIECE + 1))
