"""open_clip models from a folder: open_clip_config.json beside a safetensors file.

The layout is open_clip's own `local-dir:`. The configuration is a stranger's: nothing it names may
lie outside the folder, and no option that runs code from elsewhere is passed on.
"""

from pathlib import Path
from typing import Any

from auditcore.errors import ModelError
from auditcore.models.checkpoints import check_safetensors, find_weights, read_json
from auditcore.models.openclip_source import OpenClipSource, check_preprocess

CONFIG_NAME = "open_clip_config.json"
_PREFERRED = ("open_clip_model.safetensors", "model.safetensors")
_TOKENIZER_OPTIONS = {"bpe_path", "additional_special_tokens", "clean", "strip_sep_token"}


def folder_source(path: Path) -> OpenClipSource:
    """Return the open_clip model at a path.

    Args:
        path: a safetensors file beside its open_clip_config.json, or the folder of both.

    Raises:
        ModelError: nothing there, a pickle, a configuration that is missing, incomplete or unsafe.
    """
    weights = find_weights(path, _PREFERRED, CONFIG_NAME) if path.is_dir() else path
    check_safetensors(weights, _PREFERRED[0], CONFIG_NAME)
    folder = weights.resolve().parent
    config_path = folder / CONFIG_NAME
    if not config_path.is_file():
        raise ModelError(
            f"{CONFIG_NAME} is missing beside {weights.name}. It says which architecture the "
            "weights belong to and how pictures are prepared; copy it into the same folder."
        )
    config = read_json(config_path)
    model_config = _check_model_config(config.get("model_cfg"))
    _check_tokenizer_options(model_config["text_cfg"])
    return OpenClipSource(
        name=f"{folder.name}/{weights.name}" if weights == path else folder.name,
        architecture=f"local-dir:{folder}",
        weights=weights.resolve(),
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
    path = (folder / str(name)).resolve()
    if not path.is_relative_to(folder) or not path.is_file():
        raise ModelError(
            f"{CONFIG_NAME}: the vocabulary {name} must be a file in the model's own folder."
        )
    return path
