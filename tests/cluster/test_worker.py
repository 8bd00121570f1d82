"""What a worker checks before it answers."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from auditcore import __version__
from auditcore.cluster.order import NeedsKit, Order
from auditcore.cluster.scoring import RayScoring
from auditcore.cluster.worker import Worker, check_same, check_score, check_software, computing
from auditcore.errors import AuditError, ClusterError
from auditcore.models import Running

ORDER = Order(
    software=__version__,
    kit_file=Path("/no/such/kit.zip"),
    kit_id="the kit",
    spec="demo:with",
    fingerprint="the model",
    running=Running(),
    details={"precision": "float32"},
    score={"name": "entropy", "views": 8},
    photos=(0,),
)


def model(fingerprint: str = "the model", **details: str) -> Any:
    identity = SimpleNamespace(name="M", fingerprint=fingerprint, details=details)
    return SimpleNamespace(identity=identity, hosted=False)


def kit(name: str = "the kit") -> Any:
    return SimpleNamespace(id=name)


def test_a_kit_that_is_not_there_is_asked_for() -> None:
    assert Worker().ready(ORDER) == NeedsKit()


def test_the_order_as_it_should_be() -> None:
    check_software(ORDER)
    check_same(ORDER, kit(), model(precision="float32", parameters="1 million"))
    check_score(ORDER, SimpleNamespace(description=dict(ORDER.score)))  # type: ignore[arg-type]


def test_another_version_of_telltale() -> None:
    with pytest.raises(ClusterError, match="Install the same version on every machine"):
        check_software(replace(ORDER, software="0.0.1"))


@pytest.mark.parametrize(
    ("kit_here", "model_here", "kind", "says"),
    [
        (kit("another"), model(precision="float32"), AuditError, "is another kit"),
        (
            kit(),
            model("another", precision="float32"),
            ClusterError,
            "is not the one of the audit",
        ),
        (
            kit(),
            model(precision="bfloat16"),
            ClusterError,
            r"differently.*precision: bfloat16.*float32",
        ),
    ],
)
def test_another_kit_model_or_precision(
    kit_here: Any, model_here: Any, kind: type[Exception], says: str
) -> None:
    with pytest.raises(kind, match=says):
        check_same(ORDER, kit_here, model_here)


def test_another_way_to_score() -> None:
    here = SimpleNamespace(description={"name": "entropy", "views": 9})
    with pytest.raises(ClusterError, match="score is computed differently"):
        check_score(ORDER, here)  # type: ignore[arg-type]


def test_only_what_binds_the_answers_is_compared() -> None:
    assert computing({"precision": "float32", "parameters": "1"}) == {"precision": "float32"}


def test_a_hosted_model_is_not_asked_from_many_places() -> None:
    hosted = SimpleNamespace(hosted=True)
    with pytest.raises(ClusterError, match="Leave out --engine ray"):
        RayScoring("openai:x", lambda _: pytest.fail("joined"))(kit(), hosted, "entropy", 8, [0])
