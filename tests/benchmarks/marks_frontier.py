"""Power against visibility: the families of marks in one training run, at equal CIEDE2000.

Each family gets photos of its own in one training set; after training, the published version and 99
hidden ones of each photo are scored by cos(image, caption) over views shared by all versions. The
second half of the table is the same for photos that went through half size and JPEG 85 between
marking and training. `--survival` measures, without training, what JPEG, resizing and cropping
leave of each family's marks; `--places` how visible they are in flat and in dark places.

    python tests/benchmarks/marks_frontier.py --work DIR [--epochs 60]
    python tests/benchmarks/marks_frontier.py --work DIR --survival
    python tests/benchmarks/marks_frontier.py --work DIR --places
"""

import argparse
import io
import json
import pickle
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from scipy.ndimage import gaussian_filter
from skimage.color import deltaE_ciede2000, rgb2lab

from auditcore.lab.clip import tokenizer_of, write_merges
from auditcore.lab.data import fetch_corpus
from auditcore.lab.sources import CaptionedImage
from auditcore.lab.train import Recipe as Training
from auditcore.lab.train import train_clip
from auditcore.marks.base import Mark
from auditcore.marks.budget import CELLS, STRENGTH_BITS, Budget
from auditcore.marks.grids import add_grid
from auditcore.marks.smooth import Recipe, SmoothFamily, draw_pattern
from auditcore.marks.spread import SpreadFamily
from auditcore.marks.visibility import measure
from auditcore.randomness import derive

RESULTS = Path(__file__).parent / "results"
SEED = b"marks frontier"
VERSIONS, PHOTOS, VIEWS, WORKING, SIDE = 100, 32, 3, 256, 64
FULL = 1 << STRENGTH_BITS
COLOURS = ((256, 0, 0), (0, 256, 0), (0, 0, 256))


def noise(photo: int, version: int, shape: tuple[int, int]) -> np.ndarray:
    """White noise, signs alone, pixel by pixel."""
    bits = np.frombuffer(derive(SEED, "noise", photo, version).read(shape[0] * shape[1] * 3), "u1")
    return (bits.reshape(*shape, 3) & 1).astype(np.int32) * 2 * FULL - FULL


def tint(photo: int, version: int) -> np.ndarray:
    """One flat tint."""
    draws = derive(SEED, "tint", photo, version).integers(3, 2 * FULL + 1) - FULL
    return np.broadcast_to(draws.astype(np.int32), (CELLS, CELLS, 3))


def grid_sign(photo: int, version: int) -> np.ndarray:
    """A smooth 4 x 4 colour grid of which only the signs are kept."""
    soft = draw_pattern(Recipe(((4, 256),), COLOURS), False, SEED, "sign", photo, version)
    return np.where(soft < 0, -FULL, FULL).astype(np.int32)


def plain_tanh(photo: int, version: int) -> np.ndarray:
    """2 x 2 + 4 x 4 colour grids through tanh, with the same strength everywhere."""
    return draw_pattern(Recipe(((2, 512), (4, 512)), COLOURS), False, SEED, "tanh", photo, version)


@dataclass
class EvenMark:
    """Marks of one strength in the whole picture, set so that the mean CIEDE2000 is met."""

    photo: int
    pattern: Callable[..., np.ndarray]
    levels: float = 1.0
    versions: int = VERSIONS

    def render(self, pixels: np.ndarray, version: int) -> np.ndarray:
        if self.pattern is noise:
            change = noise(self.photo, version, pixels.shape[:2]) * self.levels / FULL
            return np.clip(np.rint(pixels + change), 0, 255).astype(np.uint8)
        budget = Budget.of_levels(np.full((CELLS, CELLS), self.levels))
        return add_grid(pixels, budget.grid(self.pattern(self.photo, version)))

    def fit(self, pixels: np.ndarray, visibility: float) -> "EvenMark":
        self.levels = visibility * 2.0
        for _ in range(5):
            found = np.mean(
                [measure(pixels, self.render(pixels, v)).ciede2000_mean for v in range(6)]
            )
            self.levels = min(self.levels * visibility / max(found, visibility / 8), 48.0)
        return self


EVEN = {
    "white noise, sign": noise,
    "4 x 4 grid, sign": grid_sign,
    "flat tint": tint,
    "2 x 2 + 4 x 4 tanh, even strength": plain_tanh,
}
VARIANTS = {
    "smooth (default)": Recipe(),
    "smooth, light alone": Recipe(axes=((256, 256, 256),)),
    "smooth, colour alone": Recipe(axes=((128, -128, 0), (-64, -64, 128))),
}
SPREAD = "spread (papers)"
FAMILIES = (*EVEN, *VARIANTS, SPREAD)


