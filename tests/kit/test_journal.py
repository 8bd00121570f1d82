"""Sealing that was cut off goes on: nothing twice, nothing lost, nothing half written."""

import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import encoded, picture

from auditcore import __version__
from auditcore.errors import Cancelled, KitError, PhotoError
from auditcore.kit import (
    SEALING_FOLDER,
    Kit,
    PhotoSource,
    Sealed,
    journal,
    open_kit,
    protect_into,
    seal_kit,
)
from auditcore.kit import folder as kit_folder
from auditcore.photos import Captioned

ROOT = Path(__file__).parents[2]
SEED = bytes(range(32))


def counted(number: int, loads: Path) -> bytes:
    """Return a photo, a few of which are none, and note that it was asked for."""
    with loads.open("a") as file:
        file.write(f"{number}\n")
    return b"\xff\xd8\xff\xe0 cut" if number % 5 == 1 else encoded(picture(40 + number, 30))


def sources(folder: Path, count: int) -> list[PhotoSource]:
    loads = folder / "loads"
    return [
        PhotoSource(f"{number}.jpg", partial(counted, number, loads), str(number))
        for number in range(count)
    ]


def loaded(folder: Path) -> list[int]:
    return [int(line) for line in (folder / "loads").read_text().split()]


def protect(folder: Path, count: int, **options: Any) -> Sealed:
    return protect_into(folder / "out", sources(folder, count), versions=20, **options)


def stopping(photos: int) -> Callable[[int, int], None]:
    def stop(done: int, total: int) -> None:
        if done > 100 * photos:  # while the next one is in work
            raise Cancelled("Stopped.")

    return stop


def same(one: Kit, other: Kit) -> bool:
    photos = range(len(one.photos))
    pixels = [np.array_equal(one.version(i, 3), other.version(i, 3)) for i in photos]
    return one.photos == other.photos and all(pixels)


@pytest.mark.parametrize("processes", [1, 2])
def test_it_goes_on_where_it_was_cancelled(tmp_path: Path, processes: int) -> None:
    for reached in (1, 3, 9):
        with pytest.raises(Cancelled):
            protect(tmp_path, 12, seed=SEED, on_progress=stopping(reached))
    seen: list[tuple[int, int]] = []
    sealed = protect(
        tmp_path,
        12,
        seed=SEED,
        processes=processes,
        on_progress=lambda done, total: seen.append((done, total)),
    )
    times = Counter(loaded(tmp_path))
    assert sorted(times) == list(range(12))
    assert [number for number in times if times[number] > 1] in ([3, 9], [2, 3, 9])  # in work then
    assert (seen[0], seen[-1]) == ((900, 1200), (1200, 1200))
    whole = seal_kit(sources(tmp_path, 12), lambda *_: None, versions=20, seed=SEED)
    assert same(open_kit(tmp_path / "out" / "kit.zip"), whole.kit)
    assert sealed.lines == whole.lines
    assert not (tmp_path / "out" / SEALING_FOLDER).exists()


def test_several_processes_seal_the_same_kit(tmp_path: Path) -> None:
    """Some photos cannot be read, so that the index of all behind them is another than expected."""
    kits = []
    for processes in (1, 2):
        folder = tmp_path / str(processes)
        folder.mkdir()
        kits.append(protect(folder, 23, seed=SEED, processes=processes))
    assert same(kits[0].kit, kits[1].kit)
    assert kits[0].lines == kits[1].lines
    assert sum(line.refused is not None for line in kits[0].lines) == 5
    files = [sorted(p.name for p in (tmp_path / n / "out/publish").iterdir()) for n in "12"]
    assert files[0] == files[1] == sorted(photo.file for photo in kits[0].kit.photos)
    assert all(
        (tmp_path / "1/out/publish" / name).read_bytes()
        == (tmp_path / "2/out/publish" / name).read_bytes()
        for name in files[0]
    )


def test_the_seed_of_what_was_begun_is_kept_to_its_owner(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        protect(tmp_path, 3, on_progress=stopping(2))
    folder = tmp_path / "out" / SEALING_FOLDER
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "request.json").stat().st_mode & 0o077 == 0
    seed = journal.Journal(folder, _request(tmp_path), bytes(32))
    seed.close()
    assert seed.seed != bytes(32)
    assert protect(tmp_path, 3).kit.seed == seed.seed


