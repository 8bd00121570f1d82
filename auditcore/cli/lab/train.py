"""Train a model with photos and a twin without them, and audit both; or go on with it."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditcore.cli.lab.describing import show_experiment
from auditcore.cli.lab.following import Follower, experiment_named
from auditcore.cli.output import add_json, parse_level, say
from auditcore.cli.stopping import stopping_on_interrupt
from auditcore.errors import CaptionError
from auditcore.jobs.queue import new_job_id
from auditcore.lab.experiments import (
    AUGMENTATIONS,
    DEFAULT_KIND,
    KINDS,
    OWN,
    RANGES,
    SAMPLE,
    Experiment,
    OwnPhoto,
    Setup,
    changed,
    create,
    default_setup,
    expected_seconds,
    experiment_folder,
)
from auditcore.lab.experiments.running import train
from auditcore.lab.registries import LabError
from auditcore.photos import Captioned, read_captions

_NUMBERS = {
    "rest": (int, "other pictures in the training set"),
    "epochs": (int, "passes over the training set"),
    "patience": (int, "stop early after so many epochs without a better held-out loss"),
    "epsilon": (float, "train with DP-SGD under this privacy budget (classifier alone)"),
    "visibility": (float, "of the marks, mean CIEDE2000"),
    "seed": (int, "of both twins"),
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `lab train`."""
    parser.add_argument(
        "--kind", choices=KINDS, default=DEFAULT_KIND, help=f"of model (default {DEFAULT_KIND})"
    )
    parser.add_argument(
        "--photos", type=Path, metavar="DIR", help="your photos (default: the sample photos)"
    )
    parser.add_argument(
        "--captions", type=Path, metavar="FILE.csv", help="columns file,caption[,label]"
    )
    for name, (kind, title) in _NUMBERS.items():
        least, most = RANGES[name]
        words = f"{title}, {least:g} to {most:g}"
        parser.add_argument(f"--{name}", type=kind, metavar="N", help=words)
    parser.add_argument("--augmentation", choices=AUGMENTATIONS, help="default: usual")
    parser.add_argument("--p", help="accepted chance of a false alarm: 0.1, 0.05 or 0.01 (default)")
    parser.add_argument("--resume", metavar="ID", help="go on with an experiment that was stopped")
    add_json(parser)


def act(arguments: argparse.Namespace) -> int:
    """Train, audit, and say what was found."""
    experiment = _experiment(arguments)
    seconds = expected_seconds(experiment.setup)
    say(f"Experiment {experiment.id}: about {max(1, round(seconds / 60))} min on two cores.")
    follower = Follower(f"The command goes on with it: lab train --resume {experiment.id}")
    with follower, stopping_on_interrupt() as should_stop:
        train(experiment, should_stop=should_stop, on_stage=follower.tell)
    for sentence in experiment.refused:
        say(sentence)
    show_experiment(experiment, arguments.json)
    return 0


def _experiment(arguments: argparse.Namespace) -> Experiment:
    if arguments.resume is not None:
        return experiment_named(arguments.resume)
    setup = _setup(arguments)
    return create(experiment_folder(new_job_id()), setup, _photos(arguments))


def _setup(arguments: argparse.Namespace) -> Setup:
    choices = {name: getattr(arguments, name) for name in (*_NUMBERS, "augmentation")}
    return changed(
        default_setup(arguments.kind),
        photos=SAMPLE if arguments.photos is None else OWN,
        p=None if arguments.p is None else parse_level(arguments.p),
        **choices,
    )


def _photos(arguments: argparse.Namespace) -> list[OwnPhoto]:
    if arguments.photos is None:
        return []
    try:
        files = sorted(path for path in arguments.photos.iterdir() if path.is_file())
        files = [path for path in files if not path.name.startswith(".")]
        known = _captions(arguments.captions, [path.name for path in files])
        return [_photo(path, known.get(path.name, Captioned())) for path in files]
    except OSError as error:
        raise LabError(
            f"The folder {arguments.photos} cannot be looked into ({error.strerror}). Name a "
            "folder with photos in it."
        ) from error


def _photo(path: Path, captioned: Captioned) -> OwnPhoto:
    return OwnPhoto(path.name, path.read_bytes(), captioned.caption, captioned.label)


def _captions(table: Path | None, names: list[str]) -> Mapping[str, Captioned]:
    if table is None:
        return {}
    try:
        data: Any = table.read_bytes()
    except OSError as error:
        raise CaptionError(
            f"The captions file {table.name} cannot be opened. Check its name and place."
        ) from error
    return read_captions(data, names)
