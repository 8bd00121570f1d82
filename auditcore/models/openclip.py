"""Models in open_clip's architectures: image and text features in one space.

Specs: `openclip:NAME/PRETRAINED` (the hub), `openclip:PATH` (a safetensors file beside its
open_clip_config.json, or a `local-dir:` folder).
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import open_clip
import torch
from numpy.typing import NDArray
from open_clip.transform import PreprocessCfg, image_transform_v2
from torch.nn.functional import cross_entropy

from auditcore.errors import ModelError
from auditcore.models.base import Capability, Model, ModelEntry, ModelIdentity, lacks
from auditcore.models.devices import steady
from auditcore.models.fingerprint import fingerprint
from auditcore.models.local import FEATURES, TorchModel, parameters_words
from auditcore.models.openclip_folder import folder_source
from auditcore.models.openclip_hub import cached_weights, hub_source, known_names
from auditcore.models.openclip_source import OpenClipSource
from auditcore.models.prepared import Images
from auditcore.models.preprocessing import Preprocessing, describe, in_turn
from auditcore.models.running import Running
from auditcore.models.sizes import about_bytes
from auditcore.models.texts import encode_texts

_GIVES = frozenset({Capability.IMAGE_FEATURES, Capability.TEXT_FEATURES})
_LOCAL_PREFIX = "local-dir:"


class OpenClipModel(TorchModel):
    """An open_clip model: features of its joint space; with a text decoder, a caption's loss."""

    def __init__(self, spec: str, kind: str, source: OpenClipSource, running: Running) -> None:
        """Build the model and load its weights.

        Raises:
            ModelError: the weights do not fit the architecture, or the vocabulary does not.
        """
        network = _build(source)
        self.preprocessing = _preprocessing(network, source)
        self._tokenizer = _tokenizer(source)
        self.capabilities = gives(source.model_config)
        self.labels = ()
        self.input_size = self.preprocessing.size
        self.identity = ModelIdentity(
            spec=spec,
            kind=kind,
            name=source.name,
            fingerprint=_fingerprint(source, self.input_size),
            released=source.released,
            details={
                "architecture": _architecture_words(source),
                "weights": source.weights.name,
                "parameters": parameters_words(network),
                "preprocessing": self.preprocessing.words,
            },
        )
        self._settle(network, running)

    def image_features(self, images: Images) -> NDArray[np.float32]:
        """Return the projected image features, shape (B, D)."""
        return self._answers(images, FEATURES).numpy()

    def text_features(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return the projected text features, shape (B, D); long texts are cut by the tokenizer."""

        def run(part: Sequence[str]) -> torch.Tensor:
            tokens = self._tokenizer(list(part)).to(self.device)
            return encode_texts(self._network, tokens).float().cpu()

        with steady():
            return torch.cat(self.room.in_batches(texts, run)).numpy()

    def caption_losses(self, images: Images, caption: str) -> NDArray[np.float64]:
        """Return what the caption costs the text decoder: mean cross-entropy a token, shape (B,).

        The decoder sees the picture and the true words so far (teacher forcing), and is asked for
        the next one, up to the end of the text; padding does not count. This is the captioning loss
        that CoCa is trained with (Yu et al., arXiv 2205.01917, section 3.2; open_clip's CoCaLoss),
        for each picture alone.
        """
        if Capability.CAPTION_LOSS not in self.capabilities:
            raise lacks(self.identity, Capability.CAPTION_LOSS)
        tokens = self._caption_tokens(caption)

        def ask(batch: torch.Tensor) -> torch.Tensor:
            said = self._network(batch, tokens.expand(len(batch), -1))
            return cross_entropy(
                said["logits"].float().transpose(1, 2),  # (B, vocabulary, T)
                said["labels"],
                ignore_index=self._network.pad_id,
                reduction="none",
            )

        counted = int((tokens[0, 1:] != self._network.pad_id).sum())
        losses = self._answers(images, ask).to(torch.float64).sum(dim=1) / counted
        return losses.numpy()

    def _look(self, batch: torch.Tensor) -> torch.Tensor:
        features: torch.Tensor = self._network.encode_image(batch)
        return features

    def _caption_tokens(self, caption: str) -> torch.Tensor:
        """Return the caption's tokens without the padding behind them, shape (1, T).

        Both text towers look back only, so what would follow changes nothing but the time it takes.
        """
        tokens: torch.Tensor = self._tokenizer([caption]).to(self.device)
        last = int((tokens[0] != self._network.pad_id).nonzero().max())
        return tokens[:, : last + 1]


def gives(model_config: Mapping[str, Any]) -> frozenset[Capability]:
    """Return what an architecture answers: a text decoder (CoCa) also tells a caption's loss."""
    return _GIVES | {Capability.CAPTION_LOSS} if "multimodal_cfg" in model_config else _GIVES


def open_spec(place: str, spec: str, running: Running) -> Model:
    """Open `openclip:PLACE`: a path when there is one, else a NAME/PRETRAINED of the hub.

    Raises:
        ModelError: neither, or a model that cannot be used; the sentence says which.
    """
    return OpenClipModel(spec, "openclip", _source(place), running)


def entries() -> list[ModelEntry]:
    """Return every model open_clip publishes, those on this machine first."""
    return sorted((_entry(name) for name in known_names()), key=lambda e: not e.on_this_machine)


def _entry(name: str) -> ModelEntry:
    weights = cached_weights(name)
    architecture = name.rpartition("/")[0]
    return ModelEntry(
        spec=f"openclip:{name}",
        title=f"CLIP {name.replace('/', ', weights ')} (open_clip)",
        gives=gives(open_clip.get_model_config(architecture)),
        size_bytes=weights.stat().st_size if weights else about_bytes("openclip", architecture),
        on_this_machine=weights is not None,
    )


def _source(place: str) -> OpenClipSource:
    if place in known_names():
        return hub_source(place)
    path = Path(place.removeprefix(_LOCAL_PREFIX)).expanduser()
    if place and path.exists():
        return folder_source(path)
    if place.startswith((_LOCAL_PREFIX, ".", "~", "/")) or path.suffix in (".safetensors", ".pt"):
        raise ModelError(f"There is no file or folder {path}.")
    return hub_source(place)


def _build(source: OpenClipSource) -> Any:
    """Return the network with its weights; nothing of it is downloaded."""
    with _quiet():
        try:
            network = open_clip.create_model(
                source.architecture,
                load_weights=False,
                pretrained_image=False,
                pretrained_text=False,
                force_quick_gelu=source.force_quick_gelu,
                force_preprocess_cfg=dict(source.preprocess),
            )
        except Exception as error:  # a stranger's architecture may fail anywhere in open_clip
            raise ModelError(
                f"open_clip cannot build the architecture of {source.name}: {error}"
            ) from error
        try:
            open_clip.load_checkpoint(network, str(source.weights), strict=True)
        except Exception as error:
            raise ModelError(
                f"The weights {source.weights.name} do not fit the architecture that is described "
                f"beside them: {str(error).strip().splitlines()[-1].strip()}"
            ) from error
    return network


def _preprocessing(network: Any, source: OpenClipSource) -> Preprocessing:
    config = PreprocessCfg(**network.visual.preprocess_cfg)
    _, height, width = config.input_size
    if height != width:
        raise ModelError(
            f"{source.name} looks at pictures of {width} x {height}; only square ones can be used."
        )
    steps = image_transform_v2(config, is_train=False).transforms
    return Preprocessing(
        size=height,
        geometry=in_turn(steps[:-2]),  # the last two are ToTensor and Normalize
        mean=source.preprocess["mean"],
        std=source.preprocess["std"],
        words=describe(
            source.resize_words(), height, source.preprocess["mean"], source.preprocess["std"]
        ),
    )


def _architecture_words(source: OpenClipSource) -> str:
    if not source.architecture.startswith(_LOCAL_PREFIX):
        return source.architecture
    tower = source.model_config["vision_cfg"]
    parts = [f"{key} {tower[key]}" for key in ("layers", "width", "patch_size") if key in tower]
    return str(tower.get("timm_model_name") or f"open_clip ({', '.join(parts)})")


def _tokenizer(source: OpenClipSource) -> Any:
    options = {"bpe_path": str(source.vocabulary)} if source.vocabulary else {}
    try:
        tokenizer = open_clip.get_tokenizer(source.architecture, **options)
    except ImportError as error:
        raise ModelError(
            f"{source.name} needs one more package for its texts: pip install transformers"
        ) from error
    except Exception as error:  # a vocabulary that is missing, damaged or offline
        raise ModelError(f"The tokenizer of {source.name} cannot be opened: {error}") from error
    room = source.model_config["text_cfg"].get("vocab_size", 49408)
    if getattr(tokenizer, "vocab_size", 0) > room:
        raise ModelError(
            f"The vocabulary of {source.name} has {tokenizer.vocab_size} words, its text model "
            f"only {room}: they do not belong together."
        )
    return tokenizer


def _fingerprint(source: OpenClipSource, size: int) -> str:
    files = [source.weights, *([source.vocabulary] if source.vocabulary else [])]
    settings = {"model": source.model_config, "preprocess": {**source.preprocess, "size": size}}
    return fingerprint(files, settings)


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence open_clip's "initialized randomly": the weights are loaded a line later."""

    def not_open_clip(record: logging.LogRecord) -> bool:
        return "open_clip" not in record.pathname

    root = logging.getLogger()
    root.addFilter(not_open_clip)
    try:
        yield
    finally:
        root.removeFilter(not_open_clip)
