"""Does the decision rule agree with an independent reading of the published one, on real answers?

    python tests/benchmarks/idia_agreement.py [--each 40] [--model demo:people]

People of the planted crowd, EACH from each number of portraits in training and EACH non-members,
with 1 to 30 fresh portraits each. The core asks and decides as the app does. The reading
(tests/passive/idia/reading.py, straight from the description: plain wordings, cosine distances,
counted answers) is given the model and the pictures and decides again, at every tau from 1 to 21.
Results: results/idia_agreement.json.
"""

import argparse
import json
import os
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))

from passive.idia.reading import answered, was_recognised, wordings_for

from auditcore.lab.demo_people import FRESH, OCCURRENCES, TRAINED_SIDE, the_crowd
from auditcore.lab.portraits import portrait
from auditcore.models import open_model
from auditcore.passive.idia.answers import Answers, choose, look
from auditcore.passive.idia.names import candidate_names
from auditcore.passive.idia.result import assess
from auditcore.passive.idia.rule import NOBODY, named

RESULTS = Path(__file__).parent / "results"
TAUS = range(1, 22)


def compare(spec: str, each: int) -> dict[str, Any]:
    """Ask about everybody and count where the two decide differently."""
    crowd, model = the_crowd(), open_model(spec)
    groups = [*(crowd.members[count] for count in OCCURRENCES), crowd.non_members]
    people = [person for group in groups for person in group[:each]]
    photos = [place % 30 + 1 for place in range(len(people))]
    pictures = [
        portrait(person, FRESH + number, TRAINED_SIDE)
        for person, count in zip(people, photos, strict=True)
        for number in range(count)
    ]
    names = candidate_names([person.name for person in people])
    answers = choose(model, look(model, pictures), names)
    features = np.concatenate([model.image_features([picture]) for picture in pictures])
    told = answered(model.text_features, features, list(names.everyone))
    found = {"decisions": 0, "different": 0, "recognised": 0, "people": len(people), "tied": 0}
    end = 0
    for person, count in zip(people, photos, strict=True):
        part, end = slice(end, end + count), end + count
        _count(found, answers.of(part), [row[part] for row in told], person.name)
    other = sum(
        names.everyone[place] != name
        for places, row in zip(answers.best, told, strict=True)
        for place, name in zip(places, row, strict=True)
    )
    asked = {"photos": len(pictures), "answers": answers.best.size, "answers_different": other}
    return {"model": spec, "fingerprint": model.identity.fingerprint, **found, **asked}


def _count(found: dict[str, int], answers: Answers, told: list[list[str]], name: str) -> None:
    result = assess(answers, name)
    found["tied"] += int((named(answers.best, len(answers.names.everyone)) == NOBODY).sum())
    found["recognised"] += result.recognised
    found["different"] += result.named != wordings_for(name, told)
    for tau in TAUS:
        found["decisions"] += 1
        found["different"] += (result.named >= tau) is not was_recognised(name, told, tau)


def main() -> None:
    """Compare and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default="demo:people")
    parser.add_argument("--each", type=int, default=40)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["TELLTALE_DATA"] = folder
        found = compare(arguments.model, arguments.each)
    (RESULTS / "idia_agreement.json").write_text(json.dumps(found, indent=1) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
