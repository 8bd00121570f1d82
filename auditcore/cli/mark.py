"""Make marked copies of photos to publish, and the sealed kit to keep."""

import argparse
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from auditcore.cli.output import add_json, print_json, say, tell
from auditcore.errors import CaptionError
from auditcore.kit import KIT_FILE, PUBLISH_FOLDER, PhotoLine, PhotoSource, Sealed, protect_into
from auditcore.marks import (
    DEFAULT_FAMILY,
    FAMILIES,
    VERSIONS_DEFAULT,
    VERSIONS_MAX,
    VERSIONS_MIN,
    VISIBILITY_DEFAULT,
    VISIBILITY_MAX,
    VISIBILITY_MIN,
)
from auditcore.photos import Captioned, read_captions


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `mark`."""
    parser.add_argument("photos", nargs="+", type=Path, metavar="PHOTO", help="JPEG, PNG or WebP")
    parser.add_argument(
        "--out",
        required=True,
        type=Path,
        metavar="DIR",
        help=f"gets {PUBLISH_FOLDER}/* (publish these) and {KIT_FILE} (keep it, show it to nobody)",
    )
    parser.add_argument(
        "--captions", type=Path, metavar="FILE.csv", help="columns file,caption[,label]"
    )
    parser.add_argument(
        "--versions",
        type=int,
        default=VERSIONS_DEFAULT,
        metavar="N",
        help=f"versions a photo, {VERSIONS_MIN} to {VERSIONS_MAX} (default {VERSIONS_DEFAULT})",
    )
    parser.add_argument(
        "--visibility",
        type=float,
        default=VISIBILITY_DEFAULT,
        metavar="V",
        help="how visible the mark may be: mean colour difference (CIEDE2000), "
        f"{VISIBILITY_MIN:g} to {VISIBILITY_MAX:g} (default {VISIBILITY_DEFAULT:g})",
    )
    parser.add_argument(
        "--family", choices=sorted(FAMILIES), default=DEFAULT_FAMILY, help="family of marks"
    )
    parser.add_argument(
        "--seed",
        metavar="TEXT",
        help="for tests alone: anyone who knows it can tell the published versions; it is named "
        "in every report made from the kit",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write DIR/publish/* and DIR/kit.zip."""
    photos: list[Path] = arguments.photos
    sealed = protect_into(
        arguments.out,
        [PhotoSource.from_path(path) for path in photos],
        captions=_captions(arguments.captions, [path.name for path in photos]),
        versions=arguments.versions,
        family=arguments.family,
        visibility=arguments.visibility,
        seed=_test_seed(arguments.seed),
    )
    for line in sealed.lines:
        for sentence in [line.refused] if line.refused else line.notes:
            say(f"{line.name}: {sentence}")
    if arguments.json:
        print_json(_as_json(sealed, arguments.out))
    else:
        tell(_in_words(sealed, arguments.out))
    return 0


def _captions(table: Path | None, names: Sequence[str]) -> Mapping[str, Captioned]:
    if table is None:
        return {}
    try:
        data = table.read_bytes()
    except OSError as error:
        raise CaptionError(
            f"The captions file {table.name} cannot be opened. Check its name and place."
        ) from error
    return read_captions(data, names)


def _test_seed(text: str | None) -> bytes | None:
    return None if text is None else hashlib.sha256(text.encode()).digest()


def _as_json(sealed: Sealed, out: Path) -> dict[str, Any]:
    return {
        "kit": str(out / KIT_FILE),
        "kit_id": sealed.kit.id,
        "versions": sealed.kit.versions,
        "family": sealed.kit.public.family,
        "visibility": sealed.kit.public.visibility,
        "test_seed": sealed.kit.public.test_seed,
        "photos": [_line_json(line, out) for line in sealed.lines],
    }


def _line_json(line: PhotoLine, out: Path) -> dict[str, Any]:
    return {
        "name": line.name,
        "publish": None if line.file is None else str(out / PUBLISH_FOLDER / line.file),
        "notes": list(line.notes),
        "refused": line.refused,
    }


def _in_words(sealed: Sealed, out: Path) -> str:
    count, refused = len(sealed.kit.photos), sum(bool(line.refused) for line in sealed.lines)
    left_out = f" {refused} left out: see above." if refused else ""
    return (
        f"{count} photo{'s' if count > 1 else ''} marked, {sealed.kit.versions:,} versions each."
        f"{left_out}\n"
        f"1. Publish the files in {out / PUBLISH_FOLDER}, and no other version of these photos.\n"
        f"2. Keep {out / KIT_FILE} where nobody else can read it; it cannot be made again.\n"
        f"3. When a model comes out that may have used them: "
        f"python -m auditcore audit {out / KIT_FILE} --model SPEC"
    )
