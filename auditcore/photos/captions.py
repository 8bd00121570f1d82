"""Captions and labels for photos, from the table a person keeps in a spreadsheet."""

import csv
import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from io import StringIO
from unicodedata import normalize

from auditcore.errors import CaptionError
from auditcore.photos.names import is_plain, shown

COLUMNS = ("file", "caption", "label")
MAX_CAPTION = 2000
_MAX_TABLE = 5_000_000
_MAX_LINE = 3 * MAX_CAPTION
_EXAMPLE = "Its first line must name the columns, like this: file,caption (label may follow)."


@dataclass(frozen=True)
class Captioned:
    """What a photo is published with: its caption (alt text), its label, or both."""

    caption: str | None = None
    label: str | None = None


class _Names:
    """The photos' names, found as they are written or, where that is one photo, in any case."""

    def __init__(self, names: Sequence[str]) -> None:
        self._exact = {normalize("NFC", name): name for name in names}
        self._folded: dict[str, list[str]] = {}
        for spelled, name in self._exact.items():
            self._folded.setdefault(spelled.casefold(), []).append(name)

    def find(self, cell: str) -> str | None:
        spelled = normalize("NFC", cell)
        alike = self._folded.get(spelled.casefold(), [])
        return self._exact.get(spelled) or (alike[0] if len(alike) == 1 else None)

    def closest(self, cell: str) -> str | None:
        close = difflib.get_close_matches(cell.casefold(), self._folded, 1)
        return self._folded[close[0]][0] if close else None


def read_captions(table: str | bytes, names: Sequence[str]) -> dict[str, Captioned]:
    """Read a table with the columns file, caption and optionally label.

    Comma, semicolon and tab are understood, with or without a byte-order mark; bytes may be UTF-8
    or UTF-16. White space inside a caption is evened out. A photo with neither is left out.

    Args:
        table: the CSV text, or the file's bytes.
        names: the photos' names; the column `file` must use them (in any case where that is clear).

    Returns:
        {name as in `names`: Captioned}.

    Raises:
        CaptionError: one sentence naming the line and what to change.
    """
    rows = _rows(_text(table, _MAX_TABLE + _MAX_LINE * len(names)))
    header = _header(rows[0][1])
    known = _Names(names)
    result: dict[str, Captioned] = {}
    lines: dict[str, int] = {}
    for line, row in rows[1:]:
        cells = _cells(line, row, header)
        name = _match(line, cells["file"], known)
        if name in lines:
            raise CaptionError(
                f"Line {line} of the captions names {shown(name)} again, after line {lines[name]}. "
                "Keep one of the two lines."
            )
        lines[name] = line
        captioned = Captioned(_value(line, cells, "caption"), _value(line, cells, "label"))
        if captioned != Captioned():
            result[name] = captioned
    return result


def _text(table: str | bytes, longest: int) -> str:
    if len(table) > longest:
        raise CaptionError("The captions file is too large. It should hold one line a photo.")
    if isinstance(table, bytes):
        encoding = "utf-16" if table[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8"
        try:
            table = table.decode(encoding)
        except UnicodeDecodeError as error:
            raise CaptionError(
                "The captions file is not plain text in UTF-8. In your spreadsheet choose "
                "“Save as”, “CSV UTF-8”, and use that file."
            ) from error
    return table.removeprefix("\ufeff")


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """Return the non-empty rows with their line numbers; the first is the header."""
    first, _, rest = text.partition("\n")
    offset = 0
    if first.strip().lower().startswith("sep="):  # Excel's own way to name the separator
        first, text, offset = rest.partition("\n")[0], rest, 1
    delimiter = max(",;\t", key=first.count)
    reader = csv.reader(StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows = []
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                rows.append((reader.line_num + offset, [cell.strip() for cell in row]))
    except csv.Error as error:
        raise CaptionError(
            f"The captions cannot be read near line {reader.line_num + offset}: a quotation mark "
            "is missing or stands in the wrong place. Put each caption between two double quotes."
        ) from error
    if not rows:
        raise CaptionError(f"The captions file is empty. {_EXAMPLE}")
    return rows


def _header(row: list[str]) -> list[str]:
    columns = [cell.lower() for cell in row]
    unknown = [cell for cell in columns if cell not in COLUMNS]
    if "file" not in columns:
        raise CaptionError(f"The captions have no column named “file”. {_EXAMPLE}")
    if unknown:
        raise CaptionError(f"The captions have an unknown column {shown(unknown[0])}. {_EXAMPLE}")
    if len(set(columns)) < len(columns):
        raise CaptionError(f"The captions name a column twice. {_EXAMPLE}")
    if len(columns) == 1:
        raise CaptionError(f"The captions have neither a caption nor a label column. {_EXAMPLE}")
    return columns


def _cells(line: int, row: list[str], header: list[str]) -> dict[str, str]:
    if len(row) > len(header) and any(row[len(header) :]):
        raise CaptionError(
            f"Line {line} of the captions has {len(row)} columns where the first line has "
            f"{len(header)}. Put a caption that contains the separator between double quotes."
        )
    return dict(zip(header, row + [""] * len(header), strict=False))


def _match(line: int, cell: str, known: _Names) -> str:
    if not cell:
        raise CaptionError(f"Line {line} of the captions names no file. Fill in its first column.")
    if name := known.find(cell):
        return name
    close = known.closest(cell)
    hint = f"Did you mean {shown(close)}?" if close else "Correct the name or add the photo."
    raise CaptionError(
        f"Line {line} of the captions names {shown(cell)}, which is not among the photos. {hint}"
    )


def _value(line: int, cells: dict[str, str], column: str) -> str | None:
    value = " ".join(cells.get(column, "").split())
    if len(value) > MAX_CAPTION:
        raise CaptionError(
            f"The {column} on line {line} is too long ({len(value):,} characters). "
            f"Shorten it to {MAX_CAPTION:,}."
        )
    if not is_plain(value):
        raise CaptionError(
            f"The {column} on line {line} holds invisible control characters. Type it in again."
        )
    return value or None