@dataclass(frozen=True)
class Group:
    """The photos of one family at one visibility, published one way."""

    family: str
    visibility: float
    jpeg: bool


GROUPS = [Group(f, v, False) for v in (2.0, 4.0) for f in FAMILIES] + [
    Group(f, 4.0, True) for f in (*EVEN, "smooth (default)", SPREAD)
]


def prepare(family: str, pixels: np.ndarray, visibility: float, photo: int) -> Mark:
    """Design the marks of one photo."""
    if family in EVEN:
        return EvenMark(photo, EVEN[family]).fit(pixels, visibility)
    maker = SpreadFamily() if family == SPREAD else SmoothFamily(VARIANTS[family])
    return maker.prepare(
        pixels, grey=False, visibility=visibility, versions=VERSIONS, seed=SEED, photo=photo
    )


def assign(items: list[CaptionedImage]) -> dict[int, Group]:
    """Deal photographs to the groups first, then other pictures, PHOTOS each."""
    photographs = derive(SEED, "photos").shuffled([i for i, x in enumerate(items) if x.photo])
    others = derive(SEED, "others").shuffled([i for i, x in enumerate(items) if not x.photo])
    dealt = (photographs + others)[: PHOTOS * len(GROUPS)]
    return {item: GROUPS[place % len(GROUPS)] for place, item in enumerate(dealt)}


def working_copy(item: CaptionedImage) -> np.ndarray:
    """Return the picture with a longest side of WORKING pixels at most."""
    image = Image.fromarray(item.pixels())
    image.thumbnail((WORKING, WORKING), Image.Resampling.LANCZOS)
    return np.asarray(image)


def jpeg(pixels: np.ndarray, quality: int, scale: float = 1.0) -> np.ndarray:
    """Resize and compress, as a site does with an uploaded photo."""
    image, buffer = Image.fromarray(pixels), io.BytesIO()
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    image.resize(size, Image.Resampling.BICUBIC).save(buffer, "JPEG", quality=quality)
    return np.asarray(Image.open(buffer))


def marks_of(pixels: dict[int, np.ndarray], dealt: dict[int, Group], work: Path) -> dict:
    """Prepare all marks; the slow family's are kept in `work` for the next time."""
    marks = {}
    for done, (photo, group) in enumerate(dealt.items()):
        kept = work / f"spread-{photo}-{group.visibility:g}-{PHOTOS}-{len(GROUPS)}.pkl"
        if group.family == SPREAD and kept.exists():
            marks[photo] = pickle.loads(kept.read_bytes())
            continue
        marks[photo] = prepare(group.family, pixels[photo], group.visibility, photo)
        if group.family == SPREAD:
            kept.write_bytes(pickle.dumps(marks[photo]))
        print(f"prepared {done + 1}/{len(dealt)}", end="\r", flush=True)
    return marks


def published_version(photo: int) -> int:
    """Return which version is published."""
    return derive(SEED, "published", photo).below(VERSIONS)


def views_of(photo: int, shape: tuple[int, int]) -> list[tuple[int, int, int, int]]:
    """Return the crops of a photo, the same for all its versions: squares of .9-1 of its side."""
    stream = derive(SEED, "views", photo)
    boxes = []
    for _ in range(VIEWS):
        side = round(min(shape) * (0.9 + 0.1 * stream.unit()))
        top = round((shape[0] - side) * (0.4 + 0.2 * stream.unit()))
        left = round((shape[1] - side) * (0.4 + 0.2 * stream.unit()))
        boxes.append((left, top, left + side, top + side))
    return boxes


def scores(model: torch.nn.Module, text: torch.Tensor, mark: Mark, pixels, photo) -> np.ndarray:
    """Return the mean cosine with the caption of every version, (VERSIONS,)."""
    boxes = views_of(photo, pixels.shape[:2])
    looks = np.stack(
        [
            np.asarray(
                Image.fromarray(mark.render(pixels, version)).resize(
                    (SIDE, SIDE), Image.Resampling.BICUBIC, box=box
                )
            )
            for version in range(VERSIONS)
            for box in boxes
        ]
    )
    inputs = torch.from_numpy(looks).permute(0, 3, 1, 2).float() / 127.5 - 1
    with torch.inference_mode():
        found = torch.nn.functional.normalize(model.encode_image(inputs), dim=-1) @ text
    return found.reshape(VERSIONS, VIEWS).mean(dim=1).numpy()


