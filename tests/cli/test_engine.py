"""Where the model is asked: what the options mean, and which do not go together."""

import argparse

import pytest

from auditcore.audit import local_scoring
from auditcore.cli.engine import add_engine, scoring_of
from auditcore.cluster.scoring import RayScoring
from auditcore.errors import AuditError


def options(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="demo:with")
    add_engine(parser)
    return parser.parse_args(words)


def test_this_process_asks_unless_told_otherwise() -> None:
    with scoring_of(options()) as scoring:
        assert scoring is local_scoring


def test_workers_ask_and_nothing_is_started_before_the_first_audit() -> None:
    with scoring_of(options("--engine", "ray", "--address", "nowhere:1")) as scoring:
        assert isinstance(scoring, RayScoring)


@pytest.mark.parametrize("words", [("--address", "head:6379"), ("--workers", "2")])
def test_options_of_ray_need_ray(words: tuple[str, str]) -> None:
    with pytest.raises(AuditError, match="go with --engine ray"), scoring_of(options(*words)):
        pass


def test_no_worker_is_no_engine() -> None:
    told = options("--engine", "ray", "--workers", "0")
    with pytest.raises(AuditError, match="above 0"), scoring_of(told):
        pass
