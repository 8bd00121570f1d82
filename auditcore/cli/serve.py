"""Offer a model of this machine to others, in the protocols of hosted models."""

import argparse
import os
import re

from auditcore.cli.output import say, tell
from auditcore.errors import ServingError
from auditcore.models import HOSTED, open_model
from auditcore.serving import (
    Limits,
    application,
    check_place,
    is_loopback,
    listening,
    new_key,
    serve,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `serve`."""
    parser.add_argument("--model", required=True, help="the model, such as demo:with")
    parser.add_argument("--port", type=int, required=True, help="where it is reached, 0 for any")
    parser.add_argument(
        "--host", default="127.0.0.1", help="address to listen at (default: this machine alone)"
    )
    parser.add_argument(
        "--key-env", metavar="VARIABLE", help="environment variable that holds the key"
    )
    parser.add_argument("--rate", type=int, help="pictures and texts answered a minute at most")
    parser.add_argument("--name", help="what requests call the model (default: its own name)")


def run(arguments: argparse.Namespace) -> int:
    """Open the model, say how it is reached, and answer until stopped."""
    chosen = _chosen_key(arguments.key_env)
    check_place(arguments.host, arguments.port, chosen)
    if arguments.rate is not None and arguments.rate < 1:
        raise ServingError("--rate must be 1 or more.")
    if arguments.model.partition(":")[0] in HOSTED:
        raise ServingError("Only a model of this machine can be offered, not a hosted one.")
    model = open_model(arguments.model)
    name = _name(arguments.name, model.identity.name)
    key = chosen or new_key()
    app = application(model, name, key=key, limits=Limits(per_minute=arguments.rate))
    listener = listening(arguments.host, arguments.port)
    port = listener.getsockname()[1]
    host = f"[{arguments.host}]" if ":" in arguments.host else arguments.host
    _announce(f"http://{host}:{port}", name, None if chosen else key)
    if not is_loopback(arguments.host):
        say("Others send their key unencrypted: put a server that speaks https in front.")
    serve(app, listener)
    return 0


def _chosen_key(variable: str | None) -> str | None:
    if variable is None:
        return None
    key = os.environ.get(variable)
    if not key:
        raise ServingError(f"The environment variable {variable} holds no key.")
    return key


def _name(given: str | None, own: str) -> str:
    """Return a name that fits in an address."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", given or own).strip("-.")
    if not name or (given and name != given):
        raise ServingError("--name may hold letters, digits, dots, dashes and underscores.")
    return name


def _announce(address: str, name: str, random_key: str | None) -> None:
    tell(f"{name} is offered at {address}. Specs for an audit:")
    for spec in (
        f"openai:{address}#{name}",
        f"hf:{address}/models/{name}",
        f"oip:{address}#{name}",
    ):
        tell(f"  {spec}")
    if random_key:
        tell(f"Key, shown this once: {random_key}")
    tell("Ctrl-C stops it.")
