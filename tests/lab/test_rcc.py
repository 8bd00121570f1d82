import struct
import zlib

import pytest

from auditcore.lab.rcc import read_resources
from auditcore.lab.registries import LabError

_ZLIB, _FOLDER, _ZSTD = 1, 2, 4


def _name(text: str) -> bytes:
    return struct.pack(">HI", len(text), 0) + text.encode("utf-16-be")


def _file(content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + content


def _resource(flags: int, stored: bytes) -> bytes:
    """A version 3 resource file holding /photos/cat.webp and /photos/dog.webp."""
    names = _name("photos") + _name("cat.webp") + _name("dog.webp")
    cat = len(_name("photos"))
    contents = _file(b"a cat") + _file(stored)
    stamp = struct.pack(">Q", 0)
    nodes = [
        struct.pack(">IHII", 0, _FOLDER, 1, 1) + stamp,
        struct.pack(">IHII", 0, _FOLDER, 2, 2) + stamp,
        struct.pack(">IHHHI", cat, 0, 0, 0, 0) + stamp,
        struct.pack(">IHHHI", cat + len(_name("cat.webp")), flags, 0, 0, len(_file(b"a cat")))
        + stamp,
    ]
    header = 24
    tree = header + len(contents) + len(names)
    head = struct.pack(">4sIIIII", b"qres", 3, tree, header, header + len(contents), 0)
    return head + contents + names + b"".join(nodes)


def test_files_are_found_in_their_folders() -> None:
    found = dict(read_resources(_resource(0, b"a dog")))
    assert found == {"photos/cat.webp": b"a cat", "photos/dog.webp": b"a dog"}


def test_compressed_files_are_unpacked() -> None:
    stored = struct.pack(">I", 5) + zlib.compress(b"a dog")
    assert dict(read_resources(_resource(_ZLIB, stored)))["photos/dog.webp"] == b"a dog"


def test_what_cannot_be_read_is_said() -> None:
    with pytest.raises(LabError, match="Zstandard"):
        dict(read_resources(_resource(_ZSTD, b"")))
    with pytest.raises(LabError, match="not a Qt resource file"):
        list(read_resources(b"PK\x03\x04 something else entirely"))
