"""Kits that someone broke, edited or prepared to do harm. Made in code."""

import hashlib
import io
import json
import random
import warnings
import zipfile
from collections.abc import Callable
from functools import cache
from typing import Any

from hostile import Case, encoded, members, picture, png_claiming, small_kit

from auditcore.kit.archive import pack
from auditcore.kit.canonical import canonical_json

Change = Callable[[dict[str, Any], dict[str, Any], dict[str, bytes]], Any]


def bound(domain: str, value: Any) -> str:
    """Return a kit's hash of a value, as the format's description says."""
    return hashlib.sha256(f"telltale/kit/{domain}/1\n".encode() + canonical_json(value)).hexdigest()


def resealed(change: Change) -> bytes:
    """Return a kit that someone changed and bound together again, as one who knows how could.

    `change(public, secret, members)` changes the two parts in place, and the other files.
    """
    files = members()
    public, secret = (json.loads(files[f"{part}.json"]) for part in ("public", "secret"))
    change(public, secret, files)
    secret["public_sha256"] = bound("public", public | {"commitment": ""})
    public["commitment"] = bound("commitment", secret)
    files |= {"public.json": canonical_json(public), "secret.json": canonical_json(secret)}
    return pack(files)


def edited(name: str, old: bytes, new: bytes) -> bytes:
    """Return the small kit with one member changed, and packed as a kit is."""
    files = members()
    assert old in files[name]
    return pack(files | {name: files[name].replace(old, new, 1)})


def without(name: str) -> bytes:
    files = members()
    del files[name]
    return pack(files)


