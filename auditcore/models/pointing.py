"""From a path that a person points at to the spec of the model that lies there.

Only names of files are looked at; whether the model can be opened is found out by opening it.
"""

from pathlib import Path

from auditcore.errors import ModelError

_OPEN_CLIP, _TIMM = "open_clip_config.json", "config.json"


def spec_for(path: str) -> str:
    """Return the spec of the model at a path.

    Args:
        path: a file or a folder; "~" stands for the person's own folder.

    Raises:
        ModelError: nothing is there, or nothing that is known as a model, with what is looked for.
    """
    place = Path(path.strip().strip("\"'")).expanduser()
    if not place.exists():
        raise ModelError(
            f"There is nothing at {place}. Copy the whole path from your file manager; it begins "
            f"with {place.anchor or '/'} or ~."
        )
    if place.is_file():
        return _file(place)
    if (place / _OPEN_CLIP).is_file():
        return f"openclip:{place}"
    if (place / _TIMM).is_file():
        return f"timm:{place}"
    networks = sorted(place.glob("*.onnx"))
    if len(networks) == 1:
        return f"onnx:{networks[0]}"
    raise ModelError(
        f"The folder {place} is not known as a model's: it has no {_OPEN_CLIP} (open_clip), no "
        f"{_TIMM} (timm) and not exactly one .onnx file. Point at the folder that holds one."
    )


def _file(place: Path) -> str:
    if place.suffix.lower() == ".onnx":
        return f"onnx:{place}"
    beside_timm = (place.parent / _TIMM).is_file() and not (place.parent / _OPEN_CLIP).is_file()
    if place.suffix.lower() == ".safetensors" and beside_timm:
        return f"timm:{place}"
    return f"openclip:{place}"  # which says what is wrong with any other file, a pickle above all
