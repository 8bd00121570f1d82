"""The job of IDIA: does this model put the right name to a face?"""

from collections.abc import Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

from PIL import Image

from auditcore.errors import PassiveError, PhotoError
from auditcore.jobs.opened import OpenModels
from auditcore.jobs.orders import Choice
from auditcore.jobs.passive_folder import Confided, photo, small
from auditcore.jobs.passive_work import Private, privately
from auditcore.jobs.worker import Desk
from auditcore.models import Model
from auditcore.passive.idia.answers import Answers, check_model, choose, look
from auditcore.passive.idia.names import candidate_names
from auditcore.passive.idia.prompts import TEMPLATES
from auditcore.passive.idia.result import assess
from auditcore.photos import Pixels, read_pixels

_SMALL = (240, 240)

Person = Mapping[str, Any]
"""As in the question: "name", and the names of the files of their "photos"."""


def run(desk: Desk, models: OpenModels) -> None:
    """Ask for a name to every photo in every wording; what the model makes of the decoys is kept.

    A killed run starts again from the photos; of the wordings that it had finished, only the names
    of the people asked about are asked anew.
    """
    with privately(desk) as private:
        question = private.folder.question
        model = check_model(private.open(Choice.from_json(question["choice"]), models))
        private.folder.result = _answer(private, model, question["people"])


def _answer(private: Private, model: Model, people: Sequence[Person]) -> dict[str, Any]:
    files = [name for person in people for name in person["photos"]]
    steps = len(files) + len(TEMPLATES)

    def answered(wordings: int) -> None:
        now = f"Wording {wordings} of {len(TEMPLATES)} is answered."
        private.step(len(files) + wordings, steps, now)

    refused: dict[int, str] = {}
    seen = look(model, _readable(private, files, steps, refused), should_stop=private.stopping)
    names = candidate_names([person["name"] for person in people])
    answers = choose(model, seen, names, answered, private.stopping)
    return {"model": model.identity.name, "people": list(_people(people, answers, refused))}


def _readable(
    private: Private, files: Sequence[str], steps: int, refused: dict[int, str]
) -> Iterator[Pixels]:
    """Yield the photos that can be read, one in memory at a time; tell of the others in `refused`.

    Raises:
        PassiveError: there is none.
    """
    for number, name in enumerate(files):
        private.step(number, steps, f"Looking at photo {number + 1} of {len(files)}.")
        try:
            pixels = read_pixels(private.folder.read(photo(number)), name)
        except PhotoError as error:
            refused[number] = str(error)
            continue
        _keep_small(private.folder, number, pixels)
        yield pixels
    if len(refused) == len(files):
        raise PassiveError(f"None of the photos can be read. {next(iter(refused.values()))}")


def _keep_small(folder: Confided, number: int, pixels: Pixels) -> None:
    """Keep a copy for the page, beside the photo and deleted with it."""
    picture, out = Image.fromarray(pixels), BytesIO()
    picture.thumbnail(_SMALL)
    picture.save(out, "JPEG", quality=85)
    folder.write(small(number), out.getvalue())


def _people(
    people: Sequence[Person], answers: Answers, refused: Mapping[int, str]
) -> Iterator[dict[str, Any]]:
    """Yield each person's result (None if no photo can be read), photos by number, and refusals."""
    first = seen = 0
    for person in people:
        numbers = range(first, first + len(person["photos"]))
        readable = [number for number in numbers if number not in refused]
        of = answers.of(slice(seen, seen + len(readable)))
        names = dict(zip(numbers, person["photos"], strict=True))
        yield {
            "name": person["name"],
            "result": assess(of, person["name"]).to_json() if readable else None,
            "photos": [{"number": n, "name": names[n]} for n in readable],
            "refused": [{"name": names[n], "why": refused[n]} for n in numbers if n in refused],
        }
        first, seen = first + len(numbers), seen + len(readable)
