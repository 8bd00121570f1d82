"""What the tests of the server share: a served model and a client that trusts nothing around it."""

import base64
from collections.abc import Iterator
from io import BytesIO

import httpx2
import pytest
from PIL import Image

from auditcore.photos import Pixels
from serving.live import served
from serving.tiny import TinyModel

KEY = "a key of more than sixteen letters"


def png(image: Pixels, kind: str = "PNG") -> bytes:
    buffer = BytesIO()
    Image.fromarray(image).save(buffer, kind)
    return buffer.getvalue()


def in_base64(image: Pixels) -> str:
    return base64.b64encode(png(image)).decode()


def data_url(image: Pixels) -> str:
    return f"data:image/png;base64,{in_base64(image)}"


def client_of(url: str, key: str | None = None) -> httpx2.Client:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    return httpx2.Client(base_url=url, headers=headers, trust_env=False, timeout=20)


@pytest.fixture(scope="module")
def model() -> TinyModel:
    return TinyModel()


@pytest.fixture(scope="module")
def client(model: TinyModel) -> Iterator[httpx2.Client]:
    with served(model, key=KEY) as url, client_of(url, KEY) as client:
        yield client