def zipped(rows: list[tuple[str, bytes]], compression: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # the warning about duplicate names
        for name, data in rows:
            archive.writestr(name, data)
    return buffer.getvalue()


@cache
def hostile_kits() -> list[Case]:
    rows = [*_not_kits(), *_hostile_zips(), *_edited_kits(), *_forged_kits()]
    return [Case(what, "kit.zip", data, False, says) for what, data, says in rows]


def _not_kits() -> list[tuple[str, bytes, str]]:
    photo = encoded(picture())
    return [
        ("an empty file", b"", "empty"),
        ("a published photo", photo, "photo, not a kit"),
        ("a report", b'{"kind": "report"}', "report"),
        ("a web page", b"<html><body>", "web page"),
        ("a PDF", b"%PDF-1.7", "PDF"),
        ("a text file", b"kit kit kit", "not a kit"),
        ("random bytes", random.Random(3).randbytes(4000), "not a kit"),
        ("a zip of the photos to publish", pack({"a.jpg": photo}), "photos to publish"),
        ("some other zip", pack({"letter.txt": b"hello"}), "not a kit"),
    ]


def _hostile_zips() -> list[tuple[str, bytes, str]]:
    kit, files = small_kit(), members()
    rows = list(files.items())
    locked = bytearray(kit)
    directory = kit.index(b"PK\x01\x02")
    locked[directory + 8] |= 1
    climbing, absolute = ("../../evil.sh", b"x"), ("/etc/cron.d/evil", b"x")
    flipped = bytearray(kit)
    flipped[kit.index(files["base/0001.png"]) + 100] ^= 1
    bomb = zipped([("base/0001.png", bytes(100_000_000)), *rows], zipfile.ZIP_DEFLATED)
    many = zipped([(f"f{number}", b"") for number in range(30_000)])
    return [
        ("a kit cut short while it was copied", kit[:-30], "cut short"),
        ("a kit with bytes added at its end", kit + b"\0", "added at its end"),
        ("a kit unpacked and packed again", zipped(rows, zipfile.ZIP_DEFLATED), "packed again"),
        ("one flipped bit in a kit", bytes(flipped), "unreadable"),
        (
            "a file that climbs out of its folder",
            zipped([*rows, climbing]),
            "outside",
        ),
        ("a file with an absolute path", zipped([*rows, absolute]), "outside"),
        ("a file on another drive", zipped([*rows, ("C:\\evil.exe", b"x")]), "outside"),
        ("the same file twice", zipped([*rows, ("public.json", b"{}")]), "twice"),
        ("a zip bomb: 100 MB in 100 KB", bomb, "100 MB"),
        ("30,000 files", many, "far more files"),
        ("a kit locked with a password", bytes(locked), "password"),
    ]


def _edited_kits() -> list[tuple[str, bytes, str]]:
    files = members()
    seed = b'"seed":"' + b"0" * 64
    part = next(name for name in files if name.startswith("marks/0001/"))
    pretty = files["public.json"].replace(b",", b", ")
    new_caption = edited("public.json", b'"caption":null', b'"caption":"mine"')
    deep, no_marks = b"[" * 100_000, bytes(len(files[part]))
    bad_hash = edited("public.json", b'_sha256":"', b'_sha256":"0')
    newer = edited("public.json", b'"format_version":1', b'"format_version":2')
    return [
        ("the secret part lost", without("secret.json"), "lost its secret part"),
        ("a photo's copy lost", without("base/0002.png"), "missing"),
        ("a part of the marks lost", without(part), "missing"),
        ("the READ-ME lost", without("READ-ME.txt"), "READ-ME"),
        ("the READ-ME edited", edited("READ-ME.txt", b"Do not", b"You may"), "READ-ME"),
        ("a file added", pack(files | {"extra.txt": b"hello"}), "not sealed with it"),
        ("a caption edited", new_caption, "public part"),
        ("the public part laid out anew", pack(files | {"public.json": pretty}), "edited"),
        ("a public part that is no JSON", pack(files | {"public.json": b"\0" * 50}), "edited"),
        ("a public part nested 100,000 deep", pack(files | {"public.json": deep}), "edited"),
        ("a published hash edited", bad_hash, "damaged"),
        ("the seed edited", edited("secret.json", seed, seed[:-1] + b"1"), "secret part"),
        ("two photos' copies exchanged", _exchanged(), "not what was sealed"),
        ("a part of the marks edited", pack(files | {part: no_marks}), "not what was"),
        ("an entry added", edited("public.json", b'"family"', b'"extra":1,"family"'), "belong"),
        ("a newer format", newer, "newer"),
    ]


def _exchanged() -> bytes:
    files = members()
    one, two = files["base/0001.png"], files["base/0002.png"]
    return pack(files | {"base/0001.png": two, "base/0002.png": one})


def _forged_kits() -> list[tuple[str, bytes, str]]:
    def base(data: bytes) -> bytes:
        def change(public: Any, secret: Any, files: dict[str, bytes]) -> None:
            files["base/0001.png"] = data
            secret["photos"][0]["base_sha256"] = hashlib.sha256(data).hexdigest()

        return resealed(change)

    def no_marks(public: Any, secret: Any, files: dict[str, bytes]) -> None:
        for name in secret["photos"][0]["parts_sha256"]:
            del files[f"marks/0001/{name}.bin"]
        secret["photos"][0]["parts_sha256"] = {}

    photo = _photo_changed
    return [
        ("5 versions", _public_changed(versions=5), "versions"),
        ("a visibility of 60", _public_changed(visibility=60.0), "visibility"),
        ("marks of no known family", _public_changed(family="magic"), "magic"),
        ("no photos", _public_changed(photos=[]), "photos"),
        ("a date that is none", _public_changed(created="yesterday"), "created"),
        ("another kit's test seed", _public_changed(test_seed="1" * 64), "test seed"),
        ("a photo that climbs out of its folder", photo(file="../a.jpg"), "file"),
        ("two photos of one name", photo(file="COFFEE.png"), "file"),
        ("a photo of 50,000 x 50,000 pixels", photo(width=50_000, height=50_000), "width"),
        ("a caption of a million letters", photo(caption="a" * 10**6), "caption"),
        ("a seed that is too short", resealed(lambda p, s, f: s.update(seed="00")), "seed"),
        ("a photo's copy that is a bomb", base(png_claiming(60_000, 60_000)), "cannot be read"),
        ("a photo's copy of another size", base(encoded(picture(9, 9), "PNG")), "cannot be read"),
        ("a photo's copy that is no picture", base(b"hello"), "cannot be read"),
        ("a photo without marks", resealed(no_marks), "strength"),
    ]


def _public_changed(**values: Any) -> bytes:
    return resealed(lambda public, secret, files: public.update(values))


def _photo_changed(**values: Any) -> bytes:
    return resealed(lambda public, secret, files: public["photos"][0].update(values))
