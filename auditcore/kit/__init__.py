"""The kit: sealed before anything is published, opened to audit a model."""

from auditcore.kit.archive import UPLOAD_PHOTOS
from auditcore.kit.folder import PUBLISH_FOLDER, SEALING_FOLDER, protect_into
from auditcore.kit.journal import KIT_FILE
from auditcore.kit.kit import Kit
from auditcore.kit.line import PhotoLine
from auditcore.kit.opening import open_kit
from auditcore.kit.parts import FORMAT_VERSION, MAX_PHOTOS, KitPhoto, PublicPart
from auditcore.kit.sealing import Sealed, SealedBytes, seal_kit
from auditcore.kit.side_by_side import processes_here
from auditcore.kit.source import PhotoSource

__all__ = [
    "FORMAT_VERSION",
    "KIT_FILE",
    "MAX_PHOTOS",
    "PUBLISH_FOLDER",
    "SEALING_FOLDER",
    "UPLOAD_PHOTOS",
    "Kit",
    "KitPhoto",
    "PhotoLine",
    "PhotoSource",
    "PublicPart",
    "Sealed",
    "SealedBytes",
    "open_kit",
    "processes_here",
    "protect_into",
    "seal_kit",
]
