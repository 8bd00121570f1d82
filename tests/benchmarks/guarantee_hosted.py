"""The guarantee over HTTP: how often a hosted model is accused that never saw the photos.

    nice python tests/benchmarks/guarantee_hosted.py --work DIR [--kits 200] [--only noisy]

demo:without is offered by the product's own server on loopback, and audited through the product's
hosted models, engine and database, with the test that hosted models get, at a level of exactly .05.
Two providers: "noisy" adds fresh Gaussian noise to every feature, as much as the versions' scores
differ among themselves; "rounded" rounds every feature to 3 significant digits. Fresh kits (small
photos, 200 versions), one view a version, so that every audit asks about a hundred questions. Both
providers get the same kits, so their counts are not independent of each other.
Audits are written to DIR as they are done; the same command goes on. Results: guarantee_hosted.md.
"""

import argparse
import json
import os
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parents[1]))

import numpy as np
from guarantee import VERSIONS, fresh_kit
from numpy.typing import NDArray
from scipy.stats import binom
from serving.live import served
from whole_audits import RESULTS, interval, lines

from auditcore.audit import Decision, Finished, Store, run_audit, start_audit
from auditcore.kit import Kit
from auditcore.models import Access, Model, open_model
from auditcore.photos import Pixels
from auditcore.scores import Query, Scorer
from auditcore.scores.choices import SCORES

P, LEVEL = Fraction(1, 10), Fraction(1, 20)  # a first attempt is tested at half its p
SCORE = "caption-cosine"
DIGITS = 3
PHOTO_AUDITS = 2  # photos of each kit that are audited by themselves
KEY = "a-key-for-this-machine-alone"


class Provider(Model):
    """A model whose answers are changed on their way out; texts are left alone."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self.identity, self.capabilities = model.identity, model.capabilities
        self.input_size, self.labels = model.input_size, model.labels

    def image_features(self, images: Sequence[Pixels]) -> NDArray[np.float32]:
        return self.changed(self._model.image_features(images))

    def text_features(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self._model.text_features(texts)

    def changed(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        raise NotImplementedError


class Noisy(Provider):
    """Adds Gaussian noise that is new with every answer."""

    def __init__(self, model: Model, deviation: float) -> None:
        super().__init__(model)
        self._deviation, self._rng = deviation, np.random.default_rng()

    def changed(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        noise = self._rng.normal(scale=self._deviation, size=features.shape)
        return (features + noise).astype(np.float32)


class Rounded(Provider):
    """Rounds to three significant digits."""

    def changed(self, features: NDArray[np.float32]) -> NDArray[np.float32]:
        short = [float(f"{value:.{DIGITS}g}") for value in features.ravel()]
        return np.array(short, np.float32).reshape(features.shape)


def spreads(model: Model, noisy: Model) -> tuple[float, float]:
    """Return how much scores differ among the versions of a photo, and among repeated answers."""
    kit = fresh_kit(0)
    plain = Scorer(kit, model, SCORE, 1).answer([Query(0, v) for v in range(VERSIONS)])
    again = Scorer(kit, noisy, SCORE, 1).answer([Query(0, 0)] * VERSIONS)
    return float(np.std([a.score for a in plain])), float(np.std([a.score for a in again]))


def calibrated(model: Model) -> tuple[Noisy, dict[str, float]]:
    """Return the provider whose noise moves a score as much as the versions' scores differ."""
    versions, once = spreads(model, Noisy(model, 0.01))
    noisy = Noisy(model, 0.01 * versions / once)
    return noisy, dict(zip(("versions", "noise"), spreads(model, noisy), strict=True))


def providers(model: Model) -> dict[str, tuple[Provider, dict[str, float]]]:
    """Return both providers with the spreads of their scores."""
    rounding = dict(zip(("versions", "noise"), spreads(model, Rounded(model)), strict=True))
    return {"noisy": calibrated(model), "rounded": (Rounded(model), rounding)}


def audits_of(kit: Kit, store: Store, spec: str, number: int) -> Iterator[dict[str, Any]]:
    """Run the audits of one kit, each a first attempt of somebody new."""
    access = Access(key_of=lambda host: KEY, private=True)
    chosen = [f"photo:{photo.file}" for photo in kit.photos[:PHOTO_AUDITS]]
    for place, claim in enumerate(["collection", *chosen]):
        model, owner = open_model(spec, access), f"{number}/{place}"
        audit_id = start_audit(store, kit, model, claim=claim, p=P, score=SCORE, owner=owner)
        *_, last = run_audit(store, audit_id, kit, model)
        assert isinstance(last, Finished)
        assert store.audit(audit_id).plan.level == LEVEL
        yield {
            "claim": claim.partition(":")[0],
            "decision": str(last.verdict.decision),
            "reason": last.verdict.reason,
            "queries": last.verdict.queries,
        }


