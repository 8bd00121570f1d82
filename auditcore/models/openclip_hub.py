"""open_clip models by name: `ViT-B-32/laion2b_s34b_b79k`, weights from the Hugging Face hub.

Downloads are kept by huggingface_hub and shared with every other program that uses it. With
HF_HUB_OFFLINE=1 nothing is asked of the network. Only safetensors are fetched.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import open_clip
from huggingface_hub import constants, errors, hf_hub_download, try_to_load_from_cache
from open_clip.pretrained import get_pretrained_cfg

from auditcore.errors import ModelError
from auditcore.models.openclip_source import OpenClipSource, check_preprocess
from auditcore.models.suggest import did_you_mean

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
        weights=_fetch(name, published),
        preprocess=check_preprocess(dict(published), f"open_clip's entry for {name}"),
        model_config={**config, "quick_gelu": _quick_gelu(config, published)},
        force_quick_gelu=_quick_gelu(config, published),
    )


def cached_weights(name: str) -> Path | None:
    """Return the weights of NAME/PRETRAINED when they are on this machine, asking no network."""
    architecture, _, tag = name.rpartition("/")
    published = get_pretrained_cfg(architecture, tag)
    for repository, file in _places(published):
        found = try_to_load_from_cache(repository, file)
        if isinstance(found, str):
            return Path(found)
    return None


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


def _fetch(name: str, published: dict[str, Any]) -> Path:
    cached = cached_weights(name)
    if cached is not None:
        return cached
    if constants.HF_HUB_OFFLINE:
        raise ModelError(
            f"The weights of {name} are not on this computer, and downloads are switched off "
            "(HF_HUB_OFFLINE). Switch them on, or give the path of a model you have."
        )
    for repository, file in _places(published):
        try:
            return Path(hf_hub_download(repository, file))
        except errors.RemoteEntryNotFoundError:
            continue  # this repository names its file otherwise
        except errors.GatedRepoError as error:
            raise ModelError(
                f"{name} asks for a licence to be accepted first, at "
                f"https://huggingface.co/{repository}. Accept it, log in, and try again."
            ) from error
        except (OSError, errors.HfHubHTTPError) as error:
            raise ModelError(
                f"The weights of {name} could not be downloaded from huggingface.co: is this "
                "computer online? Try again, or give the path of a model you have."
            ) from error
    raise ModelError(
        f"The weights of {name} are published only as a pickle, which can run any program when it "
        "is opened, so they are not downloaded. Choose another model of the list."
    )