def look_of(mark: Mark, pixels: np.ndarray) -> list[float]:
    """Return rms, PSNR, SSIM, CIEDE2000 mean and 95th of two versions' mean."""
    rows = []
    for version in range(2):
        marked = mark.render(pixels, version)
        seen = measure(pixels, marked)
        rms = float(np.sqrt(np.mean((marked.astype(float) - pixels) ** 2)))
        rows.append([rms, seen.psnr, seen.ssim, seen.ciede2000_mean, seen.ciede2000_p95])
    return list(np.mean(rows, axis=0))


def summarise(group: Group, found: list[dict]) -> dict:
    """Return one row of the table."""
    z, rank = (np.array([row[name] for row in found]) for name in ("z", "rank"))
    rms, psnr, ssim, mean, p95 = np.mean([row["look"] for row in found], axis=0)
    return {
        "family": group.family,
        "visibility": group.visibility,
        "jpeg85_half": group.jpeg,
        "photos": len(found),
        "photographs": int(sum(row["photograph"] for row in found)),
        "tdr05": round(float((rank <= 0.05 * VERSIONS).mean()), 3),
        "z": round(float(z.mean()), 2),
        "z_error": round(float(z.std() / len(z) ** 0.5), 2),
        "rms": round(float(rms), 2),
        "psnr": round(float(psnr), 1),
        "ssim": round(float(ssim), 3),
        "ciede2000_mean": round(float(mean), 2),
        "ciede2000_p95": round(float(p95), 2),
    }


def power(options: argparse.Namespace) -> None:
    """Train once, score every version, write the table."""
    items = fetch_corpus(options.work)
    dealt = assign(items)
    copies = {photo: working_copy(items[photo]) for photo in dealt}
    marks = marks_of(copies, dealt, options.work)
    if options.prepare_only:
        return
    published = {p: marks[p].render(copies[p], published_version(p)) for p in dealt}
    seen = {p: jpeg(published[p], 85, 0.5) if dealt[p].jpeg else published[p] for p in dealt}
    plain = [i for i in range(len(items)) if i not in dealt]
    plain = derive(SEED, "plain").shuffled(plain)[: max(0, options.pairs - len(dealt))]
    pairs = [(seen[i], items[i].caption) for i in dealt]
    pairs += [(working_copy(items[i]), items[i].caption) for i in plain]
    started = time.time()
    model = train_clip(
        pairs,
        Training(epochs=options.epochs, threads=options.threads),
        seed=1,
        on_epoch=lambda done, of, loss: print(f"{done}/{of} {loss:.3f}", flush=True),
    )
    seconds = round(time.time() - started)
    torch.save(model.state_dict(), options.work / "frontier.pt")
    rows = ranked(model, items, dealt, copies, marks, options.work)
    report = {
        "pairs": len(pairs),
        "marked": len(dealt),
        "versions": VERSIONS,
        "views": VIEWS,
        "epochs": options.epochs,
        "training_seconds": seconds,
        "rows": rows,
    }
    (RESULTS / "marks_frontier.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")
    (RESULTS / "marks_frontier.md").write_text(as_markdown(rows), "utf-8")


def as_markdown(rows: list[dict]) -> str:
    """Return the rows as a table; all are dicts with the same keys."""
    head = list(rows[0])
    lines = [head, ["---"] * len(head), *([row[key] for key in head] for row in rows)]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines) + "\n"


def cell(value: object) -> str:
    """Write one value of a table."""
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def ranked(model, items, dealt, copies, marks, work: Path) -> list[dict]:
    """Score all photos and summarise each group."""
    write_merges(work)
    tokens = tokenizer_of(work)([items[p].caption for p in dealt])
    with torch.inference_mode():
        texts = torch.nn.functional.normalize(model.encode_text(tokens), dim=-1)
    found: dict[Group, list[dict]] = {group: [] for group in GROUPS}
    for text, (photo, group) in zip(texts, dealt.items(), strict=True):
        all_scores = scores(model, text, marks[photo], copies[photo], photo)
        own = all_scores[published_version(photo)]
        others = np.delete(all_scores, published_version(photo))
        found[group].append(
            {
                "rank": 1 + int((others >= own).sum()),
                "z": float((own - others.mean()) / (others.std() + 1e-12)),
                "photograph": items[photo].photo,
                "look": look_of(marks[photo], copies[photo]),
            }
        )
    rows = [summarise(group, found[group]) for group in GROUPS]
    for row in rows:
        print(row, flush=True)
    return rows


