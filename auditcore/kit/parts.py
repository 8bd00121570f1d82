"""The two parts of a kit, their JSON, and the hashes that bind them to each other.

The secret part holds the hash of the public part (without the commitment); the commitment is the
hash of the secret part; the kit's id is the hash of the public part with the commitment. So nothing
can change unseen, and whoever has the id has everything fixed without seeing the secret.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from auditcore.errors import KitError
from auditcore.kit.canonical import canonical_json
from auditcore.marks import VERSIONS_MAX, VERSIONS_MIN, VISIBILITY_MAX, VISIBILITY_MIN
from auditcore.photos import MAX_PIXELS, Format, safe_name, shown
from auditcore.photos.captions import MAX_CAPTION
from auditcore.photos.names import is_plain
from auditcore.randomness import SEED_BYTES

FORMAT_VERSION = 1
MAX_PHOTOS = 100_000
TIME_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
_HASH = re.compile(r"[0-9a-f]{64}")
_PART = re.compile(r"[a-z0-9-]{1,40}")


@dataclass(frozen=True)
class KitPhoto:
    """What the public part says of one photo.

    Attributes:
        file: name of the published file, safe and unique within the kit.
        format: "JPEG", "PNG" or "WEBP".
        width, height: in pixels, as published.
        grey: the photo is black and white.
        caption: the text it is published with, or None.
        label: its class, or None.
        original_sha256, published_sha256: hex hashes of the two files.
    """

    file: str
    format: Format
    width: int
    height: int
    grey: bool
    caption: str | None
    label: str | None
    original_sha256: str
    published_sha256: str


@dataclass(frozen=True)
class PublicPart:
    """What may be shown to anyone: it does not tell which version was published.

    Attributes:
        format_version: FORMAT_VERSION.
        software: name and version of what sealed the kit.
        created: UTC, in TIME_FORMAT, by the clock of the machine that sealed it.
        versions: n, the same for all photos.
        family: name of the family of marks.
        visibility: asked mean CIEDE2000.
        test_seed: hex seed when it was given instead of drawn (for tests alone), else None.
        photos: in the order of their indices.
        commitment: hex hash of the secret part.
    """

    format_version: int
    software: str
    created: str
    versions: int
    family: str
    visibility: float
    test_seed: str | None
    photos: tuple[KitPhoto, ...]
    commitment: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the part as plain JSON values."""
        return vars(self) | {"photos": [dict(vars(photo)) for photo in self.photos]}

    def digest(self) -> str:
        """Return the hash that the secret part holds: over everything but the commitment."""
        return _hash("public", {**self.to_json(), "commitment": ""})

    def id(self) -> str:
        """Return the kit's id, 64 hex digits: over everything, commitment included."""
        return _hash("id", self.to_json())


@dataclass(frozen=True)
class SecretPhoto:
    """Hashes of what is stored for one photo: the base picture and the parts of its mark."""

    base_sha256: str
    parts_sha256: Mapping[str, str]


