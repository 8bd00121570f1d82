"""The two demonstration models: small CLIPs trained by this project's own command.

`demo:with` was trained on the published versions of the sample photos, `demo:without` by the same
recipe without them. They are ordinary open_clip folders under assets/models.
"""

from pathlib import Path

from auditcore.errors import ModelError
from auditcore.models.base import Capability, Model, ModelEntry
from auditcore.models.running import Running
from auditcore.paths import assets_dir

_TITLES = {
    "with": "Demo model that was trained on the sample photos",
    "without": "Demo model that never saw the sample photos",
}


def open_spec(place: str, spec: str, running: Running) -> Model:
    """Open `demo:with` or `demo:without`.

    Raises:
        ModelError: another name, or an installation without the demo models.
    """
    from auditcore.models.openclip import OpenClipModel
    from auditcore.models.openclip_folder import folder_source

    if place not in _TITLES:
        raise ModelError(
            f"There is no demo model '{place}': the two are demo:with and demo:without."
        )
    if not _weights(place).is_file():
        raise ModelError(
            "The demo models are not in this copy of Telltale. "
            "Train them with: python -m auditcore.lab.demo --work FOLDER"
        )
    return OpenClipModel(spec, "demo", folder_source(_weights(place).parent), running)


def entries() -> list[ModelEntry]:
    """Return the two demo models."""
    return [_entry(place) for place in _TITLES]


def _entry(place: str) -> ModelEntry:
    weights = _weights(place)
    return ModelEntry(
        spec=f"demo:{place}",
        title=_TITLES[place],
        gives=frozenset({Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES}),
        size_bytes=weights.stat().st_size if weights.is_file() else None,
        on_this_machine=weights.is_file(),
    )


def _weights(place: str) -> Path:
    return assets_dir() / "models" / f"demo-{place}" / "open_clip_model.safetensors"