PASSAGES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "JPEG 95": lambda x: jpeg(x, 95),
    "JPEG 85": lambda x: jpeg(x, 85),
    "JPEG 60": lambda x: jpeg(x, 60),
    "half size": lambda x: jpeg(x, 95, 0.5),
    "quarter size": lambda x: jpeg(x, 95, 0.25),
    "JPEG 85 + half": lambda x: jpeg(x, 85, 0.5),
}


def kept(before: np.ndarray, marked: np.ndarray, way: str) -> tuple[float, float]:
    """Return the share of the mark's amplitude that is left at 224 pixels, and its correlation."""
    wanted = seen_by_model(marked) - seen_by_model(before)
    left = seen_by_model(PASSAGES[way](marked)) - seen_by_model(PASSAGES[way](before))
    share = float((wanted * left).sum() / (wanted**2).sum())
    return share, float(np.corrcoef(wanted.ravel(), left.ravel())[0, 1])


def kept_in_crop(before: np.ndarray, marked: np.ndarray) -> float:
    """Return the mark's amplitude in the centre square against that in the whole picture."""
    change = marked.astype(float) - before
    height, width, _ = change.shape
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    inside = change[top : top + side, left : left + side]
    return float(np.sqrt((inside**2).mean() / (change**2).mean()))


def seen_by_model(pixels: np.ndarray) -> np.ndarray:
    """Resize to a model's input, 224 x 224."""
    image = Image.fromarray(pixels).resize((224, 224), Image.Resampling.BICUBIC)
    return np.asarray(image).astype(float)


def survival(options: argparse.Namespace) -> None:
    """Measure what publishing leaves of each family's marks, on 30 photographs."""
    items = [item for item in fetch_corpus(options.work) if item.photo][8:38]
    rows = []
    for family in FAMILIES:
        results: dict[str, list[tuple[float, float]]] = {way: [] for way in PASSAGES}
        cropped = []
        for photo, item in enumerate(items):
            image = Image.fromarray(item.pixels())
            image.thumbnail((448, 448), Image.Resampling.LANCZOS)
            pixels = np.asarray(image)
            if family == SPREAD:
                maker = SpreadFamily()
                mark = maker.prepare(
                    pixels, grey=False, visibility=4.0, versions=20, seed=SEED, photo=photo
                )
            else:
                mark = prepare(family, pixels, 4.0, photo)
            for version in range(2):
                marked = mark.render(pixels, version)
                cropped.append(kept_in_crop(pixels, marked))
                for way in PASSAGES:
                    results[way].append(kept(pixels, marked, way))
        row = {"family": family, "centre square": round(float(np.mean(cropped)), 3)} | {
            way: [round(float(v), 3) for v in np.mean(found, axis=0)]
            for way, found in results.items()
        }
        rows.append(row)
        print(row, flush=True)
    (RESULTS / "marks_survival.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
    (RESULTS / "marks_survival.md").write_text(as_markdown(rows), "utf-8")


def places(options: argparse.Namespace) -> None:
    """Measure mean CIEDE2000 in the flattest and the darkest quarter of 30 photographs."""
    rows = []
    for family in ("2 x 2 + 4 x 4 tanh, even strength", "smooth (default)"):
        found = []
        for photo, item in enumerate([x for x in fetch_corpus(options.work) if x.photo][8:38]):
            pixels = working_copy(item)
            light = pixels.astype(float) @ (0.299, 0.587, 0.114)
            mean = gaussian_filter(light, 4)
            texture = gaussian_filter(light**2, 4) - mean**2
            mark = prepare(family, pixels, 4.0, photo)
            for version in range(4):
                marked = mark.render(pixels, version)
                felt = deltaE_ciede2000(rgb2lab(pixels), rgb2lab(marked))
                flat, dark = texture < np.quantile(texture, 0.25), mean < np.quantile(mean, 0.25)
                found.append([felt.mean(), felt[flat].mean(), felt[dark].mean()])
        values = [round(float(v), 2) for v in np.mean(found, axis=0)]
        rows.append(
            dict(zip(("family", "all", "flattest", "darkest"), [family, *values], strict=True))
        )
        print(rows[-1], flush=True)
    (RESULTS / "marks_places.json").write_text(json.dumps(rows, indent=1) + "\n", "utf-8")


def main() -> None:
    """Run the benchmark and write its results."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--epochs", type=int, default=60)
    parser.add_argument("--pairs", type=int, default=1700)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--prepare-only", action="store_true")
    parser.add_argument("--survival", action="store_true")
    parser.add_argument("--places", action="store_true")
    options = parser.parse_args()
    chosen = survival if options.survival else places if options.places else power
    chosen(options)


if __name__ == "__main__":
    main()
