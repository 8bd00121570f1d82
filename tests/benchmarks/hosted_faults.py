"""Ten thousand requests through a server that fails in every way: what becomes of the audits.

    nice python tests/benchmarks/hosted_faults.py [--requests 10000]

Whole audits of small kits over HTTP in each protocol, each compared with the same audit of the same
model asked directly. Faults come at random from a seed (faulty_server.py); every audit is gone on
with after each stop, and its ceiling is raised when it is reached. Results: hosted_faults.md.
"""

import argparse
import json
import logging
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2]))
sys.path.append(str(Path(__file__).parents[1]))

from faulty_server import HARMLESS, LASTING, PASSING, Faulty
from hosted_audits import Auditor, Course, SmallKit, auditing, without_faults

from auditcore.audit import Store
from auditcore.models.hosted import door

RESULTS = Path(__file__).parent / "results"
SEED = 20
PATIENCE = 5.0  # seconds until a client gives up on an answer; in use it is 60
# protocol -> share of the requests, how much rarer lasting faults are (more requests an audit)
SHARES = {"openai": (0.35, 1), "hf": (0.3, 8), "oip": (0.35, 1)}


@dataclass
class Tally:
    """What became of the audits in one protocol."""

    protocol: str
    faulty: Faulty
    audits: int = 0
    other_scores: int = 0
    other_decisions: int = 0
    ceilings: list[tuple[int, int]] = field(default_factory=list)
    stops: Counter[str] = field(default_factory=Counter)
    sentences: set[str] = field(default_factory=set)

    def take(self, course: Course, plain: Course) -> None:
        """Count one audit and compare it with the one without faults."""
        self.audits += 1
        apart = [abs(course.scores[asked] - score) for asked, score in plain.scores.items()]
        self.other_scores += sum(gap > 2e-6 for gap in apart)
        self.other_decisions += course.verdict.decision is not plain.verdict.decision
        self.ceilings.append((course.sent, course.ceiling or 0))
        self.stops.update(course.stops)
        self.sentences |= course.sentences

    def to_json(self) -> dict[str, Any]:
        """Return the figures."""
        answered = self.faulty.answered()["version"]
        return {
            "protocol": self.protocol,
            "requests": len(self.faulty.seen),
            "pictures_and_texts_sent": self.faulty.sent,
            "faults": dict(sorted(self.faulty.fates().items())),
            "audits_finished": self.audits,
            "stops": dict(self.stops),
            "sentences": sorted(self.sentences),
            "answered": len(answered),
            "answered_twice": sum(count > 1 for count in answered.values()),
            "other_scores_than_without_faults": self.other_scores,
            "other_verdicts_than_without_faults": self.other_decisions,
            "audits_above_their_ceiling": sum(sent > most for sent, most in self.ceilings),
        }


def run(protocol: str, requests: int, folder: Path) -> Tally:
    """Audit kit after kit until so many requests were made."""
    _, rarer = SHARES[protocol]
    chances = {**PASSING, **{k: v / rarer for k, v in LASTING.items()}, **HARMLESS}
    faulty = Faulty(seed=SEED, chances=chances)
    tally = Tally(protocol, faulty)
    os.environ["TELLTALE_DATA"] = str(folder / protocol)
    with auditing(Store(folder / f"{protocol}.sqlite3"), protocol, faulty) as auditor:
        while len(faulty.seen) < requests:
            kit = SmallKit(60, seed=f"{protocol} {tally.audits}".encode(), count=3)
            plain_store = Store(folder / f"{protocol}-{tally.audits}.sqlite3")
            tally.take(_audited(auditor, kit), without_faults(plain_store, kit, protocol))
    return tally


def _audited(auditor: Auditor, kit: SmallKit) -> Course:
    auditor.most = 400  # reached once or twice by most audits
    return auditor.audit(kit, raise_by=400)


def write(tallies: list[Tally], seconds: float) -> None:
    """Write the results for machines and for people."""
    rows = [tally.to_json() for tally in tallies]
    document = {"seed": SEED, "seconds": round(seconds), "rows": rows}
    (RESULTS / "hosted_faults.json").write_text(
        json.dumps(document, indent=1, ensure_ascii=False) + "\n"
    )
    names = [name for name in rows[0] if name not in ("protocol", "faults", "stops", "sentences")]
    table = ["| | " + " | ".join(row["protocol"] for row in rows) + " |", "|---" * 4 + "|"]
    for name in names:
        table.append(f"| {name.replace('_', ' ')} | " + _cells(row[name] for row in rows))
    for group, title in (("faults", "fault"), ("stops", "stopped by")):
        for kind in sorted({kind for row in rows for kind in row[group]}):
            table.append(f"| {title}: {kind} | " + _cells(row[group].get(kind, 0) for row in rows))
    said = sorted({sentence for row in rows for sentence in row["sentences"]})
    text = f"# Audits through a failing server\n\n{(__doc__ or '').split(chr(10) * 2)[2]}\n\n"
    text += "\n".join(table) + "\n\nWhat the audits said when they stopped:\n\n"
    (RESULTS / "hosted_faults.md").write_text(text + "".join(f"- {one}\n" for one in said))


def _cells(values: Any) -> str:
    return " | ".join(f"{value:,}" for value in values) + " |"


def main() -> None:
    """Run everything and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    given = parser.parse_args()
    logging.disable(logging.ERROR)  # broken answers are meant
    door._SECONDS["read"], door.SECONDS_MOST = PATIENCE, 1e9
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        tallies = [
            run(protocol, int(share * given.requests), Path(folder))
            for protocol, (share, _) in SHARES.items()
        ]
    write(tallies, time.perf_counter() - started)


if __name__ == "__main__":
    main()
