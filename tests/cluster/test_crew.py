"""The crew, with stand-ins for Ray and its workers: deaths, replacement, and answers alike."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_ray import Died, FakeRay

from auditcore.cluster.crew import MOST_DEATHS, RayCrew
from auditcore.cluster.dispatch import cut, in_order
from auditcore.cluster.order import Answered, NeedsKit, Order, Ready, Refusal
from auditcore.errors import ClusterError, KitError, ModelError, TelltaleError
from auditcore.models import Running
from auditcore.scores import Answer, Query

QUERIES = [Query(number, 3) for number in range(40)]


class Scripted:
    """A worker that answers a query with its photo, and dies or refuses where it is told to."""

    def __init__(self, number: int, **told: Any) -> None:
        self.number, self.told, self.asked = number, told, 0
        self.kit: Any = None

    def ready(self, order: Order, kit: Any = None) -> Any:
        self.kit = kit
        if kit is None and self.told.get("blind"):
            return NeedsKit()
        return self.told.get("opening", Ready(f"node-{self.number}"))

    def answer(self, queries: tuple[Query, ...]) -> Any:
        self.asked += 1
        if self.asked > self.told.get("chunks", 1000):
            return self.told.get("then", Died())
        return Answered(tuple((float(query.photo), "d") for query in queries), 0.1)

    def probe(self, photos: tuple[int, ...]) -> Any:
        return self.told.get("probe", Answered(((0.5, f"probe {photos[0]}"),), 0.0))


def order(kit_file: Path = Path("kit.zip")) -> Order:
    return Order("1", kit_file, "id", "demo:with", "f", Running(), {}, {}, (0, 1))


def crew_of(*scripts: dict[str, Any]) -> tuple[RayCrew, list[Scripted], list[str]]:
    """Return a crew whose workers, and then their successors, follow these scripts."""
    made: list[Scripted] = []
    said: list[str] = []

    def make(number: int) -> Scripted:
        made.append(Scripted(number, **(scripts[number] if number < len(scripts) else {})))
        return made[-1]

    crew = RayCrew(FakeRay(make).site(), 2, False, said.append)
    crew.begin(order())
    return crew, made, said


def ask(crew: RayCrew) -> list[Answer]:
    return list(in_order(cut(QUERIES, 3), crew, 8))


def test_both_workers_answer() -> None:
    crew, made, said = crew_of()
    assert [answer.score for answer in ask(crew)] == [float(query.photo) for query in QUERIES]
    assert all(worker.asked for worker in made) and said == []


def test_a_worker_that_dies_is_replaced_and_its_chunks_are_done_again() -> None:
    crew, made, said = crew_of({"chunks": 2})
    assert [answer.score for answer in ask(crew)] == [float(query.photo) for query in QUERIES]
    assert len(made) == 3
    assert said == ["A worker on node-0 died; what it had is done again."]


def test_a_worker_that_dies_again_and_again_is_given_up() -> None:
    crew, _, said = crew_of({"opening": Died()}, {}, {"opening": Died()}, {"opening": Died()})
    assert len(ask(crew)) == len(QUERIES)
    assert crew.workers == 1
    assert f"died {MOST_DEATHS} times in a row and is given up. Ray says: the script" in said[-1]


def test_when_all_are_given_up_the_audit_says_so() -> None:
    crew, _, _ = crew_of(*[{"opening": Died()}] * 6)
    with pytest.raises(ClusterError, match=r"All workers died.*the script says so"):
        ask(crew)


@pytest.mark.parametrize("rows", [0, 2, 4])
def test_a_worker_that_gives_more_or_fewer_answers_than_asked_is_refused(rows: int) -> None:
    crew, _, _ = crew_of({"chunks": 1, "then": Answered(((0.5, "d"),) * rows, 0.1)})
    with pytest.raises(ClusterError, match=f"asked 3 questions and gave {rows} answers"):
        ask(crew)


def test_an_error_of_the_audit_comes_back_as_its_sentence() -> None:
    crew, _, _ = crew_of({"chunks": 1, "then": Refusal("ModelError", "It broke.", "node-0")})
    with pytest.raises(ModelError, match=r"^The worker on node-0 says: It broke\.$"):
        ask(crew)


def test_a_worker_that_cannot_see_the_kit_is_sent_it(tmp_path: Path) -> None:
    file = tmp_path / "kit.zip"
    file.write_bytes(b"a kit")
    crew, made, _ = crew_of({"blind": True})
    crew.begin(order(file))
    assert len(ask(crew)) == len(QUERIES)
    assert np.asarray(made[0].kit).tobytes() == b"a kit" and made[1].kit is None


def test_a_folder_is_not_sent(tmp_path: Path) -> None:
    crew, _, _ = crew_of({"blind": True})
    crew.begin(order(tmp_path))
    with pytest.raises(KitError, match="storage that all machines see"):
        ask(crew)


def test_every_worker_is_asked_about_the_test_picture() -> None:
    crew, _, _ = crew_of()
    assert crew.probe((7, 8)) == Answer(0.5, "probe 7")


def test_workers_that_do_not_answer_alike_are_refused() -> None:
    crew, _, _ = crew_of({"probe": Answered(((0.5, "other bits"),), 0.0)})
    crew.probe((7,))  # asks those that are ready: one
    with pytest.raises(ModelError, match="on node-1 does not answer like the others"):
        ask(crew)
    crew, _, _ = crew_of({"probe": Answered(((0.5, "other bits"),), 0.0)})
    ask(crew)
    with pytest.raises(ModelError, match="on node-1 does not answer like the others"):
        crew.probe((7,))


def test_a_worker_that_comes_later_has_to_answer_like_the_others() -> None:
    crew, _, _ = crew_of({"chunks": 1}, {}, {"probe": Answered(((0.5, "other bits"),), 0.0)})
    crew.probe((7,))
    with pytest.raises(ModelError, match="does not answer like the others"):
        ask(crew)


def test_chunks_that_were_let_go_are_not_taken_for_answers() -> None:
    crew, _, _ = crew_of()
    answers = in_order(cut(QUERIES, 3), crew, 8)
    next(answers)
    crew.forget()
    assert [answer.score for answer in ask(crew)] == [float(query.photo) for query in QUERIES]


@pytest.mark.parametrize("kind", ["KitError", "ScoreError", "NoSuchError"])
def test_an_unknown_kind_of_error_is_still_a_sentence(kind: str) -> None:
    crew, _, _ = crew_of({"opening": Refusal(kind, "No.", "node-0")})
    with pytest.raises(TelltaleError, match="No"):
        ask(crew)
