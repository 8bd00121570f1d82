"""Make marked copies of photos to publish, and the sealed kit to keep."""

import argparse
import hashlib
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from auditcore.cli.output import add_json, print_json, say, tell
from auditcore.cli.stopping import stopping_on_interrupt
from auditcore.errors import Cancelled, CaptionError, MarkError
from auditcore.kit import (
    KIT_FILE,
    PUBLISH_FOLDER,
    PhotoLine,
    PhotoSource,
    Sealed,
    processes_here,
    protect_into,
)
from auditcore.kit.sealing import STEPS_A_PHOTO
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
from auditcore.photos import Captioned, find_photos, read_captions, unique_names
from auditcore.photos.names import last_part

_TOLD_SECONDS = 5.0
_NOTES_TOLD = 50


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `mark`."""
    parser.add_argument(
        "photos",
        nargs="+",
        type=Path,
        metavar="PHOTO|FOLDER",
        help="JPEG, PNG or WebP files, or folders that are searched for them",
    )
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
        "--processes",
        type=int,
        metavar="N",
        help="photos marked at once (default: one a core, as far as memory goes); the kit does not "
        "depend on it",
    )
    parser.add_argument(
        "--seed",
        metavar="TEXT",
        help="for tests alone: anyone who knows it can tell the published versions; it is named "
        "in every report made from the kit",
    )
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Write DIR/publish/* and DIR/kit.zip; the same command goes on with what was cut off."""
    given = [path for path in (arguments.out, arguments.captions) if path is not None]
    found = find_photos(arguments.photos, without=given)
    if others := found.about_others():
        say(others)
    with stopping_on_interrupt() as should_stop:
        sealed = protect_into(
            arguments.out,
            [PhotoSource.from_path(photo.path, photo.name) for photo in found.photos],
            captions=_captions(arguments.captions, [photo.name for photo in found.photos]),
            versions=arguments.versions,
            family=arguments.family,
            visibility=arguments.visibility,
            seed=_test_seed(arguments.seed),
            on_progress=Pace(should_stop),
            processes=_processes(arguments.processes),
        )
    _tell_lines(sealed.lines)
    if arguments.json:
        print_json(_as_json(sealed, arguments.out))
    else:
        tell(_in_words(sealed, arguments.out))
    return 0


def _tell_lines(lines: Sequence[PhotoLine]) -> None:
    """Say what happened to photos: why each refused one is left out, and the first notes."""
    notes = [(line.name, note) for line in lines if not line.refused for note in line.notes]
    refused = [(line.name, line.refused) for line in lines if line.refused]
    for name, sentence in [*refused, *notes[:_NOTES_TOLD]]:
        say(f"{name}: {sentence}")
    if len(notes) > _NOTES_TOLD:
        say(f"And {len(notes) - _NOTES_TOLD:,} more notes like these; --json tells them all.")


class Pace:
    """Tells how far the marking is and how long it may take, now and then; stops when asked to."""

    def __init__(self, should_stop: Callable[[], bool]) -> None:
        """Take what tells whether to stop."""
        self._should_stop = should_stop
        self._began = self._told = time.monotonic()
        self._first: int | None = None

    def __call__(self, done: int, total: int) -> None:
        """Take how many steps of how many are done (Cancelled when asked to stop)."""
        if self._should_stop():
            raise Cancelled("Cancelled. What is marked is kept; the same command goes on with it.")
        if self._first is None:
            self._first = done
            if done:
                say(f"Going on: {_photos(done)} of {_photos(total)} photos are marked already.")
        now = time.monotonic()
        if now - self._told >= _TOLD_SECONDS and done > self._first and done < total:
            self._told = now
            self._say(done, total, now - self._began)

    def _say(self, done: int, total: int, seconds: float) -> None:
        pace = (done - (self._first or 0)) / seconds
        say(
            f"{_photos(done)} of {_photos(total)} photos marked, {pace / STEPS_A_PHOTO:.1f} a "
            f"second, {seconds_in_words((total - done) / pace)} left"
        )


def seconds_in_words(seconds: float) -> str:
    """Return a time as a person says it: "about 3 minutes"."""
    for unit, length in (("hour", 3600.0), ("minute", 60.0)):
        if seconds >= 1.5 * length:
            return f"about {round(seconds / length):,} {unit}s"
    return "about a minute" if seconds >= 45 else f"about {max(1, round(seconds)):,} s"


def _photos(steps: int) -> str:
    return f"{steps // STEPS_A_PHOTO:,}"


def _processes(asked: int | None) -> int:
    if asked is not None and asked < 1:
        raise MarkError(f"--processes must be at least 1, not {asked}.")
    return processes_here() if asked is None else asked


def _captions(table: Path | None, names: Sequence[str]) -> Mapping[str, Captioned]:
    """Return captions by published file; the table may leave out folders where that is clear."""
    if table is None:
        return {}
    try:
        data = table.read_bytes()
    except OSError as error:
        raise CaptionError(
            f"The captions file {table.name} cannot be opened. Check its name and place."
        ) from error
    times = Counter(names) + Counter(last_part(name) for name in names if "/" in name)
    found = read_captions(data, list(times))
    published = dict(found)
    for name, file in zip(names, unique_names(names), strict=True):
        short = found.get(last_part(name)) if times[last_part(name)] == 1 else None
        if captioned := (found.get(name) if times[name] == 1 else None) or short:
            published[file] = captioned
    return published


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
    left_out = f" {refused:,} left out: see above." if refused else ""
    return (
        f"{count:,} photo{'s' if count > 1 else ''} marked, {sealed.kit.versions:,} versions each."
        f"{left_out}\n"
        f"1. Publish the files in {out / PUBLISH_FOLDER}, and no other version of these photos.\n"
        f"2. Keep {out / KIT_FILE} where nobody else can read it; it cannot be made again.\n"
        f"3. When a model comes out that may have used them: "
        f"python -m auditcore audit {out / KIT_FILE} --model SPEC"
    )
