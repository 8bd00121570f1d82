"""Files that a program meets sooner or later: hostile, broken, or merely odd. Made in code."""

import io
import random
import struct
import zipfile
import zlib
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import skimage.data
from PIL import Image, ImageCms

from auditcore.kit import PhotoSource, seal_kit
from auditcore.kit.archive import pack

NAMES = ("cat.jpg", "coffee.png")


@dataclass(frozen=True)
class Case:
    """One file that a person might give.

    Attributes:
        what: it, in a few words.
        name: its name.
        data: its bytes.
        accepted: whether it must be taken (perhaps with notes) or refused with a sentence.
        says: words that the sentence, or the notes together, must hold.
    """

    what: str
    name: str
    data: bytes
    accepted: bool
    says: str


def picture(width: int = 60, height: int = 44) -> Image.Image:
    return Image.fromarray(skimage.data.chelsea()).resize((width, height))


def encoded(image: Image.Image, kind: str = "JPEG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def chunk(kind: bytes, body: bytes) -> bytes:
    """Return one PNG chunk."""
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png_claiming(width: int, height: int) -> bytes:
    """Return a small PNG file that says it is a large picture."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + data + chunk(b"IEND", b"")


def webp_claiming(width: int, height: int) -> bytes:
    """Return a small WebP file that says it is a large picture."""
    body = struct.pack("<I", 0) + (width - 1).to_bytes(3, "little")
    body += (height - 1).to_bytes(3, "little")
    riff = b"WEBPVP8X" + struct.pack("<I", len(body)) + body
    return b"RIFF" + struct.pack("<I", len(riff)) + riff


def exif(orientation: int = 1, gps: bool = False) -> Image.Exif:
    tags = Image.Exif()
    tags[0x0112] = orientation
    tags[0x010F] = "Maker of cameras"
    if gps:
        tags.get_ifd(0x8825)[1] = "N"
        tags.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    return tags


def swapped_profile() -> bytes:
    """Return the sRGB colour profile with red and green exchanged."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", profile[128:132])[0]
    entries = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, green = entries[b"rXYZ"], entries[b"gXYZ"]
    places = bytes(profile[red + 4 : red + 12]), bytes(profile[green + 4 : green + 12])
    profile[red + 4 : red + 12], profile[green + 4 : green + 12] = places[1], places[0]
    at, length = struct.unpack(">II", profile[entries[b"desc"] + 4 : entries[b"desc"] + 12])
    title = bytes(profile[at : at + length]).replace(b"s\0R\0G\0B", b"w\0i\0d\0e")
    profile[at : at + length] = title.replace(b"sRGB", b"wide")
    return bytes(profile)


@cache
def hostile_photos() -> list[Case]:
    return [*_other_files(), *_broken_photos(), *_large_photos(), *_odd_photos()]


def _other_files() -> list[Case]:
    box = struct.pack(">I", 24)
    rows = [
        ("an empty file", "empty.jpg", b"", "empty"),
        ("a failed copy, all zeros", "zeros.jpg", bytes(5000), "zeros"),
        ("random bytes", "noise.jpg", random.Random(7).randbytes(5000), "not a photo"),
        ("a text file named .jpg", "notes.jpg", b"Dear diary,\n" * 9, "text"),
        ("a web page saved as a photo", "cat.jpg", b"<!DOCTYPE html><html>", "web page"),
        ("an SVG drawing", "logo.svg", b'<?xml version="1.0"?>\n<svg xmlns="x">', "SVG"),
        ("a PDF", "scan.pdf", b"%PDF-1.7\n%\xe2\xe3", "PDF"),
        ("an iPhone photo (HEIC)", "IMG_1.HEIC", box + b"ftypheic\0\0\0\0mif1heic", "HEIC"),
        ("an AVIF picture", "a.avif", box + b"ftypavif\0\0\0\0avifmif1", "AVIF"),
        ("a GIF", "a.gif", encoded(picture().quantize(), "GIF"), "GIF"),
        ("a TIFF", "a.tif", encoded(picture(), "TIFF"), "TIFF"),
        ("a BMP", "a.bmp", encoded(picture(), "BMP"), "BMP"),
        ("a Photoshop file", "a.psd", b"8BPS\0\1" + bytes(40), "Photoshop"),
        ("a JPEG XL picture", "a.jxl", b"\xff\x0a" + bytes(40), "JPEG XL"),
        ("a JPEG 2000 picture", "a.jp2", encoded(picture(), "JPEG2000"), "JPEG 2000"),
        ("an icon", "a.ico", encoded(picture(32, 32), "ICO"), "icon"),
        ("a Canon raw file", "a.cr3", box + b"ftypcrx \0\0\0\1crx isom", "raw"),
        ("a Fujifilm raw file", "a.raf", b"FUJIFILMCCD-RAW 0201" + bytes(40), "raw"),
        ("a video", "film.mp4", box + b"ftypisom\0\0\2\0isomiso2", "video"),
        ("a QuickTime video", "film.mov", box + b"ftypqt  \0\0\2\0qt  ", "video"),
        ("a WebM video", "film.webm", b"\x1aE\xdf\xa3" + bytes(40), "video"),
        ("an AVI video named .jpg", "film.jpg", b"RIFF\x24\0\0\0AVI LIST", "video"),
        ("a sound", "song.mp3", b"ID3\x04" + bytes(40), "sound"),
        ("a program", "setup.jpg", b"MZ\x90\0" + bytes(60), "program"),
        ("a kit given as a photo", "kit.zip", small_kit(), "is a kit"),
        ("a zip of photos", "photos.zip", pack({"a.jpg": encoded(picture())}), "Unpack"),
    ]
    return [Case(what, name, data, False, says) for what, name, data, says in rows]


