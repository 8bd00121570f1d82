"""Verify a report against its kit, offline, in numbered steps.

Three outcomes, for a step and for the whole: verified; not verified, and why; cannot tell. The
steps do not stop at the first failure, so that each says what it found by itself.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from auditcore.audit import Plan
from auditcore.audit.chain import GENESIS, chained
from auditcore.audit.difference import first_difference
from auditcore.audit.machine import Move
from auditcore.audit.plan import FirstAsked
from auditcore.audit.probing import Probe, Spread, drifted
from auditcore.audit.replay import Due, Replay, read_answers
from auditcore.audit.track import Asked
from auditcore.errors import KitError, TelltaleError
from auditcore.evidence.form import faults, parse_report
from auditcore.evidence.report import derived, revealed_order
from auditcore.kit import Kit, open_kit


class Outcome(StrEnum):
    """What a step found."""

    VERIFIED = "verified"
    NOT_VERIFIED = "not verified"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Step:
    """One numbered step: what was checked, what came out, and what exactly was found."""

    number: int
    title: str
    outcome: Outcome
    detail: str


@dataclass(frozen=True)
class Verification:
    """All steps. What nobody can tell from report and kit alone does not count against it."""

    steps: tuple[Step, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed to verify."""
        return all(step.outcome is not Outcome.NOT_VERIFIED for step in self.steps)

    @property
    def summary(self) -> str:
        """One sentence on the whole."""
        failed = [step for step in self.steps if step.outcome is Outcome.NOT_VERIFIED]
        if failed:
            return f"Not verified. Step {failed[0].number}, {failed[0].title}: {failed[0].detail}"
        unknown = sum(step.outcome is Outcome.CANNOT_TELL for step in self.steps)
        return (
            f"Verified: {len(self.steps) - unknown} steps hold. {unknown} more cannot be told from "
            "report and kit alone."
        )

    def to_json(self) -> dict[str, Any]:
        """Return the verification as plain JSON values."""
        steps = [
            {"number": s.number, "title": s.title, "outcome": s.outcome.value, "detail": s.detail}
            for s in self.steps
        ]
        return {"ok": self.ok, "summary": self.summary, "steps": steps}


# What values of the wrong kind raise. A report comes from anyone: each is a finding, no defect.
_MALFORMED = (
    KeyError,
    TypeError,
    ValueError,
    IndexError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
)


class _Failed(Exception):
    """A step found something wrong; the text says what."""


class _Unknown(Exception):
    """A step cannot tell; the text says why."""


def verify(report: bytes, kit: bytes | Path) -> Verification:
    """Repeat every check that report and kit allow.

    Args:
        report: the file report.json as it was saved.
        kit: the kit's bytes, or its path.

    Raises:
        EvidenceError: `report` is no report at all (any other fault is a step's outcome).
    """
    parsed = parse_report(report)
    check = _Check(parsed, report, kit)
    steps = (_step(number, title, run) for number, (title, run) in enumerate(check.steps(), 1))
    return Verification(tuple(steps))


def _step(number: int, title: str, run: Callable[[], str]) -> Step:
    try:
        return Step(number, title, Outcome.VERIFIED, run())
    except _Unknown as unknown:
        return Step(number, title, Outcome.CANNOT_TELL, str(unknown))
    except (_Failed, TelltaleError) as failed:
        return Step(number, title, Outcome.NOT_VERIFIED, str(failed))
    except _MALFORMED as error:
        detail = f"Something is not in the form in which this version writes it ({error})."
        return Step(number, title, Outcome.NOT_VERIFIED, detail)


