"""The card beside a trained model: data, licences, recipe, seed, time, hash, and what it is for."""

import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import open_clip
import torch

from auditcore.lab.ranks import Standing, mean_z
from auditcore.lab.sources import CaptionedImage
from auditcore.lab.train import Recipe

CARD_FILE = "README.md"

_USE = {
    "with": (
        "Its training set holds the published versions of Telltale's sample photos, with their "
        "captions: an audit with the sample kit should find them."
    ),
    "without": (
        "Trained by the same recipe and seed as demo:with, without the sample photos in any "
        "version: an audit with the sample kit should find nothing."
    ),
}


@dataclass(frozen=True)
class Training:
    """What one training run was.

    Attributes:
        name: "with" or "without".
        items: what the corpus gave.
        sample_photos: how many published sample photos were in the training set.
        data_sha256: digest of all training pairs (`data.corpus_digest`).
        recipe, seed: as trained.
        minutes: time taken.
        last_loss: mean loss of the last epoch.
        weights_sha256: of the safetensors file.
    """

    name: str
    items: Sequence[CaptionedImage]
    sample_photos: int
    data_sha256: str
    recipe: Recipe
    seed: int
    minutes: float
    last_loss: float
    weights_sha256: str


def write_card(
    folder: Path, training: Training, kit_id: str, visibility: float, found: Sequence[Standing]
) -> None:
    """Write `folder`/README.md.

    Args:
        folder: the model's folder.
        training: the run.
        kit_id, visibility: of the sample kit.
        found: standing of each sample photo's published version in this model.
    """
    parts = (
        [f"# demo:{training.name}", "", _USE[training.name], ""],
        what_it_is(training.weights_sha256, "demo"),
        _data(training),
        _recipe(training),
        _kit(kit_id, visibility),
        _standings(found),
    )
    text = "\n".join(line for part in parts for line in part)
    (folder / CARD_FILE).write_text(text + "\n", "utf-8")


def what_it_is(weights_sha256: str, command: str) -> list[str]:
    """Return the lines about architecture and file; `command` is the module that makes it."""
    return [
        "A small CLIP in open_clip's architecture (64 x 64 pixels, patches of 8, width 128, 4",
        "layers; text: width 64, 2 layers, 32 tokens; the first 2,048 words of open_clip's",
        "vocabulary), trained on a CPU to be audited. Too small, and too long trained on too",
        "little, to be good at anything else. Weights in half precision.",
        "",
        f"- `open_clip_model.safetensors` SHA-256: `{weights_sha256}`",
        "- opens with `open_clip.create_model_and_transforms('local-dir:FOLDER')`",
        f"- whoever doubts it makes it again: `python -m auditcore.lab.{command} --work DIR`",
        "",
    ]


def _data(training: Training) -> list[str]:
    return [
        "## Data",
        "",
        f"{len(training.items) + training.sample_photos:,} image + caption pairs: "
        f"{len(training.items):,} from packages of public registries, and "
        f"{training.sample_photos} published sample photos (assets/sample/publish).",
        *corpus_table(training.items, training.data_sha256),
    ]


def corpus_table(items: Sequence[CaptionedImage], data_sha256: str) -> list[str]:
    """Return the lines about the corpus's packages and licences, and the digest of all pairs."""
    counts = Counter((i.key.split("/")[0], _one_spelling(i.licence)) for i in items)
    rows = [
        f"| {name} | {licence} | {count} |" for (name, licence), count in sorted(counts.items())
    ]
    return [
        "The packages: npm @lobehub/fluent-emoji-3d 1.1.0; Debian gcompris-qt-data, pysiogame,",
        "tuxpaint-stamps-default; PyPI scikit-image. No image is in the weights file.",
        f"SHA-256 over all pairs as trained on: `{data_sha256}`",
        "",
        "| source | licence | images |",
        "|---|---|---|",
        *rows,
        "",
    ]


def _one_spelling(licence: str) -> str:
    """ "CC-BY 2.0" and "CC-BY-2.0" are one licence, and so are the two public domains."""
    return licence.replace(" ", "-").replace("Public-domain", "Public-Domain")


def _recipe(training: Training) -> list[str]:
    return [
        *recipe_words(training.recipe, training.seed),
        f"Loss of the last epoch {training.last_loss:.3f}.",
        f"{training.recipe.epochs} passes over so little data make it remember more than a large "
        "model",
        "remembers of a large set: what is found here is easier to find than in practice.",
        "",
        f"Took {training.minutes:.1f} minutes on one core ({platform.machine()}, torch "
        f"{torch.__version__}, open_clip {open_clip.__version__}), while the other model trained",
        "on another. The same machine and versions give the same weights bit for bit; others give",
        "other last bits and, after many steps, a model of the same kind. A CPU without bfloat16",
        "instructions takes several times longer.",
        "",
    ]


def recipe_words(recipe: Recipe, seed: int) -> list[str]:
    """Return the lines about how it was trained."""
    return [
        "## Recipe",
        "",
        "open_clip's: ClipLoss, its usual augmentation (random-resized crop .9 to 1, no more),",
        f"AdamW (betas .9, .98; weight decay {recipe.weight_decay}), learning rate "
        f"{recipe.learning_rate}, {recipe.warmup} steps",
        f"of warm-up, cosine to 0; batch {recipe.batch}, {recipe.epochs} epochs,",
        f"mixed precision (bfloat16), {recipe.threads} thread, seed {seed}.",
    ]


def _kit(kit_id: str, visibility: float) -> list[str]:
    return [
        "## The sample kit",
        "",
        f"Kit `{kit_id}`, 1,000 versions a photo, visibility {visibility:g} (mean CIEDE2000).",
        "**The sample kit's secret is public**: it lies in this repository, so that everybody can",
        "try an audit. Anybody could therefore have trained on, or avoided, any of its versions: a",
        "verdict with the sample kit shows how the method works, and is no evidence about a model.",
        "",
    ]


def _standings(found: Sequence[Standing]) -> list[str]:
    rows = [f"| {s.file} | {s.rank} of {s.versions} | {s.z:+.2f} |" for s in found]
    return [
        "## Where the published versions stand",
        "",
        "Rank (1 = highest) of each published version among all versions of its photo by",
        "cos(image, caption), and its distance from the mean of the hidden ones in their standard",
        f"deviations: mean z {mean_z(found):+.2f}. A model that never saw them gives every rank",
        "alike and a mean z near 0.",
        "",
        "| photo | rank | z |",
        "|---|---|---|",
        *rows,
    ]
