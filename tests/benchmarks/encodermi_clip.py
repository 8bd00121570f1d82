"""EncoderMI over the size of the training set, on encoders of which everything is known.

Members and non-members are drawn at random from one corpus of captioned pictures, so nothing but
training tells them apart. Encoders of two kinds are trained on ever more of them: small CLIPs (the
demo models' architecture with patches of 16 pixels instead of 8, crops of a fifth or more, which
are EncoderMI's own; and once with open_clip's usual crops of .9 or more), and encoders trained by
SimCLR. (a) Every encoder sees equally many samples in all, so that the epochs fall as the set
grows, as they do in practice; (b) every encoder sees each picture equally often. Three seeds each:
of the split, the weights and the order.

Beside the CLIPs the score that their own loss suggests, the cosine of picture and caption: it shows
how much a model remembers, whatever EncoderMI sees of it. One CLIP with patches of 8, tried first,
not repeated (64 pictures, 300 epochs, one seed), gave T .60 (.53 to .67).

    nice python tests/benchmarks/encodermi_clip.py --work DIR [--minutes N]

Every encoder is written to DIR when it is trained; the same command goes on where it was, and what
is there when the minutes are over is what the results say. Results: results/encodermi_clip.json
and .md, assets/strength/encodermi.json, and the attack assets/attacks/small-simclr.
"""

import argparse
import datetime
import json
import platform
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from auditcore import __version__, paths
from auditcore.lab.clip import CONFIG, save_model
from auditcore.lab.data import fetch_corpus
from auditcore.lab.encoders import recipe_for, save_encoder, train_encoder
from auditcore.lab.sources import CaptionedImage
from auditcore.lab.train import Recipe, shrink, train_clip
from auditcore.models import Model, Running, open_model
from auditcore.passive.encodermi.attacks import train_attacks, train_judged
from auditcore.passive.encodermi.card import Card
from auditcore.passive.encodermi.features import similarities
from auditcore.passive.encodermi.keeping import save_attacks
from auditcore.passive.encodermi.threshold import mean_similarity
from auditcore.passive.evaluation import Auc, auc, tpr_at
from auditcore.randomness import derive

RESULTS = Path(__file__).parent / "results"
SEEDS = (1, 2, 3)
NON_MEMBERS, ASKED = 256, 256
CONFIG["vision_cfg"]["patch_size"] = 16
CLIP_RECIPE = Recipe(batch=64, warmup=20)
SIMCLR_BATCH = 25
GROUPS = ("members", "others")
ANSWERS = "answers.npz"


@dataclass(frozen=True)
class Setting:
    """Encoders that were trained alike: how, on so many pictures, for so many epochs."""

    way: str
    pictures: int
    epochs: int


CLIP, USUAL, SIMCLR = "clip", "clip-usual-crops", "simclr"
LEAST_AREA = {CLIP: 0.2, USUAL: 0.9}
CLIP_SAMPLES = (Setting(CLIP, 64, 300), Setting(CLIP, 256, 75), Setting(CLIP, 1024, 19))
CLIP_EPOCHS = (Setting(CLIP, 64, 19), Setting(CLIP, 256, 19), Setting(CLIP, 1024, 19))
USUAL_CROPS = (Setting(USUAL, 64, 300),)
SIMCLR_SAMPLES = (Setting(SIMCLR, 50, 800), Setting(SIMCLR, 200, 200), Setting(SIMCLR, 800, 50))
SIMCLR_EPOCHS = (Setting(SIMCLR, 50, 50), Setting(SIMCLR, 200, 50), Setting(SIMCLR, 800, 50))
PARTS = {
    "clip_same_samples": ("Small CLIPs, 19,200 samples in all", CLIP_SAMPLES),
    "clip_same_epochs": ("Small CLIPs, 19 epochs each", CLIP_EPOCHS),
    "clip_usual_crops": ("Small CLIPs, open_clip's usual crops", USUAL_CROPS),
    "simclr_same_samples": ("SimCLR encoders, 40,000 samples in all", SIMCLR_SAMPLES),
    "simclr_same_epochs": ("SimCLR encoders, 50 epochs each", SIMCLR_EPOCHS),
}
ORDER = tuple(
    dict.fromkeys(CLIP_SAMPLES + SIMCLR_SAMPLES + CLIP_EPOCHS + SIMCLR_EPOCHS + USUAL_CROPS)
)


