"""Image models from a folder: config.json beside a safetensors file.

Two layouts. timm's own, as `timm.models.push_to_hf_hub` and `save_for_hf` write it:

    {"architecture": "resnet18", "num_classes": 10, "label_names": ["cat", ...],
     "model_args": {}, "pretrained_cfg": {"input_size": [3, 224, 224], "interpolation": "bicubic",
     "crop_pct": 0.95, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225], ...}}

and one for architectures of torchvision, whose weights carry no configuration:

    {"architecture": "torchvision/resnet18", "num_classes": 10, "labels": ["cat", ...],
     "preprocessing": {"size": 224, "resize": 256, "interpolation": "bilinear",
                       "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}}

num_classes 0 is an encoder without a last layer. Classes without names are called "0", "1", ...
The configuration is a stranger's: only plain values reach the architecture, and none that loads
anything from elsewhere.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import timm
import torchvision

from auditcore.errors import ModelError
from auditcore.models.checkpoints import check_safetensors, find_weights, read_json
from auditcore.models.image_source import (
    ImageSource,
    timm_preprocessing,
    torchvision_preprocessing,
)
from auditcore.models.suggest import did_you_mean

CONFIG_NAME = "config.json"
_PREFERRED = ("model.safetensors",)
_CLASSES_MAX = 200_000
_TORCHVISION = "torchvision/"
_KEPT_AWAY = {  # arguments of timm.create_model that load things or change what comes out
    "cache_dir",
    "checkpoint_path",
    "device",
    "dtype",
    "exportable",
    "features_only",
    "no_jit",
    "scriptable",
}
_TOLD_ELSEWHERE = {"in_chans", "num_classes"}


def folder_source(path: Path) -> ImageSource:
    """Return the image model at a path.

    Args:
        path: a safetensors file beside its config.json, or the folder of both.

    Raises:
        ModelError: nothing there, a pickle, a configuration that is missing, incomplete or unsafe.
    """
    weights = find_weights(path, _PREFERRED, CONFIG_NAME) if path.is_dir() else path
    check_safetensors(weights, _PREFERRED[0], CONFIG_NAME)
    folder = (
        weights.parent.resolve()
    )  # of a link, not of what it leads to: the hub's cache has such
    if not (folder / CONFIG_NAME).is_file():
        raise ModelError(
            f"{CONFIG_NAME} is missing beside {weights.name}. It says which architecture the "
            "weights belong to and how pictures are prepared; copy it into the same folder."
        )
    config = read_json(folder / CONFIG_NAME)
    name = f"{folder.name}/{weights.name}" if weights == path else folder.name
    architecture = config.get("architecture")
    if not isinstance(architecture, str):
        raise ModelError(
            f"{CONFIG_NAME} does not name an architecture of timm, or of torchvision as "
            '"torchvision/resnet18".'
        )
    read = _of_torchvision if architecture.startswith(_TORCHVISION) else _of_timm
    return read(name, folder / weights.name, architecture, config)


def _of_torchvision(
    name: str, weights: Path, architecture: str, config: Mapping[str, Any]
) -> ImageSource:
    own = architecture.removeprefix(_TORCHVISION)
    known = torchvision.models.list_models(module=torchvision.models)
    if own not in known:
        raise ModelError(
            f"{CONFIG_NAME}: torchvision has no image classifier '{own}'.{did_you_mean(own, known)}"
        )
    classes = _classes(config.get("num_classes"))
    return ImageSource(
        name=name,
        library="torchvision",
        architecture=own,
        weights=weights,
        preprocessing=torchvision_preprocessing(config.get("preprocessing"), CONFIG_NAME),
        classes=classes,
        labels=_labels(config.get("labels"), classes),
    )


def _of_timm(name: str, weights: Path, architecture: str, config: Mapping[str, Any]) -> ImageSource:
    own = architecture.partition(".")[0]
    if not timm.is_model(own):
        near = did_you_mean(own, timm.list_models())
        raise ModelError(f"{CONFIG_NAME}: timm has no architecture '{own}'.{near}")
    told = config.get("pretrained_cfg", config)  # older files have no inner part
    if not isinstance(told, dict):
        raise ModelError(f"{CONFIG_NAME}: pretrained_cfg must be a JSON object.")
    both = {**told, **config}
    classes = _classes(both.get("num_classes"))
    return ImageSource(
        name=name,
        library="timm",
        architecture=own,
        weights=weights,
        preprocessing=timm_preprocessing(told, CONFIG_NAME),
        classes=classes,
        labels=_labels(_described(both), classes),
        arguments=_arguments(config.get("model_args") or {}),
    )


def _classes(found: object) -> int:
    if isinstance(found, int) and not isinstance(found, bool) and 0 <= found <= _CLASSES_MAX:
        return found
    raise ModelError(
        f"{CONFIG_NAME}: num_classes must say how many classes the model tells apart, "
        f"0 (an encoder) to {_CLASSES_MAX:,}."
    )


def _described(config: Mapping[str, Any]) -> object:
    """Return timm's names of the classes, each by its description where there is one."""
    names = config.get("label_names", config.get("labels"))
    words = config.get("label_descriptions")
    if isinstance(names, list) and isinstance(words, dict):
        return [words.get(name, name) if isinstance(name, str) else name for name in names]
    return names


def _labels(found: object, classes: int) -> tuple[str, ...]:
    if found is None or not classes:
        return tuple(map(str, range(classes)))
    if not isinstance(found, list) or not all(isinstance(name, str) for name in found):
        raise ModelError(f"{CONFIG_NAME}: the names of the classes must be a list of texts.")
    if len(found) != classes:
        raise ModelError(
            f"{CONFIG_NAME} names {len(found)} classes, but says that there are {classes}."
        )
    return tuple(found)


def _arguments(found: object) -> dict[str, Any]:
    if not isinstance(found, dict):
        raise ModelError(f"{CONFIG_NAME}: model_args must be a JSON object.")
    refused = sorted(
        key
        for key, value in found.items()
        if key in _KEPT_AWAY or key.startswith("pretrained") or not _plain(value)
    )
    if found.get("in_chans", 3) != 3:
        refused.append("in_chans")
    if refused:
        raise ModelError(
            f"{CONFIG_NAME}: the arguments {', '.join(refused)} are not used here, because they "
            "may load or change more than an architecture."
        )
    return {key: value for key, value in found.items() if key not in _TOLD_ELSEWHERE}


def _plain(value: object) -> bool:
    if isinstance(value, list):
        return all(_plain(item) for item in value)
    return value is None or isinstance(value, str | int | float)
