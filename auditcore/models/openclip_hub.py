"""open_clip models by name: `ViT-B-32/laion2b_s34b_b79k`, weights from the Hugging Face hub."""

import datetime
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import open_clip
from open_clip.pretrained import get_pretrained_cfg

from auditcore.errors import ModelError
from auditcore.models import hub
from auditcore.models.openclip_source import OpenClipSource, check_preprocess
from auditcore.models.suggest import did_you_mean

_DATES = Path(__file__).with_name("openclip_dates.json")
_DEFAULT_FILE = "open_clip_model.safetensors"


def known_names() -> list[str]:
    """Return every NAME/PRETRAINED that open_clip publishes weights for."""
    return [f"{name}/{tag}" for name, tag in open_clip.list_pretrained()]


def hub_source(name: str) -> OpenClipSource:
    """Return the open_clip model NAME/PRETRAINED, downloading its weights if need be.

    Raises:
        ModelError: a name that open_clip does not have (with the nearest ones), no network, no
            access, or weights that exist only as a pickle.
    """
    architecture, _, tag = name.rpartition("/")
    published = get_pretrained_cfg(architecture, tag) if architecture else {}
    if not published:
        raise ModelError(
            f"open_clip has no model '{name}'.{did_you_mean(name, known_names())} Models are named "
            "openclip:NAME/PRETRAINED, such as openclip:ViT-B-32/laion2b_s34b_b79k; "
            "for a file or folder of your own give openclip:PATH."
        )
    config = open_clip.get_model_config(architecture)
    return OpenClipSource(
        name=name,
        architecture=architecture,
        weights=hub.fetch(name, list(_places(published))),
        preprocess=check_preprocess(dict(published), f"open_clip's entry for {name}"),
        model_config={**config, "quick_gelu": _quick_gelu(config, published)},
        force_quick_gelu=_quick_gelu(config, published),
        released=released(name),
    )


def released(name: str) -> datetime.date | None:
    """Return the day open_clip's main branch first listed NAME/PRETRAINED, None if unknown.

    The weights were there for everybody on that day at the latest. The days are from open_clip's
    git history, each with its commit; tests/benchmarks/openclip_dates.py repeats it.
    """
    listed = json.loads(_DATES.read_text(encoding="utf-8"))
    days = [place.split()[0] for place, names in listed.items() if name in names]
    return datetime.date.fromisoformat(days[0]) if days else None


def cached_weights(name: str) -> Path | None:
    """Return the weights of NAME/PRETRAINED when they are on this machine, asking no network."""
    architecture, _, tag = name.rpartition("/")
    return hub.cached(_places(get_pretrained_cfg(architecture, tag)))


def _quick_gelu(config: dict[str, Any], published: dict[str, Any]) -> bool:
    """Say whether the weights need QuickGELU: the entry of the weights knows, else the config."""
    return bool(published.get("quick_gelu") or config.get("quick_gelu"))


def _places(published: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (repository, file) where the safetensors of an entry may be."""
    repository, _, file = str(published.get("hf_hub", "")).rpartition("/")
    if not repository:
        return
    if file.endswith((".bin", ".pth", ".pt")):
        yield repository, f"{file.rpartition('.')[0]}.safetensors"
    yield repository, _DEFAULT_FILE
