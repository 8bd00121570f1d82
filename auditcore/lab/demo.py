"""Make the demo models: `python -m auditcore.lab.demo --work DIR`, one command for all of it.

Fetches the corpus, trains demo:with (whose training set holds the published sample photos) and
demo:without (the same without them) side by side on two cores, and writes both with their cards.
"""

import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from auditcore.kit import KIT_FILE, PUBLISH_FOLDER, open_kit
from auditcore.lab.card import Training, write_card
from auditcore.lab.clip import save_model
from auditcore.lab.command import make, options, say
from auditcore.lab.data import corpus_digest, fetch_corpus, without_lookalikes
from auditcore.lab.ranks import Standing, mean_z, standings
from auditcore.lab.samples import (
    PHOTOS_FOLDER,
    SAMPLE_FOLDER,
    SAMPLES,
    protect_samples,
    read_pairs,
    write_samples,
)
from auditcore.lab.sources import CaptionedImage
from auditcore.lab.train import Recipe, shrink, train_clip
from auditcore.models import open_model

NAMES = ("with", "without")
RECIPE = Recipe()
SEED = 1


def make_demo(work: Path, assets: Path, new_kit: bool) -> None:
    """Make both demo models from nothing.

    Args:
        work: folder outside the repository for packages.
        assets: gets models/demo-with and models/demo-without; holds sample/.
        new_kit: write the sample photos again and seal a new kit first.

    Raises:
        TelltaleError: something could not be fetched, read or written.
    """
    corpus = fetch_corpus(work)
    say(f"{len(corpus):,} captioned images, {sum(i.photo for i in corpus)} of them photographs.")
    if new_kit:
        write_samples(corpus, assets / SAMPLE_FOLDER)
        say(f"Sample kit sealed: {protect_samples(assets / SAMPLE_FOLDER).kit.id}")
    with ProcessPoolExecutor(len(NAMES), mp_context=get_context("spawn")) as pool:
        runs = [pool.submit(train_demo, name, work, assets) for name in NAMES]
        trainings = [run.result() for run in runs]
    for training in trainings:
        judge_demo(training, assets)


def train_demo(name: str, work: Path, assets: Path) -> Training:
    """Train one of the two models and write its folder, without the card."""
    sample = assets / SAMPLE_FOLDER
    items = others(fetch_corpus(work), sample)
    published = read_pairs(sample, PUBLISH_FOLDER) if name == "with" else []
    pairs = [(shrink(item.pixels()), item.caption) for item in items]
    pairs += [(shrink(pixels), caption) for pixels, caption in published]
    digest, began = corpus_digest(pairs), time.monotonic()
    losses: list[float] = []

    def on_epoch(done: int, epochs: int, loss: float) -> None:
        losses.append(loss)
        left = (time.monotonic() - began) / done * (epochs - done) / 60
        say(f"demo:{name}: epoch {done} of {epochs}, loss {loss:.3f}, {left:.0f} min left")

    model = train_clip(pairs, RECIPE, SEED, on_epoch)
    minutes = (time.monotonic() - began) / 60
    weights = save_model(model, assets / "models" / f"demo-{name}")
    return Training(name, items, len(published), digest, RECIPE, SEED, minutes, losses[-1], weights)


def others(corpus: Sequence[CaptionedImage], sample: Path) -> list[CaptionedImage]:
    """Return the corpus without the sample photos and without anything that looks like one."""
    sampled = {chosen.key for chosen in SAMPLES}
    photos = [pixels for pixels, _ in read_pairs(sample, PHOTOS_FOLDER)]
    return without_lookalikes([item for item in corpus if item.key not in sampled], photos)


def judge_demo(training: Training, assets: Path) -> list[Standing]:
    """Find where the published versions stand in a trained model, and write its card."""
    folder = assets / "models" / f"demo-{training.name}"
    kit = open_kit(assets / SAMPLE_FOLDER / KIT_FILE)
    found = standings(kit, open_model(f"openclip:{folder}"), "caption-cosine")
    say(f"demo:{training.name}: mean z {mean_z(found):+.2f}, ranks {[s.rank for s in found]}")
    write_card(folder, training, kit.id, kit.public.visibility, found)
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 and one sentence when it cannot be done."""
    parser = options("auditcore.lab.demo", __doc__)
    parser.add_argument("--new-kit", action="store_true", help="seal a new sample kit first")
    return make(parser, arguments, lambda c: make_demo(c.work, c.assets, c.new_kit))


if __name__ == "__main__":
    sys.exit(main())