def run_kits(name: str, model: Provider, kits: range, work: Path) -> None:
    """Audit the kits that are not done yet, through a server of this process."""
    path = work / f"{name}.jsonl"
    done = {row["kit"] for row in lines(path)}
    store = Store(work / f"{name}.sqlite3")
    os.environ["TELLTALE_DATA"] = str(work / name)  # where the answers over HTTP are kept
    with served(model, key=KEY) as url:
        for number in kits:
            if number not in done:
                started = time.perf_counter()
                rows = list(audits_of(fresh_kit(number), store, f"openai:{url}#m", number))
                row = {"kit": number, "seconds": time.perf_counter() - started, "audits": rows}
                with path.open("a") as file:
                    file.write(json.dumps(row) + "\n")


def summary(work: Path, told: dict[str, dict[str, float]]) -> list[dict[str, Any]]:
    """Return a row for each provider and claim."""
    rows = []
    for name, spread in told.items():
        audits = [one for row in lines(work / f"{name}.jsonl") for one in row["audits"]]
        for claim in sorted({one["claim"] for one in audits}):
            rows.append(
                summary_row(name, claim, spread, [a for a in audits if a["claim"] == claim])
            )
    return rows


def summary_row(
    name: str, claim: str, spread: dict[str, float], audits: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return the rate of false alarms with its interval (Clopper and Pearson)."""
    decisions = Counter(one["decision"] for one in audits)
    alarms = decisions[Decision.USED]
    return {
        "provider": name,
        "claim": claim,
        "level": float(LEVEL),
        "audits": len(audits),
        "alarms": alarms,
        "rate": round(alarms / len(audits), 4),
        "ci95": [round(bound, 4) for bound in interval(alarms, len(audits))],
        "chance_of_so_many": round(float(binom.sf(alarms - 1, len(audits), float(LEVEL))), 3),
        "ended_as_changed": sum(one["reason"] is not None for one in audits),
        "mean_queries": round(sum(one["queries"] for one in audits) / len(audits), 1),
        "score_sd_versions": round(spread["versions"], 4),
        "score_sd_repeated": round(spread["noise"], 4),
    }


def write(rows: list[dict[str, Any]]) -> None:
    """Write the results for machines and for people."""
    written = {"written": datetime.now(UTC).isoformat(timespec="minutes"), "rows": rows}
    (RESULTS / "guarantee_hosted.json").write_text(json.dumps(written, indent=1) + "\n")
    head = "| provider | claim | level | audits | false alarms | rate | 95 % interval "
    head += "| chance of so many at the level | ended: model changed | mean queries "
    head += "| SD of scores: versions, repeats |"
    table = [head, "|---" * 11 + "|"]
    for row in rows:
        low, high = row["ci95"]
        table.append(
            f"| {row['provider']} | {row['claim']} | {row['level']} | {row['audits']} | "
            f"{row['alarms']} | {row['rate']:.4f} | {low:.4f} to {high:.4f} | "
            f"{row['chance_of_so_many']} | {row['ended_as_changed']} | {row['mean_queries']} | "
            f"{row['score_sd_versions']:.2g}, {row['score_sd_repeated']:.2g} |"
        )
    worst = [row for row in rows if row["ci95"][0] > row["level"]]
    note = "No interval lies above its level." if not worst else f"ABOVE ITS LEVEL: {worst}"
    paragraphs = (__doc__ or "").split("\n\n")
    text = f"# False alarms over HTTP\n\n{paragraphs[2]}\n\n{note}\n\n" + "\n".join(table) + "\n"
    (RESULTS / "guarantee_hosted.md").write_text(text)


def main() -> None:
    """Run what is missing and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--kits", type=int, default=200)
    parser.add_argument("--only", choices=("noisy", "rounded"))
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    SCORES[SCORE] = replace(SCORES[SCORE], views=1)
    both = providers(open_model("demo:without"))
    for name, (model, _) in both.items():
        if given.only in (None, name):
            run_kits(name, model, range(given.kits), given.work)
    write(summary(given.work, {name: spread for name, (_, spread) in both.items()}))


if __name__ == "__main__":
    main()
