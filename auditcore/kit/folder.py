"""Protect photos into a folder, so that no marked photo can lie there without its kit."""

import os
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from auditcore import __version__
from auditcore.errors import KitError, PhotoError
from auditcore.kit.journal import (
    FOLDER,
    KIT_FILE,
    PUBLISH,
    VERSION,
    Journal,
    Request,
    damaged,
    forget,
    held,
    is_begun,
)
from auditcore.kit.kit import Kit
from auditcore.kit.marking import Marked, Recipe, Task
from auditcore.kit.opening import open_kit
from auditcore.kit.private import create
from auditcore.kit.sealing import (
    Sealed,
    Steps,
    Teller,
    bind,
    make_recipe,
    make_tasks,
    members,
)
from auditcore.kit.side_by_side import one_by_one, side_by_side
from auditcore.kit.source import PhotoSource
from auditcore.kit.spelling import write_zip
from auditcore.marks import DEFAULT_FAMILY, VERSIONS_DEFAULT, VISIBILITY_DEFAULT
from auditcore.marks.base import Progress
from auditcore.photos import Captioned, shown

PUBLISH_FOLDER = PUBLISH
SEALING_FOLDER = FOLDER
_FEW = 8
"""So few photos are marked in this process: others would take longer to start."""


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
    processes: int = 1,
) -> Sealed:
    """Write `folder`/publish/* and `folder`/kit.zip; both appear at the end, the kit first.

    Whatever stops it half-way (an error, a cancel, a kill, no more power) leaves what is done in a
    folder of its own beside them; the same call goes on there, with the same seed. So nothing that
    was half written is ever published or sealed, and no photo is marked twice.

    Args:
        folder: made if it is missing.
        sources, captions, versions, family, visibility, seed, on_progress: as `seal_kit`.
        processes: how many photos are marked at once. The result does not depend on it.

    Raises:
        KitError: the folder already holds a kit or published photos, or what is done there belongs
            to other photos or settings, or it cannot be written to.
        MarkError, PhotoError: as `seal_kit`.
    """
    recipe = make_recipe(len(sources), family, versions, visibility, seed)
    tasks = make_tasks(sources, captions or {})
    work = folder / FOLDER
    try:
        with held(work):
            if not is_begun(work):
                _check_free(folder)
            with closing(Journal(work, _request(recipe, tasks, seed), recipe.seed)) as journal:
                try:
                    if not journal.is_sealed:
                        _mark_rest(journal, tasks, recipe, on_progress, processes)
                        _seal(journal, recipe, seed is not None)
                    kit = _hand_over(journal, folder)
                except PhotoError:
                    forget(work)
                    raise
            forget(work)
    except OSError as error:
        raise _cannot_write(folder) from error
    return Sealed(kit, tuple(done.line for done in journal.done))


def _request(recipe: Recipe, tasks: Sequence[Task], seed: bytes | None) -> Request:
    settings = {
        VERSION: __version__,
        "the family of marks": recipe.family,
        "the number of versions": recipe.versions,
        "the visibility": recipe.visibility,
        "the seed": None if seed is None else seed.hex(),
        "a caption or a label": [[t.captioned.caption, t.captioned.label] for t in tasks],
    }
    return Request(settings, [(task.source.name, task.source.stamp) for task in tasks])


def _mark_rest(
    journal: Journal,
    tasks: Sequence[Task],
    recipe: Recipe,
    on_progress: Progress | None,
    processes: int,
) -> None:
    """Mark what is not done yet, in order.

    Raises:
        PhotoError: in the end, none of all photos could be read.
    """
    recipe, begun = replace(recipe, seed=journal.seed), journal.done[:]
    progress = Steps(len(tasks), on_progress, len(begun))
    marked = [done.record.original_sha256 for done in begun if done.record is not None]
    teller = Teller([done.line for done in begun], marked)
    refused = len(begun) - len(marked)
    rest = [replace(task, index=task.index - refused) for task in tasks[len(begun) :]]
    if processes > 1 and len(rest) > _FEW:
        results = side_by_side(rest, recipe, processes)
    else:
        results = one_by_one(rest, recipe, progress.within)
    with closing(results):
        for task, result in zip(rest, results, strict=True):
            line = teller.tell(task, result)
            if isinstance(result, Marked):
                journal.keep(line, result)
            else:
                journal.refuse(line)
            progress.next()
    journal.settle()
    if all(done.record is None for done in journal.done):
        raise PhotoError(journal.done[0].line.refused or "")


def _seal(journal: Journal, recipe: Recipe, seed_given: bool) -> None:
    records = [done.record for done in journal.done if done.record is not None]
    sealed = [done.sealed for done in journal.done if done.sealed is not None]
    public, secret = bind(records, sealed, replace(recipe, seed=journal.seed), seed_given)
    with create(journal.folder / KIT_FILE) as out:
        write_zip(out, members(public, secret, journal.stored()))
        out.flush()
        os.fsync(out.fileno())
    journal.seal()


def _hand_over(journal: Journal, folder: Path) -> Kit:
    """Move kit and photos where they stay, as far as a kill has left them; check both before."""
    left = [name for name in (KIT_FILE, PUBLISH_FOLDER) if (journal.folder / name).exists()]
    if KIT_FILE in left and not journal.is_sealed_kit(journal.folder / KIT_FILE):
        raise damaged(journal.folder)
    if KIT_FILE not in left and not journal.is_sealed_kit(folder / KIT_FILE):
        raise _not_the_kit(journal.folder)
    if PUBLISH_FOLDER in left:
        journal.check_published()
    _check_free(folder, left)
    for name in left:
        (journal.folder / name).rename(folder / name)
    return open_kit(folder / KIT_FILE)


def _check_free(folder: Path, names: Sequence[str] = (KIT_FILE, PUBLISH_FOLDER)) -> None:
    for name in names:
        if (folder / name).exists():
            raise KitError(
                f"The folder {folder.name} already holds “{name}” from earlier. Nothing was "
                "overwritten, because a lost kit cannot be made again. Choose another folder."
            )


def _not_the_kit(work: Path) -> KitError:
    return KitError(
        f"The kit that was sealed here is no longer in the folder {shown(work.parent.name)}, where "
        f"an earlier run had put it: {KIT_FILE} was moved or changed since. Put it back as it was "
        f"and run the same again; or delete {shown(str(work))} to start anew."
    )


def _cannot_write(folder: Path) -> KitError:
    return KitError(
        f"The folder {folder.name} cannot be written to, or the disk is full. Make room and do the "
        "same again, which goes on where it was; or choose another folder."
    )
