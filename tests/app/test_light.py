"""The web server stays light: what computes is in the workers."""

import subprocess
import sys

import pytest

from pages._parts.warming import _NEEDED
from tests.app.conftest import ROOT

HEAVY = ("torch", "open_clip", "timm", "onnxruntime", "openvino", "ray", "opacus", "torchvision")
_PARTS = sorted(f"pages._parts.{path.stem}" for path in (ROOT / "pages" / "_parts").glob("*.py"))


@pytest.mark.parametrize("modules", [_NEEDED, _PARTS], ids=["warmed", "parts"])
def test_no_page_imports_what_only_workers_need(modules: list[str]) -> None:
    told = f"import sys; print([name for name in {HEAVY} if name in sys.modules])"
    code = f"{'; '.join(f'import {name}' for name in modules)}; {told}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip().splitlines()[-1] == "[]"
