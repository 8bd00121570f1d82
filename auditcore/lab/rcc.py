"""Read Qt resource files (.rcc): a tree of named files in one binary.

Layout, all integers big-endian: "qres", version, offsets of tree, data and names; a tree node is
name offset u32, flags u16, then (directory) child count u32, first child u32 or (file) territory
u16, language u16, data offset u32; from version 2 a node ends with a time stamp u64.
Source: Qt, qtbase/src/corelib/io/qresource.cpp.
"""

import struct
import zlib
from collections.abc import Iterator

from auditcore.lab.registries import LabError

_ZLIB, _FOLDER, _ZSTD = 1, 2, 4
_HEADER = struct.Struct(">4sIIII")


def read_resources(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield (path inside the file, content) of every resource, depth first.

    Raises:
        LabError: not a Qt resource file, or a resource compressed with Zstandard (pictures, which
            are compressed already, are not).
    """
    if len(data) < _HEADER.size or data[:4] != b"qres":
        raise LabError("This is not a Qt resource file: it does not begin with qres.")
    yield from _Tree(data).walk(0, "")


class _Tree:
    def __init__(self, data: bytes) -> None:
        self._data = data
        _, version, self._nodes, self._contents, self._names = _HEADER.unpack_from(data)
        self._node_size = 14 if version < 2 else 22

    def walk(self, node: int, path: str) -> Iterator[tuple[str, bytes]]:
        start = self._nodes + node * self._node_size
        name, flags = struct.unpack_from(">IH", self._data, start)
        here = f"{path}/{self._name(name)}" if node else ""
        if flags & _FOLDER:
            count, first = struct.unpack_from(">II", self._data, start + 6)
            for child in range(first, first + count):
                yield from self.walk(child, here)
        else:
            (offset,) = struct.unpack_from(">I", self._data, start + 10)
            yield here.lstrip("/"), self._content(offset, flags, here)

    def _name(self, offset: int) -> str:
        (length,) = struct.unpack_from(">H", self._data, self._names + offset)
        start = self._names + offset + 6
        return self._data[start : start + 2 * length].decode("utf-16-be")

    def _content(self, offset: int, flags: int, path: str) -> bytes:
        (length,) = struct.unpack_from(">I", self._data, self._contents + offset)
        start = self._contents + offset + 4
        raw = self._data[start : start + length]
        if flags & _ZSTD:
            raise LabError(f"{path} is compressed with Zstandard, which is not read here.")
        return zlib.decompress(raw[4:]) if flags & _ZLIB else raw