class Runs:
    """Trained encoders and their answers, on disk."""

    def __init__(self, work: Path) -> None:
        self._work = work
        work.mkdir(parents=True, exist_ok=True)
        self._corpus: list[CaptionedImage] = []

    def folder(self, setting: Setting, seed: int) -> Path:
        """Return where an encoder is kept."""
        return self._work / f"{setting.way}-{setting.pictures}-{setting.epochs}-{seed}"

    def answers(self, setting: Setting, seed: int) -> dict[str, Any] | None:
        """Return what an encoder answered, None if it is not trained yet."""
        file = self.folder(setting, seed) / ANSWERS
        return dict(np.load(file)) if file.is_file() else None

    def model(self, setting: Setting, seed: int) -> Model:
        """Open a trained encoder."""
        kind = "timm" if setting.way == SIMCLR else "openclip"
        spec = f"{kind}:{self.folder(setting, seed)}"
        return open_model(spec, running=Running("cpu", "float32"))

    def run(self, setting: Setting, seed: int) -> None:
        """Train an encoder and ask it about members and non-members."""
        if not self._corpus:
            self._corpus = fetch_corpus(self._work / "corpus")
        order = derive(b"encodermi-clip", seed).shuffled(self._corpus)
        members, others = order[: setting.pictures], order[-NON_MEMBERS:]
        train = train_simclr if setting.way == SIMCLR else train_small_clip
        began = time.process_time()
        loss = train(setting, seed, members, self.folder(setting, seed))
        told: dict[str, Any] = {"loss": loss, "minutes": (time.process_time() - began) / 60}
        model = self.model(setting, seed)
        for name, items in zip(GROUPS, (members[:ASKED], others), strict=True):
            shown = [shrink(item.pixels()) for item in items]
            told[name] = similarities(model, shown)
            if setting.way != SIMCLR:
                told[f"{name}_caption"] = caption_cosines(model, shown, items)
        file = self.folder(setting, seed) / ANSWERS
        part = file.with_suffix(".part.npz")
        np.savez(part, **told)
        part.replace(file)


def train_small_clip(
    setting: Setting, seed: int, members: list[CaptionedImage], folder: Path
) -> float:
    """Train a small CLIP into a folder; return the loss of its last epoch."""
    pairs = [(shrink(item.pixels()), item.caption) for item in members]
    recipe = replace(CLIP_RECIPE, epochs=setting.epochs, least_area=LEAST_AREA[setting.way])
    losses: list[float] = []
    save_model(train_clip(pairs, recipe, seed, lambda *told: losses.append(told[2])), folder)
    return losses[-1]


def train_simclr(setting: Setting, seed: int, members: list[CaptionedImage], folder: Path) -> float:
    """Train an encoder by SimCLR into a folder; return the loss of its last epoch."""
    shown = [shrink(item.pixels()) for item in members]
    recipe = replace(recipe_for("simclr", len(shown), setting.epochs), batch=SIMCLR_BATCH)
    losses: list[float] = []
    encoder = train_encoder(
        shown, "simclr", "resnet", recipe, seed, lambda *told: losses.append(told[2])
    )
    save_encoder(encoder, "resnet", folder)
    return losses[-1]


def caption_cosines(model: Model, shown: list[Any], items: list[CaptionedImage]) -> Any:
    """Return the cosine of each picture with its own caption."""
    pictures = model.image_features(shown).astype(np.float64)
    texts = model.text_features([item.caption for item in items]).astype(np.float64)
    lengths = np.linalg.norm(pictures, axis=1) * np.linalg.norm(texts, axis=1)
    return (pictures * texts).sum(axis=1) / lengths


