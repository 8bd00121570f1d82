"""Models are shared, few are held, and too much memory lets go of them."""

import gc
import weakref

import pytest

from auditcore.jobs import held, memory
from auditcore.jobs.held import Held
from auditcore.jobs.keys import KeyRing
from auditcore.jobs.opened import OpenModels
from auditcore.jobs.orders import Choice


class Opened:
    """Stands for a model."""

    def __init__(self, name: str) -> None:
        self.name = name


def test_one_copy_serves_all_and_what_was_not_used_for_longest_goes() -> None:
    shelf = Held(2, Opened)
    first, second = shelf.get("a"), shelf.get("b")
    assert shelf.get("a") is first
    shelf.get("c")
    assert len(shelf) == 2
    assert shelf.get("a") is first
    assert shelf.get("b") is not second


def test_room_is_made_before_the_next_is_opened() -> None:
    alive: list[int] = []
    known: list[weakref.ref[Opened]] = []

    def open_one(name: str) -> Opened:
        gc.collect()
        alive.append(sum(one() is not None for one in known))
        known.append(weakref.ref(opened := Opened(name)))
        return opened

    shelf = Held(2, open_one)
    for name in "abcde":
        shelf.get(name)
    assert alive == [0, 1, 1, 1, 1]


def test_too_much_memory_lets_go_between_two_jobs(monkeypatch: pytest.MonkeyPatch) -> None:
    shelf = Held(2, Opened)
    monkeypatch.setattr(held, "LOCAL", shelf)
    shelf.get("a")
    held.keep_memory_bounded()
    assert len(shelf) == 1, f"{memory.resident():,} of {memory.machine():,} bytes"
    monkeypatch.setattr(memory, "SHARE_AT_MOST", 0.0)
    held.keep_memory_bounded()
    assert len(shelf) == 0


def test_the_memory_of_the_machine_is_known() -> None:
    assert 10_000_000 < memory.resident() < memory.machine()
    memory.trim()


def test_owners_keep_their_own_hosted_models(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []

    def connect(_self: OpenModels, owner: str, choice: Choice, _scope: str | None) -> Opened:
        opened.append(f"{owner} {choice.spec}")
        return Opened(owner)

    monkeypatch.setattr(OpenModels, "_connect", connect)
    models, choice = OpenModels(KeyRing()), Choice("openai:https://api.example/v1#m")
    ada, grace = models.open("ada", choice), models.open("grace", choice)
    assert ada is not grace
    assert models.open("ada", choice) is ada
    assert models.open("grace", choice) is grace
    models.close("ada")
    assert models.open("ada", choice) is not ada
    other = Choice("openai:https://api.example/v1#other")
    models.open("ada", other)
    assert models.open("ada", choice) is not ada, "one at a time"
    for number in range(40):
        models.open(f"visitor {number}", choice)
    assert len(models._hosted) == 16
