"""Image models by name: `resnet50.a1_in1k`, as timm publishes them on the Hugging Face hub."""

import re
from collections import Counter
from dataclasses import asdict
from functools import lru_cache
from pathlib import Path

import timm
import torchvision
from timm.data.imagenet_info import ImageNetInfo, infer_imagenet_subset
from timm.models import PretrainedCfg

from auditcore.errors import ModelError
from auditcore.models import hub
from auditcore.models.image_source import ImageSource, timm_preprocessing
from auditcore.models.suggest import did_you_mean

_FILE = "model.safetensors"
_TORCHVISION = "torchvision/"


@lru_cache(maxsize=1)
def known_names() -> tuple[str, ...]:
    """Return every NAME.TAG that timm publishes on the hub and that looks at square pictures."""
    published = {name: _facts(name) for name in timm.list_pretrained()}
    return tuple(name for name, facts in published.items() if _usable(facts))


def classes_of(name: str) -> tuple[str, ...]:
    """Return the names of a published model's classes; () if its last layer is no classifier's.

    timm publishes classifiers of ImageNet and its relatives, and encoders whose last layer, if any,
    is the projection into another space.
    """
    subset = infer_imagenet_subset({"num_classes": _facts(name).num_classes})
    return _imagenet(subset) if subset else ()


def hub_source(name: str) -> ImageSource:
    """Return the timm model NAME.TAG (or NAME, with timm's first tag), downloaded if need be.

    Raises:
        ModelError: a name that timm does not have (with the nearest ones), or that torchvision has;
            or weights that cannot be had.
    """
    full = _full_name(name)
    facts = _facts(full)
    return ImageSource(
        name=full,
        library="timm",
        architecture=full,
        weights=hub.fetch(full, [_place(facts)]),
        preprocessing=timm_preprocessing(asdict(facts), f"timm's entry for {full}"),
        classes=facts.num_classes,
        labels=classes_of(full),
        published=True,
    )


def cached_weights() -> dict[str, Path]:
    """Return the weights of all named models that are on this machine."""
    there = hub.cached_repositories()
    found = {}
    for name in known_names():
        repository, file = _place(_facts(name))
        kept = hub.cached([(repository, file)]) if repository in there else None
        if kept:
            found[name] = kept
    return found


def _facts(name: str) -> PretrainedCfg:
    found = timm.get_pretrained_cfg(name, allow_unregistered=False)
    assert found is not None  # it raises instead
    return found


def _usable(facts: PretrainedCfg) -> bool:
    channels, height, width = facts.input_size
    return bool(facts.hf_hub_id) and not facts.custom_load and channels == 3 and height == width


def _place(facts: PretrainedCfg) -> hub.Place:
    return str(facts.hf_hub_id), facts.hf_hub_filename or _FILE


def _full_name(name: str) -> str:
    if name in known_names():
        return name
    if timm.is_model_pretrained(name):
        full = f"{name}.{_facts(name).tag}"
        if full in known_names():
            return full
    own = name.removeprefix(_TORCHVISION)
    if name.startswith(_TORCHVISION) or own in torchvision.models.list_models():
        raise ModelError(_about_torchvision(own))
    raise ModelError(
        f"timm has no model '{name}' to download.{did_you_mean(name, known_names())} Models are "
        "named timm:NAME.TAG, such as timm:resnet50.a1_in1k; for a file or folder of your own give "
        "timm:PATH."
    )


def _about_torchvision(name: str) -> str:
    same = [full for full in known_names() if re.fullmatch(rf"{re.escape(name)}(_tv)?\.tv.*", full)]
    where = (
        f"The same weights are in timm: {' or '.join(f'timm:{full}' for full in same)}."
        if same
        else "Many of them are in timm, with a tag in tv: look for .tv in the list of models."
    )
    return (
        f"torchvision publishes its weights of {name} only as pickles, which can run any program "
        f"when they are opened. {where} For weights of your own give the path of a folder with a "
        "safetensors file and a config.json."
    )


@lru_cache(maxsize=8)
def _imagenet(subset: str) -> tuple[str, ...]:
    """Return the classes' names; those that several classes share carry WordNet's number."""
    info = ImageNetInfo(subset)
    words = info.label_descriptions()
    synsets = info.label_names()  # type: ignore[no-untyped-call]
    shared = {word for word, times in Counter(words).items() if times > 1}
    return tuple(
        f"{word} ({synset})" if word in shared else word
        for word, synset in zip(words, synsets, strict=True)
    )
