"""Ask an encoder whether pictures look like its training data (EncoderMI): an indication."""

import argparse
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

from auditcore.cli.output import add_json
from auditcore.cli.reaching import add_access, add_running

_EPOCHS = 800


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions `train`, `audit` and `evaluate`."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    _add_train(_action(actions, "train", "train an attack once, to be used again"))
    audit = _action(
        actions, "audit", "compare pictures with others that the model cannot have seen"
    )
    _add_folder(audit, "mine", "the pictures in question")
    _add_folder(
        audit, "reference", "pictures of the same kind that it cannot have seen: unpublished ones"
    )
    evaluate = _action(
        actions, "evaluate", "measure the method on pictures of which it is known what they are"
    )
    _add_folder(evaluate, "members", "pictures that the model was trained on")
    _add_folder(evaluate, "non-members", "pictures of the same source that it was not trained on")
    evaluate.add_argument("--plot", type=Path, metavar="FILE.html", help="write the curves there")
    for asking in (audit, evaluate):
        asking.add_argument("--model", required=True, metavar="SPEC", help="see `models`")
        asking.add_argument("--attack", type=Path, metavar="DIR", help="what `train` wrote")
        _add_reaching(asking)


def _action(actions: Any, name: str, summary: str) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = actions.add_parser(name, help=summary, description=summary)
    made.set_defaults(act=_later(name))
    return made


def _later(name: str) -> Callable[[argparse.Namespace], int]:
    """Return what runs an action; its module needs torch, which takes seconds to import."""

    def act(arguments: argparse.Namespace) -> int:
        return int(import_module(f"auditcore.cli.passive.encodermi_{name}").run(arguments))

    return act


def _add_train(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", required=True, type=Path, metavar="DIR", help="gets the attack")
    parser.add_argument("--title", metavar="TEXT", help="one line to know the attack by")
    parser.add_argument("--seed", type=int, default=1, help="of all draws (default 1)")
    group = parser.add_argument_group("to train a shadow encoder as well, on half of the pictures")
    group.add_argument("--images", type=Path, metavar="DIR", help="the pictures")
    group.add_argument(
        "--algorithm", default="simclr", metavar="NAME", help="simclr (default) or moco"
    )
    group.add_argument(
        "--architecture", default="resnet", metavar="NAME", help="resnet (default), densenet or vit"
    )
    group.add_argument(
        "--epochs", type=int, default=_EPOCHS, metavar="N", help=f"(default {_EPOCHS})"
    )
    group = parser.add_argument_group("or to use an encoder whose training pictures are known")
    group.add_argument("--model", metavar="SPEC", help="see `models`")
    group.add_argument("--members", type=Path, metavar="DIR", help="what it was trained on")
    group.add_argument("--non-members", type=Path, metavar="DIR", help="what it never saw")
    _add_reaching(parser)


def _add_folder(parser: argparse.ArgumentParser, name: str, summary: str) -> None:
    parser.add_argument(f"--{name}", required=True, type=Path, metavar="DIR", help=summary)


def _add_reaching(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--send-to", metavar="HOST", help="for hosted models: the host that may get the pictures"
    )
    add_running(parser)
    add_access(parser)
    add_json(parser)
