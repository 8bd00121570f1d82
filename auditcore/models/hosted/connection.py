"""The connection test: one picture and one text are sent, and what comes back says what it is."""

from dataclasses import replace
from typing import Any

import httpcore2
import numpy as np
from numpy.typing import NDArray

from auditcore.errors import ChangedAnswer, ModelError
from auditcore.models.access import Access
from auditcore.models.base import Capability, ModelIdentity
from auditcore.models.hosted import guard
from auditcore.models.hosted.base import Adapter, Picture, Place, Question, Unanswered, Unsuited
from auditcore.models.hosted.describing import asked_as, met, unmet
from auditcore.models.hosted.door import LONGEST_WAIT, TRIES, Door
from auditcore.models.hosted.kept import Records
from auditcore.models.hosted.model import HostedModel
from auditcore.models.hosted.spec import SIZES, adapter_of, parse_spec
from auditcore.models.hosted.waiting import Clock, Pace
from auditcore.photos import Pixels

USUAL_SIZE = 224
"""Side of the pictures that are sent where neither provider nor person says: most models' own."""

_TEST_TRIES, _TEST_PATIENCE = 4, 60.0  # a person is waiting
_TEXT = "a photo of a dog"
_CHOICE = (_TEXT, "a photo of a cat")


def connect(
    spec: str,
    access: Access,
    clock: Clock | None = None,
    resolve: guard.Resolve = guard.look_up,
    network: httpcore2.NetworkBackend | None = None,
) -> HostedModel:
    """Test the connection to a hosted model and return the model, ready to be asked.

    The forms of the protocol are tried in turn. What is sent counts under the ceiling, and is
    booked to the audit that is gone on with, or that begins with this model.

    Args:
        spec: see `parse_spec`.
        access: key, switch for private addresses, budget, date of release.
        clock: where time comes from; the computer's if None.
        resolve: looks the host's name up.
        network: makes connections; the operating system's if None.

    Raises:
        ModelError: with a sentence for a person; AddressRefused, KeyRefused, SpendingError and
            ChangedAnswer tell cases apart.
    """
    place = parse_spec(spec)
    clock = clock or Clock()
    identity = unmet(place, access.released)
    address = guard.admit(place.url, access.private, resolve)
    pace = Pace(clock, access.budget.per_minute)
    door = Door(address, access.key_of, pace, clock, network)
    door.tries, door.patience = _TEST_TRIES, _TEST_PATIENCE
    records = Records(access.budget.most)
    if access.scope is not None:
        records.begin(access.scope)
    model = _first_that_answers(identity, place, door, records, clock)
    model.identity = met(model, door.server, clock)
    model.asked_as = asked_as(model)
    door.tries, door.patience = TRIES, LONGEST_WAIT
    return model


def _first_that_answers(
    identity: ModelIdentity, place: Place, door: Door, records: Records, clock: Clock
) -> HostedModel:
    """Return the model in the first form that the provider understands."""
    refused: list[ModelError] = []
    for adapter in adapter_of(place.protocol).forms(place):
        adapter.meet(door.read)
        adapter.batch = min(adapter.batch, int(place.settings.get("batch", adapter.batch)))
        model = HostedModel(identity, adapter, door, records, _size(adapter))
        try:
            started = clock.now()
            question, rows = _try(model, adapter.asks[0])
            model.seconds_per_image = max(clock.now() - started, door.pace.each)
            _doubt(model, question, rows)
        except (Unsuited, ChangedAnswer) as error:
            refused.append(error)
            continue
        given = {question.asks} | {asks for asks in adapter.asks[1:] if _gives(model, asks)}
        model.capabilities = _with_labels(given)
        model.labels = _labels(model)
        return model
    raise refused[0]


def _try(model: HostedModel, asks: Capability) -> tuple[Question, NDArray[Any]]:
    """Put a question of the test; return what was really answered, and the rows."""
    question = _question(asks, model.input_size)
    said = model.put(question)
    question = replace(question, asks=model.adapter.learn(asks, said))
    rows = model.adapter.answer(question, said)
    model.check(question, rows)
    if question.asks is not Capability.CHOICE:
        model.widths[question.asks] = rows.shape[1]
    return question, rows


def _gives(model: HostedModel, asks: Capability) -> bool:
    """Say whether the model answers a further question; texts must be in the pictures' space."""
    try:
        _try(model, asks)
    except Unsuited:
        return False
    pictures = model.widths.get(Capability.IMAGE_FEATURES)
    return asks is not Capability.TEXT_FEATURES or model.widths[asks] == pictures


def _doubt(model: HostedModel, question: Question, rows: NDArray[Any]) -> None:
    """Put the control question, if the form has one, and see that it is answered differently.

    Raises:
        Unsuited: the answer is the same.
    """
    control = model.adapter.control(question)
    if control is None:
        return
    try:
        others = model.adapter.answer(control, model.put(control))
    except (Unsuited, Unanswered, ChangedAnswer):
        return  # not even understood, so it makes a difference
    if rows.shape == others.shape and np.allclose(rows, others, rtol=1e-2, atol=1e-4):
        raise Unsuited(
            "The model behind the address reads pictures as if they were text. It gives nothing "
            "that an audit could use."
        )


def _question(asks: Capability, size: int) -> Question:
    if asks is Capability.TEXT_FEATURES:
        return Question(asks, texts=(_TEXT,))
    texts = _CHOICE if asks is Capability.CHOICE else ()
    return Question(asks, (Picture(probe_picture(size)),), texts)


def probe_picture(size: int) -> Pixels:
    """Return the picture of the connection test, shape (size, size, 3): soft coloured waves."""
    x, y = np.meshgrid(*[np.linspace(0, 2 * np.pi, size)] * 2)
    waves = np.stack([np.sin(x), np.cos(2 * y), np.sin(x + y)], axis=-1)
    return np.round(127.5 * (1 + waves)).astype(np.uint8)


def _with_labels(given: set[Capability]) -> frozenset[Capability]:
    labels = {Capability.LABELS} if Capability.PROBABILITIES in given else set()
    return frozenset(given | labels)


def _labels(model: HostedModel) -> tuple[str, ...]:
    """Return the names of the classes; their numbers where the provider tells no names."""
    classes = model.widths.get(Capability.PROBABILITIES)
    told = model.adapter.labels
    if classes is None or len(told) == classes:
        return told
    if told:
        raise ModelError(
            f"The provider names {len(told)} classes but gives {classes} probabilities. Ask the "
            "person who runs it."
        )
    return tuple(map(str, range(classes)))


def _size(adapter: Adapter) -> int:
    chosen = adapter.place.settings.get("size")
    if chosen:
        return int(chosen)
    if type(adapter.size) is not int or adapter.size not in SIZES:
        adapter.size = None  # what the provider tells is no size, so it tells none
    return adapter.size or USUAL_SIZE
