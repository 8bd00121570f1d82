"""Read photos safely, normalise them, and write what is published."""

from auditcore.photos.captions import Captioned, read_captions
from auditcore.photos.finding import Found, FoundPhoto, find_photos
from auditcore.photos.metadata import find_metadata
from auditcore.photos.names import safe_name, shown, unique_names
from auditcore.photos.photo import (
    AUDIT_SIDE,
    MAX_PIXELS,
    Format,
    Photo,
    Pixels,
    audit_copy,
    audit_size,
)
from auditcore.photos.reading import read_format, read_photo, read_pixels, read_size
from auditcore.photos.writing import encode_photo

__all__ = [
    "AUDIT_SIDE",
    "MAX_PIXELS",
    "Captioned",
    "Format",
    "Found",
    "FoundPhoto",
    "Photo",
    "Pixels",
    "audit_copy",
    "audit_size",
    "encode_photo",
    "find_metadata",
    "find_photos",
    "read_captions",
    "read_format",
    "read_photo",
    "read_pixels",
    "read_size",
    "safe_name",
    "shown",
    "unique_names",
]
