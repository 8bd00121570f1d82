"""The kit: sealed before anything is published, opened to audit a model."""

from auditcore.kit.folder import KIT_FILE, PUBLISH_FOLDER, protect_into
from auditcore.kit.kit import Kit
from auditcore.kit.opening import open_kit
from auditcore.kit.parts import FORMAT_VERSION, MAX_PHOTOS, KitPhoto, PublicPart
from auditcore.kit.sealing import PhotoLine, PhotoSource, Sealed, seal_kit

__all__ = [
    "FORMAT_VERSION",
    "KIT_FILE",
    "MAX_PHOTOS",
    "PUBLISH_FOLDER",
    "Kit",
    "KitPhoto",
    "PhotoLine",
    "PhotoSource",
    "PublicPart",
    "Sealed",
    "open_kit",
    "protect_into",
    "seal_kit",
]
