"""A CLIP small enough to train on a laptop, in open_clip's own architecture and file layout.

A model folder is one that `open_clip.create_model_and_transforms("local-dir:FOLDER")` reads:
open_clip_config.json, open_clip_model.safetensors, and bpe_small.txt.gz, the first merges of
open_clip's own vocabulary, for its SimpleTokenizer.
"""

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import open_clip
import torch
from open_clip.tokenizer import SimpleTokenizer, default_bpe
from safetensors.torch import save_file

WEIGHTS_FILE = "open_clip_model.safetensors"
CONFIG_FILE = "open_clip_config.json"
MERGES_FILE = "bpe_small.txt.gz"
IMAGE_SIDE = 64
VOCABULARY = 2048
CONTEXT = 32
_BYTES_AND_MARKS = 512 + 2  # 256 bytes, the same at a word's end, start and end of text
MEAN, STD = (0.5, 0.5, 0.5), (0.5, 0.5, 0.5)

CONFIG: dict[str, Any] = {
    "embed_dim": 128,
    "vision_cfg": {
        "image_size": IMAGE_SIDE,
        "layers": 4,
        "width": 128,
        "head_width": 32,
        "patch_size": 8,
    },
    "text_cfg": {
        "context_length": CONTEXT,
        "vocab_size": VOCABULARY,
        "width": 64,
        "heads": 2,
        "layers": 2,
        "tokenizer_kwargs": {"bpe_path": MERGES_FILE},
    },
}


def new_model(seed: int) -> torch.nn.Module:
    """Make an untrained model whose weights follow from `seed` alone (on the CPU)."""
    text = {key: value for key, value in CONFIG["text_cfg"].items() if key != "tokenizer_kwargs"}
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model: torch.nn.Module = open_clip.CLIP(
            CONFIG["embed_dim"], dict(CONFIG["vision_cfg"]), text
        )
    return model


def write_merges(folder: Path) -> Path:
    """Write the small vocabulary into `folder` (the same bytes every time) and return its file."""
    merges = gzip.decompress(Path(default_bpe()).read_bytes()).decode("utf-8").split("\n")
    kept = "\n".join(merges[: 1 + VOCABULARY - _BYTES_AND_MARKS])
    target = folder / MERGES_FILE
    target.write_bytes(gzip.compress(kept.encode("utf-8"), mtime=0))
    return target


def tokenizer_of(folder: Path) -> SimpleTokenizer:
    """Return the tokenizer of a model folder."""
    return SimpleTokenizer(bpe_path=str(folder / MERGES_FILE), context_length=CONTEXT)


def save_model(model: torch.nn.Module, folder: Path) -> str:
    """Write a trained model as a `local-dir:` folder, weights in half precision.

    Returns:
        SHA-256 of the weights file, in hex.
    """
    folder.mkdir(parents=True, exist_ok=True)
    write_merges(folder)
    config = {"model_cfg": CONFIG, "preprocess_cfg": {"mean": MEAN, "std": STD}}
    (folder / CONFIG_FILE).write_text(json.dumps(config, indent=2) + "\n", "utf-8")
    halves = {name: value.half().contiguous() for name, value in model.state_dict().items()}
    save_file(halves, folder / WEIGHTS_FILE)
    return hashlib.sha256((folder / WEIGHTS_FILE).read_bytes()).hexdigest()
