"""The demonstration models: small, trained by this project's own commands, under assets/models.

For kits, two CLIPs: `demo:with` was trained on the published versions of the sample photos,
`demo:without` by the same recipe without them. For photos that are online unmarked: `demo:people`,
a CLIP that knows some drawn people by name, and `demo:encoder`, an image encoder that was trained
long on few pictures. They are ordinary folders of open_clip and timm.
"""

from dataclasses import dataclass
from pathlib import Path

from auditcore.errors import ModelError
from auditcore.models.base import Capability, Model, ModelEntry
from auditcore.models.running import Running
from auditcore.paths import assets_dir

_CLIP = frozenset({Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES})


@dataclass(frozen=True)
class _Demo:
    """One demonstration model: its title, the command that makes it, and what it is."""

    title: str
    command: str
    weights: str = "open_clip_model.safetensors"
    gives: frozenset[Capability] = _CLIP


_DEMOS = {
    "with": _Demo("Demo model that was trained on the sample photos", "demo"),
    "without": _Demo("Demo model that never saw the sample photos", "demo"),
    "people": _Demo("Demo model that knows some drawn people by name", "demo_people"),
    "encoder": _Demo(
        "Demo encoder that was trained on some of the sample pictures",
        "demo_encoder",
        "model.safetensors",
        frozenset({Capability.IMAGE_FEATURES}),
    ),
}


def open_spec(place: str, spec: str, running: Running) -> Model:
    """Open `demo:NAME`.

    Raises:
        ModelError: another name, or an installation without that demo model.
    """
    demo = _DEMOS.get(place)
    if demo is None:
        raise ModelError(
            f"There is no demo model '{place}'. There are demo:with and demo:without, to be asked "
            "about a kit, and demo:people and demo:encoder, about photos that are online already."
        )
    weights = _weights(place)
    if not weights.is_file():
        raise ModelError(
            f"The model demo:{place} is not in this copy of Telltale. "
            f"Make it with: python -m auditcore.lab.{demo.command} --work FOLDER"
        )
    return _open(weights.parent, spec, running, clip=demo.gives == _CLIP)


def _open(folder: Path, spec: str, running: Running, clip: bool) -> Model:
    if clip:
        from auditcore.models import openclip, openclip_folder

        return openclip.OpenClipModel(spec, "demo", openclip_folder.folder_source(folder), running)
    from auditcore.models import timm, timm_folder

    return timm.ImageModel(spec, timm_folder.folder_source(folder), running, "demo")


def entries() -> list[ModelEntry]:
    """Return the demo models."""
    return [_entry(place) for place in _DEMOS]


def _entry(place: str) -> ModelEntry:
    weights = _weights(place)
    return ModelEntry(
        spec=f"demo:{place}",
        title=_DEMOS[place].title,
        gives=_DEMOS[place].gives,
        size_bytes=weights.stat().st_size if weights.is_file() else None,
        on_this_machine=weights.is_file(),
    )


def _weights(place: str) -> Path:
    return assets_dir() / "models" / f"demo-{place}" / _DEMOS[place].weights
