"""Which frequencies and which colours does a model remember best, for what they cost the eye?

One training run in which every marked picture carries all components at once (flat, 2 x 2, 4 x 4
and 8 x 8 patches; light, red-green, blue-yellow), each about equally visible. Afterwards one
component at a time is replaced by fresh draws, all else left as published, and the model is asked:
z of a component is how far the published picture's cos(image, caption) stands from that of the
pictures with another draw, in standard deviations. The recipe of the default family follows.

    python tests/benchmarks/marks_components.py --work DIR
"""

import argparse
import json
import time
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from auditcore.lab.clip import new_model, tokenizer_of, write_merges
from auditcore.lab.data import fetch_corpus
from auditcore.lab.train import Recipe as Training
from auditcore.lab.train import train_clip
from auditcore.marks.budget import CELLS, STRENGTH_BITS, Budget
from auditcore.marks.fitting import fit_budget
from auditcore.marks.grids import add_grid
from auditcore.marks.smooth import Recipe, draw_pattern
from auditcore.marks.visibility import measure
from auditcore.randomness import derive

RESULTS = Path(__file__).parent / "results" / "marks_components.json"
SEED = b"marks components"
BANDS = (1, 2, 4, 8)
AXES = {"light": (256, 256, 256), "red-green": (256, -256, 0), "blue-yellow": (-128, -128, 256)}
COMPONENTS = [(band, axis) for band in BANDS for axis in AXES]
SIDE, KEPT = 64, 96
DRAWS, ASKED = 24, 240


def component(band: int, axis: str, *label: str | int) -> np.ndarray:
    """Draw one component, (CELLS, CELLS, 3), of full strength."""
    colour = AXES[axis]
    if band == 1:
        level = 2 * derive(SEED, *label).unit() - 1
        flat = np.tanh(3 * level) * (1 << STRENGTH_BITS) * np.array(colour) / 256
        return np.broadcast_to(np.rint(flat), (CELLS, CELLS, 3)).astype(np.int32)
    return draw_pattern(Recipe(mix=((band, 768),), axes=(colour,)), False, SEED, *label)


def square(pixels: np.ndarray) -> np.ndarray:
    """Crop the centre square and shrink it to KEPT pixels."""
    image = Image.fromarray(pixels)
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    cut = image.crop((left, top, left + side, top + side))
    return np.asarray(cut.resize((KEPT, KEPT), Image.Resampling.BICUBIC))


def costs(pictures: list[np.ndarray]) -> dict[tuple[int, str], float]:
    """Mean CIEDE2000 of each component at one even strength, over some pictures."""
    found = {}
    for band, axis in COMPONENTS:
        budget = Budget.of_levels(np.full((CELLS, CELLS), 6.0))
        found[band, axis] = float(
            np.mean(
                [
                    measure(
                        p, add_grid(p, budget.grid(component(band, axis, "cost", i, k)))
                    ).ciede2000_mean
                    for i, p in enumerate(pictures)
                    for k in range(4)
                ]
            )
        )
    return found


def mixture(weights: dict, draws: dict) -> np.ndarray:
    """Add up components; `draws` names the draw of each."""
    total = sum(weights[c] * component(*c, *draws[c]) for c in COMPONENTS)
    return np.rint(total).astype(np.int32)


