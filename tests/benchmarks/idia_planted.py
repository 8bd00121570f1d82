"""IDIA on planted people: who is recognised, over portraits in training, photos asked and tau.

    python tests/benchmarks/idia_planted.py ask --work FOLDER [--spec demo:people]
    python tests/benchmarks/idia_planted.py summary

demo:people was trained with 75, 50, 25, 10, 5 or 1 portraits of 100 drawn people each (the members)
and knows nothing of 100 more of the same crowd (the non-members). `ask` shows it 30 fresh portraits
of everybody, portraits that were in no training set, as a person has photos that no crawler found;
of the members with 75 and 50 also the first 30 of those it was trained on. Three lists of
candidates:

- together: the 100 members of one number of portraits, the 100 non-members and 800 decoys, as
  published (1,000 names);
- alone: the person's own name and 999 decoys, as the app asks;
- everybody: all 700 names and 1,000 decoys.

Writes results/idia_planted.json; `summary` writes results/idia_planted.md and
assets/strength/idia.json.
"""

import argparse
import datetime
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditcore.lab.demo_people import FRESH, OCCURRENCES, Crowd, drawn_portraits, the_crowd
from auditcore.lab.people import Person
from auditcore.models import Model, open_model
from auditcore.passive.evaluation import rate
from auditcore.passive.idia.answers import Answers, choose, look
from auditcore.passive.idia.curves import SIZES, Curve, curve
from auditcore.passive.idia.names import Names, candidate_names, decoy_names
from auditcore.passive.idia.prompts import TEMPLATES
from auditcore.passive.idia.rule import votes, yardstick
from auditcore.passive.idia.strength import Strength, strength
from auditcore.passive.idia.text_features import name_features
from auditcore.paths import assets_dir

RESULTS = Path(__file__).parent / "results"
PHOTOS = 30
TAUS = (1, 2, 3, 5, 10, 15, 21)
Seen = dict[int, NDArray[np.float32]]


def features(model: Model, crowd: Crowd, first: int, groups: Sequence[int], work: Path) -> Seen:
    """Return unit features of PHOTOS portraits from number `first` on, under each person's number.

    Args:
        groups: numbers of portraits in training; 0 are the non-members.
    """
    asked = [person for group in groups for person in everybody(crowd, group)]
    wanted = [(person, first + k) for person in asked for k in range(PHOTOS)]
    rows = look(model, drawn_portraits(wanted, work))
    parts = np.split(rows, len(asked))
    return {person.number: part for person, part in zip(asked, parts, strict=True)}


def everybody(crowd: Crowd, group: int) -> list[Person]:
    """Return the members with so many portraits, the non-members for 0."""
    return crowd.members[group] if group else crowd.non_members