@dataclass(frozen=True)
class SecretPart:
    """What decides marks, published versions and order; its hash is the commitment."""

    seed: bytes
    public_sha256: str
    photos: tuple[SecretPhoto, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the part as plain JSON values."""
        photos = [
            {"base_sha256": photo.base_sha256, "parts_sha256": dict(photo.parts_sha256)}
            for photo in self.photos
        ]
        return {"seed": self.seed.hex(), "public_sha256": self.public_sha256, "photos": photos}

    def commitment(self) -> str:
        """Return the hex hash that is published; the seed's 256 random bits hide the rest."""
        return _hash("commitment", self.to_json())


def _hash(domain: str, value: Any) -> str:
    return hashlib.sha256(f"telltale/kit/{domain}/1\n".encode() + canonical_json(value)).hexdigest()


def read_public(raw: Any) -> PublicPart:
    """Check every field of the public part.

    Raises:
        KitError: for a newer format, an unknown or missing field, or a value out of bounds.
    """
    _check_format(raw)
    _check_fields(raw, PublicPart, "public")
    photos = raw["photos"]
    if not isinstance(photos, list) or not 1 <= len(photos) <= MAX_PHOTOS:
        raise _bad_value("public", "photos")
    for photo in photos:
        _check_photo(photo)
    names = {photo["file"].casefold() for photo in photos}
    _require(len(names) == len(photos), "public", "file")
    _check_public_values(raw)
    return PublicPart(**{**raw, "photos": tuple(KitPhoto(**photo) for photo in photos)})


def read_secret(raw: Any, photos: int) -> SecretPart:
    """Check every field of the secret part, for a kit of that many photos.

    Raises:
        KitError: for an unknown or missing field, or a value out of bounds.
    """
    _check_fields(raw, SecretPart, "secret")
    seed, items = raw["seed"], raw["photos"]
    _require(_is_hash(seed) and len(seed) == 2 * SEED_BYTES, "secret", "seed")
    _require(_is_hash(raw["public_sha256"]), "secret", "public_sha256")
    _require(isinstance(items, list) and len(items) == photos, "secret", "photos")
    for item in items:
        _check_fields(item, SecretPhoto, "secret")
        parts = item["parts_sha256"]
        _require(_is_hash(item["base_sha256"]), "secret", "base_sha256")
        good = isinstance(parts, dict) and all(map(_PART.fullmatch, parts))
        _require(good and all(map(_is_hash, parts.values())), "secret", "parts_sha256")
    secret_photos = tuple(SecretPhoto(**item) for item in items)
    return SecretPart(bytes.fromhex(seed), raw["public_sha256"], secret_photos)


def _check_format(raw: Any) -> None:
    version = raw.get("format_version") if isinstance(raw, dict) else None
    if type(version) is int and version > FORMAT_VERSION:
        raise KitError(
            "This kit was made by a newer Telltale than this one. Update Telltale, then open it."
        )
    _require(version == FORMAT_VERSION and type(version) is int, "public", "format_version")


def _check_fields(raw: Any, part: type, which: str) -> None:
    known = {field.name for field in fields(part)}
    if not isinstance(raw, dict):
        raise _bad_value(which, "photos")
    if unknown := sorted(set(raw) - known):
        raise KitError(
            f"The kit's {which} part has an entry that does not belong there: {shown(unknown[0])}. "
            "It was edited, or made by another program. Use the kit file as it was first saved."
        )
    if missing := sorted(known - set(raw)):
        raise KitError(
            f"The kit's {which} part lacks the entry “{missing[0]}”. "
            "It was edited or damaged. Use the kit file as it was first saved."
        )


def _check_public_values(raw: dict[str, Any]) -> None:
    for field in ("software", "family"):
        _require(_is_text(raw[field], 100), "public", field)
    _require(_is_time(raw["created"]), "public", "created")
    versions, visibility = raw["versions"], raw["visibility"]
    good = type(versions) is int and VERSIONS_MIN <= versions <= VERSIONS_MAX
    _require(good, "public", "versions")
    good = type(visibility) is float and VISIBILITY_MIN <= visibility <= VISIBILITY_MAX
    _require(good, "public", "visibility")
    _require(raw["test_seed"] is None or _is_hash(raw["test_seed"]), "public", "test_seed")
    _require(_is_hash(raw["commitment"]), "public", "commitment")


def _check_photo(raw: Any) -> None:
    _check_fields(raw, KitPhoto, "public")
    _require(_is_text(raw["file"], 200) and safe_name(raw["file"]) == raw["file"], "public", "file")
    _require(raw["format"] in ("JPEG", "PNG", "WEBP"), "public", "format")
    for field in ("width", "height"):
        _require(type(raw[field]) is int and raw[field] > 0, "public", field)
    _require(raw["width"] * raw["height"] <= MAX_PIXELS, "public", "width")
    _require(type(raw["grey"]) is bool, "public", "grey")
    for field in ("caption", "label"):
        _require(raw[field] is None or _is_text(raw[field], MAX_CAPTION), "public", field)
    for field in ("original_sha256", "published_sha256"):
        _require(_is_hash(raw[field]), "public", field)


def _is_hash(value: Any) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _is_text(value: Any, longest: int) -> bool:
    return isinstance(value, str) and 0 < len(value) <= longest and is_plain(value)


def _is_time(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(datetime.strptime(value, TIME_FORMAT))
    except ValueError:
        return False


def _require(good: bool, which: str, field: str) -> None:
    if not good:
        raise _bad_value(which, field)


def _bad_value(which: str, field: str) -> KitError:
    name = field.removesuffix("_sha256")
    return KitError(
        f"The kit's {which} part is damaged: its entry “{name}” cannot be right. "
        "Use the kit file as it was first saved, or another copy of it."
    )
