"""The sample pictures for EncoderMI: real photographs of one source, dealt out at random.

Some are what demo:encoder is trained on (members), some it never sees (non-members), some are the
reference that both are compared with; the rest trains the attack, on another encoder. Which is
which was drawn, so that the parts differ by chance alone.
"""

import io
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from auditcore.lab.data import fetch_corpus, look
from auditcore.lab.registries import LabError
from auditcore.lab.samples import SAMPLES
from auditcore.lab.sources import CaptionedImage
from auditcore.photos import Pixels, read_pixels
from auditcore.randomness import derive

PICTURES_FOLDER = "pictures"
ATTRIBUTION_FILE = "ATTRIBUTION.md"
PARTS = {"members": 32, "non_members": 32, "reference": 60}
"""How many pictures each shipped part has; its folder has this name."""
SHADOW_MEMBERS = 32

_SEED = b"demo encoder pictures"
_ALIKE = 0.85
_SIDE, _QUALITY = 240, 85


@dataclass(frozen=True)
class Dealt:
    """The photographs of each shipped part, and those of the shadow encoder and its non-members."""

    parts: dict[str, list[CaptionedImage]]
    shadow_members: list[CaptionedImage]
    shadow_non_members: list[CaptionedImage]


def deal(work: Path) -> Dealt:
    """Deal out the corpus' photographs; those of the sample kit and near-duplicates are left out.

    Args:
        work: folder outside the repository for packages.

    Raises:
        LabError: too few photographs, or a package could not be fetched.
    """
    photos = derive(_SEED, "order").shuffled(_apart(_photographs(work)))
    wanted = sum(PARTS.values()) + 2 * SHADOW_MEMBERS
    if len(photos) < wanted:
        raise LabError(f"The packages hold {len(photos)} photographs; {wanted} are needed.")
    parts: dict[str, list[CaptionedImage]] = {}
    for name, count in PARTS.items():
        parts[name], photos = photos[:count], photos[count:]
    return Dealt(parts, photos[:SHADOW_MEMBERS], photos[SHADOW_MEMBERS:])


def _photographs(work: Path) -> list[CaptionedImage]:
    """Return the photographs that may be passed on without any condition on a program."""
    sampled = {sample.key for sample in SAMPLES}
    photos = [item for item in fetch_corpus(work) if item.photo and item.key not in sampled]
    return [item for item in photos if not item.licence.upper().startswith("GPL")]


def _apart(items: Sequence[CaptionedImage]) -> list[CaptionedImage]:
    """Keep the first of all pictures that may be copies or crops of one another."""
    looks = np.stack([look(item.pixels()) for item in items])
    most = np.triu(looks @ looks.T, 1).max(axis=0)
    return [item for item, alike in zip(items, most, strict=True) if alike <= _ALIKE]


def as_shipped(item: CaptionedImage) -> bytes:
    """Return a photograph as the JPEG file that is shipped: 240 pixels a longest side."""
    picture = Image.fromarray(item.pixels())
    picture.thumbnail((_SIDE, _SIDE), Image.Resampling.LANCZOS)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY, optimize=True)
    return file.getvalue()


def pixels_of(items: Sequence[CaptionedImage]) -> list[Pixels]:
    """Return the pixels of photographs as they are shipped, or would be."""
    return [read_pixels(as_shipped(item), item.key) for item in items]


def write_pictures(dealt: Dealt, folder: Path) -> None:
    """Write the shipped parts and ATTRIBUTION.md into `folder`, in place of earlier ones."""
    for name, items in dealt.parts.items():
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).mkdir(parents=True)
        for item in items:
            (folder / name / file_name(item)).write_bytes(as_shipped(item))
    (folder / ATTRIBUTION_FILE).write_text(_attribution(dealt), "utf-8")


def file_name(item: CaptionedImage) -> str:
    """Return the name of a photograph's file; no two photographs of the corpus share one."""
    return item.key.partition("/")[2].replace("/", "-").lower() + ".jpg"


def _attribution(dealt: Dealt) -> str:
    lines = [
        "# Sample pictures for EncoderMI: authors, sources, licences",
        "",
        f"Photographs, each shrunk to {_SIDE} pixels; nothing else was changed. demo:encoder was",
        "trained on those in `members/` and on no other. Which are members was drawn at random.",
        "",
        "| file | author | licence | source | taken from |",
        "|---|---|---|---|---|",
    ]
    for part, items in dealt.parts.items():
        for item in sorted(items, key=file_name):
            package = "GCompris 3.1" if item.key.startswith("gcompris") else "scikit-image"
            lines.append(
                f"| {part}/{file_name(item)} | {item.author} | {item.licence} | {item.source} | "
                f"{package} |"
            )
    return "\n".join(lines) + "\n"