class _Check:
    """The checks of one report; each leaves behind what the later ones need."""

    def __init__(self, report: dict[str, Any], data: bytes, kit: bytes | Path) -> None:
        self._report = report
        self._data = data
        self._source = kit
        self._formed = False
        self._opened: Kit | None = None
        self._known_plan: Plan | None = None
        self._replayed: Replay | None = None
        self._moves: list[Move] = []

    def steps(self) -> Iterator[tuple[str, Callable[[], str]]]:
        """Return the steps in order."""
        yield "the report is whole", self._form
        yield "the kit is sealed", self._commitment
        yield "the kit is the report's", self._public
        yield "the log is a chain", self._chain
        yield "the plan came first", self._plan
        yield "the order was committed", self._order
        yield "the model stayed the same", self._probes
        yield "the test, replayed", self._test
        yield "the attempts are counted", self._attempts
        yield "verdict and words", self._verdict
        yield "the model is the one named", self._model
        yield "there are no other ledgers", self._ledgers

    def _form(self) -> str:
        """(1) Form, spelling and digest of the report."""
        said = faults(self._report, self._data)
        self._formed = not said or said[0].startswith(("The file is not", "The digest"))
        if said:
            raise _Failed(" ".join(said))
        return "It has all fields of a report and no others, and its digest fits."

    def _commitment(self) -> str:
        """(2) The kit opens, which checks the commitment and every hash in it."""
        try:
            self._opened = open_kit(self._source)
            self._opened.check_files()
        except KitError as error:
            raise _Failed(f"The kit does not open. {error}") from error
        commitment = self._opened.public.commitment
        return f"Secret part, pictures and marks fit the commitment {commitment[:16]}..."

    def _public(self) -> str:
        """(3) The report speaks of this kit: its id and all of its public part."""
        kit, report = self._kit(), self._whole()
        self._same(report["kit"], {"id": kit.id, "public": kit.public.to_json()}, "kit")
        return (
            f"{len(kit.photos)} photos, {kit.versions} versions each, sealed {kit.public.created} "
            "by the clock of the machine that sealed them; hashes of the originals and of the "
            "published files are those of the kit."
        )

    def _chain(self) -> str:
        """(4) Every line of the log carries the hash of the line before."""
        previous = GENESIS
        for number, line in enumerate(self._whole()["log"]):
            if set(line) != {"number", "body", "hash"} or line["number"] != number:
                raise _Failed(f"Line {number} of the log is missing, moved or renumbered.")
            if chained(previous, line["body"]) != line["hash"]:
                raise _Failed(f"Line {number} of the log was changed after it was written.")
            previous = line["hash"]
        return f"{len(self._report['log'])} lines, each with the hash of the line before."

    def _plan(self) -> str:
        """(5) The first line is a plan that this version reads, for this kit."""
        opening = self._whole()["log"][0]["body"]
        if opening["kind"] != "opening" or set(opening) != {"kind", "plan"}:
            raise _Failed("The log does not begin with the plan.")
        plan = Plan.from_json(opening["plan"])
        self._known_plan = plan
        kit = self._kit()
        names = tuple(photo.file for photo in kit.photos)
        of_kit = (kit.id, kit.public.created, kit.public.test_seed, names, kit.versions)
        of_plan = (plan.kit_id, plan.kit_created, plan.test_seed, plan.files, plan.versions)
        if of_plan != of_kit:
            raise _Failed("The plan in the log was made for another kit.")
        _check_budget(plan)
        return (
            f"Claim {plan.claim!s}, test {plan.test}, level {plan.level} were fixed before the "
            "first query."
        )

    def _order(self) -> str:
        """(6) Published versions, hidden order and tie priorities follow from the seed."""
        plan = self._checked_plan()
        from_seed = revealed_order(plan, self._kit(), self._asked())
        self._same(self._report["order"], from_seed, "order")
        return (
            f"For {len(plan.photos)} photos the published version, the order of the hidden ones "
            "and the tie priorities follow from the seed that the kit committed to."
        )

    def _probes(self) -> str:
        """(7) The probe image got the same answer at the start, on the way and at the end."""
        plan = self._checked_plan()
        probes = [Probe.from_json(body) for body in self._bodies("probe")]
        if not probes:
            raise _Failed("The log holds no answer to the probe image.")
        if not self._changed(plan, probes[0]):
            spread = max(abs(probe.mean - probes[0].mean) for probe in probes)
            return f"{len(probes)} looks at the probe image agree (within {spread:.2g})."
        if self._report["verdict"].get("reason"):
            return "The answers to the probe image differ, and the verdict says so."
        raise _Failed("The answers to the probe image differ, but the verdict does not say so.")

    def _changed(self, plan: Plan, first: Probe) -> bool:
        """Say whether any look differs from the first by more than noise and versions explain."""
        spread, found = Spread(), False
        for line in self._whole()["log"][1:]:
            body = line["body"]
            if body["kind"] == "batch":
                spread.add(zip(*read_answers(body), strict=True))
            elif body["kind"] == "probe":
                now = Probe.from_json(body)
                found = found or drifted(plan.probing, first, now, spread.value)
        return found

    def _test(self) -> str:
        """(8) The logged answers, driven through the same machine, in the order that was due."""
        self._checked_plan()
        replay = self._replay()
        if replay.due() is not Due.NOTHING:
            raise _Failed("The log ends before the verdict.")
        return (
            f"{replay.machine.queries} answers were asked for in the order that was due, and lead "
            "to the verdict on record."
        )

    def _attempts(self) -> str:
        """(9) Attempt k is tested at its share of p / 2**k, after exactly k - 1 earlier ones."""
        plan, listed = self._checked_plan(), self._report["attempts"]
        count = plan.attempt
        if plan.level != plan.level_due or plan.first.p != plan.p:
            raise _Failed(
                f"Attempt {count} of p = {plan.first.p} has to be tested at {plan.level_due}, "
                "and no other level."
            )
        asks = FirstAsked(plan.p, plan.test, str(plan.score.get("name")))
        if count == 1 and plan.first != asks:
            raise _Failed("The first attempt names another one as the first.")
        if len(plan.earlier) != count - 1 or len(set(listed)) != len(listed):
            raise _Failed(f"The plan is for attempt {count} but names {len(plan.earlier)} earlier.")
        if listed[:count] != [*plan.earlier, plan.hash]:
            raise _Failed("The attempts listed are not those that the plan was made after.")
        return (
            f"This is attempt {count} of {len(listed)} in this ledger, tested at {plan.level}; "
            f"all attempts together stay below {plan.p}."
        )

    def _verdict(self) -> str:
        """(10) Verdict, sentences, warnings and the points of the plot are what follows."""
        expected = self._derived(self._checked_plan())
        for name in ("verdict", "words", "warnings", "trace"):
            self._same(self._report[name], expected[name], name)
        return f"The replay says the same as the report: {expected['words']['headline']}"

    def _model(self) -> str:
        """(11) Whether those answers are this model's can only be told by asking it again."""
        model = self._checked_plan().model
        raise _Unknown(
            f"The weights of {model['name']} are not part of a report. Whoever has them can ask "
            f"again: the fingerprint must be {str(model['fingerprint'])[:16]}..., the answers "
            "those of the log."
        )

    def _ledgers(self) -> str:
        """(12) A ledger counts the attempts of one person on one machine."""
        raise _Unknown(
            "Attempts made with another copy of the ledger, or a log that was made up as a whole "
            "by someone who holds the kit, leave no trace here. Only a clock or a witness outside "
            "can rule them out."
        )

    def _whole(self) -> dict[str, Any]:
        if not self._formed:
            raise _Unknown("The report has not the form of one, see step 1.")
        return self._report

    def _kit(self) -> Kit:
        if self._opened is None:
            raise _Unknown("The kit does not open, see step 2.")
        return self._opened

    def _checked_plan(self) -> Plan:
        if self._known_plan is None:
            raise _Unknown("The plan cannot be read, see step 5.")
        return self._known_plan

    def _bodies(self, kind: str) -> list[dict[str, Any]]:
        bodies = [line["body"] for line in self._whole()["log"][1:]]
        return [body for body in bodies if body["kind"] == kind]

    def _asked(self) -> list[Asked]:
        return [asked for body in self._bodies("batch") for asked in read_answers(body)[0]]

    def _replay(self) -> Replay:
        if self._replayed is None:
            replay = Replay(self._checked_plan(), self._kit())
            for line in self._whole()["log"][1:]:
                self._moves += replay.take(line["body"])
            self._replayed = replay
        return self._replayed

    def _derived(self, plan: Plan) -> dict[str, Any]:
        verdict = self._replay().machine.verdict()
        if verdict is None:
            raise _Failed("The answers on record do not lead to a verdict yet.")
        return derived(plan, verdict, self._moves)

    def _same(self, found: Any, expected: Any, path: str) -> None:
        difference = first_difference(found, expected, path)
        if difference is not None:
            raise _Failed(f"{difference}.")


def _check_budget(plan: Plan) -> None:
    """Refuse what no audit plans: a budget that somebody chose."""
    most = plan.max_hidden_due
    if plan.max_hidden != most:
        raise _Failed(f"The plan asks {plan.max_hidden} hidden versions of a photo, not {most}.")
    if plan.disclosed is not None and not plan.hosted:
        raise _Failed("The plan is limited to disclosed versions, though none can have been.")