def together(model: Model, crowd: Crowd, group: int, seen: Seen) -> Strength:
    """Ask about one group and the non-members at once, as published."""
    people = [*everybody(crowd, group), *crowd.non_members]
    names = candidate_names([person.name for person in people])
    answers = choose(model, np.concatenate([seen[p.number] for p in people]), names)
    curves = [
        curve(answers.of(slice(i * PHOTOS, (i + 1) * PHOTOS)), person.name)
        for i, person in enumerate(people)
    ]
    return strength(curves[: len(people) // 2], curves[len(people) // 2 :])


def one_by_one(model: Model, crowd: Crowd, seen: Seen) -> dict[str, Any]:
    """Ask about each person with the decoys alone, and among everybody's names."""
    groups = {group: everybody(crowd, group) for group in (*OCCURRENCES, 0)}
    people = [person for group in groups.values() for person in group]
    real = tuple(person.name for person in people)
    names = Names(real, decoy_names())
    rows = [name_features(model, names, template) for template in TEMPLATES]
    place = {person.number: len(names.decoys) + i for i, person in enumerate(people)}
    found: dict[str, Any] = {}
    for group, persons in groups.items():
        every, alone = zip(
            *(
                (
                    _curve(seen[p.number], rows, names, p.name),
                    _curve(seen[p.number], [_own(r, place[p.number]) for r in rows], *_just(p)),
                )
                for p in persons
            ),
            strict=True,
        )
        own = [(seen[p.number], [_own(r, place[p.number]) for r in rows]) for p in persons]
        clear = {
            str(size): _counted(sum(_clear(s[:size], r) for s, r in own), len(own))
            for size in SIZES
        }
        found[str(group)] = {
            "everybody": _counts(every),
            "alone": _counts(alone),
            "clear": clear,
        }
    return found


def _counted(count: int, of: int) -> dict[str, Any]:
    return {"mean": count / of, **rate(count, of).to_json()}


def _clear(seen: NDArray[np.float32], rows: Sequence[NDArray[np.float32]]) -> bool:
    """Say whether the app would call it a clear sign: named, and no decoy by as many wordings.

    Args:
        seen: features of a person's photos, shape (n, D).
        rows: for each wording, features of 999 decoys and of the person's name.
    """
    best = np.stack([(seen @ each.T).argmax(axis=1) for each in rows])
    person = len(rows[0]) - 1
    counted = votes(best, person + 1)
    return bool(counted[person]) and yardstick(counted, person, person).level_or_ahead == 0


def _just(person: Person) -> tuple[Names, str]:
    return candidate_names([person.name]), person.name


def _own(rows: NDArray[np.float32], place: int) -> NDArray[np.float32]:
    """Keep 999 decoys and one real name, in the order of `candidate_names`."""
    return np.concatenate([rows[: len(decoy_names()) - 1], rows[place : place + 1]])


def _curve(
    seen: NDArray[np.float32], rows: Sequence[NDArray[np.float32]], names: Names, name: str
) -> Curve:
    cosines = np.stack([seen @ each.T for each in rows])
    best = cosines.argmax(axis=2).astype(np.int16)[:, :, None]
    top = np.take_along_axis(cosines, best.astype(np.int64), axis=2)
    return curve(Answers(names, best, top), name)


def _counts(curves: Sequence[Curve]) -> dict[str, Any]:
    """Return, for each number of photos, people recognised (mean over draws) at tau 1."""
    shares = {
        size: float(np.mean([c.recognised(1)[c.sizes.index(size)] for c in curves]))
        for size in SIZES
    }
    return {
        str(size): {"mean": share, **rate(round(share * len(curves)), len(curves)).to_json()}
        for size, share in shares.items()
    }


def ask(work: Path, spec: str) -> None:
    """Ask the model about everybody and write the results."""
    os.environ["TELLTALE_DATA"] = str(work / "data")
    crowd, model = the_crowd(), open_model(spec)
    fresh = features(model, crowd, FRESH, (*OCCURRENCES, 0), work)
    trained = fresh | features(model, crowd, 0, OCCURRENCES[:2], work)
    result = {
        "made": datetime.date.today().isoformat(),
        "device": "CPU",
        "model": spec,
        "fingerprint": model.identity.fingerprint,
        "photos_each": PHOTOS,
        "together": {str(g): together(model, crowd, g, fresh).to_json() for g in OCCURRENCES},
        "together_trained_portraits": {
            str(g): together(model, crowd, g, trained).to_json() for g in OCCURRENCES[:2]
        },
        "one_by_one": one_by_one(model, crowd, fresh),
    }
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "idia_planted.json").write_text(json.dumps(result, indent=1) + "\n", "utf-8")


def main() -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("ask", "summary"))
    parser.add_argument("--work", type=Path, help="folder for portraits and text features")
    parser.add_argument("--spec", default="demo:people", help="the model")
    chosen = parser.parse_args()
    if chosen.what == "ask":
        ask(chosen.work.resolve(), chosen.spec)
    summary()


def summary() -> None:
    """Write the tables, and what the app says of the strength."""
    found = json.loads((RESULTS / "idia_planted.json").read_text("utf-8"))
    (RESULTS / "idia_planted.md").write_text("\n".join(_lines(found)) + "\n", "utf-8")
    folder = assets_dir() / "strength"
    folder.mkdir(exist_ok=True)
    text = json.dumps(_for_the_app(found), indent=1)
    (folder / "idia.json").write_text(text + "\n", "utf-8")


def _for_the_app(found: dict[str, Any]) -> dict[str, Any]:
    """The app asks about few people at a time, so it tells what came of asking one by one."""
    alone = {group: values["alone"] for group, values in found["one_by_one"].items()}
    plain = _without_means(alone)
    non_members = plain.pop("0")
    clear = _without_means({g: values["clear"] for g, values in found["one_by_one"].items()})
    return {
        "made": found["made"],
        "device": found["device"],
        "by_occurrence": plain,
        "non_members": non_members,
        "clear_non_members": clear.pop("0"),
        "clear_by_occurrence": clear,
    }


def _without_means(groups: dict[str, Any]) -> dict[str, Any]:
    return {
        group: {size: {k: v for k, v in r.items() if k != "mean"} for size, r in sizes.items()}
        for group, sizes in groups.items()
    }


def _lines(found: dict[str, Any]) -> list[str]:
    return [
        "# IDIA on planted people",
        "",
        f"Model {found['model']}, trained by `python -m auditcore.lab.demo_people`; asked on one "
        f"{found['device']} core, {found['made']}.",
        "Drawn people, no real faces; 100 members at each number of portraits, 100 non-members of "
        "the same crowd.",
        f"{found['photos_each']} fresh portraits each, in no training set. Mean over 20 draws,",
        "then the exact 95 % interval over persons (Clopper-Pearson, nearest count of 100). At "
        f"{found['photos_each']} photos all draws are the same.",
        "",
        *_findings(found),
        "",
        *_together(found["together"], "## As published (200 names + 800 decoys)"),
        "",
        "False positives are the 100 non-members asked together with the members of that row.",
        "",
        *_together(found["together_trained_portraits"], "## The same with portraits trained on"),
        "",
        *_one_by_one(found["one_by_one"]),
        "",
        *_taus(found["together"]),
        "",
        *_paper(),
    ]


