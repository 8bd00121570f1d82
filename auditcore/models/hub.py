"""Weights by name from the Hugging Face hub: safetensors only, each file fetched once.

Downloads are kept by huggingface_hub and shared with every other program that uses it. With
HF_HUB_OFFLINE=1 nothing is asked of the network.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from huggingface_hub import constants, errors, hf_hub_download, try_to_load_from_cache

from auditcore.errors import ModelError

Place = tuple[str, str]  # a repository, and a file in it


def cached(places: Iterable[Place]) -> Path | None:
    """Return the first of some files that is on this machine, asking no network."""
    for repository, file in places:
        found = try_to_load_from_cache(repository, file)
        if isinstance(found, str):
            return Path(found)
    return None


def cached_repositories() -> frozenset[str]:
    """Return the repositories of which this machine has something: one look at one folder."""
    folders = Path(constants.HF_HUB_CACHE).glob("models--*")
    return frozenset(folder.name.removeprefix("models--").replace("--", "/") for folder in folders)


def fetch(name: str, places: Sequence[Place]) -> Path:
    """Return the weights of a model, downloaded if need be.

    Args:
        name: the model's, for messages.
        places: where its safetensors may be, tried in turn.

    Raises:
        ModelError: no network, downloads switched off, a licence to be accepted first, or weights
            that exist only as a pickle.
    """
    kept = cached(places)
    if kept is not None:
        return kept
    if constants.HF_HUB_OFFLINE:
        raise ModelError(
            f"The weights of {name} are not on this computer, and downloads are switched off "
            "(HF_HUB_OFFLINE). Switch them on, or give the path of a model you have."
        )
    for repository, file in places:
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
