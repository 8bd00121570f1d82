"""Ask a CLIP model whether it knows a person's face and name (IDIA): an indication."""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from plotly.graph_objects import Figure

from auditcore.cli.output import add_json, one_line, print_json, say, tell
from auditcore.cli.passive.folder import files_in, photos_of
from auditcore.cli.passive.page import check_page, write_page
from auditcore.cli.reaching import access_of, add_access, add_running, running_of
from auditcore.errors import Cancelled, PassiveError
from auditcore.models import HOSTED, Model, open_model
from auditcore.passive.curves import roc_figure
from auditcore.passive.evaluation import roc
from auditcore.passive.grade import GRADE, GRADE_MEANS
from auditcore.passive.idia.answers import Answers, choose, look, sending
from auditcore.passive.idia.curves import curve
from auditcore.passive.idia.figures import over_photos, over_tau
from auditcore.passive.idia.names import candidate_names, tidy_name
from auditcore.passive.idia.prompts import TEMPLATES
from auditcore.passive.idia.result import Frequent, Result, assess
from auditcore.passive.idia.rule import TAU, check_tau
from auditcore.passive.idia.strength import Point, Share, Strength, strength
from auditcore.passive.idia.words import CONSENT, PersonWords, person_words, sending_words
from auditcore.photos import shown


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the actions `audit` and `evaluate`."""
    actions = parser.add_subparsers(title="actions", required=True, metavar="ACTION")
    summary = "ask about one or more people"
    audit = actions.add_parser("audit", help=summary, description=summary)
    audit.add_argument(
        "--person",
        action="append",
        required=True,
        metavar="NAME=DIR",
        help="the person's name and the folder of their photos; may be there several times",
    )
    _add_shared(audit, _audit)
    summary = "measure the method on people of whom it is known whether they were in the training"
    evaluate = actions.add_parser("evaluate", help=summary, description=summary)
    for group in ("members", "non-members"):
        evaluate.add_argument(
            f"--{group}",
            required=True,
            type=Path,
            metavar="DIR",
            help="a folder with one folder of photos for each person, called by the person's name",
        )
    evaluate.add_argument("--plot", type=Path, metavar="FILE.html", help="write the curves there")
    _add_shared(evaluate, _evaluate)


def _add_shared(parser: argparse.ArgumentParser, act: Callable[[argparse.Namespace], int]) -> None:
    parser.add_argument("--model", required=True, metavar="SPEC", help="a CLIP model; see `models`")
    parser.add_argument(
        "--tau",
        type=int,
        default=TAU,
        metavar="N",
        help=f"wordings that must name a person, 1 to {len(TEMPLATES)} (default {TAU})",
    )
    parser.add_argument(
        "--i-have-consent",
        action="store_true",
        help="the people in the photos are you, or have agreed to this",
    )
    parser.add_argument(
        "--send-to",
        metavar="HOST",
        help="for hosted models: the host that may get the photos and the names",
    )
    add_running(parser)
    add_access(parser)
    add_json(parser)
    parser.set_defaults(act=act)


@dataclass
class _Person:
    """A person, the photos of that person, and what could not be read of them."""

    name: str
    files: list[Path]
    left_out: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        """Say and keep that a file was left out."""
        say(f"{one_line(self.name)}: {one_line(sentence)} It is left out.")
        self.left_out.append(sentence)


def _audit(arguments: argparse.Namespace) -> int:
    people = [_named_folder(text) for text in arguments.person]
    model, answers = _ask(arguments, people)
    results = [assess(a, p.name, arguments.tau) for a, p in zip(answers, people, strict=True)]
    told = [(result, person_words(result)) for result in results]
    if arguments.json:
        found = zip(people, told, strict=True)
        print_json(
            _facts(model) | {"people": [_as_json(person, *result) for person, result in found]}
        )
    else:
        tell("\n\n".join(_in_words(*each) for each in told))
    return 0


def _evaluate(arguments: argparse.Namespace) -> int:
    check_page(arguments.plot)
    groups = [_people_in(folder) for folder in (arguments.members, arguments.non_members)]
    people = [person for group in groups for person in group]
    model, answers = _ask(arguments, people)
    curves = [curve(a, p.name) for a, p in zip(answers, people, strict=True)]
    members = len(groups[0])
    measured = strength(curves[:members], curves[members:], arguments.tau)
    if arguments.plot is not None:
        write_page(arguments.plot, "How often IDIA recognises people", _figures(measured))
    if arguments.json:
        left_out = [sentence for person in people for sentence in person.left_out]
        print_json(_facts(model) | measured.to_json() | {"left_out": left_out})
    else:
        tell(_table(measured))
    return 0


def _figures(measured: Strength) -> tuple[Figure, ...]:
    scores = {"number of wordings": roc(measured.member_scores, measured.non_member_scores)}
    return roc_figure(scores), over_photos(measured), over_tau(measured)


def _ask(arguments: argparse.Namespace, people: list[_Person]) -> tuple[Model, list[Answers]]:
    """Ask about all photos of all people; return the answers person by person."""
    check_tau(arguments.tau)
    names = candidate_names([person.name for person in people])
    _check_consent(arguments, people)
    model = open_model(arguments.model, access_of(arguments), running_of(arguments))
    try:
        seen = [_look(model, person) for person in people]
        answers = choose(model, np.concatenate(seen), names, _say_wording)
    except KeyboardInterrupt:
        raise Cancelled(
            "Cancelled. Nothing of the photos or the names is kept; what was computed of the "
            "decoys is, so the same command is faster."
        ) from None
    ends = np.cumsum([len(rows) for rows in seen])
    starts = ends - [len(rows) for rows in seen]
    parts = [answers.of(slice(*span)) for span in zip(starts, ends, strict=True)]
    return model, parts


def _look(model: Model, person: _Person) -> NDArray[np.float32]:
    photos = photos_of(person.files, person.note)
    first = next(photos, None)
    if first is None:
        raise PassiveError(
            f"None of the files of {shown(person.name)} can be read as a photo: see above. Put "
            "JPEG, PNG or WebP photos into that folder."
        )
    seen = look(model, chain([first], photos))
    say(f"{one_line(person.name)}: {len(seen)} of {len(person.files)} files looked at.")
    return seen


def _say_wording(done: int) -> None:
    say(f"{done:>3} of {len(TEMPLATES)} wordings asked.")


def _check_consent(arguments: argparse.Namespace, people: list[_Person]) -> None:
    """Refuse to ask before the people have agreed, and to send before the host was named."""
    if not arguments.i_have_consent:
        raise PassiveError(f"{CONSENT} If that is so, say it with --i-have-consent.")
    if arguments.model.partition(":")[0].strip() not in HOSTED:
        return
    from auditcore.jobs.passive import most_sent
    from auditcore.models.hosted.spec import host_of, parse_spec

    host = host_of(parse_spec(arguments.model))
    sent = sending(sum(len(person.files) for person in people), len(people))
    if arguments.send_to != host:
        raise PassiveError(
            f"{sending_words(host, sent)} A model on this machine, such as one of openclip:, needs "
            f"none of that. If {host} may get them, say it with --send-to {host}."
        )
    things = sent.photos + sent.texts_with_names + sent.texts_with_decoys
    most = access_of(arguments).budget.most or most_sent(things)
    arguments.most = str(most)
    say(f"{sending_words(host, sent)} {most:,} of all these at the very most, where tries fail.")


def _named_folder(text: str) -> _Person:
    name, equals, folder = text.partition("=")
    if not equals or not folder:
        raise PassiveError(
            f"After --person comes a name, an equals sign and a folder, such as "
            f'"Ada Lovelace=photos/ada", not {shown(text)}.'
        )
    return _Person(tidy_name(name), files_in(Path(folder)))


def _people_in(folder: Path) -> list[_Person]:
    try:
        people = sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError as error:
        raise PassiveError(
            f"The folder {folder} cannot be looked into ({error.strerror}). {_ONE_EACH}"
        ) from error
    if not people:
        raise PassiveError(f"There is no folder in {folder}. {_ONE_EACH}")
    return [_Person(tidy_name(path.name), files_in(path)) for path in people]


_ONE_EACH = "It must hold one folder of photos for each person, called by the person's name."


def _facts(model: Model) -> dict[str, Any]:
    return {
        "method": "idia",
        "grade": GRADE,
        "grade_means": GRADE_MEANS,
        "model": {
            "spec": model.identity.spec,
            "name": model.identity.name,
            "fingerprint": model.identity.fingerprint,
        },
    }


def _as_json(person: _Person, result: Result, words: PersonWords) -> dict[str, Any]:
    return {**result.to_json(), "words": words.to_json(), "left_out": person.left_out}


def _in_words(result: Result, words: PersonWords) -> str:
    sections = (
        ("", words.facts),
        ("It means:", words.means),
        ("Keep in mind:", words.means_not),
        ("Limits:", words.limits),
        ("Named most often:", [_frequent(name) for name in result.frequent[:5]]),
    )
    first = (words.headline, words.grade_means, words.caution)
    lines = [one_line(sentence) for sentence in first]
    for title, sentences in sections:
        lines += ["", title] if title else [""]
        lines += [f"- {one_line(sentence)}" for sentence in sentences]
    return "\n".join(lines)


def _frequent(name: Frequent) -> str:
    wordings = "1 wording" if name.wordings == 1 else f"{name.wordings} wordings"
    return f"{name.name}: named by {wordings}, {name.answers:,} answers in all"


def _table(measured: Strength) -> str:
    area = measured.scores["auc"]
    return "\n".join(
        [
            one_line(GRADE_MEANS),
            "",
            "photos  tau  members recognised     others recognised      decoys",
            *(_line(point) for point in measured.over_photos),
            "",
            *(_line(point) for point in measured.over_tau if point.members.mean),
            "",
            f"Area under the curve (number of wordings, {measured.scores['photos']} photos): "
            f"{area['value']:.3f} ({area['low']:.3f} to {area['high']:.3f})",
        ]
    )


def _line(point: Point) -> str:
    return (
        f"{point.photos:>6}  {point.tau:>3}  {_share(point.members)}  {_share(point.non_members)}"
        f"  {point.decoys:6.2%}"
    )


def _share(share: Share) -> str:
    return f"{share.mean:6.1%} ({share.rate.low:5.1%}-{share.rate.high:6.1%})"