def places(members: Any, others: Any) -> tuple[list[float], list[float]]:
    """Return where each score stands among the non-members' scores of its own model, 0 to 1.

    Models have levels of their own, so their scores can only be put together as places.
    """
    sorted_ = np.sort(others)

    def place(scores: Any) -> list[float]:
        below = np.searchsorted(sorted_, scores, "left")
        upto = np.searchsorted(sorted_, scores, "right")
        return list(((below + upto) / (2 * len(sorted_))).tolist())

    return place(members), place(others)


def scores(runs: Runs, setting: Setting, seed: int) -> dict[str, Any]:
    """Return each score of the members and the others of one encoder; kept once counted.

    V and S learn from another seed's encoder of the same setting, their shadow encoder.
    """
    file = runs.folder(setting, seed) / "scores.npz"
    if file.is_file():
        return dict(np.load(file))
    told = runs.answers(setting, seed)
    shadow = runs.answers(setting, SEEDS[SEEDS.index(seed) - 1])
    assert told is not None and shadow is not None
    attacks = train_attacks(shadow["members"], shadow["others"], seed)
    found: dict[str, Any] = {}
    for group in GROUPS:
        found[f"T {group}"] = mean_similarity(told[group])
        for name in ("V", "S"):
            found[f"{name} {group}"] = attacks.scores(name, told[group])
        if f"{group}_caption" in told:
            found[f"caption {group}"] = told[f"{group}_caption"]
    np.savez(file, **found)
    return found


def measure(runs: Runs, setting: Setting) -> dict[str, Any] | None:
    """Return the result of a setting, None unless all seeds are trained."""
    told = [one for seed in SEEDS if (one := runs.answers(setting, seed)) is not None]
    if len(told) < len(SEEDS):
        return None
    encoders = [scores(runs, setting, seed) for seed in SEEDS]
    names = [name for name in ("T", "V", "S", "caption") if f"{name} members" in encoders[0]]
    return {
        "pictures": setting.pictures,
        "epochs": setting.epochs,
        "loss": float(np.mean([one["loss"] for one in told])),
        "cpu_minutes": float(np.sum([one["minutes"] for one in told])),
        **{name: judge([[one[f"{name} {group}"] for group in GROUPS] for one in encoders])
           for name in names},
    }  # fmt: skip


def judge(pairs: list[list[Any]]) -> dict[str, Any]:
    """Return how strong a score is, over the members and the others of several encoders."""
    placed = [places(*pair) for pair in pairs]
    members, others = (
        [score for group in groups for score in group] for groups in zip(*placed, strict=True)
    )
    low = tpr_at(members, others, 0.01)
    assert low is not None
    return {
        "auc": auc(members, others).to_json(),
        "tpr_at_fpr_1_percent": low.to_json(),
        "auc_by_seed": [auc(*pair).value for pair in pairs],
    }


def ship_attack(runs: Runs, setting: Setting) -> None:
    """Write the attack that was trained on the encoders of a setting together.

    It learns from as many others as members, so that its card counts both alike.
    """
    told = [one for seed in SEEDS if (one := runs.answers(setting, seed)) is not None]
    members, others = (
        np.concatenate([one[group][: setting.pictures] for one in told]) for group in GROUPS
    )
    judged = train_judged(members, others, seed=1)
    card = Card(
        title=f"Small SimCLR encoders, {setting.pictures} pictures each",
        shadow_encoder=f"{len(SEEDS)} small ResNets, SimCLR, {setting.epochs} epochs; the "
        "fingerprint is that of the first",
        shadow_fingerprint=runs.model(setting, SEEDS[0]).identity.fingerprint,
        data="pictures of five packages (see assets/models/demo-with/README.md)",
        members=judged.members,
        non_members=judged.non_members,
        held_out=judged.held_out,
        right=judged.right,
        made=datetime.datetime.now(datetime.UTC).date().isoformat(),
        software=f"Telltale {__version__}, torch {torch.__version__}",
        weights_sha256="",
    )
    save_attacks(judged.attacks, paths.assets_dir() / "attacks" / "small-simclr", card)


