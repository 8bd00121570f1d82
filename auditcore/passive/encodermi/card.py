"""What a saved attack says of itself: what it was trained on, and how often it was right there."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from auditcore.errors import PassiveError
from auditcore.photos.names import is_plain

CARD_FORMAT = 1
_TEXT_MOST = 400
_COUNT_MOST = 10**9
_HEX = re.compile(r"[0-9a-f]{64}")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True)
class Card:
    """The card of an attack. Everything in it is told by whoever trained the attack.

    Attributes:
        title: one line to choose it by.
        shadow_encoder: what encoder it was trained with, in words.
        shadow_fingerprint: fingerprint of that encoder (see `models.fingerprint`).
        data: what pictures, in words.
        members, non_members: how many it learnt from.
        held_out: how many further pictures of the same encoder it was tried on, a fifth of both.
        right: how many of those V, S and T called rightly.
        made: day, YYYY-MM-DD.
        software: what trained it.
        weights_sha256: of the weights file, hex.
    """

    title: str
    shadow_encoder: str
    shadow_fingerprint: str
    data: str
    members: int
    non_members: int
    held_out: int
    right: dict[str, int]
    made: str
    software: str
    weights_sha256: str

    def to_json(self) -> dict[str, Any]:
        """Return the card as plain JSON values."""
        return {"format": CARD_FORMAT, **asdict(self)}

    @classmethod
    def from_json(cls, value: object) -> "Card":
        """Read a stranger's card.

        Raises:
            PassiveError: it is no card, of a newer format, or a field is missing, unknown or
                nothing that such a field can hold.
        """
        if not isinstance(value, dict) or "format" not in value:
            raise PassiveError(f"card.json is not the card of an attack. {_WANTED}")
        found = value["format"]
        if type(found) is int and found > CARD_FORMAT:
            raise PassiveError(
                f"This attack's card is in format {found}; this Telltale reads {CARD_FORMAT}. "
                "Update Telltale, then use it."
            )
        _check(value)
        return cls(**{name: item for name, item in value.items() if name != "format"})


_WANTED = "Use a folder that `passive encodermi train` wrote."
_NAMES = tuple(field.name for field in fields(Card))


def _check(value: Mapping[str, Any]) -> None:
    wrong = sorted(set(value) ^ {"format", *_NAMES})
    wrong += [name for name in _NAMES if name in value and not _fits(name, value[name])]
    if wrong or value["format"] != CARD_FORMAT:
        named = ", ".join(str(name)[:40] for name in wrong[:5]) or "format"
        raise PassiveError(
            f"card.json cannot be read as the card of an attack; wrong is: {named}. {_WANTED}"
        )


def _fits(name: str, value: object) -> bool:
    if name in ("members", "non_members", "held_out"):
        return _is_count(value)
    if name == "right":
        return (
            isinstance(value, dict)
            and set(value) == {"V", "S", "T"}
            and all(_is_count(count) for count in value.values())
        )
    if not isinstance(value, str) or len(value) > _TEXT_MOST or not is_plain(value):
        return False
    if name in ("shadow_fingerprint", "weights_sha256"):
        return _HEX.fullmatch(value) is not None
    return name != "made" or _DATE.fullmatch(value) is not None


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= _COUNT_MOST