def _request(folder: Path) -> journal.Request:
    from auditcore.kit.folder import _request as request
    from auditcore.kit.sealing import make_recipe, make_tasks

    return request(
        make_recipe(3, "smooth", 20, 3.0, None), make_tasks(sources(folder, 3), {}), None
    )


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"versions": 30}, "the number of versions changed"),
        ({"visibility": 2.0}, "the visibility changed"),
        ({"seed": SEED}, "the seed changed"),
        ({"captions": {"2.jpg": Captioned("x")}}, "a caption or a label changed"),
    ],
)
def test_other_settings_are_not_mixed_in(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    with pytest.raises(Cancelled):
        protect(tmp_path, 4, on_progress=stopping(2))
    with pytest.raises(KitError, match=f"after 2 of 4 photos.*{says}"):
        protect_into(tmp_path / "out", sources(tmp_path, 4), **{"versions": 20, **change})
    assert len(protect(tmp_path, 4).lines) == 4


def test_other_photos_are_not_mixed_in(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        protect(tmp_path, 4, on_progress=stopping(2))
    changed, renamed = sources(tmp_path, 4), sources(tmp_path, 4)
    changed[3] = PhotoSource("3.jpg", changed[3].load, "another")
    renamed[0] = PhotoSource("z.jpg", renamed[0].load, "0")
    for photos, says in (
        (changed, "the file “3.jpg” changed"),
        (renamed, "“z.jpg” instead of “0.jpg”"),
        (sources(tmp_path, 5), "4 photos then, 5 now"),
    ):
        with pytest.raises(KitError, match=says):
            protect_into(tmp_path / "out", photos, versions=20)


@pytest.mark.parametrize("cut", [b'{"line"', b"\n", b"\xff\xff"])
def test_what_was_half_written_is_written_again(tmp_path: Path, cut: bytes) -> None:
    with pytest.raises(Cancelled):
        protect(tmp_path, 4, seed=SEED, on_progress=stopping(3))
    folder = tmp_path / "out" / SEALING_FOLDER
    with (folder / "journal.jsonl").open("rb+") as file:
        file.seek(-40, os.SEEK_END)
        file.truncate()
        file.write(cut if cut != b"\n" else b"")
    with (folder / "parts.bin").open("ab") as file:
        file.write(b"half a part")
    sealed = protect(tmp_path, 4, seed=SEED)
    whole = seal_kit(sources(tmp_path, 4), lambda *_: None, versions=20, seed=SEED)
    assert same(sealed.kit, whole.kit)


@pytest.mark.parametrize("file", ["request.json", "journal.jsonl", "parts.bin"])
def test_a_damaged_journal_has_its_sentence(tmp_path: Path, file: str) -> None:
    with pytest.raises(Cancelled):
        protect(tmp_path, 4, on_progress=stopping(3))
    path = tmp_path / "out" / SEALING_FOLDER / file
    path.write_bytes(b"" if file == "parts.bin" else b"[1]\n")
    with pytest.raises(KitError, match="Delete that folder and run the same again"):
        protect(tmp_path, 4)


@pytest.mark.parametrize("step", ["seal", "kit", "publish"])
def test_a_kill_while_the_kit_is_handed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    rename, removed = Path.rename, []

    def killed(*args: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched, pytest.raises(KeyboardInterrupt):
        if step == "seal":
            patched.setattr(journal.Journal, "seal", killed)
        elif step == "kit":
            patched.setattr(Path, "rename", killed)
        else:
            patched.setattr(
                Path,
                "rename",
                lambda a, b: removed.append(rename(a, b)) if not removed else killed(),
            )
        protect(tmp_path, 3)
    before = (tmp_path / "out/kit.zip").read_bytes() if step == "publish" else None
    sealed = protect(tmp_path, 3)
    assert loaded(tmp_path) == [0, 1, 2]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["kit.zip", "publish"]
    assert before in (None, (tmp_path / "out/kit.zip").read_bytes())
    assert open_kit(tmp_path / "out/kit.zip").id == sealed.kit.id
    with pytest.raises(KitError, match="already holds"):
        protect(tmp_path, 3)


def killed_at(step: int, folder: Path) -> bool:
    """Do it in a child that is killed before one of its changes to folders; tell whether it was."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    steps = iter(range(10**6))
    try:
        for name in ("rename", "replace", "unlink", "rmdir"):
            setattr(os, name, partial(_or_die, step, steps, getattr(os, name)))
        protect(folder, 3)
        os._exit(0)
    except BaseException:
        os._exit(1)


def _or_die(step: int, steps: Iterator[int], do: Callable[..., Any], *args: Any, **how: Any) -> Any:
    if next(steps) == step:
        os.kill(os.getpid(), signal.SIGKILL)
    return do(*args, **how)


def test_a_kill_at_every_step_of_the_hand_over(tmp_path: Path) -> None:
    """Whatever it left, the same again ends with kit and photos, nothing twice and no seed."""
    with pytest.raises(Cancelled):
        protect(tmp_path, 3, on_progress=stopping(2))
    marked = tmp_path / "marked"
    (tmp_path / "out").rename(marked)
    seed = json.loads((marked / SEALING_FOLDER / "request.json").read_text())["seed"]
    complete = 0
    for step in range(100):
        folder = tmp_path / str(step)
        shutil.copytree(marked, folder / "out")
        if not killed_at(step, folder):
            break
        if (folder / "out" / SEALING_FOLDER / "request.json").exists():
            assert protect(folder, 3).kit.seed.hex() == seed
        else:
            complete += 1
            with pytest.raises(KitError, match="already holds"):
                protect(folder, 3)
        assert sorted(path.name for path in (folder / "out").iterdir()) == ["kit.zip", "publish"]
        kit = open_kit(folder / "out/kit.zip")
        assert kit.seed.hex() == seed
        for photo in kit.photos:
            published = (folder / "out/publish" / photo.file).read_bytes()
            assert hashlib.sha256(published).hexdigest() == photo.published_sha256
    assert step >= 8 and complete >= 3


def test_a_kit_that_was_taken_away_before_the_end_is_not_made_again(tmp_path: Path) -> None:
    for step in range(100):
        folder = tmp_path / str(step)
        folder.mkdir()
        assert killed_at(step, folder)
        if (folder / "out/publish").exists():
            break
    kit, away = folder / "out/kit.zip", folder / "away.zip"
    for change in (b"another", None):
        kit.rename(away)
        if change is not None:
            kit.write_bytes(change)
        with pytest.raises(KitError, match=r"moved or changed since\. Put it back"):
            protect(folder, 3)
        away.rename(kit)
    protect(folder, 3)
    assert not (folder / "out" / SEALING_FOLDER).exists()


def test_what_another_version_began_is_not_gone_on_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, pytest.raises(Cancelled):
        patched.setattr(kit_folder, "__version__", "0.0.1")
        protect(tmp_path, 4, on_progress=stopping(2))
    says = f"begun with version 0.0.1 of Telltale, and this is {__version__}"
    with pytest.raises(KitError, match=f"after 2 of 4 photos.*{says}.*start anew"):
        protect(tmp_path, 4)
    with monkeypatch.context() as patched:
        patched.setattr(kit_folder, "__version__", "0.0.1")
        assert len(protect(tmp_path, 4).lines) == 4


def test_two_at_once_do_not_mix(tmp_path: Path) -> None:
    def again(done: int, total: int) -> None:
        if done == 100:
            with pytest.raises(KitError, match="Another process"):
                protect(tmp_path, 3)

    assert len(protect(tmp_path, 3, on_progress=again).kit.photos) == 2


def test_none_that_can_be_read_leaves_nothing(tmp_path: Path) -> None:
    bad = [PhotoSource.from_bytes(f"{n}.jpg", b"\xff\xd8\xff cut") for n in range(12)]
    with pytest.raises(PhotoError, match="damaged or cut short"):
        protect_into(tmp_path / "out", bad, versions=20, processes=2)
    assert list((tmp_path / "out").iterdir()) == []


def test_killed_processes_leave_no_others_and_what_they_did(tmp_path: Path) -> None:
    photos, out = tmp_path / "photos", tmp_path / "out"
    photos.mkdir()
    for number in range(40):
        (photos / f"{number}.png").write_bytes(encoded(picture(600, 400 + number), "PNG"))
    words = ["mark", str(photos), "--out", str(out), "--seed", "x", "--processes", "2", "--json"]
    command = [sys.executable, "-m", "auditcore", *words]
    lines = out / SEALING_FOLDER / "journal.jsonl"
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    while not lines.exists() or not lines.read_bytes():
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    kept = lines.read_bytes()
    assert kept and not (out / "kit.zip").exists() and not (out / "publish").exists()
    subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, check=True)
    kit = open_kit(out / "kit.zip")
    assert [photo.file for photo in kit.photos] == [f"{number}.png" for number in range(40)]
    assert len(list((out / "publish").iterdir())) == 40


def ending(number: int) -> bytes:
    """Return a photo; the process that asks for the seventh is ended, as one without memory is."""
    if number == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return encoded(picture(40 + number, 30))


def test_a_process_that_was_ended_has_its_sentence_and_costs_nothing_done(tmp_path: Path) -> None:
    bad = [PhotoSource(f"{n}.jpg", partial(ending, n), str(n)) for n in range(14)]
    good = [PhotoSource(f"{n}.jpg", partial(ending, n + 8), str(n)) for n in range(14)]
    with pytest.raises(KitError, match="ended from outside"):
        protect_into(tmp_path / "out", bad, versions=20, processes=2)
    assert (tmp_path / "out" / SEALING_FOLDER / "request.json").is_file()
    assert len(protect_into(tmp_path / "out", good, versions=20).kit.photos) == 14