def _findings(found: dict[str, Any]) -> list[str]:
    """The figures in short, read from the results."""
    groups = found["together"]
    ends = {g: groups[g]["over_photos"][-1] for g in groups}
    known = {g: 100 * ends[g]["members"]["mean"] for g in groups}
    wrong = [100 * point["non_members"]["mean"] for point in ends.values()]
    decoys = [100 * point["decoys"] for point in ends.values()]
    stricter = [100 * groups[g]["over_tau"][1]["non_members"]["mean"] for g in groups]
    most, least = str(OCCURRENCES[0]), str(OCCURRENCES[-1])
    return [
        f"- {PHOTOS} photos, tau 1: of the members with {most} portraits {known[most]:.0f} % are "
        f"recognised, of those with {least} {known[least]:.0f} %:",
        "  not being recognised says little about whether somebody was in it.",
        f"- Non-members: {min(wrong):.0f} to {max(wrong):.0f} %; with tau 2 {min(stricter):.0f} to "
        f"{max(stricter):.0f} %.",
        f"- Each decoy in the same photos: {min(decoys):.1f} to {max(decoys):.1f} %. The yardstick "
        "needs no non-members; it is to be held beside their rate.",
    ]


def _cell(share: dict[str, Any], bounds: bool = True) -> str:
    text = f"{100 * share['mean']:.1f}"
    return f"{text} [{100 * share['low']:.0f}, {100 * share['high']:.0f}]" if bounds else text


def _together(found: dict[str, Any], title: str) -> list[str]:
    head = " | ".join(f"{size} photo{'s' * (size > 1)}" for size in SIZES)
    lines = [title + ", tau = 1, per cent", ""]
    for who, word in (("members", "recognised"), ("non_members", "non-members recognised")):
        lines += [f"| portraits in training | {head} |", "|---" * (len(SIZES) + 1) + "|"]
        for group, values in found.items():
            cells = " | ".join(_cell(point[who]) for point in values["over_photos"])
            lines.append(f"| {group}: {word} | {cells} |")
        lines.append("")
    return lines[:-1]


def _one_by_one(found: dict[str, Any]) -> list[str]:
    head = " | ".join(f"{size} photo{'s' * (size > 1)}" for size in SIZES)
    lines = ["## Other lists of candidates, tau = 1, per cent", ""]
    for way, title in (
        ("alone", "Own name among 999 decoys, as the app asks"),
        (
            "clear",
            "The clear sign of the app: own name among 999 decoys, named, and no decoy by as many "
            "wordings (one draw)",
        ),
        ("everybody", "All 700 names and 1,000 decoys"),
    ):
        lines += [title, "", f"| portraits in training | {head} |"]
        lines.append("|---" * (len(SIZES) + 1) + "|")
        for group, values in found.items():
            cells = " | ".join(_cell(values[way][str(size)]) for size in SIZES)
            lines.append(f"| {group if group != '0' else '0 (non-members)'} | {cells} |")
        lines.append("")
    return lines[:-1]


def _taus(found: dict[str, Any]) -> list[str]:
    head = " | ".join(f"tau {tau}" for tau in TAUS)
    lines = [
        f"## Over tau at {PHOTOS} photos, per cent recognised: members / non-members / decoys",
        "",
        f"| portraits in training | {head} |",
        "|---" * (len(TAUS) + 1) + "|",
    ]
    for group, values in found.items():
        points = {point["tau"]: point for point in values["over_tau"]}
        cells = (
            f"{_cell(points[tau]['members'], False)} / {_cell(points[tau]['non_members'], False)} "
            f"/ {100 * points[tau]['decoys']:.2f}"
            for tau in TAUS
        )
        lines.append(f"| {group} | {' | '.join(cells)} |")
    return lines


def _paper() -> list[str]:
    return [
        "## Beside the paper",
        "",
        "Hintersdorf et al. (JAIR 2024, arXiv 2209.07341) report true positives of 70-95 % and",
        "false positives near 0 to 2 %, for photos of real people: open_clip's LAION-400M models",
        "(ViT-B/32 92 %, ViT-B/16 94 %, ViT-L/14 95.5 % at 30 photos; 65 % at one photo with",
        "B/32), and CLIPs trained on CC3M with 75 to 1 planted photos of 100 people. Their figures",
        "for each number of planted photos are not known to us, so no column stands beside ours.",
        "What can be compared is the direction. Ours are drawn faces, which differ more clearly",
        "than real ones, in a small model that saw each of its pictures twelve times.",
    ]


if __name__ == "__main__":
    main()