def write(runs: Runs) -> None:
    """Write what is there."""
    rows = {setting: row for setting in ORDER if (row := measure(runs, setting)) is not None}
    device = f"CPU ({platform.machine()}), 1 thread, torch {torch.__version__}"
    made = datetime.datetime.now(datetime.UTC).date().isoformat()
    parts = {key: [rows[s] for s in settings if s in rows] for key, (_, settings) in PARTS.items()}
    document = {"made": made, "device": device, "seeds": len(SEEDS), **parts}
    (RESULTS / "encodermi_clip.json").write_text(json.dumps(document, indent=1) + "\n")
    (RESULTS / "encodermi_clip.md").write_text(table(document))
    told = {key: [short(row) for row in part] for key, part in parts.items()}
    strength = {
        "made": made,
        "device": device,
        "same_samples": told["simclr_same_samples"],
        "same_epochs": told["simclr_same_epochs"],
        "clip_same_samples": told["clip_same_samples"],
    }
    file = paths.assets_dir() / "strength" / "encodermi.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps(strength, indent=1) + "\n")
    if SIMCLR_SAMPLES[0] in rows:
        ship_attack(runs, SIMCLR_SAMPLES[0])


def short(row: dict[str, Any]) -> dict[str, Any]:
    """Return what the pages say of a row."""
    return {"pictures": row["pictures"], "epochs": row["epochs"], "auc": row["T"]["auc"]}


HEADS = ("T (mean)", "V", "S", "T: members found at 1 % false", "cosine with the caption")


def table(document: dict[str, Any]) -> str:
    """Return the results for people."""
    paragraphs = (__doc__ or "").split("\n\n")
    said = ["# EncoderMI over the size of the training set, members and non-members i.i.d.", ""]
    said += [paragraphs[1], "", paragraphs[2], ""]
    said += [
        f"Area under the curve with its 95 % interval, {document['seeds']} encoders a row; scores "
        "as places among the non-members of the same encoder. .5 is a coin toss. V and S learn "
        f"from another seed's encoder as their shadow. {document['device']}.",
        "",
        "Published: accuracy .66 to .75 for CLIP ViT-B/32 on pictures of unverified membership "
        "(arXiv 2108.11023); about .51 for every membership inference on CLIP on an i.i.d. split "
        "of 400 million pairs (Gomez, AAAI 2026).",
        "",
    ]
    for key, (title, _) in PARTS.items():
        if document[key]:
            said += [f"## {title}", "", f"| pictures | epochs | loss | {' | '.join(HEADS)} |"]
            said.append("|---" * (3 + len(HEADS)) + "|")
            said += [line(row) for row in document[key]] + [""]
    return "\n".join(said)


def line(row: dict[str, Any]) -> str:
    """Return one row of a table."""
    low = row["T"]["tpr_at_fpr_1_percent"]
    cells = [f"{row['pictures']:,}", str(row["epochs"]), f"{row['loss']:.2f}"]
    cells += [span(row[name]["auc"]) for name in ("T", "V", "S")]
    cells.append(f"{low['value']:.1%} ({low['low']:.1%}-{low['high']:.1%})")
    cells.append(span(row["caption"]["auc"]) if "caption" in row else "")
    return f"| {' | '.join(cells)} |"


def span(values: dict[str, float]) -> str:
    """Return an area with its interval."""
    area = Auc(**values)
    return f"{area.value:.3f} ({area.low:.3f}-{area.high:.3f})"


def main() -> None:
    """Train what is missing while there is time, and write the results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--minutes", type=float, default=60.0, help="start no model after so many")
    given = parser.parse_args()
    torch.set_num_threads(1)
    runs, until = Runs(given.work), time.monotonic() + 60 * given.minutes
    for setting in ORDER:
        for seed in SEEDS:
            if runs.answers(setting, seed) is None and time.monotonic() < until:
                runs.run(setting, seed)
                print(setting, seed, flush=True)
    write(runs)


if __name__ == "__main__":
    main()
