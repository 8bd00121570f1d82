"""One kit, audited on every kind of model there is: local, and hosted over real HTTP."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage import data, transform

from auditcore.audit import AuditRecord, Store, run_audit, start_audit
from auditcore.evidence import build_report, report_bytes, verify
from auditcore.kit import PhotoSource, open_kit, seal_kit
from auditcore.models import HOSTED, KINDS, Access, Model, open_model
from auditcore.photos import Captioned
from auditcore.scores import default_score, pictures
from auditcore.scores.pictures import CutPictures
from tests.models.architectures import save_random
from tests.models.onnx_files import SIZE, save_onnx, write_sheet
from tests.models.timm_folders import save_timm, save_torchvision
from tests.serving.live import served

PICTURES = {"cat.png": data.chelsea, "coffee.png": data.coffee, "rocket.png": data.rocket}
CAPTIONS = ("a cat with green eyes", "a cup of coffee", "a rocket at night")
P = Fraction(1, 2)  # few questions: what is tested here is the way, not the strength
FEATURES = {"features": "pooled"}
KEY = "a-key-of-more-than-sixteen-letters"


@dataclass(frozen=True)
class Sealed:
    """A kit and the bytes of its file."""

    file: bytes

    @property
    def kit(self) -> Any:
        return open_kit(self.file)


def png(name: str, folder: Path) -> PhotoSource:
    from PIL import Image

    small = transform.resize(PICTURES[name](), (120, 160))
    Image.fromarray((255 * small).astype(np.uint8)).save(folder / name)
    return PhotoSource.from_path(folder / name)


@pytest.fixture(scope="module")
def sealed(tmp_path_factory: pytest.TempPathFactory) -> Sealed:
    folder = tmp_path_factory.mktemp("photos")
    captions = {name: Captioned(text, None) for name, text in zip(PICTURES, CAPTIONS, strict=True)}
    sources = [png(name, folder) for name in PICTURES]
    made = seal_kit(sources, lambda _name, _data: None, captions=captions, versions=60)
    return Sealed(made.kit_bytes)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "audits.sqlite3")


def audited(store: Store, sealed: Sealed, model: Model, **request: Any) -> AuditRecord:
    """Run an audit to its verdict, and have a stranger verify its report."""
    kit = sealed.kit
    audit_id = start_audit(store, kit, model, p=P, **request)
    for _ in run_audit(store, audit_id, kit, model):
        pass
    report = report_bytes(build_report(store, audit_id, kit))
    assert verify(report, sealed.file).ok
    assert KEY.encode() not in report
    return store.audit(audit_id)


def answers(store: Store, record: AuditRecord) -> dict[tuple[int, int], float]:
    """Return every logged score by photo and version."""
    rows = [row for line in store.log(record.id) for row in line.body.get("answers", [])]
    return {(row[0], row[1]): row[2] for row in rows if len(row) == 4}


LOCAL: dict[str, tuple[Callable[[Path], str], str]] = {
    "demo": (lambda _: "demo:without", "caption-cosine"),
    "openclip": (lambda p: f"openclip:{save_random(p / 'm', 'vit')}", "caption-cosine"),
    "openclip coca": (lambda p: f"openclip:{save_random(p / 'm', 'coca')}", "caption-loss"),
    "timm encoder": (lambda p: f"timm:{save_timm(p / 'm', 'test_vit', 0)}", "view-similarity"),
    "timm classifier": (
        lambda p: f"timm:{save_timm(p / 'm', 'test_resnet', 5)}",
        "negative-entropy",
    ),
    "timm torchvision": (lambda p: f"timm:{save_torchvision(p / 'm')}", "negative-entropy"),
    "onnx": (lambda p: f"onnx:{write_sheet(save_onnx(p / 'm.onnx'))}", "negative-entropy"),
    "efficientnet-lite0": (lambda _: "efficientnet-lite0", "negative-entropy"),
}


def test_no_kind_is_left_out() -> None:
    assert {name.split()[0] for name in LOCAL} == set(KINDS)
    assert {name.split()[0] for name in SERVED} == set(HOSTED)


@pytest.mark.parametrize("kind", LOCAL)
def test_a_local_model_of_every_kind(
    kind: str, sealed: Sealed, store: Store, tmp_path: Path
) -> None:
    spec, score = LOCAL[kind]
    model = open_model(spec(tmp_path))
    assert default_score(model, sealed.kit) == score
    score = f"{score}-whole" if kind == "efficientnet-lite0" else score  # 22 pictures a second
    record = audited(store, sealed, model, score=score, claim="cat.png")
    assert record.verdict is not None and record.verdict.reason is None
    assert record.queries == len(answers(store, record))


SERVED: dict[str, tuple[str, str, str]] = {
    "openai infinity": ("vit", "{url}#m;form=infinity", "caption-cosine-whole"),
    "openai vllm": ("vit", "{url}/v1#m;form=vllm", "caption-cosine-whole"),
    "openai jina": ("vit", "{url}/v1/embeddings#m;form=jina", "caption-cosine-whole"),
    "hf zero-shot": ("vit", "{url}/models/m;task=zero-shot", "caption-choice-whole"),
    "hf classification": ("onnx", f"{{url}}/models/m;size={SIZE}", "negative-entropy-whole"),
    "oip features": ("encoder", "{url}#m", "view-similarity"),
    "oip probabilities": (
        "onnx",
        "{url}#m;output=probabilities:probabilities",
        "negative-entropy-whole",
    ),
}


@pytest.fixture
def behind(tmp_path: Path) -> Iterator[Callable[[str], Model]]:
    def file() -> Path:
        return save_onnx(tmp_path / "m.onnx")

    models = {
        "vit": lambda: open_model(f"openclip:{save_random(tmp_path / 'vit', 'vit')}"),
        "encoder": lambda: open_model(f"onnx:{write_sheet(file(), outputs=FEATURES)}"),
        "onnx": lambda: open_model(f"onnx:{write_sheet(file())}"),
    }
    yield lambda name: models[name]()


@pytest.mark.parametrize("way", SERVED)
def test_a_hosted_model_answers_as_the_same_model_does_here(
    way: str,
    sealed: Sealed,
    store: Store,
    behind: Callable[[str], Model],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "pictures_for", CutPictures)  # what is sent are real pictures
    name, place, score = SERVED[way]
    local = behind(name)
    with served(local, key=KEY) as url:
        spec = f"{way.split()[0]}:{place.format(url=url)}"
        hosted = open_model(spec, Access(key_of=lambda _host: KEY, private=True))
        assert hosted.hosted and KEY not in repr(hosted.identity)
        assert default_score(hosted, sealed.kit) == score
        there = audited(store, sealed, hosted)
    assert there.verdict is not None and there.verdict.reason is None
    if score != "caption-choice-whole":  # which no local model is asked
        local.hosted = True  # the same plan: one batch a photo
        here = audited(store, sealed, local, score=score, test=there.plan.test)
        assert here.verdict is not None
        told, expected = answers(store, there), answers(store, here)
        assert told.keys() == expected.keys()
        np.testing.assert_allclose(list(told.values()), list(expected.values()), rtol=2e-5)
        assert there.verdict.photos == here.verdict.photos
        assert there.verdict.collection == here.verdict.collection