def main() -> None:
    """Run the benchmark and write its results."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--work", type=Path, required=True)
    arguments.add_argument("--trained", type=Path, help="weights of an earlier run")
    arguments.add_argument("--epochs", type=int, default=50)
    arguments.add_argument("--pairs", type=int, default=1400)
    arguments.add_argument("--marked", type=int, default=480)
    arguments.add_argument("--visibility", type=float, default=4.0)
    options = arguments.parse_args()

    items = fetch_corpus(options.work)
    pictures = [square(item.pixels()) for item in items]
    captions = [item.caption for item in items]
    photos = [i for i, item in enumerate(items) if item.photo]
    others = derive(SEED, "others").shuffled([i for i, item in enumerate(items) if not item.photo])
    marked = (photos + others)[: options.marked]
    cost = costs([pictures[i] for i in photos[:12]])
    weights = {c: min(cost.values()) / cost[c] for c in COMPONENTS}

    published, budgets = {}, {}
    for i in marked:
        probes = [mixture(weights, {c: ("probe", i, k, *c) for c in COMPONENTS}) for k in range(6)]
        patterns = np.stack([probe.transpose(2, 0, 1) for probe in probes])
        budgets[i] = fit_budget(pictures[i], patterns, options.visibility)
        published[i] = mixture(weights, {c: ("own", i, *c) for c in COMPONENTS})
    trained_on = [
        (add_grid(pictures[i], budgets[i].grid(published[i])), captions[i]) for i in marked
    ] + [(pictures[i], captions[i]) for i in (photos + others)[options.marked : options.pairs]]
    started = time.time()
    model = new_model(1).eval()
    if options.trained:
        model.load_state_dict(torch.load(options.trained, weights_only=True))
    else:
        model = train_clip(
            trained_on,
            Training(epochs=options.epochs),
            seed=1,
            on_epoch=lambda done, of, loss: print(f"{done}/{of} {loss:.3f}", flush=True),
        )
        torch.save(model.state_dict(), options.work / "components.pt")
    seconds = time.time() - started
    rows = ask(model, pictures, captions, marked[:ASKED], published, budgets, weights, options.work)
    report = {
        "pairs": len(trained_on),
        "marked": len(marked),
        "asked": min(ASKED, len(marked)),
        "photographs_asked": sum(items[i].photo for i in marked[:ASKED]),
        "epochs": options.epochs,
        "training_seconds": None if options.trained else round(seconds),
        "visibility_of_all_together": options.visibility,
        "components": rows,
    }
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    lines = [" | ".join(map(str, row.values())) for row in rows]
    head = [" | ".join(rows[0]), " | ".join(["---"] * len(rows[0]))]
    table = "".join(f"| {line} |\n" for line in head + lines)
    RESULTS.with_suffix(".md").write_text(table, "utf-8")
    for row in rows:
        print(row)


def ask(model, pictures, captions, asked, published, budgets, weights, work) -> list[dict]:
    """Score each picture as published and with every component drawn again in turn."""
    write_merges(work)
    small = {i: np.asarray(Image.fromarray(pictures[i]).resize((SIDE, SIDE))) for i in asked}
    texts = features(model.encode_text, tokenizer_of(work)([captions[i] for i in asked]))
    rows = []
    for c in [*COMPONENTS, None]:
        gains, spreads, firsts, alone = [], [], [], []
        for place, i in enumerate(asked):
            patterns = [published[i]] + [
                redrawn(published[i], weights, c, i, draw) for draw in range(DRAWS)
            ]
            images = np.stack([add_grid(small[i], budgets[i].grid(p)) for p in patterns])
            inputs = torch.from_numpy(images).permute(0, 3, 1, 2).float() / 127.5 - 1
            scores = (features(model.encode_image, inputs) @ texts[place]).numpy()
            gains.append(scores[0] - scores[1:].mean())
            spreads.append(scores[1:].std())
            firsts.append(scores[0] > scores[1:].max())
            if c is not None and place < 12:
                own = np.rint(weights[c] * component(*c, "own", i, *c)).astype(np.int32)
                alone.append(measure(small[i], add_grid(small[i], budgets[i].grid(own))))
        zs = np.array(gains) / np.array(spreads)
        rows.append(
            {
                "component": "all" if c is None else f"{c[0]} x {c[0]} {c[1]}",
                "z": round(float(np.mean(zs)), 3),
                "z_error": round(float(np.std(zs) / len(zs) ** 0.5), 3),
                "gain": round(float(np.mean(gains)), 5),
                "spread": round(float(np.mean(spreads)), 5),
                "first_of_25": round(float(np.mean(firsts)), 3),
                "ciede2000_alone": round(float(np.mean([v.ciede2000_mean for v in alone])), 2)
                if alone
                else None,
            }
        )
        print(rows[-1], flush=True)
    return rows


def redrawn(published, weights, c, i, draw) -> np.ndarray:
    """Replace one component (or, for None, all) of a published pattern by a fresh draw."""
    if c is None:
        return mixture(weights, {c: ("fresh", i, draw, *c) for c in COMPONENTS})
    own = weights[c] * component(*c, "own", i, *c)
    fresh = weights[c] * component(*c, "fresh", i, draw, *c)
    return published + np.rint(fresh - own).astype(np.int32)


def features(encode, inputs: torch.Tensor) -> torch.Tensor:
    """Encode in one batch, features of unit length."""
    with torch.inference_mode():
        return torch.nn.functional.normalize(encode(inputs), dim=-1)


if __name__ == "__main__":
    main()
