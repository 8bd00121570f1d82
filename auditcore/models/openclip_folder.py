"""open_clip models from a folder: open_clip_config.json beside a safetensors file.

The layout is open_clip's own `local-dir:`. The configuration is a stranger's: nothing it names may
lie outside the folder, and no option that runs code from elsewhere is passed on.
"""

from pathlib import Path
from typing import Any

import timm

from auditcore.errors import ModelError
from auditcore.models.checkpoints import check_safetensors, find_weights, read_json
from auditcore.models.openclip_source import OpenClipSource, check_preprocess
from auditcore.models.suggest import did_you_mean

CONFIG_NAME = "open_clip_config.json"
_PREFERRED = ("open_clip_model.safetensors", "model.safetensors")
_TOKENIZER_OPTIONS = {"bpe_path", "additional_special_tokens", "clean", "strip_sep_token"}
_TOKENIZER_FILES = ("tokenizer_config.json", "config.json")


def folder_source(path: Path) -> OpenClipSource:
    """Return the open_clip model at a path.

    Args:
        path: a safetensors file beside its open_clip_config.json, or the folder of both.

    Raises:
        ModelError: nothing there, a pickle, a configuration that is missing, incomplete or unsafe.
    """
    whole = path.is_dir()
    weights = find_weights(path, _PREFERRED, CONFIG_NAME) if whole else path
    check_safetensors(weights, _PREFERRED[0], CONFIG_NAME)
    folder = (
        weights.parent.resolve()
    )  # of a link, not of what it leads to: the hub's cache has such
    weights = folder / weights.name
    config_path = folder / CONFIG_NAME
    if not config_path.is_file():
        raise ModelError(
            f"{CONFIG_NAME} is missing beside {weights.name}. It says which architecture the "
            "weights belong to and how pictures are prepared; copy it into the same folder."
        )
    config = read_json(config_path)
    model_config = _check_model_config(config.get("model_cfg"))
    _check_vision_tower(model_config["vision_cfg"])
    _check_text_tower(folder, model_config["text_cfg"])
    _check_tokenizer_options(model_config["text_cfg"])
    return OpenClipSource(
        name=folder.name if whole else f"{folder.name}/{weights.name}",
        architecture=f"local-dir:{folder}",
        weights=weights,
        preprocess=check_preprocess(config.get("preprocess_cfg"), CONFIG_NAME),
        model_config=model_config,
        vocabulary=_vocabulary(folder, model_config["text_cfg"]),
    )


def _check_model_config(found: object) -> dict[str, Any]:
    if isinstance(found, dict) and isinstance(found.get("embed_dim"), int):
        towers = (found.get("vision_cfg"), found.get("text_cfg"))
        if all(isinstance(tower, dict) for tower in towers):
            return found
    raise ModelError(
        f"{CONFIG_NAME} does not describe an open_clip model: model_cfg with embed_dim, "
        "vision_cfg and text_cfg is expected."
    )


def _check_vision_tower(vision_config: dict[str, Any]) -> None:
    """Refuse what timm would look for on the Hugging Face hub or in another folder."""
    name = vision_config.get("timm_model_name")
    if name is None:
        return
    own = str(name).partition(".")[0]
    if not isinstance(name, str) or ":" in name or not timm.is_model(own):
        raise ModelError(
            f"{CONFIG_NAME}: timm has no architecture '{name}'."
            f"{did_you_mean(own, timm.list_models())}"
        )


def _check_text_tower(folder: Path, text_config: dict[str, Any]) -> None:
    """Refuse a text tower or tokenizer that transformers would fetch from elsewhere."""
    if text_config.get("hf_model_name") is not None:
        raise ModelError(
            f"{CONFIG_NAME}: hf_model_name, a text model of the Hugging Face hub, is not used "
            "here: nothing beside the folder's own files is read."
        )
    name = text_config.get("hf_tokenizer_name")
    if not name:
        return
    place = _inside(folder, name)
    if place is None or not place.is_dir():
        raise ModelError(
            f"{CONFIG_NAME}: hf_tokenizer_name '{name}' is no folder inside the model's own. Where "
            'the tokenizer\'s files stand beside the model, write "." instead.'
        )
    for file in (folder / other for other in _TOKENIZER_FILES):
        if file.is_file() and "auto_map" in read_json(file):
            raise ModelError(
                f"{file.name}: the tokenizer brings a program of its own (auto_map), which is not "
                "run here."
            )


def _check_tokenizer_options(text_config: dict[str, Any]) -> None:
    options = text_config.get("tokenizer_kwargs", {})
    unknown = sorted(set(options) - _TOKENIZER_OPTIONS) if isinstance(options, dict) else ["?"]
    if unknown:
        raise ModelError(
            f"{CONFIG_NAME}: the tokenizer options {', '.join(unknown)} are not used here, because "
            f"they may run code from elsewhere. Known: {', '.join(sorted(_TOKENIZER_OPTIONS))}."
        )


def _vocabulary(folder: Path, text_config: dict[str, Any]) -> Path | None:
    name = text_config.get("tokenizer_kwargs", {}).get("bpe_path")
    if name is None:
        return None
    path = _inside(folder, name)
    if path is None or not path.is_file():
        raise ModelError(
            f"{CONFIG_NAME}: the vocabulary {name} must be a file in the model's own folder."
        )
    return path


def _inside(folder: Path, name: object) -> Path | None:
    """Return what a configuration names when it is there and nowhere else than in the folder."""
    try:
        path = (folder / str(name)).resolve(strict=True)
    except (OSError, ValueError):  # not there, or no name that a file can have
        return None
    return path if path.is_relative_to(folder) else None
