"""List the models that can be audited, or test one."""

import argparse

from auditcore.cli.output import add_json, one_line, print_json, say, tell
from auditcore.cli.reaching import access_of, add_access, add_running, running_of
from auditcore.errors import ModelError
from auditcore.jobs.meeting import Met, meet
from auditcore.models import ModelEntry, list_models, open_model
from auditcore.models.forms import HOSTED_FORMS, LOCAL_FORMS, SpecForm


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `models`."""
    parser.add_argument(
        "action", nargs="?", choices=["test"], help="open one model, ask it once, say what it gives"
    )
    parser.add_argument("spec", nargs="?", metavar="SPEC", help="the model to test")
    add_running(parser)
    add_access(parser)
    add_json(parser)


def run(arguments: argparse.Namespace) -> int:
    """Print every form of a spec and every model, those on this machine first; or test one."""
    if arguments.action == "test":
        return _test(arguments)
    entries = list_models()
    if arguments.json:
        print_json([entry.to_json() for entry in entries])
        return 0
    for title, forms in (("On this machine", LOCAL_FORMS), ("Behind an address", HOSTED_FORMS)):
        tell(f"{title}:")
        tell("\n".join(map(_form, forms)) + "\n")
    tell("By name, those on this machine first:")
    tell("\n".join(map(_entry, entries)))
    return 0


def _test(arguments: argparse.Namespace) -> int:
    if arguments.spec is None:
        raise ModelError("Name the model to test, such as: models test demo:with")
    found = meet(open_model(arguments.spec, access_of(arguments), running_of(arguments)))
    if arguments.json:
        print_json(found.to_json())
    else:
        _tell(found)
    return 0


def _tell(found: Met) -> None:
    say("It answers." if found.hosted else "It works on this machine.")
    facts = {
        "name": found.name,
        "gives": ", ".join(found.gives),
        "labels": f"{len(found.labels):,}" if found.labels else "",
        "input": f"{found.input_size} x {found.input_size} px",
        "seconds a picture": f"{found.seconds_per_image:.3g}",
        "memory": f"{found.memory_bytes / 1e6:,.0f} MB" if found.memory_bytes else "",
        "released": found.released or "",
        **found.details,
    }
    tell("\n".join(f"{one_line(name):18} {one_line(text)}" for name, text in facts.items() if text))


def _form(form: SpecForm) -> str:
    return f"  {form.form:24} {form.says}\n  {'':24} e.g. {form.example}"


def _entry(entry: ModelEntry) -> str:
    place = "here" if entry.on_this_machine else "to download"
    return f"  {entry.spec:58} {place:12} {_size(entry):>8}  {entry.title}"


def _size(entry: ModelEntry) -> str:
    return "" if entry.size_bytes is None else f"{entry.size_bytes / 1e6:,.0f} MB"