def _broken_photos() -> list[Case]:
    jpeg, png, webp = (encoded(picture(), kind) for kind in ("JPEG", "PNG", "WEBP"))
    wrong = bytearray(png)
    wrong[60] ^= 0xFF
    text = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(8_000_000), 9))
    rows = [
        ("a JPEG cut in half", "half.jpg", jpeg[: len(jpeg) // 2]),
        ("a JPEG's first bytes alone", "head.jpg", jpeg[:20]),
        ("a PNG cut in half", "half.png", png[: len(png) // 2]),
        ("a WebP cut in half", "half.webp", webp[: len(webp) // 2]),
        ("a PNG with a flipped byte", "flip.png", bytes(wrong)),
        ("a PNG of no width", "flat.png", png_claiming(0, 10)),
        ("a JPEG of nothing but its name", "x.jpg", b"\xff\xd8\xff\xe0"),
        ("a PNG with a text that unpacks to 8 MB", "text.png", png[:33] + text + png[33:]),
    ]
    return [Case(what, name, data, False, "damaged") for what, name, data in rows]


def _large_photos() -> list[Case]:
    frames = [picture(), picture().rotate(90)]
    rows = [
        ("a PNG bomb: 67 bytes, 95 million pixels", "bomb.png", png_claiming(10_000, 9_500)),
        ("a PNG bomb of 4,000 million pixels", "bomb2.png", png_claiming(65_500, 65_500)),
        ("a WebP bomb: 30 bytes, 268 million pixels", "bomb.webp", webp_claiming(16_383, 16_383)),
        ("a photo just above 50 million pixels", "big.png", png_claiming(10_000, 5_001)),
    ]
    moving = {"save_all": True, "append_images": frames[1:]}
    return [Case(what, name, data, False, "too large") for what, name, data in rows] + [
        Case("a moving PNG", "m.png", encoded(frames[0], "PNG", **moving), False, "moving"),
        Case("a moving WebP", "m.webp", encoded(frames[0], "WEBP", **moving), False, "moving"),
    ]


def _odd_photos() -> list[Case]:
    image, jpeg = picture(80, 70), encoded(picture(80, 70))
    swapped = encoded(image, icc_profile=swapped_profile())
    motion = jpeg + b"\0\0\0\x18ftypmp42"
    grey16 = Image.fromarray(np.asarray(image.convert("L")).astype(np.uint16) * 257)
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes()
    clear = image.quantize(16)
    turned = encoded(image, exif=exif(6, gps=True))
    broken_exif = encoded(image, exif=b"Exif\0\0MM\0\x2a\0\0\0\x08\0\x05\x01")
    double = encoded(image, "MPO", save_all=True, append_images=[picture()])
    rows = [
        ("a sideways photo that says where it was taken", "IMG.jpg", turned, "upright"),
        ("a photo with broken camera details", "exif.jpg", broken_exif, "which way is up"),
        ("a JPEG named .png", "photo.png", jpeg, "JPEG"),
        ("a name that leaves its folder", "../../etc/passwd.jpg", jpeg, ""),
        ("a name that Windows keeps for itself", "con.jpg", jpeg, "_con.jpg"),
        ("a name with a hidden direction change", "cat\u202egpj.jpg", jpeg, "safe"),
        ("a name of 300 letters", "a" * 300 + ".jpg", jpeg, "safe"),
        ("print colours (CMYK)", "print.jpg", encoded(image.convert("CMYK")), "CMYK"),
        ("16 bits a colour, grey", "deep.png", encoded(grey16, "PNG"), "Sixteen"),
        ("a palette with a transparent colour", "p.png", encoded(clear, "PNG", transparency=3), ""),
        ("black and white, one bit", "fax.png", encoded(image.convert("1"), "PNG"), ""),
        ("one pixel", "dot.png", encoded(image.resize((1, 1)), "PNG"), "very small"),
        ("a colour profile of another camera", "p3.jpg", swapped, "sRGB"),
        ("a colour profile that does not fit", "lab.jpg", encoded(image, icc_profile=lab), "fit"),
        ("a colour profile of noise", "bad.jpg", encoded(image, icc_profile=b"x" * 200), "fit"),
        ("a phone's photo with a second picture in it", "mpo.jpg", double, "main picture"),
        ("a photo with a video behind it", "motion.jpg", motion, "after the end"),
        ("a PNG with a text inside", "note.png", _png_with_text(image), "text notes"),
    ]
    return [Case(what, name, data, True, says) for what, name, data, says in rows]


def _png_with_text(image: Image.Image) -> bytes:
    png = encoded(image, "PNG")
    return png[:33] + chunk(b"tEXt", b"Author\0Someone you know") + png[33:]


@cache
def small_kit() -> bytes:
    """Return a kit of two small photos, sealed with a seed of zeros, created at a fixed time."""
    coffee = encoded(Image.fromarray(skimage.data.coffee()).resize((50, 70)), "PNG")
    files = zip(NAMES, (encoded(picture()), coffee), strict=True)
    sources = [PhotoSource.from_bytes(name, data) for name, data in files]
    sealed = seal_kit(sources, lambda file, data: None, versions=20, seed=bytes(32))
    return sealed.kit_bytes


def members(kit: bytes | None = None) -> dict[str, bytes]:
    """Return what lies in a kit."""
    with zipfile.ZipFile(io.BytesIO(kit or small_kit())) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@cache
def hostile_captions() -> list[Case]:
    """Tables of captions for photos named as in NAMES."""
    utf16 = "file\tcaption\ncat.jpg\tChat noir".encode("utf-16")
    rows = [
        ("an empty table", b"", False, "empty"),
        ("no header", b"cat.jpg,A cat\n", False, "no column"),
        ("a column nobody knows", b"file,caption,photographer\ncat.jpg,A cat,me", False, "unknown"),
        ("only the file names", b"file\ncat.jpg\n", False, "neither"),
        ("a column twice", b"file,caption,caption\n", False, "twice"),
        ("a misspelled name", b"file,caption\ncta.jpg,A cat", False, "Did you mean"),
        ("a name that is not there", b"file,caption\nzebra.webp,Stripes", False, "not among"),
        ("a photo twice", b"file,caption\ncat.jpg,A\ncat.jpg,B", False, "again"),
        ("an unquoted comma", b"file,caption\ncat.jpg,A cat, asleep", False, "double quotes"),
        ("a quote that never ends", b'file,caption\ncat.jpg,"A cat', False, "quotation"),
        ("a line without a file", b"file,caption\n,A cat", False, "no file"),
        ("a caption of 10,000 letters", b"file,caption\ncat.jpg," + b"a" * 10_000, False, "long"),
        ("old Windows letters", "file,caption\ncat.jpg,Café".encode("cp1252"), False, "UTF-8"),
        ("a photo given as captions", encoded(picture()), False, "UTF-8"),
        ("invisible characters", b"file,caption\ncat.jpg,A\x07cat", False, "invisible"),
        ("semicolons and a byte-order mark", "\ufefffile;caption\ncat.jpg;Chat".encode(), True, ""),
        ("Excel's Unicode text", utf16, True, ""),
        ("Excel's line about the separator", b"sep=;\nfile;caption\nCAT.JPG;A, b", True, ""),
    ]
    return [Case(what, "captions.csv", data, ok, says) for what, data, ok, says in rows]
