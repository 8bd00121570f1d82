"""List the models that can be audited by name."""

import argparse

from auditcore.cli.output import add_json, print_json
from auditcore.models import ModelEntry, list_models


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `models`."""
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print every model, those on this machine first."""
    entries = list_models()
    if arguments.json:
        print_json([entry.to_json() for entry in entries])
        return 0
    for entry in entries:
        place = "here" if entry.on_this_machine else "to download"
        print(f"{entry.spec:58} {place:12} {_size(entry):>8}  {entry.title}")
    print("openclip:PATH   a safetensors file or folder of open_clip on this machine")
    return 0


def _size(entry: ModelEntry) -> str:
    return "" if entry.size_bytes is None else f"{entry.size_bytes / 1e6:,.0f} MB"
