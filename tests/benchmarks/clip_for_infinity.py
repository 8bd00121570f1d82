"""Writes a demo CLIP of open_clip's in the form of transformers, which Infinity serves.

    python clip_for_infinity.py assets/models/demo-with served/demo-with

Runs in Infinity's environment. The weights are the same, put under transformers' names; the script
ends by comparing both models' features.
"""

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import open_clip
import torch
from safetensors.torch import load_file
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel, CLIPProcessor, CLIPTokenizer
from transformers.models.clip.tokenization_clip import bytes_to_unicode

SIZE, PATCH, LAYERS, WIDTH, HEADS = 64, 8, 4, 128, 4
TEXT_LAYERS, TEXT_WIDTH, TEXT_HEADS, CONTEXT = 2, 64, 2, 32
PLAIN = {  # open_clip's name -> transformers'
    "logit_scale": "logit_scale",
    "token_embedding.weight": "text_model.embeddings.token_embedding.weight",
    "positional_embedding": "text_model.embeddings.position_embedding.weight",
    "visual.class_embedding": "vision_model.embeddings.class_embedding",
    "visual.conv1.weight": "vision_model.embeddings.patch_embedding.weight",
    "visual.positional_embedding": "vision_model.embeddings.position_embedding.weight",
    "ln_final.weight": "text_model.final_layer_norm.weight",
    "ln_final.bias": "text_model.final_layer_norm.bias",
    "visual.ln_pre.weight": "vision_model.pre_layrnorm.weight",
    "visual.ln_pre.bias": "vision_model.pre_layrnorm.bias",
    "visual.ln_post.weight": "vision_model.post_layernorm.weight",
    "visual.ln_post.bias": "vision_model.post_layernorm.bias",
}
IN_BLOCKS = {
    "attn.out_proj": "self_attn.out_proj", "ln_1": "layer_norm1", "ln_2": "layer_norm2",
    "mlp.c_fc": "mlp.fc1", "mlp.c_proj": "mlp.fc2",
}  # fmt: skip


def renamed(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """Return open_clip's weights under transformers' names."""
    found = {new: weights[old] for old, new in PLAIN.items()}
    found["text_projection.weight"] = weights["text_projection"].T
    found["visual_projection.weight"] = weights["visual.proj"].T
    for tower, new, layers in (
        ("transformer", "text_model", TEXT_LAYERS),
        ("visual.transformer", "vision_model", LAYERS),
    ):
        for layer in range(layers):
            block = f"{tower}.resblocks.{layer}"
            found |= _block(weights, block, f"{new}.encoder.layers.{layer}")
    return found


def _block(weights: dict[str, torch.Tensor], old: str, new: str) -> dict[str, torch.Tensor]:
    found = {}
    for kind in ("weight", "bias"):
        for name, part in zip("qkv", weights[f"{old}.attn.in_proj_{kind}"].chunk(3), strict=True):
            found[f"{new}.self_attn.{name}_proj.{kind}"] = part
        for ours, theirs in IN_BLOCKS.items():
            found[f"{new}.{theirs}.{kind}"] = weights[f"{old}.{ours}.{kind}"]
    return found


def tokenizer(source: Path, folder: Path) -> CLIPTokenizer:
    """Write the vocabulary in transformers' two files."""
    merges = gzip.decompress((source / "bpe_small.txt.gz").read_bytes()).decode().split("\n")[1:]
    letters = list(bytes_to_unicode().values())
    words = [*letters, *(f"{letter}</w>" for letter in letters)]
    words += ["".join(merge.split()) for merge in merges]
    words += ["<|startoftext|>", "<|endoftext|>"]
    (folder / "vocab.json").write_text(json.dumps({word: i for i, word in enumerate(words)}))
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]))
    files = str(folder / "vocab.json"), str(folder / "merges.txt")
    return CLIPTokenizer(*files, model_max_length=CONTEXT)


def config(words: int, vocabulary: int) -> CLIPConfig:
    """Return the architecture of the demo CLIPs."""
    common: dict[str, Any] = {"hidden_act": "gelu"}
    text = common | {
        "vocab_size": vocabulary, "hidden_size": TEXT_WIDTH, "intermediate_size": 4 * TEXT_WIDTH,
        "num_hidden_layers": TEXT_LAYERS, "num_attention_heads": TEXT_HEADS,
        "max_position_embeddings": CONTEXT, "bos_token_id": words - 2, "eos_token_id": words - 1,
        "pad_token_id": words - 1,
    }  # fmt: skip
    vision = common | {
        "hidden_size": WIDTH, "intermediate_size": 4 * WIDTH, "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS, "image_size": SIZE, "patch_size": PATCH,
    }  # fmt: skip
    return CLIPConfig(text_config=text, vision_config=vision, projection_dim=WIDTH)


def compare(source: Path, model: CLIPModel, words: CLIPTokenizer) -> None:
    """Print by how much the features of both models differ."""
    network = open_clip.create_model(f"local-dir:{source}").eval()
    vocabulary = str(source / "bpe_small.txt.gz")
    own = open_clip.get_tokenizer(f"local-dir:{source}", bpe_path=vocabulary)
    texts = ["a photo of a bee on a flower", "The Colosseum in Rome", "two horses, running"]
    pictures = torch.rand(2, 3, SIZE, SIZE) * 2 - 1
    with torch.inference_mode():
        theirs = model.get_text_features(**words(texts, padding=True, return_tensors="pt"))
        print("texts", float((network.encode_text(own(texts)) - theirs).abs().max()))
        theirs = model.get_image_features(pixel_values=pictures)
        print("pictures", float((network.encode_image(pictures) - theirs).abs().max()))


def main() -> None:
    """Write the folder."""
    source, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    weights = load_file(source / "open_clip_model.safetensors")
    words = tokenizer(source, folder)
    model = CLIPModel(config(len(words), weights["token_embedding.weight"].shape[0])).eval()
    model.load_state_dict(renamed(weights), strict=True)
    model.save_pretrained(folder)
    square = {"height": SIZE, "width": SIZE}
    half = [0.5, 0.5, 0.5]
    images = CLIPImageProcessor(
        size={"shortest_edge": SIZE}, crop_size=square, image_mean=half, image_std=half
    )
    CLIPProcessor(images, words).save_pretrained(folder)
    compare(source, model, words)


if __name__ == "__main__":
    main()
