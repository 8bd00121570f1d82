"""Make demo:encoder: `python -m auditcore.lab.demo_encoder --work DIR`, one command for all of it.

Deals out real photographs, writes the sample pictures, trains the encoder on those called members
and a second one, the shadow, on others; trains EncoderMI's attacks on the shadow; and writes
everything with its cards.
"""

import platform
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import torch

from auditcore.lab.card import CARD_FILE
from auditcore.lab.command import make, options, say
from auditcore.lab.demo_pictures import PICTURES_FOLDER, Dealt, deal, pixels_of, write_pictures
from auditcore.lab.encoders import ARCHITECTURES, Recipe, save_encoder, train_encoder
from auditcore.lab.sources import CaptionedImage
from auditcore.models import Model, open_model
from auditcore.passive.encodermi.attacks import Judged, train_judged
from auditcore.passive.encodermi.card import Card
from auditcore.passive.encodermi.comparing import Comparison, compare
from auditcore.passive.encodermi.features import similarities
from auditcore.passive.encodermi.keeping import save_attacks
from auditcore.photos import Pixels

NAME = "demo-encoder"
ALGORITHM, ARCHITECTURE = "simclr", "densenet"
RECIPE = Recipe(epochs=2000, batch=16, temperature=0.5)
SEED, SHADOW_SEED = 1, 2
_TITLE = "Trained on a small SimCLR encoder, as the demo encoder is one"


@dataclass(frozen=True)
class Made:
    """One encoder: where it lies, its loss in the last epoch, and the minutes it took."""

    folder: Path
    last_loss: float
    minutes: float


def make_demo_encoder(work: Path, assets: Path) -> None:
    """Make pictures, encoder and attack from nothing.

    Args:
        work: folder outside the repository for packages and for the shadow encoder.
        assets: gets pictures/, models/demo-encoder and attacks/demo-encoder.

    Raises:
        TelltaleError: something could not be fetched, read or written.
    """
    dealt = deal(work)
    write_pictures(dealt, assets / PICTURES_FOLDER)
    encoder = _train(dealt.parts["members"], SEED, assets / "models" / NAME)
    shadow = _train(dealt.shadow_members, SHADOW_SEED, work / "demo-encoder-shadow")
    judged = _train_attacks(shadow, dealt, assets)
    model = open_model(f"timm:{encoder.folder}")
    found = {part: _compare(model, dealt, part, judged) for part in ("members", "non_members")}
    for part, comparison in found.items():
        say(f"{part}: {comparison.reading.value}, AUC {comparison.auc.value:.3f}")
    _write_card(encoder, found)


def _train(items: Sequence[CaptionedImage], seed: int, folder: Path) -> Made:
    began = time.monotonic()
    losses: list[float] = []

    def on_epoch(done: int, epochs: int, loss: float) -> None:
        losses.append(loss)
        if done % 50 == 0:
            left = (time.monotonic() - began) / done * (epochs - done) / 60
            say(f"{folder.name}: epoch {done} of {epochs}, loss {loss:.3f}, {left:.0f} min left")

    network = train_encoder(pixels_of(items), ALGORITHM, ARCHITECTURE, RECIPE, seed, on_epoch)
    minutes = (time.monotonic() - began) / 60
    return Made(save_encoder(network, ARCHITECTURE, folder), losses[-1], minutes)


def _train_attacks(shadow: Made, dealt: Dealt, assets: Path) -> Judged:
    model = open_model(f"timm:{shadow.folder}")
    members, others = (
        similarities(model, pixels_of(items))
        for items in (dealt.shadow_members, dealt.shadow_non_members)
    )
    judged = train_judged(members, others, SEED)
    save_attacks(judged.attacks, assets / "attacks" / NAME, _attack_card(model, judged))
    return judged


def _attack_card(shadow: Model, judged: Judged) -> Card:
    return Card(
        title=_TITLE,
        shadow_encoder=f"{ARCHITECTURES[ARCHITECTURE].title}; SimCLR, {RECIPE.epochs} epochs",
        shadow_fingerprint=shadow.identity.fingerprint,
        data="photographs of GCompris and scikit-image, none of them among the sample pictures",
        members=judged.members,
        non_members=judged.non_members,
        held_out=judged.held_out,
        right=judged.right,
        made=date.today().isoformat(),
        software=f"telltale, torch {torch.__version__}",
        weights_sha256="0" * 64,  # save_attacks fills it in
    )


def _compare(model: Model, dealt: Dealt, part: str, judged: Judged) -> Comparison:
    mine, reference = (similarities(model, _pixels(dealt, name)) for name in (part, "reference"))
    return compare(mine, reference, judged.attacks)


def _pixels(dealt: Dealt, part: str) -> list[Pixels]:
    return pixels_of(dealt.parts[part])


def _write_card(made: Made, found: dict[str, Comparison]) -> None:
    (made.folder / CARD_FILE).write_text("\n".join(_card_lines(made, found)) + "\n", "utf-8")


def _card_lines(made: Made, found: dict[str, Comparison]) -> list[str]:
    count = len(found["members"].mine)
    return [
        "# demo:encoder",
        "",
        f"An image encoder that was trained, without labels, on {count} photographs and on nothing",
        "else: those in assets/pictures/members. EncoderMI is shown on it. Far too few pictures,",
        "seen far too often: it remembers them much better than an encoder in use remembers its",
        "training data, and is good at nothing else.",
        "",
        f"- {ARCHITECTURES[ARCHITECTURE].title}; 32 x 32 pixels; opens as `timm:FOLDER`",
        f"- SimCLR, temperature {RECIPE.temperature}; AdamW, learning rate "
        f"{RECIPE.learning_rate}, weight decay {RECIPE.weight_decay:g};",
        f"  batch {RECIPE.batch}, {RECIPE.epochs} epochs, seed {SEED}; loss of the last epoch "
        f"{made.last_loss:.3f}",
        f"- {made.minutes:.0f} minutes on one core ({platform.machine()}, torch "
        f"{torch.__version__})",
        "- whoever doubts it makes it again: `python -m auditcore.lab.demo_encoder --work DIR`",
        "",
        "The shipped attack (assets/attacks/demo-encoder) was trained on another encoder of the",
        "same recipe, on photographs that are not shipped.",
        "",
        "## What EncoderMI sees",
        "",
        "| pictures | above the reference's top 5 % | AUC against it | T calls members |",
        "|---|---|---|---|",
        *(_row(part, comparison) for part, comparison in found.items()),
        "",
        "Which photographs are members, non-members or reference was drawn at random before",
        "anything was trained. The number of epochs was settled after one trial run on nearly the",
        "same photographs: it is an example of a clear sign, not a measurement of the method, for",
        "which see tests/benchmarks/results/encodermi_settings.md.",
    ]


def _row(part: str, comparison: Comparison) -> str:
    above, area, called = comparison.above, comparison.auc, comparison.attacks["T"].mine
    return (
        f"| {part.replace('_', '-')} | {above.count} of {above.of} | "
        f"{area.value:.2f} ({area.low:.2f} to {area.high:.2f}) | {called.count} of {called.of} |"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; 2 and one sentence when it cannot be done."""
    parser = options("auditcore.lab.demo_encoder", __doc__)
    return make(parser, arguments, lambda c: make_demo_encoder(c.work, c.assets))


if __name__ == "__main__":
    sys.exit(main())
