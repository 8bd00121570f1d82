"""The options of where the model is asked: in this process, or on many machines."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager

from auditcore.audit import Scoring, local_scoring
from auditcore.cli.output import say
from auditcore.errors import AuditError

LOCAL, RAY = "local", "ray"


def add_engine(parser: argparse.ArgumentParser) -> None:
    """Declare where the model is asked."""
    group = parser.add_argument_group("for many machines (see assets/scale.md)")
    group.add_argument(
        "--engine",
        choices=(LOCAL, RAY),
        default=LOCAL,
        help="ask in this process (default), or through workers on Ray; the verdict is the same",
    )
    group.add_argument(
        "--address",
        metavar="HOST:PORT",
        help="of a Ray that runs; without it, one is started on this machine for this audit",
    )
    group.add_argument("--workers", type=int, metavar="N", help="default: one a core, or one a GPU")


@contextmanager
def scoring_of(arguments: argparse.Namespace) -> Iterator[Scoring]:
    """Yield the scoring of audits of `--model`, on the engine that was chosen.

    Raises:
        AuditError: an option that belongs to the other engine; see `cluster.on_ray`.
    """
    if arguments.engine == LOCAL:
        if (arguments.address, arguments.workers) != (None, None):
            raise AuditError("--address and --workers go with --engine ray.")
        yield local_scoring
        return
    from auditcore.cluster import Place, on_ray

    place = Place(arguments.address, arguments.workers)
    with on_ray(arguments.model, place, say) as scoring:
        yield scoring
