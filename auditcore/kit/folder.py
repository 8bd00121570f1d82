"""Protect photos into a folder, so that no marked photo can lie there without its kit."""

import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from auditcore.errors import KitError
from auditcore.kit.sealing import PhotoSource, Sealed, seal_kit
from auditcore.marks import DEFAULT_FAMILY, VERSIONS_DEFAULT, VISIBILITY_DEFAULT
from auditcore.marks.base import Progress
from auditcore.photos import Captioned

KIT_FILE = "kit.zip"
PUBLISH_FOLDER = "publish"


def protect_into(
    folder: Path,
    sources: Sequence[PhotoSource],
    *,
    captions: Mapping[str, Captioned] | None = None,
    versions: int = VERSIONS_DEFAULT,
    family: str = DEFAULT_FAMILY,
    visibility: float = VISIBILITY_DEFAULT,
    seed: bytes | None = None,
    on_progress: Progress | None = None,
) -> Sealed:
    """Write `folder`/publish/* and `folder`/kit.zip; both appear at the end, the kit first.

    Whatever stops it half-way (an error, a cancel) leaves nothing behind. Arguments as in
    `seal_kit`.

    Raises:
        KitError: the folder already holds a kit or published photos, or cannot be written to.
        MarkError, PhotoError: as `seal_kit`.
    """
    _check_free(folder)
    work = _work_folder(folder)
    try:
        sealed = seal_kit(
            sources,
            lambda file, data: _write(work / PUBLISH_FOLDER / file, data),
            captions=captions,
            versions=versions,
            family=family,
            visibility=visibility,
            seed=seed,
            on_progress=on_progress,
        )
        _write(work / KIT_FILE, sealed.kit_bytes)
        (work / KIT_FILE).chmod(0o600)
        (work / KIT_FILE).rename(folder / KIT_FILE)
        (work / PUBLISH_FOLDER).rename(folder / PUBLISH_FOLDER)
    except OSError as error:
        raise _cannot_write(folder) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return sealed


def _check_free(folder: Path) -> None:
    for name in (KIT_FILE, PUBLISH_FOLDER):
        if (folder / name).exists():
            raise KitError(
                f"The folder {folder.name} already holds “{name}” from earlier. Nothing was "
                "overwritten, because a lost kit cannot be made again. Choose another folder."
            )


def _work_folder(folder: Path) -> Path:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=".sealing-", dir=folder))
        (work / PUBLISH_FOLDER).mkdir()
    except OSError as error:
        raise _cannot_write(folder) from error
    return work


def _cannot_write(folder: Path) -> KitError:
    return KitError(
        f"The folder {folder.name} cannot be written to, or the disk is full. "
        "Make room, or choose another folder."
    )


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
